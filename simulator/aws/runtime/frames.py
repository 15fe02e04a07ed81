"""Frames on the pipe: a length, a kind, a JSON header and bytes. Safe to read from a hostile child.

Layout: u32 size of the rest, u32 size of the header, header (UTF-8 JSON object), payload. JSON, not
pickle or marshal, because either of those lets a forged frame run code or crash the reader.
"""

from __future__ import annotations

import json
import struct
from typing import Any

MAX_FRAME_BYTES = 64 * 2**20  # the largest request body or result that may cross
MAX_HEADER_BYTES = 2**20
_SIZES = struct.Struct("<II")
SIZES_BYTES = _SIZES.size


class ProtocolError(Exception):
    """The other side sent something that is no frame, or no frame for this moment."""


def encode(header: dict[str, Any], payload: bytes = b"") -> bytes:
    """Write one frame."""
    text = json.dumps(header, separators=(",", ":")).encode()
    return _SIZES.pack(len(text) + len(payload) + 4, len(text)) + text + payload


def sizes(prefix: bytes | bytearray) -> tuple[int, int]:
    """Read a frame's first 8 bytes: (bytes that follow them, bytes of the header)."""
    rest, header = _SIZES.unpack_from(prefix)
    rest -= 4
    if rest > MAX_FRAME_BYTES or header > MAX_HEADER_BYTES or header > rest or header < 2:
        raise ProtocolError("a frame of impossible size")
    return rest, header


def decode(body: bytes | bytearray, header_bytes: int) -> tuple[dict[str, Any], bytes]:
    """Read what follows the sizes. Raises ProtocolError for anything but an object."""
    try:
        header = json.loads(body[:header_bytes])
    except (ValueError, RecursionError) as error:
        raise ProtocolError("a frame whose header is no JSON") from error
    if not isinstance(header, dict):
        raise ProtocolError("a frame whose header is no object")
    return header, bytes(body[header_bytes:])


def text_of(header: dict[str, Any], key: str) -> str:
    """Take a string field, or raise ProtocolError."""
    value = header.get(key)
    if not isinstance(value, str):
        raise ProtocolError(f"a frame without {key}")
    return value


def number_of(header: dict[str, Any], key: str, largest: float) -> float:
    """Take a finite number from 0 to `largest`, or raise ProtocolError."""
    value = header.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= largest:
        raise ProtocolError(f"a frame whose {key} is no number from 0 to {largest:g}")
    return float(value)
