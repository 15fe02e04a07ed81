"""What CreateTopic and TagResource take."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from moto.core.utils import camelcase_to_underscores

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
