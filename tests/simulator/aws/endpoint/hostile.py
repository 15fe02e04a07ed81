"""Requests that are nearly right: written by botocore from a service's model, and then broken."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from botocore.model import Shape, StructureShape
from botocore.serialize import create_serializer
from botocore.session import get_session
from hypothesis import strategies as st

from simulator.http import HttpRequest

ACCOUNT, REGION = "123456789012", "us-east-1"
MEGABYTE = "x" * 2**20
DEEP = "deep down"
_ARN = f"arn:aws:{{}}:{REGION}:{ACCOUNT}:{{}}"
_URL = f"http://sqs.{REGION}.amazonaws.com/{ACCOUNT}/fares"
_JSON_TEXT = '{"source": ["rides"], "Version": "2012-10-17", "Statement": []}'
# Values that a member of such a name has where a request is right; the first pattern counts.
_LIKELY: list[tuple[str, list[str]]] = [
    (r"QueueUrl", [_URL, _URL.replace("fares", "gone")]),
    (r"TopicArn", [_ARN.format("sns", "rides")]),
    (r"SubscriptionArn", [_ARN.format("sns", "rides:00000000-0000-0000-0000-000000000000")]),
    (r"RoleArn|^Role$", [f"arn:aws:iam::{ACCOUNT}:role/r"]),
    (r"(?i)arn$", [_ARN.format("sqs", "fares"), _ARN.format("events", "event-bus/default")]),
    (r"(?i)^EventBusName$", ["default"]),
    (r"(?i)^GroupName$", ["default"]),
    (r"(?i)^(table|bucket|topic|schedule|rule|registry|schema)?name$|^Bucket$", ["rides"]),
    (r"QueueName", ["fares"]),
    (
        r"(?i)ScheduleExpression$",
        ["rate(1 minute)", "at(2026-02-01T00:00:00)", "cron(0 1 * * ? *)"],
    ),
    (r"(?i)pattern|policy|document|body|message|event|content|detail|input|code", [_JSON_TEXT]),
    (r"Expression$", ["id = :r", "SET fare = :r", "attribute_exists(id)"]),
    (r"(?i)action", ["SendMessage", "Publish"]),
    (r"(?i)id$", ["r1", "i-12345678", "vpc-12345678"]),
    (r"(?i)zone", ["UTC", "us-east-1a"]),
    (r"(?i)cidr", ["10.0.0.0/16"]),
]
ODD_TEXTS = [
    "", " ", "\x00", "é☃\U0001f984", "\ud800", "x" * 300, "-1", "1e999", "NaN", "null", "../../etc",
    "{", "[]", "<x>", "&", "%", "%00", "%zz", "${x}", "'; --", "*", "arn:", "arn:aws:sns",
    "a:b:c:d:e", _ARN.format("sqs", "") + ":::", f"arn:aws:sns:nowhere:{ACCOUNT}:rides",
    "http://[::1", "http://", "sqs://x/y", f"http://127.0.0.1:99999/{ACCOUNT}/fares",
    "rate(0 minutes)", "cron()", "at(now)",
]  # fmt: skip
ODD_VALUES: list[Any] = [
    None, True, False, 0, -1, 10**30, 2**63, -(2**31) - 1, 1.5, float("nan"), float("inf"), 1e300,
    [], {}, [None], [[]], {"": ""}, {"N": "x"}, {"S": 1}, [1, "a", {}], *ODD_TEXTS,
]  # fmt: skip
_CONTENT_TYPES = [
    "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
    "multipart/form-data; boundary=x", "application/x-amz-json-1.1; charset=utf-16", "x" * 3000,
]  # fmt: skip


def nested(depth: int) -> str:
    """JSON of maps and lists in each other."""
    return '{"M": [' * (depth // 2) + f'"{DEEP}"' + "]}" * (depth // 2)


@cache
def _model(service: str) -> Any:
    return get_session().get_service_model(service)


def _value(chance: random.Random, name: str, shape: Shape, depth: int = 0) -> Any:
    """A value that a member may have, as botocore takes it."""
    kind = shape.type_name
    if isinstance(shape, StructureShape):
        return _structure(chance, shape, depth + 1)
    if kind == "list":
        return [_value(chance, name, shape.member, depth + 1) for _ in range(chance.randint(0, 2))]
    if kind == "map":
        keys = ["id", "fare", ":r", *getattr(shape.key, "enum", ())]
        return {
            chance.choice(keys): _value(chance, name, shape.value, depth + 1)
            for _ in range(chance.randint(0, 2))
        }
    if kind in ("integer", "long"):
        return chance.choice([0, 1, 10, 60])
    if kind in ("float", "double"):
        return chance.choice([0.0, 1.5])
    if kind == "boolean":
        return chance.random() < 0.5
    if kind == "timestamp":
        return 1_767_225_600
    text = _text(chance, name, shape)
    return text.encode() if kind == "blob" else text


def _text(chance: random.Random, name: str, shape: Shape) -> str:
    if choices := getattr(shape, "enum", None):
        return str(chance.choice(choices))
    for pattern, texts in _LIKELY:
        if re.search(pattern, name):
            return chance.choice(texts)
    return chance.choice(["r1", "rides", "7", "String", "sqs"])


def _structure(chance: random.Random, shape: StructureShape, depth: int) -> dict[str, Any]:
    names = list(shape.members)
    if shape.metadata.get("union"):
        chosen = {chance.choice(names)}
    else:
        # Few, or every request would trip over the first of many strange values.
        share = 0.0 if depth > 4 else min(0.5, 3 / len(names)) if names else 0.0
        required = shape.metadata.get("required", [])
        chosen = {name for name in names if name in required or chance.random() < share}
    if depth > 6:
        return {}
    return {n: _value(chance, n, m, depth) for n, m in shape.members.items() if n in chosen}


def written(chance: random.Random, service: str, action: str, protocol: str) -> HttpRequest:
    """A request as an SDK would send it, with a signature that says where it goes."""
    operation = _model(service).operation_model(action)
    shape = operation.input_shape
    given = _structure(chance, shape, 0) if shape else {}
    parts = create_serializer(protocol, False).serialize_to_request(given, operation)
    path, query, body = parts["url_path"], parts["query_string"], parts["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    query = urlencode(query) if isinstance(query, dict) else query
    signing = _model(service).signing_name
    headers = {
        "Host": f"{service}.{REGION}.amazonaws.com",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/{signing}/"
        "aws4_request, SignedHeaders=host, Signature=0",
        **{name: str(value) for name, value in parts["headers"].items()},
    }
    url = "http://localhost" + path + (f"{'&' if '?' in path else '?'}{query}" if query else "")
    body = body.encode() if isinstance(body, str) else bytes(body)
    return HttpRequest(parts["method"], url, headers, body)


# ---- ways to break one

Break = Callable[[random.Random, HttpRequest], HttpRequest]


def _nodes(tree: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value: what holds it, and its key there."""
    found: list[tuple[Any, Any]] = []
    held = [tree]
    while held:
        holder = held.pop()
        entries = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for key, value in entries:
            found.append((holder, key))
            if isinstance(value, (dict, list)):
                held.append(value)
    return found


