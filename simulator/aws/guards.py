"""Where moto changes something and only then refuses or stumbles: here it takes that back.

Each guard is put up when its service is first asked for, so that no service is loaded for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, wraps
from typing import Any

from simulator.aws.seams import replace

_RANGE = re.compile(r"bytes=\d*-\d*(, *\d*-\d*)*")
_LOOKING = ("Describe", "Get", "Search", "Export")


def put_up(backend: str) -> None:
    """Guard a backend of moto's, by its name."""
    if (guard := _GUARDS.get(backend)) is not None:
        guard()


@cache
def _dynamodb() -> None:
    from moto.dynamodb.exceptions import MockValidationException
    from moto.dynamodb.models import DynamoDBBackend

    def shelves(backend: DynamoDBBackend, name: str, *_: Any, **__: Any) -> Iterable[Any]:
        return [vars(backend.tables[name])] if name in backend.tables else []

    _all_or_nothing(DynamoDBBackend, "update_table", shelves)
    update_item = DynamoDBBackend.update_item

    @wraps(update_item)
    def updated(self: DynamoDBBackend, name: str, key: Any, *args: Any, **kwargs: Any) -> Any:
        # moto makes the item of this key before it reads the values of the key.
        if any(len(value) > 1 for value in key.values()):
            raise MockValidationException(
                "Supplied AttributeValue has more than one datatypes set, "
                "must contain exactly one of the supported datatypes"
            )
        # A key alone is enough: it makes the item.
        kwargs["attribute_updates"] = kwargs.get("attribute_updates") or {}
        return update_item(self, name, key, *args, **kwargs)

    replace(DynamoDBBackend, "update_item", updated)


@cache
def _ec2() -> None:
    from moto.ec2.responses import EC2Response

    def shelves(asked: EC2Response) -> Iterable[Any]:
        looks = asked._get_action().startswith(_LOOKING)
        return [] if looks else _shelves(vars(asked.ec2_backend), 2)

    _all_or_nothing(EC2Response, "call_action", shelves)


@cache
def _s3() -> None:
    from moto.s3.models import FakeBucket, s3_backends
    from moto.s3.responses import S3Response

    def shelves(asked: S3Response, *_: Any) -> Iterable[Any]:
        return [asked.backend.buckets, s3_backends.bucket_accounts]

    _all_or_nothing(FakeBucket, "set_lifecycle", lambda bucket, _: [vars(bucket)])
    _all_or_nothing(S3Response, "_bucket_response_put", shelves)
    by_range = S3Response._handle_range_header

    def ranged(self: S3Response, request: Any, headers: dict[str, Any], body: Any) -> Any:
        # RFC 9110, 14.2: other methods know no ranges, and what is none is ignored.
        if request.method in ("GET", "HEAD") and _RANGE.fullmatch(request.headers["range"]):
            return by_range(self, request, headers, body)
        return 200, headers, body

    replace(S3Response, "_handle_range_header", ranged)


_GUARDS: dict[str, Callable[[], None]] = {
    "dynamodb": _dynamodb,
    "ec2": _ec2,
    "s3": _s3,
    "s3bucket_path": _s3,
}


def _all_or_nothing(owner: Any, name: str, shelves: Callable[..., Iterable[Any]]) -> None:
    """Let a method that fails, or answers with an error, leave its shelves as they were.

    They are dicts, lists or sets; what stands on them is left alone.
    """
    method = getattr(owner, name)

    @wraps(method)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        held = [(shelf, shelf.copy()) for shelf in shelves(*args, **kwargs)]
        try:
            answer = method(*args, **kwargs)
        except Exception:
            _put_back(held)
            raise
        if isinstance(answer, tuple) and int(answer[0]) >= 400:
            _put_back(held)
        return answer

    replace(owner, name, guarded)


def _shelves(shelf: Any, depth: int) -> Iterator[Any]:
    """A dict, list or set, and those that stand on it."""
    if not isinstance(shelf, (dict, list, set)):
        return
    yield shelf
    if depth:
        for inner in shelf.values() if isinstance(shelf, dict) else shelf:
            yield from _shelves(inner, depth - 1)


def _put_back(held: list[tuple[Any, Any]]) -> None:
    for shelf, before in held:
        if shelf != before:
            shelf.clear()
            (shelf.extend if isinstance(shelf, list) else shelf.update)(before)
