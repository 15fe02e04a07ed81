"""Errors in a service's own protocol, so that every SDK reads code and message, never HTML."""

from __future__ import annotations

import json
import re
from xml.sax.saxutils import escape

from simulator.http import HttpResponse

_JSON = "application/x-amz-json-1.0"
_REST_JSON = "application/json"
_XML = "text/xml"
_CBOR_PROTOCOL = "smithy-rpc-v2-cbor"
# What an error without a code is called, by its HTTP status.
_JSON_CODES = {404: "ResourceNotFoundException"}
_XML_CODES = {403: "AccessDenied", 404: "NotFound", 405: "MethodNotAllowed"}
_XML_CODES |= {409: "InvalidState", 412: "PreconditionFailed", 416: "InvalidRange"}
# Characters that XML 1.0 has no way to write.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class AnswerNow(Exception):
    """Thrown into a poll that waits: answer with what there is at this instant."""


def protocol_of(
    declared: str | None,
    *,
    target: bool = False,
    form: bool = False,
    cbor: bool = False,
    service: str = "",
) -> str:
    """The protocol to answer in: the request's own where it shows, else the service's declared."""
    if cbor:
        return _CBOR_PROTOCOL
    if target:
        return "json"
    if form and not (declared or "").startswith("rest"):
        return "ec2" if declared == "ec2" else "query"
    if declared == "rest-xml" and service == "s3":
        return "s3"
    return declared or "rest-json"


def error_response(
    protocol: str, status: int, code: str, message: str, request_id: str
) -> HttpResponse:
    """An error of `code` and `message` as `protocol` writes it."""
    headers = {"x-amzn-RequestId": request_id, "x-amzn-ErrorType": code}
    if protocol == _CBOR_PROTOCOL:
        headers |= {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return HttpResponse(status, headers, _cbor({"__type": code, "message": message}))
    if protocol in ("json", "rest-json"):
        body = json.dumps({"__type": code, "message": message})
        headers["Content-Type"] = _JSON if protocol == "json" else _REST_JSON
    else:
        body = _xml(protocol, status, code, message, request_id)
        headers["Content-Type"] = _XML
    return HttpResponse(status, headers, body.encode())


def _xml(protocol: str, status: int, code: str, message: str, request_id: str) -> str:
    code, message = writable(code), writable(message)
    error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    if protocol == "s3":
        return f"{head}<Error>{error}<RequestId>{request_id}</RequestId></Error>"
    if protocol == "ec2":
        return (
            f"{head}<Response><Errors><Error>{error}</Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
    side = "Sender" if status < 500 else "Receiver"
    return (
        f"{head}<ErrorResponse><Error><Type>{side}</Type>{error}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )


def code_of(status: int, declared: str | None) -> str:
    """A code for an error that has none, in a service that declares this protocol."""
    if status >= 500:
        return "InternalFailure"
    if "json" in (declared or "json"):
        return _JSON_CODES.get(status, "BadRequestException")
    return _XML_CODES.get(status, "InvalidRequest")


def writable(text: str) -> str:
    """The text with what XML cannot hold replaced."""
    return _NOT_IN_XML.sub("\ufffd", text)


def _cbor(texts: dict[str, str]) -> bytes:
    """A map of texts as CBOR (RFC 8949, major types 5 and 3); it has fewer than 24 entries."""
    parts = [bytes([0xA0 + len(texts)])]
    for text in (text for pair in texts.items() for text in pair):
        encoded = text.encode(errors="replace")
        parts.append(b"\x7a" + len(encoded).to_bytes(4, "big") + encoded)
    return b"".join(parts)
