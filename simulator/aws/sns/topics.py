"""What CreateTopic, TagResource and AddPermission take."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from moto.core.utils import camelcase_to_underscores
from moto.sns.models import VALID_POLICY_ACTIONS
from moto.utilities.utils import get_partition

from simulator.aws.sns.exceptions import SNSInvalidParameter, invalid

if TYPE_CHECKING:
    from moto.sns.models import Topic

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,256}")
_FIFO_NAME = re.compile(r"[a-zA-Z0-9_-]{1,251}\.fifo")
_MADE_OF = (
    "must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and "
    "hyphens, and must be between 1 and 256 characters long."
)


def check_name(name: str, *, fifo: bool) -> None:
    """A topic's name; moto's sentences where it is a matter of FIFO, AWS's otherwise."""
    if fifo:
        if not _FIFO_NAME.fullmatch(name):
            raise SNSInvalidParameter(f"Fifo Topic names must end with .fifo and {_MADE_OF}")
    elif name.endswith(".fifo"):
        raise SNSInvalidParameter(f"Topic names {_MADE_OF}")
    elif not _NAME.fullmatch(name):
        raise invalid("Topic Name")


def check_tags(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Tags by key; no key comes twice."""
    found = {tag["Key"]: tag["Value"] for tag in tags}
    if len(found) != len(tags):
        raise invalid("Duplicated keys are not allowed.")
    return found


def check_same_attributes(
    topic: Topic, attributes: Mapping[str, Any], tags: Mapping[str, str]
) -> None:
    """CreateTopic for a topic that is there may not ask for anything else."""
    if any(topic._tags.get(key) != value for key, value in tags.items()):
        raise invalid("Tags Reason: Topic already exists with different tags")
    extras: dict[str, str] = getattr(topic, "extras", {})
    for name, value in attributes.items():
        if name == "Policy":
            continue
        current = getattr(topic, camelcase_to_underscores(name), extras.get(name))
        if current != value:
            raise invalid("Attributes Reason: Topic already exists with different attributes")


def add_statement(
    topic: Topic, label: str, accounts: Sequence[str], actions: Sequence[str]
) -> None:
    """Let accounts do things with a topic, by a statement of its policy."""
    statements = _statements(topic)
    if any(statement.get("Sid") == label for statement in statements):
        raise SNSInvalidParameter("Statement already exists")
    if any(action not in VALID_POLICY_ACTIONS for action in actions):
        raise SNSInvalidParameter("Policy statement action out of service scope!")
    partition = get_partition(topic.arn.split(":")[3])
    principals = [f"arn:{partition}:iam::{account}:root" for account in accounts]
    statements.append(
        {
            "Sid": label,
            "Effect": "Allow",
            "Principal": {"AWS": _one_or_all(principals)},
            "Action": _one_or_all([f"SNS:{action}" for action in actions]),
            "Resource": topic.arn,
        }
    )


def remove_statement(topic: Topic, label: str) -> None:
    """Take the statement called `label` out of a topic's policy, if it is there."""
    statements = _statements(topic)
    statements[:] = [statement for statement in statements if statement.get("Sid") != label]


def _statements(topic: Topic) -> list[dict[str, Any]]:
    """The statements of a topic's policy, to be changed in place."""
    found = topic._policy_json.get("Statement", [])
    statements = [one for one in (found if isinstance(found, list) else [found]) if one]
    topic._policy_json["Statement"] = statements
    return statements


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
