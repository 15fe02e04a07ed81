"""How many invocations may run at once: an account's in one Region, shared or set aside.

Source: Lambda Developer Guide, "Understanding Lambda function scaling" and "Configuring reserved
concurrency for a function".
"""

from __future__ import annotations

from collections.abc import Callable

ACCOUNT_LIMIT = 1_000
UNRESERVED_LEAST = 100
"""What an account must leave for the functions that reserve nothing."""

_OWN = "ReservedFunctionConcurrentInvocationLimitExceeded"
_SHARED = "ConcurrentInvocationLimitExceeded"


class Throttled(Exception):
    """There is no room for one more, `never` where none is ever given; `reason` is Lambda's."""

    def __init__(self, reason: str, *, never: bool = False) -> None:
        super().__init__("Rate Exceeded.")
        self.reason, self.never = reason, never


class Pool:
    """Who is running in one account and Region.

    `set_aside` tells how much of the limit functions have taken out of what they share: asked only
    where it matters.
    """

    def __init__(self, set_aside: Callable[[], int], limit: int = ACCOUNT_LIMIT) -> None:
        self.limit = limit
        self._set_aside = set_aside
        self._busy: dict[str, int] = {}
        self._shared = 0

    def busy(self, name: str) -> int:
        """How many invocations of a function are running."""
        return self._busy.get(name, 0)

    def enter(self, name: str, own: int | None, *, ready: bool = False) -> bool:
        """Begin an invocation; whether it takes room from what is shared. Raises Throttled.

        `own` is the function's reserved concurrency; `ready` says that one of its provisioned
        environments is free, whose room was set aside.
        """
        running = self._busy.get(name, 0)
        if own is not None:
            if running >= own:
                raise Throttled(_OWN, never=own == 0)
        elif not ready and self._shared >= UNRESERVED_LEAST:
            if self._shared >= self.limit - self._set_aside():
                raise Throttled(_SHARED)
        elif not ready and self.limit < UNRESERVED_LEAST and self._shared >= self.limit:
            raise Throttled(_SHARED)
        self._busy[name] = running + 1
        shared = own is None and not ready
        self._shared += shared
        return shared

    def leave(self, name: str, *, shared: bool) -> None:
        """End an invocation that `enter` began."""
        self._busy[name] -= 1
        self._shared -= shared
