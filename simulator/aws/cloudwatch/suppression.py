"""A composite alarm's actions held back while its suppressor is in ALARM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from simulator.aws.cloudwatch.actions import act
from simulator.model.alarm import ALARM

if TYPE_CHECKING:
    from simulator.aws.cloudwatch.alarms import CompositeAlarm


class Suppression:
    """The three things that hold actions back: the suppressor, the wait for it, the time after it.

    Source: CloudWatch User Guide, "Suppressing composite alarm actions".
    """

    def __init__(self, alarm: CompositeAlarm, wait_s: int, extension_s: int) -> None:
        self._alarm = alarm
        self._wait_s = wait_s
        self._extension_s = extension_s
        self._held: Mapping[str, Any] | None = None
        self._timer: Event | None = None

    def lets_pass(self, before: Mapping[str, Any]) -> bool:
        """Whether the actions of a change of state may be carried out now; else they are held."""
        self._release()
        if self._suppressing:
            self._hold(before, "Alarm")
            return False
        if self._alarm.state_value == ALARM and self._wait_s > 0:
            self._hold(before, "WaitPeriod")
            self._after(self._wait_s)
            return False
        return True

    def suppressor_changed(self) -> None:
        """The suppressor went into ALARM or out of it."""
        if self._held is None:
            return
        self._timer = None
        if self._suppressing:
            self._hold(self._held, "Alarm")
        elif self._alarm.actions_suppressed_by != "Alarm":
            return
        elif self._extension_s > 0:
            self._hold(self._held, "ExtensionPeriod")
            self._after(self._extension_s)
        else:
            self._let_go()

    @property
    def _suppressing(self) -> bool:
        return self._alarm.state_of(self._alarm.actions_suppressor or "") == ALARM

    def _hold(self, before: Mapping[str, Any], by: str) -> None:
        alarm = self._alarm
        self._held = before
        alarm.actions_suppressed_by = by
        alarm.actions_suppressed_reason = f"Actions suppressed by {by}"
        alarm.backend.world.record(
            "alarm.suppressed", who=f"alarm:{alarm.name}", alarm=alarm.name, by=by
        )

    def _after(self, delay_s: float) -> None:
        timer = self._alarm.backend.world.env.timeout(delay_s)
        assert timer.callbacks is not None
        timer.callbacks.append(self._over)
        self._timer = timer

    def _over(self, timer: Event) -> None:
        if timer is self._timer:
            self._let_go()

    def _let_go(self) -> None:
        """Carry out what was held back, if the alarm is still in ALARM."""
        held = self._held
        self._release()
        if held is not None and self._alarm.alive and self._alarm.state_value == ALARM:
            act(self._alarm, held)

    def _release(self) -> None:
        self._held = self._timer = None
        self._alarm.actions_suppressed_by = self._alarm.actions_suppressed_reason = None
