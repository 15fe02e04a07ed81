"""What EventBridge Scheduler refuses, in its words."""

from __future__ import annotations

from moto.core.exceptions import JsonRESTError


class Conflict(JsonRESTError):
    """A name that is taken."""

    code = 409

    def __init__(self, what: str) -> None:
        super().__init__("ConflictException", f"{what} already exists.")