def _in_json(chance: random.Random, request: HttpRequest) -> HttpRequest:
    """A wrong value, a missing, unknown or doubled member somewhere in a JSON body."""
    if DEEP.encode() in request.body:  # too deep to be read, in some Pythons
        return request
    try:
        tree = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):  # broken already
        return request
    if not isinstance(tree, dict):
        return request
    nodes = _nodes(tree)
    odd = deepcopy(chance.choice(ODD_VALUES))  # the next break may be inside it
    way = chance.choice(["value", "value", "value", "missing", "unknown", "twice", "deep", "huge"])
    if nodes:
        holder, key = chance.choice(nodes)
        if way == "value":
            holder[key] = odd
        elif way == "missing":
            del holder[key]
        elif way == "deep":
            holder[key] = DEEP
        elif way == "huge":
            holder[key] = MEGABYTE
    if way == "unknown":
        tree[chance.choice(["Unknown", "", "__type", "\ud800"])] = odd
    text = json.dumps(tree)
    if way == "deep":
        text = text.replace(f'"{DEEP}"', nested(chance.choice([4, 40, 900, 10_000])))
    if way == "twice" and tree:
        again = json.dumps({next(iter(tree)): odd})
        text = text[:-1] + "," + again[1:]
    return replace(request, body=text.encode())


def _in_form(chance: random.Random, request: HttpRequest) -> HttpRequest:
    """A wrong value, a missing, unknown or doubled parameter of a query."""
    pairs = parse_qsl(request.body.decode("latin-1"), keep_blank_values=True)
    at = chance.randrange(len(pairs)) if pairs else 0
    way = chance.choice(["value", "value", "value", "missing", "unknown", "twice", "name", "huge"])
    name = pairs[at][0] if pairs else "Action"
    odd = chance.choice(ODD_TEXTS)
    if way == "missing":
        pairs[at : at + 1] = []
    elif way == "name":
        member = chance.choice([".1", ".member.-1", ".member.x", ".0.Name", "..", ".entry.1.key"])
        pairs.append((name + member, odd))
    elif way == "unknown":
        pairs.append((odd, odd))
    elif way == "twice":
        pairs.append((name, odd))
    else:
        pairs[at : at + 1] = [(name, MEGABYTE if way == "huge" else odd)]
    return replace(request, body=urlencode(pairs, errors="surrogatepass").encode())


def _in_xml(chance: random.Random, request: HttpRequest) -> HttpRequest:
    """A wrong text, element or entity in an XML body."""
    body = request.body
    odd = chance.choice(ODD_TEXTS).encode("utf-8", "surrogatepass")
    way = chance.choice(["text", "tag", "entity", "deep", "none", "namespace"])
    if way == "text":
        body = re.sub(rb">[^<]*<", b">" + odd.replace(b"\\", b"") + b"<", body, count=2)
    elif way == "tag":
        body = re.sub(rb"</\w+>", b"</other>", body, count=1)
    elif way == "entity":
        body = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;&c;</x>'
    elif way == "deep":
        body = b"<a>" * 3000 + b"</a>" * 3000
    elif way == "namespace":
        body = b"<q:a>" + body + b"</q:a>"
    else:
        body = b""
    return replace(request, body=body)


