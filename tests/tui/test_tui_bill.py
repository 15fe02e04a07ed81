"""What the run costs: in the heading all the time, and line by line in a window that keeps up."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tui.driving import Text, lab, press, settle
from tui.app import PaddockApp
from tui.screens.bill import BillWindow, words
from tui.widgets.chrome import Heading

SIZES = [(80, 24), (160, 48)]


def bill(usd: str = "0.016493", **more: Any) -> dict[str, Any]:
    """A bill as the worker tells it."""
    meter = {"name": "state transitions (Standard)", "unit": "transition", "units": "649"}
    duration = {"name": "duration, x86", "unit": "GB-second", "units": "9.618750000001"}
    return {
        "prices": "2020-10-19",
        "region": "us-east-1",
        "free_tier": False,
        "usd": usd,
        "services": {
            "AWS Step Functions": {
                "usd": "0.016225",
                "meters": {"states.transitions": {**meter, "usd": "0.016225"}},
            },
            "AWS Lambda": {
                "usd": "0.000268",
                "meters": {"lambda.gb_seconds": {**duration, "usd": "0.000268"}},
            },
        },
        "accounts": {"123456789012": usd},
        "functions": {"charge-card": "0.0002679", "": "0"},
        "months": {"2026-01": usd},
        "tags": {},
        "not_priced": [{"account": "123456789012", "what": "quantum", "times": 3}],
        "with_free_tier_usd": "0",
        "latest": {"prices": "2026-01-01", "usd": "0.0164"},
        **more,
    }


@pytest.mark.parametrize("size", SIZES)
async def test_the_heading_says_what_the_run_has_cost(
    app: PaddockApp, text: Text, workers: list[Any], size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert "$" not in text(app).splitlines()[0], "nothing was told yet"
        workers[0].tell("bill", bill=bill())
        await settle(pilot)
        heading = text(app).splitlines()[0]
        assert heading.rstrip().endswith("seed 42  $0.016493")
        assert "wild_rydes/saga" in heading


@pytest.mark.parametrize("size", SIZES)
async def test_b_shows_the_bill_and_it_keeps_up(
    app: PaddockApp, text: Text, workers: list[Any], size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        workers[0].tell("bill", bill=bill())
        await press(pilot, "b")
        window = app.screen
        assert isinstance(window, BillWindow)
        shown = text(app)
        for part in (
            "So far", "$0.016493", "with the free tier", "$0.00", "at the prices of 2026-01-01",
            "AWS Step Functions", "state transitions (Standard)", "649 transitions", "$0.016225",
            "9.61875 GB-seconds", "escape close",
        ):  # fmt: skip
            assert part in shown, part
        workers[0].tell("bill", bill=bill("1.5"))
        await settle(pilot)
        window.draw()
        await pilot.pause()
        assert "$1.50" in text(app)
        await press(pilot, "escape")
        assert app.screen is lab(app)


async def test_a_click_on_the_cost_shows_the_bill_too(app: PaddockApp, workers: list[Any]) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        workers[0].tell("bill", bill=bill())
        await settle(pilot)
        await pilot.click(Heading, offset=(96, 0))
        await settle(pilot)
        assert isinstance(app.screen, BillWindow)


async def test_a_fresh_world_has_cost_nothing(
    app: PaddockApp, text: Text, workers: list[Any]
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        workers[0].tell("bill", bill=bill())
        workers[0].tell("reset")
        await press(pilot, "b")
        assert "Nothing has been used yet." in text(app)


def test_the_window_names_functions_tenants_tags_and_what_has_no_price() -> None:
    two = {"111122223333": "0.01", "444455556666": "0.006493"}
    tags = {"team": {"fares": "0.01", "": "0.006493"}}
    told = words(bill(accounts=two, tags=tags)).plain
    assert "charge-card" in told
    assert "By account" in told
    assert "444455556666" in told
    assert "By tag team\n  fares" in told
    assert "  (none)" in told
    assert "Not priced: quantum, 3×" in told
    assert "prices of 2020-10-19" in told
    assert max(len(line) for line in told.splitlines()) <= 66
