"""Time modes and instants as texts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from simulator.aws.endpoint.modes import TimeMode, instant_of


@pytest.mark.parametrize("text", ["auto", "paused", "paced=60", "paced=0.5", "paced=1e+06"])
def test_a_mode_is_read_and_written(text: str) -> None:
    assert str(TimeMode.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "AUTO", "paced", "paced=", "paced=0", "paced=-1", "paced=inf", "paced=nan", "x=1"]
)
def test_no_other_text_is_a_mode(text: str) -> None:
    with pytest.raises(ValueError, match=r"there is no time mode .*paced=60"):
        TimeMode.parse(text)


def test_instants() -> None:
    assert instant_of("2026-01-01T02:00:00+02:00") == datetime(2026, 1, 1, tzinfo=UTC)
    for text in ("now", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z"):
        with pytest.raises(ValueError, match="no instant with a time zone"):
            instant_of(text)