def _in_url(chance: random.Random, request: HttpRequest) -> HttpRequest:
    """A path or a query that nobody would write."""
    head, _, query = request.url.partition("?")
    odd = chance.choice(ODD_TEXTS)
    said = odd if odd.startswith("%") else quote(odd, safe="", errors="surrogatepass")
    way = chance.choice(["part", "query", "raw", "lose"])
    if way == "part":
        before, _, last = head.rpartition("/")
        head = f"{before}/{said}" if chance.random() < 0.5 else f"{before}/{said}/{last}"
    elif way == "query":
        query = re.sub(r"=[^&]*", lambda _: f"={said}", query, count=1) + f"&max-keys={said}"
    elif way == "raw":
        query += "&=&&a=\x00&%ff=%fe"
    else:
        query = ""
    return replace(request, url=head + ("?" + query if query else ""))


def _in_headers(chance: random.Random, request: HttpRequest) -> HttpRequest:
    """A wrong value of a header that matters, and such headers where none were."""
    names = [name for name in request.headers if name not in ("Host", "Authorization")]
    name = chance.choice([*names, "x-amz-content-sha256", "Range", "If-Modified-Since"])
    odd = chance.choice(ODD_TEXTS).encode("utf-8", "surrogatepass").decode("latin-1")
    value = re.sub(r"[\r\n\x00]", " ", odd)
    return replace(request, headers={**request.headers, name: value})


def _content_type(chance: random.Random, request: HttpRequest) -> HttpRequest:
    headers = {**request.headers, "Content-Type": chance.choice(_CONTENT_TYPES)}
    return replace(request, headers=headers)


def _operation(chance: random.Random, request: HttpRequest) -> HttpRequest:
    """Another operation, or none such."""
    bogus = chance.choice(["", "Nonsense", "../x", "\ud800", "__init__", "x" * 5000, "get_action"])
    if "X-Amz-Target" in request.headers:
        prefix = request.headers["X-Amz-Target"].split(".")[0]
        told = chance.choice([f"{prefix}.{bogus}", bogus, "No.Such", f"{prefix}."])
        return replace(request, headers={**request.headers, "X-Amz-Target": told})
    if b"Action=" in request.body:
        said = urlencode({"Action": bogus}, errors="surrogatepass").encode()
        return replace(request, body=re.sub(rb"Action=\w+", lambda _: said, request.body, count=1))
    return replace(request, method=chance.choice(["GET", "PUT", "POST", "DELETE", "HEAD", "BREW"]))


def _bytes(chance: random.Random, request: HttpRequest) -> HttpRequest:
    """A body cut short, with bytes that are no text, or of noise alone."""
    body = request.body
    at = chance.randint(0, len(body))
    noise = chance.randbytes(chance.randint(1, 40))
    way = chance.choice(["cut", "insert", "noise", "flip"])
    if way == "cut":
        body = body[:at]
    elif way == "insert":
        body = (
            body[:at]
            + chance.choice([b"\xff\xfe", b"\x00", b"\xed\xa0\x80", b"\\ud800"])
            + body[at:]
        )
    elif way == "flip":
        body = body[:at] + noise[:1] + body[at + 1 :]
    else:
        body = noise
    return replace(request, body=body)


_EVERYWHERE: list[Break] = [_content_type, _operation, _bytes, _in_headers]
_SEEDS = st.integers(0, 2**32 - 1)
_BREAKS: dict[str, list[Break]] = {
    "json": [_in_json] * 8 + _EVERYWHERE,
    "query": [_in_form] * 8 + _EVERYWHERE,
    "ec2": [_in_form] * 8 + _EVERYWHERE,
    "rest-json": [_in_json] * 6 + [_in_url] * 2 + _EVERYWHERE,
    "rest-xml": [_in_xml] * 3 + [_in_url] * 3 + [_in_headers] * 2 + _EVERYWHERE,
}


Services = tuple[tuple[str, tuple[str, ...]], ...]


@st.composite
def requests(draw: st.DrawFn, protocol: str, services: Services) -> tuple[str, HttpRequest]:
    """A service, and a request for one of its operations that is broken in up to three ways."""
    service, actions = draw(st.sampled_from(services))
    action = draw(st.sampled_from(actions))
    breaks = draw(st.lists(st.sampled_from(_BREAKS[protocol]), min_size=1, max_size=3))
    # One draw for all that remains: hundreds would leave half of the requests alike.
    return service, broken(random.Random(draw(_SEEDS)), service, action, protocol, breaks)


def broken(
    chance: random.Random, service: str, action: str, protocol: str, breaks: list[Break]
) -> HttpRequest:
    """A request, broken in these ways one after the other."""
    whole = request = written(chance, service, action, protocol)
    for break_it in breaks:
        request = break_it(chance, request)
    return _content_type(chance, whole) if request == whole else request
