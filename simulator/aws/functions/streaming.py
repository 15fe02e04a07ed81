"""A response stream as Lambda frames it: messages of AWS's event stream encoding.

Source: Lambda API Reference, "InvokeWithResponseStream"; Amazon Transcribe Developer Guide,
"Event stream encoding".
"""

from __future__ import annotations

import binascii
import json
import struct

_STRING = 7


def stream(payload: str | bytes | None, *, failed: bool) -> bytes:
    """A whole stream: the payload as one chunk, and its end, with the error if there was one."""
    payload = payload.encode() if isinstance(payload, str) else payload or b""
    if not failed:
        return _message("PayloadChunk", "application/octet-stream", payload) + _message(
            "InvokeComplete", "application/json", b"{}"
        )
    told = json.loads(payload or b"{}")
    ending = {
        "ErrorCode": str(told.get("errorType", "Unknown")) if isinstance(told, dict) else "Unknown",
        "ErrorDetails": payload.decode("utf-8", "replace"),
    }
    return _message("InvokeComplete", "application/json", json.dumps(ending).encode())


def _message(kind: str, content_type: str, payload: bytes) -> bytes:
    named = {":event-type": kind, ":content-type": content_type, ":message-type": "event"}
    headers = b"".join(
        bytes([len(name)])
        + name.encode()
        + bytes([_STRING])
        + struct.pack(">H", len(value))
        + value.encode()
        for name, value in named.items()
    )
    total = 12 + len(headers) + len(payload) + 4
    prelude = struct.pack(">II", total, len(headers))
    head = prelude + struct.pack(">I", binascii.crc32(prelude))
    body = head + headers + payload
    return body + struct.pack(">I", binascii.crc32(body))
