"""Frames: what is written is read, and nothing forged gets through."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.aws.runtime import frames


@given(st.dictionaries(st.text(), st.integers() | st.text()), st.binary())
def test_a_frame_survives_the_pipe(header: dict[str, object], payload: bytes) -> None:
    data = frames.encode(header, payload)
    rest, header_bytes = frames.sizes(data)
    assert rest == len(data) - frames.SIZES_BYTES
    assert frames.decode(data[frames.SIZES_BYTES :], header_bytes) == (header, payload)


@given(st.binary(min_size=8, max_size=200))
def test_garbage_is_a_protocol_error_or_a_frame(data: bytes) -> None:
    try:
        rest, header_bytes = frames.sizes(data)
        header, _ = frames.decode(data[8 : 8 + rest], header_bytes)
    except frames.ProtocolError:
        return
    assert isinstance(header, dict)


@pytest.mark.parametrize("sizes", [(2**32 - 1, 2), (100, 2**20 + 1), (100, 200), (10, 0), (0, 0)])
def test_impossible_sizes_are_refused_before_anything_is_allocated(sizes: tuple[int, int]) -> None:
    with pytest.raises(frames.ProtocolError):
        frames.sizes(struct.pack("<II", *sizes))


@pytest.mark.parametrize("text", [b"[" * 100_000, b"[1]", b"\xff\xff", b"1" * 5000])
def test_headers_that_are_no_objects_are_refused(text: bytes) -> None:
    with pytest.raises(frames.ProtocolError):
        frames.decode(text, len(text))


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "1", None, True, 10**400])
def test_numbers_are_finite_and_in_range(value: object) -> None:
    with pytest.raises(frames.ProtocolError):
        frames.number_of({"s": value}, "s", 1e9)
