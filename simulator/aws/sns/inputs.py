"""A request held against what the service's model declares, before anybody acts on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError
from botocore.model import OperationNotFoundError

from simulator.aws.sns.exceptions import SNSException, invalid, validation


def read(parse: Callable[[], None], action: str) -> None:
    """Let a parser read a request; whatever it cannot read is refused as AWS refuses it."""
    try:
        parse()
    except OperationNotFoundError as error:
        sentence = f"Could not find operation {action} for version 2010-03-31"
        raise _refusal("InvalidAction", sentence, action) from error
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        # A value that its type cannot have: letters for a number, bytes that are no base64.
        raise _refusal("MalformedInput", f"{type(error).__name__}: {error}", action) from error


def check(parameters: Mapping[str, Any], shape: Any) -> None:
    """Refuse a request that lacks what the operation requires. Raises SNSException."""
    if shape is None:
        return
    for name in shape.required_members:
        # On this wire an empty list or map is one that is not there.
        plain = shape.members[name].type_name not in ("list", "map")
        if plain and parameters.get(name) is None:
            raise invalid(f"{name} Reason: no value for required parameter")
    for name, member in shape.members.items():
        for path in _nulls(parameters.get(name), member, _camel(name)):
            raise validation(path)


def refusal(error: SNSException, action: str) -> ClientError:
    """An error for the gateway, which writes it in the request's own protocol."""
    return _refusal(error.code, error.message, action)


def _refusal(code: str, message: str, action: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, action)


def _nulls(value: Any, shape: Any, path: str) -> Iterator[str]:
    """The paths of required members that are missing, as AWS writes them."""
    if value is None:
        return
    if shape.type_name == "structure":
        if not isinstance(value, Mapping):  # moto's reader leaves a mark where nothing was
            yield path
            return
        for name in shape.required_members:
            if value.get(name) is None:
                yield f"{path}.{_camel(name)}"
        for name, member in shape.members.items():
            yield from _nulls(value.get(name), member, f"{path}.{_camel(name)}")
    elif shape.type_name == "list":
        for index, entry in enumerate(value, start=1):
            yield from _nulls(entry, shape.member, f"{path}.{index}.member")
    elif shape.type_name == "map":
        for key, entry in value.items():
            yield from _nulls(entry, shape.value, f"{path}.{key}.member")
    elif shape.type_name == "string" and not isinstance(value, str):
        yield path


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]
