"""Alarms in virtual time: on metrics, at every period; on other alarms, when they change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from moto.cloudwatch import models as moto
from moto.core.utils import utcnow

from simulator.aws.cloudwatch.actions import act
from simulator.aws.cloudwatch.history import History
from simulator.aws.cloudwatch.points import Watched
from simulator.aws.cloudwatch.queries import aware
from simulator.aws.cloudwatch.suppression import Suppression
from simulator.model.alarm import ALARM, INSUFFICIENT_DATA, OK, Point, Rule, stamp
from simulator.model.alarm_rule import CompositeRule

if TYPE_CHECKING:
    from simulator.aws.cloudwatch.models import CloudWatchBackend

_DAY_S, _HOUR_S = 86_400, 3600
INITIAL_STATE = INSUFFICIENT_DATA
"""CloudWatch User Guide, "Using Amazon CloudWatch alarms": an alarm that has just started."""

_UNCHECKED = "Unchecked: Initial alarm creation"


class _Stateful(moto.Alarm):
    """What both kinds share: a state with a history, and actions when it changes."""

    kind = ""

    class Meta:
        """moto's names for what AWS calls Alarm..., which it tells by its own class's name."""

        serialization_aliases: ClassVar[dict[str, str]] = {
            "AlarmName": "name",
            "AlarmDescription": "description",
            "AlarmConfigurationUpdatedTimestamp": "configuration_updated_timestamp",
            "AlarmRule": "rule",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.state_value = INITIAL_STATE
        self.state_reason = _UNCHECKED
        self.state_reason_data: str | None = None  # type: ignore[assignment]
        self.state_transitioned_timestamp = self.state_updated_timestamp
        self.state_since_s = 0.0
        self.log = History(self)
        self._retired = False
        self._backend: CloudWatchBackend | None = None

    @property
    def backend(self) -> CloudWatchBackend:
        """The CloudWatch it lies in."""
        assert self._backend is not None
        return self._backend

    @property
    def alive(self) -> bool:
        """Whether it is neither deleted nor replaced."""
        return not self._retired

    @property
    def items(self) -> list[Mapping[str, Any]]:
        """Its history."""
        return self.log.items

    @property
    def billed(self) -> dict[str, Any]:
        """What facts say for its price: its kind, how many metrics it looks at, how closely."""
        queries = [query for query in self.metric_data_queries if query.metric_stat is not None]
        periods = [int(query.metric_stat.period) for query in queries if query.metric_stat]
        return {
            "alarm": self.name,
            "account": self.backend.account_id,
            "kind": self.kind,
            "metrics": len(queries) or 1,
            "period_s": min(periods, default=int(self.period or 60)),
        }

    def begin(self, backend: CloudWatchBackend) -> None:
        """Take up its work in `backend`."""
        self._backend = backend

    def retire(self) -> None:
        """Stop: it was deleted or replaced."""
        self._retired = True

    def carry_on(self, old: _Stateful) -> None:
        """Take over the state and history of the alarm it replaces."""
        for name in (
            "state_value", "state_reason", "state_reason_data", "state_updated_timestamp",
            "state_transitioned_timestamp", "state_since_s",
        ):  # fmt: skip
            setattr(self, name, getattr(old, name))
        self.log = History(self, old.log)

    def change(self, new: str, reason: str, reason_data: str | None = None) -> None:
        """Go over to a state; without a change only the reason is noted."""
        world = self.backend.world
        before = {
            "value": self.state_value,
            "reason": self.state_reason,
            "reasonData": self.state_reason_data,
            "timestamp": stamp(aware(self.state_updated_timestamp).timestamp()),
        }
        old, self.state_value = self.state_value, new
        self.state_reason, self.state_reason_data = reason, reason_data
        self.state_updated_timestamp = utcnow()
        if new == old:
            return
        self.state_transitioned_timestamp = self.state_updated_timestamp
        self.state_since_s = world.metrics.unix_s
        self.log.state_updated(old, before)
        world.record(
            "alarm.state",
            who=f"alarm:{self.name}",
            **{"alarm": self.name, "from": old, "to": new, "reason": reason},
        )
        self.changed(before)
        self.backend.alarm_changed(self.name)

    def changed(self, before: Mapping[str, Any]) -> None:
        """Act on a change of state."""
        act(self, before)

    def look_again(self) -> None:
        """Evaluate before long, what state it may have been given by hand."""

    @property
    def actions(self) -> list[str]:
        """What to do in the present state."""
        return {
            ALARM: self.alarm_actions,
            OK: self.ok_actions,
            INSUFFICIENT_DATA: self.insufficient_data_actions,
        }[self.state_value]


class MetricAlarm(_Stateful):
    """An alarm on a metric or on metric math."""

    kind = "MetricAlarm"
    _asleep = False

    @cached_property
    def judgement(self) -> Rule:
        """Its threshold, M of N and the treatment of missing data."""
        return Rule(
            comparison=self.comparison_operator,
            threshold=float(self.threshold) if self.threshold is not None else 0.0,
            periods=int(self.evaluation_periods),
            to_alarm=int(self.datapoints_to_alarm) if self.datapoints_to_alarm else None,
            treat_missing=self.treat_missing_data or "missing",
        )

    @cached_property
    def watched(self) -> Watched:
        """The data it looks at."""
        return Watched.of(self)

    def begin(self, backend: CloudWatchBackend) -> None:
        """Evaluate at every period from now on: each minute, or each 10 s for a shorter period."""
        super().begin(backend)
        self._asleep = True
        self.log.configured()
        if self.judgement.supported and self.watched.readable:
            self.look_again()

    def look_again(self) -> None:
        """Evaluate at the coming periods, should it be asleep."""
        if self.alive and self._asleep:
            self._asleep = False
            every_s = 10 if self.watched.period_s < 60 else 60
            self.backend.world.metrics.each(every_s, self._evaluate, first=False)

    def _evaluate(self, at_s: float) -> bool:
        """One evaluation; whether to go on. Without any data it sleeps until there is some.

        An alarm over more than a day evaluates once an hour (User Guide, "Creating alarms").
        """
        if not self.alive:
            return False
        period_s, rule = self.watched.period_s, self.judgement
        if period_s * rule.periods > _DAY_S and round(at_s) % _HOUR_S:
            return True
        points = self.watched.points(round(at_s), rule.evaluation_range)
        new = rule.judge(points)
        if new is not None and new != self.state_value:
            self._move(new, points, at_s)
        if any(point.value is not None for point in points) or self.watched.ahead_of(at_s):
            return True
        self._asleep = True
        self.watched.wake(self.look_again)
        return False

    def _move(self, new: str, points: list[Point], at_s: float) -> None:
        rule = self.judgement
        reason = rule.reason(points, new)
        self.change(new, reason, rule.reason_data(points, at_s, self.watched.told()))


class CompositeAlarm(_Stateful):
    """An alarm over the states of others."""

    kind = "CompositeAlarm"

    def __init__(
        self,
        account_id: str,
        region_name: str,
        name: str,
        compiled: CompositeRule,
        **options: Any,
    ) -> None:
        unused = dict.fromkeys((
            "namespace", "metric_name", "metric_data_queries", "comparison_operator",
            "evaluation_periods", "datapoints_to_alarm", "period", "threshold", "statistic",
            "extended_statistic", "unit", "treat_missing_data",
            "evaluate_low_sample_count_percentile", "threshold_metric_id",
        ))  # fmt: skip
        super().__init__(
            account_id, region_name, name,
            **{**unused, **options, "dimensions": [], "rule": compiled.text},
        )  # fmt: skip
        self.compiled = compiled
        self.actions_suppressor: str | None = None
        self.actions_suppressor_wait_period: int | None = None
        self.actions_suppressor_extension_period: int | None = None
        self.actions_suppressed_by: str | None = None
        self.actions_suppressed_reason: str | None = None
        self._suppression: Suppression | None = None
        self._evaluating = False

    def suppress(self, suppressor: str | None, wait_s: int, extension_s: int) -> None:
        """Hold actions back while the alarm `suppressor` is in ALARM."""
        if suppressor:
            self.actions_suppressor = suppressor
            self.actions_suppressor_wait_period = wait_s
            self.actions_suppressor_extension_period = extension_s
            self._suppression = Suppression(self, wait_s, extension_s)

    def begin(self, backend: CloudWatchBackend) -> None:
        """Evaluate at once, and whenever an alarm of the rule changes."""
        super().begin(backend)
        self.log.configured()
        self.evaluate()

    def refers_to(self, name: str) -> bool:
        """Whether its rule names the alarm `name`, by name or ARN."""
        return any(child.split(":alarm:")[-1] == name for child in self.compiled.children)

    def suppressed_by(self, name: str) -> bool:
        """Whether the alarm `name` is its suppressor."""
        return (self.actions_suppressor or "").split(":alarm:")[-1] == name

    def state_of(self, name: str) -> str | None:
        """The state of another alarm."""
        alarm = self.backend.alarm(name)
        return None if alarm is None else alarm.state_value

    def evaluate(self) -> None:
        """Look at the rule; in a circle of alarms the evaluation stops where it began."""
        if self._evaluating or not self.alive:
            return
        self._evaluating = True
        try:
            new = ALARM if self.compiled.holds(self.state_of) else OK
            if new != self.state_value:
                reason, data = self._why(new)
                self.change(new, reason, data)
        finally:
            self._evaluating = False

    def suppressor_changed(self) -> None:
        """Its suppressor went into ALARM or out of it."""
        if self._suppression is not None:
            self._suppression.suppressor_changed()

    def changed(self, before: Mapping[str, Any]) -> None:
        """Act, unless a suppressor holds the actions back."""
        if self._suppression is None or self._suppression.lets_pass(before):
            act(self, before)

    def _why(self, new: str) -> tuple[str, str]:
        """The reason: which alarm of the rule changed last, and the states of all that count."""
        children = [self.backend.alarm(child) for child in self.compiled.children]
        known = [child for child in children if child is not None]
        if not known:
            return f"{self.alarm_arn} was evaluated to {new}", '{"triggeringAlarms":[]}'
        last = max(known, key=lambda child: child.state_since_s)
        when = datetime.fromtimestamp(last.state_since_s or self.backend.world.metrics.unix_s, UTC)
        reason = (
            f"{last.alarm_arn} transitioned to {last.state_value} at "
            f"{when:%A %d %B, %Y %H:%M:%S} UTC"
        )
        return reason, self.log.triggering(known)
