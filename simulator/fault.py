"""What goes wrong, when: faults that strike a call by who makes it, of what, and how often."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.kernel import current_fiber

if TYPE_CHECKING:
    from simulator.world import World


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong for the calls that match.

    `where` names what must match: any of service, action, account, region, resource (a name or ARN
    among the parameters), actor, machine, execution, state (Step Functions), function, partner,
    operation. A collection as a value means any of these. `attempts` says which matching calls are
    struck, counted from 1; None means all. `error` is the error code the caller gets, with HTTP
    `status`; None means the call succeeds, only later by `latency_s`. With `after`, the call takes
    effect and the answer is lost.
    """

    name: str
    where: Mapping[str, str | Collection[str]]
    error: str | None = "ServiceException"
    status: int = 500
    message: str = "The service is not available (injected by the lab)."
    attempts: Collection[int] | None = None
    after: bool = False
    latency_s: float = 0.0


@dataclass
class _Active:
    fault: Fault
    seen: int = field(default=0)


class Faults:
    """The faults in force in a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._active: dict[str, _Active] = {}

    def inject(self, fault: Fault) -> None:
        """Put a fault in force from the present instant, in place of one of the same name."""
        self._active[fault.name] = _Active(fault)
        self._world.record("fault.injected", name=fault.name, **_told(fault))

    def lift(self, name: str) -> None:
        """End the fault called `name`, if it is in force."""
        if self._active.pop(name, None) is not None:
            self._world.record("fault.lifted", name=name)

    def clear(self) -> None:
        """End all faults."""
        for name in tuple(self._active):
            self.lift(name)

    def strike(self, **attributes: str | Collection[str]) -> Fault | None:
        """The fault, if any, that strikes a call with these attributes now; it counts the call."""
        if not self._active:
            return None
        fiber = current_fiber()
        known: dict[str, Any] = {**(fiber.context if fiber else {}), **attributes}
        for active in self._active.values():
            if not all(_matches(known.get(key), want) for key, want in active.fault.where.items()):
                continue
            active.seen += 1
            fault = active.fault
            if fault.attempts is None or active.seen in fault.attempts:
                self._world.record("fault.hit", name=fault.name, attempt=active.seen)
                return fault
        return None


def _matches(value: Any, wanted: str | Collection[str]) -> bool:
    accepted = {wanted} if isinstance(wanted, str) else set(wanted)
    offered = {value} if isinstance(value, str) else set(value or ())
    return any(
        offer == want or offer.endswith((f":{want}", f"/{want}"))
        for offer in offered
        for want in accepted
    )


def _told(fault: Fault) -> dict[str, Any]:
    told: dict[str, Any] = {
        "where": {
            key: value if isinstance(value, str) else sorted(value)
            for key, value in fault.where.items()
        },
        "error": fault.error,
        "after": fault.after,
        "latency_s": fault.latency_s,
    }
    if fault.attempts is not None:
        told["attempts"] = sorted(fault.attempts)
    return told
