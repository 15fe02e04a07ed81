"""What EventBridge refuses, in its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.events.exceptions import ValidationException

NAME_PATTERN = r"[\.\-_A-Za-z0-9]+"


class LimitExceeded(JsonRESTError):
    """More of something than the quota allows."""

    code = 400

    def __init__(self) -> None:
        super().__init__(
            "LimitExceededException",
            "The requested resource exceeds the maximum number allowed.",
        )


class Constraints:
    """The constraints of one request, reported together as AWS does."""

    def __init__(self) -> None:
        self._broken: list[str] = []

    def text(
        self,
        value: Any,
        at: str,
        longest: int,
        pattern: str | None = NAME_PATTERN,
        lenient: str = "",
    ) -> None:
        """A string of 1 to `longest` characters that fits `pattern`; None is not looked at.

        `lenient`: a character that is let through all the same, as moto's clients expect.
        """
        if value is None:
            return
        if len(str(value)) > longest:
            self._note(value, at, f"length less than or equal to {longest}", verb="have")
        if not value:
            self._note(value, at, "length greater than or equal to 1", verb="have")
        if pattern is not None and not re.fullmatch(
            pattern, str(value).replace(lenient, "-") if lenient else str(value)
        ):
            self._note(value, at, f"regular expression pattern: {pattern}")

    def member(self, value: Any, at: str, allowed: Sequence[str]) -> None:
        """One of the values that AWS knows."""
        if value is not None and value not in allowed:
            self._note(value, at, f"enum value set: [{', '.join(allowed)}]")

    def number(self, value: Any, at: str, low: int, high: int) -> None:
        """A number between two bounds."""
        if value is None:
            return
        if value < low:
            self._note(value, at, f"value greater than or equal to {low}", verb="have")
        if value > high:
            self._note(value, at, f"value less than or equal to {high}", verb="have")

    def check(self) -> None:
        """Raise ValidationException if any was broken."""
        count = len(self._broken)
        if count:
            noun = "error" if count == 1 else "errors"
            raise ValidationException(
                f"{count} validation {noun} detected: {'; '.join(self._broken)}"
            )

    def _note(self, value: Any, at: str, wanted: str, verb: str = "satisfy") -> None:
        self._broken.append(
            f"Value '{value}' at '{at}' failed to satisfy constraint: Member must {verb} {wanted}"
        )
