"""moto's Scheduler with schedules that are checked, and fire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from moto.scheduler import models as moto
from moto.scheduler.exceptions import ScheduleGroupNotFound, ValidationException

from simulator.aws.events.exceptions import Constraints
from simulator.aws.scheduler.exceptions import Conflict
from simulator.aws.scheduler.requests import READ_ONLY, universal
from simulator.model.schedule import InvalidSchedule, parse

if TYPE_CHECKING:
    from simulator.aws.scheduler.firing import Firing

_NAME = r"[0-9a-zA-Z-_.]+"
_DEFAULT = "default"


class Schedule(moto.Schedule):
    """A schedule that knows where it lies and how it is taken away."""

    def __init__(self, region: str, account_id: str, **options: Any) -> None:
        self.region, self.account_id = region, account_id
        self.generation = 0
        self.group: moto.ScheduleGroup | None = None
        super().__init__(region=region, account_id=account_id, **options)

    def forget(self) -> None:
        """Delete it, as ActionAfterCompletion says."""
        if self.group is not None and self.group.schedules.get(self.name) is self:
            del self.group.schedules[self.name]


class SchedulerBackend(moto.EventBridgeSchedulerBackend):
    """One account's Scheduler in one Region."""

    firing: ClassVar[Firing]

    @property
    def _url_module(self) -> Any:
        from simulator.aws.scheduler import urls  # it imports this file

        return urls

    def create_schedule(self, **options: Any) -> Any:  # type: ignore[override]
        """Make a schedule and let it fire."""
        _check(options)
        group = self._group(options.get("group_name"))
        if options["name"] in group.schedules:
            raise Conflict(f"Schedule {options['name']}")
        options["action_after_completion"] = options.get("action_after_completion") or "NONE"
        schedule: Any = super().create_schedule(**options)
        schedule.group = group
        self._start(schedule)
        return schedule

    def update_schedule(self, **options: Any) -> Any:  # type: ignore[override]
        """Replace all of a schedule: what is not given goes back to its default."""
        _check(options)
        action = options.pop("action_after_completion", None)
        options["state"] = options.get("state") or "ENABLED"
        schedule: Any = super().update_schedule(**options)
        schedule.action_after_completion = action or "NONE"
        self._start(schedule)
        return schedule

    def _start(self, schedule: Schedule) -> None:
        schedule.generation += 1
        generation, group = schedule.generation, schedule.group

        def in_force() -> bool:
            return (
                group is not None
                and self.schedule_groups.get(group.name) is group
                and group.schedules.get(schedule.name) is schedule
                and schedule.generation == generation
            )

        self.firing.start(schedule, in_force)

    def create_schedule_group(
        self, name: str, tags: list[dict[str, str]] | None
    ) -> moto.ScheduleGroup:
        """Make a group."""
        constraints = Constraints()
        constraints.text(name, "name", 64, _NAME)
        constraints.check()
        if name in self.schedule_groups:
            raise Conflict(f"Schedule group {name}")
        return super().create_schedule_group(name, tags or [])

    def delete_schedule_group(self, name: str | None) -> None:
        """Delete a group and its schedules."""
        if (name or _DEFAULT) == _DEFAULT:
            raise ValidationException("The default schedule group cannot be deleted.")
        self._group(name)
        super().delete_schedule_group(name)

    def _group(self, name: str | None) -> moto.ScheduleGroup:
        group = self.schedule_groups.get(name or _DEFAULT)
        if group is None:
            raise ScheduleGroupNotFound(name or _DEFAULT)
        return group


def _check(options: Mapping[str, Any]) -> None:
    """Refuse what CreateSchedule and UpdateSchedule refuse."""
    constraints = Constraints()
    constraints.text(options["name"], "name", 64, _NAME)
    constraints.member(options.get("state"), "state", ("ENABLED", "DISABLED"))
    constraints.member(
        options.get("action_after_completion"), "actionAfterCompletion", ("NONE", "DELETE")
    )
    window = options.get("flexible_time_window") or {}
    constraints.member(window.get("Mode"), "flexibleTimeWindow.mode", ("OFF", "FLEXIBLE"))
    constraints.number(
        window.get("MaximumWindowInMinutes"),
        "flexibleTimeWindow.maximumWindowInMinutes",
        1,
        1440,
    )
    target = options.get("target") or {}
    policy = target.get("RetryPolicy") or {}
    at = "target.retryPolicy"
    constraints.number(
        policy.get("MaximumEventAgeInSeconds"), f"{at}.maximumEventAgeInSeconds", 60, 86_400
    )
    constraints.number(policy.get("MaximumRetryAttempts"), f"{at}.maximumRetryAttempts", 0, 185)
    constraints.check()
    if window.get("Mode") == "FLEXIBLE" and not window.get("MaximumWindowInMinutes"):
        raise ValidationException("MaximumWindowInMinutes must be given for a flexible window.")
    _check_target(target)
    _check_expression(options)


def _check_target(target: Mapping[str, Any]) -> None:
    arn = str(target.get("Arn", ""))
    named = universal(arn)
    if named is not None and named[1].startswith(READ_ONLY):
        raise ValidationException(f"The operation {named[1]} of {arn} is no target: it only reads.")
    if arn.endswith(".fifo") and not (target.get("SqsParameters") or {}).get("MessageGroupId"):
        raise ValidationException("SqsParameters.MessageGroupId is required for a FIFO queue.")


def _check_expression(options: Mapping[str, Any]) -> None:
    text = str(options["schedule_expression"])
    zone_name = options.get("schedule_expression_timezone") or "UTC"
    try:
        zone = ZoneInfo(zone_name)
    except (ValueError, OSError, KeyError) as error:
        raise ValidationException(f"Invalid Schedule Expression Timezone {zone_name}.") from error
    if "(" not in text:
        return  # moto's clients keep words that are no schedule; they never fire
    try:
        parse(text, zone)
    except InvalidSchedule as error:
        raise ValidationException(f"Invalid Schedule Expression {text}.") from error
