"""Malformed requests: each gets an answer, none ends the server or changes a thing."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

pytestmark = pytest.mark.process

SIGNED = "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, Signature=0"


def raw(served: Any, data: bytes, complete: bool = True) -> bytes:
    """All that the server says to these bytes, until it closes or has answered once."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall(data)
        if not complete:
            connection.shutdown(socket.SHUT_WR)
        said = b""
        while part := connection.recv(65_536):
            said += part
            head, mark, body = said.partition(b"\r\n\r\n")
            if mark and (size := _length(head)) is not None and len(body) >= size:
                break
        return said


def _length(head: bytes) -> int | None:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return None


def request(*, method: str = "POST", path: str = "/", body: bytes = b"", **headers: str) -> bytes:
    given = {"host": "localhost", "content_length": str(len(body)), **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1") + body


def signed(service: str, key: str = "test") -> str:
    return SIGNED.format(key=key, service=service)


SQS = {
    "authorization": signed("sqs"),
    "content_type": "application/x-amz-json-1.0",
    "x_amz_target": "AmazonSQS.CreateQueue",
}
STRANGE = {
    "bad json": request(body=b'{"QueueName": ', **SQS),
    "json that is no object": request(body=b"[1, 2]", **SQS),
    "deep json": request(body=b"[" * 200_000, **SQS),
    "not utf-8": request(body=b'{"QueueName": "\xff\xfe"}', **SQS),
    "no body": request(**SQS),
    "wrong content type": request(body=b"{}", **{**SQS, "content_type": "text/html"}),
    "target of nowhere": request(body=b"{}", **{**SQS, "x_amz_target": "...."}),
    "target without action": request(body=b"{}", **{**SQS, "x_amz_target": "AmazonSQS."}),
    "target of a private name": request(body=b"{}", **{**SQS, "x_amz_target": "A.__init__"}),
    "no authorization": request(body=b"Action=CreateQueue&QueueName=stranger"),
    "authorization of nonsense": request(body=b"{}", authorization="Credential=////"),
    "authorization cut short": request(body=b"{}", authorization="AWS4-HMAC-SHA256 Credential=a"),
    "service of nonsense": request(body=b"{}", authorization=signed("../../etc/passwd")),
    "region of nonsense": request(
        body=b"{}",
        **{**SQS, "authorization": "AWS4-HMAC-SHA256 Credential=t/1/<b>/sqs/aws4_request"},
    ),
    "access key of nonsense": request(body=b"{}", **{**SQS, "authorization": signed("sqs", "'\"")}),
    "account of nonsense": request(body=b"{}", **SQS, x_moto_account_id="../x"),
    "garbage path": request(method="GET", path="/%00%ff/../../%2e%2e/\\x?%&=&&a=%zz"),
    "path of double slashes": request(method="GET", path="//evil.example//x"),
    "absolute target": request(method="GET", path="http://evil.example/x"),
    "long path": request(method="GET", path="/" + "a" * 20_000),
    "unknown method": request(method="PROPFIND", path="/x/y"),
    "options": request(method="OPTIONS", path="/"),
    "long header": request(method="GET", path="/", x_long="y" * 30_000),
    "many headers": request(method="GET", **{f"x_{n}": "1" for n in range(500)}),
    "header of latin-1": request(method="GET", x_name="\xe9\xff"),
    "host of nonsense": request(method="GET", path="/a/b", host="a b<script>"),
    "host of brackets": request(method="GET", path="/a/b", host="[::1"),
    "bad chunks": request(transfer_encoding="chunked", content_length="0")[:-2] + b"\r\nZZ\r\n",
    "no http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "negative length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello",
    "form of nonsense": request(
        body=b"Action=&Action=&=%%%&Version", authorization=signed("iam"),
        content_type="application/x-www-form-urlencoded",
    ),
    "cbor of nonsense": request(
        path="/service/x/operation/y", body=b"\xff\xff", authorization=signed("monitoring"),
        smithy_protocol="rpc-v2-cbor", content_type="application/cbor",
    ),
    "xml bomb": request(
        method="PUT", path="/rides-x?versioning", authorization=signed("s3"),
        body=b'<!DOCTYPE a [<!ENTITY b "' + b"b" * 9 + b'">]><a>&b;</a>',
    ),
}  # fmt: skip


@pytest.mark.parametrize("data", STRANGE.values(), ids=STRANGE.keys())
def test_the_server_outlives_it(served: Any, data: bytes) -> None:
    client = served.client("sqs")
    before = client.list_queues().get("QueueUrls")
    head, _, body = raw(served, data).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 ")
    assert b"Traceback" not in body
    assert b"<html" not in body.lower()
    assert client.list_queues().get("QueueUrls") == before


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\nHost: local", request(body=b'{"QueueName": "half"}', **SQS)[:-4]],
    ids=["half a head", "half a body"],
)
def test_who_leaves_in_the_middle_has_asked_nothing(served: Any, data: bytes) -> None:
    facts = len(served.journal().splitlines())
    assert raw(served, data, complete=False) == b""
    assert len(served.journal().splitlines()) == facts


def test_twenty_megabytes_of_nothing(served: Any) -> None:
    body = b'{"QueueName": "' + b"x" * 20_000_000 + b'"}'
    answer = raw(served, request(body=body, **SQS))
    assert answer.startswith(b"HTTP/1.1 4")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["__type"]
    assert len(served.journal().splitlines()[-1]) < 5_000


def test_no_signature_reaches_the_journal(served: Any) -> None:
    sqs = served.client("sqs")
    sqs.create_queue(QueueName="of-secrets")
    url = served.client("s3").generate_presigned_url(
        "get_object", Params={"Bucket": "no-such-rides", "Key": "k"}
    )
    signature = url.rpartition("Signature=")[2]
    raw(served, request(method="GET", path="/" + url.partition("//")[2].partition("/")[2]))
    journal = served.journal()
    assert "of-secrets" in journal
    for secret in (signature, "AWS4-HMAC-SHA256", "secret-of-the-client"):
        assert secret not in journal
