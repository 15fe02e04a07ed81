"""Payload compression of REST APIs: answers packed for who takes that, requests unpacked.

Source: API Gateway Developer Guide, "Payload compression for REST APIs in API Gateway".
"""

from __future__ import annotations

import zlib
from dataclasses import replace

from simulator.aws.apigateway.answers import Answer, Refused
from simulator.aws.apigateway.asked import Asked

_WINDOW_BITS = {"gzip": 31, "deflate": 15}
_LARGEST_BYTES = 10 * 1024 * 1024


def unpacked(asked: Asked) -> Asked:
    """A request whose body is as integrations get it. Raises Refused for what is not packed."""
    bits = _WINDOW_BITS.get((asked.header("content-encoding") or "").strip().lower())
    if bits is None or not asked.body:
        return asked
    reader = zlib.decompressobj(bits)
    try:
        body = reader.decompress(asked.body, _LARGEST_BYTES + 1)
    except zlib.error as error:
        raise Refused("BAD_REQUEST_BODY", "Could not parse request body into json") from error
    if len(body) > _LARGEST_BYTES:
        raise Refused("REQUEST_TOO_LARGE", "Request Too Long")
    kept = tuple(pair for pair in asked.headers if pair[0].lower() != "content-encoding")
    return replace(asked, body=body, headers=kept)


def pack(asked: Asked, answer: Answer, smallest_bytes: int) -> None:
    """Pack an answer of that size or more, if its caller takes it so and it is not packed yet."""
    if len(answer.body) < smallest_bytes or answer.has("content-encoding"):
        return
    taken = [
        each.partition(";")[0].strip().lower()
        for each in (asked.header("accept-encoding") or "").split(",")
    ]
    coding = next((each for each in taken if each in _WINDOW_BITS), None)
    if coding is None:
        return
    writer = zlib.compressobj(wbits=_WINDOW_BITS[coding])
    answer.body = writer.compress(answer.body) + writer.flush()
    answer.put("Content-Encoding", coding)
