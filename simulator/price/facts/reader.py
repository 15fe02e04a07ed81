"""What all readers of facts need: names out of URLs and ARNs, a call's parameters and tags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from simulator.journal import Fact
from simulator.price.usage import ACCOUNT

if TYPE_CHECKING:
    from simulator.price.meter import Meter

Reader = Callable[["Meter", Fact], None]
_TAGS = ("Tags", "tags", "TagSet")
_GONE = ("TagKeys", "tagKeys")


def parameters(fact: Fact) -> Mapping[str, Any]:
    """The parameters of a call."""
    given = fact.data.get("params")
    return given if isinstance(given, Mapping) else {}


def caller(fact: Fact) -> str:
    """The account that called."""
    return str(fact.data.get("account") or ACCOUNT)


def payload_bytes(fact: Fact) -> int:
    """What the fact says its payload weighs; 0 where it says nothing."""
    return int(fact.data.get("payload_bytes") or 0)


def of_arn(text: str, account: str) -> tuple[str, str]:
    """The account and the resource's own name of an ARN; a plain name is the caller's."""
    if not text.startswith("arn:"):
        return account, text
    parts = text.split(":", 5)
    if len(parts) < 6:
        return account, text
    name = parts[5]
    for kind in ("function:", "stateMachine:", "table/", "event-bus/", "stream/", "rule/"):
        name = name.removeprefix(kind)
    return parts[4] or account, name.partition(":")[0]


def of_queue_url(url: str, account: str) -> tuple[str, str]:
    """The account and the queue that a queue's URL names."""
    parts = url.rstrip("/").split("/")
    if len(parts) > 1 and parts[-2].isdigit():
        return parts[-2], parts[-1]
    return account, parts[-1]


def read_tags(meter: Meter, service: str, account: str, resource: str, fact: Fact) -> None:
    """Take the tags that a call sets or removes, whatever the service calls them."""
    given = parameters(fact)
    tags: dict[str, str] = {}
    for name in _TAGS:
        found = given.get(name)
        if isinstance(found, Mapping):
            tags.update({str(key): str(value) for key, value in found.items()})
        elif isinstance(found, list):
            tags.update(dict(_pair(entry) for entry in found if isinstance(entry, Mapping)))
    gone = [str(key) for name in _GONE for key in given.get(name) or ()]
    if tags or gone:
        meter.tag(service, account, resource, tags, gone)


def _pair(entry: Mapping[str, Any]) -> tuple[str, str]:
    key = entry.get("Key", entry.get("key", entry.get("TagKey", "")))
    value = entry.get("Value", entry.get("value", entry.get("TagValue", "")))
    return str(key), str(value)
