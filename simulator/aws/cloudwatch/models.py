"""moto's CloudWatch on the world's one store of metrics, with alarms that evaluate and act."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar

from moto.cloudwatch import models as moto
from moto.cloudwatch.exceptions import (
    InvalidFormat,
    InvalidParameterValue,
    ResourceNotFound,
    ValidationError,
)
from moto.core.common_models import CloudWatchMetricProvider

from simulator.aws.cloudwatch import queries
from simulator.aws.cloudwatch.alarms import CompositeAlarm, MetricAlarm
from simulator.aws.cloudwatch.queries import NO_UNIT, DataQueries, Window, unix
from simulator.model.series import Identity, Metric
from simulator.model.statistic_set import is_percentile, is_statistic

if TYPE_CHECKING:
    from simulator.world import World

_STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")


class CloudWatchBackend(moto.CloudWatchBackend):
    """One account's CloudWatch in one Region."""

    world: ClassVar[World]

    def reset(self) -> None:
        """Forget alarms and metrics."""
        for alarm in self.alarms.values():
            self._ours(alarm).retire()
        self.world.metrics.forget(self.account_id, self.region_name)
        super().reset()

    # ---- metrics

    @property
    def metrics(self) -> list[Metric]:
        """All that has had data, and what moto's providers work out when asked."""
        known = list(self.world.metrics.all_of(self.account_id, self.region_name))
        return known + self._provided()

    def put_metric_data(self, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        """Take in a caller's data: values, counted values or ready statistic sets."""
        for number, datum in enumerate(metric_data, start=1):
            self._validate_parameters_put_metric_data(datum, number)
            counts = datum.get("Counts") or ()
            if any(not times >= 0 for times in counts):
                raise InvalidParameterValue(
                    f"The parameter MetricData.member.{number}.Counts must not be negative."
                )
            if any(value in (inf, -inf) for value in datum.get("Values") or (datum.get("Value"),)):
                raise InvalidParameterValue(
                    f"The value Infinity for parameter MetricData.member.{number}.Value is invalid."
                )
        now_s = self.world.metrics.unix_s
        for datum in metric_data:
            pairs = [(d["Name"], d["Value"]) for d in datum.get("Dimensions") or ()]
            metric = self.metric(namespace, datum["MetricName"], pairs)
            timestamp = datum.get("Timestamp")
            second = unix(timestamp) if isinstance(timestamp, datetime) else int(now_s)
            resolution_s = 1 if datum.get("StorageResolution") == 1 else 60
            series = metric.series(datum.get("Unit") or NO_UNIT)
            data = series.at(second, now_s, resolution_s)
            metric.puts += 1
            if stats := datum.get("StatisticValues"):
                data.add_set(
                    float(stats["SampleCount"]),
                    float(stats["Sum"]),
                    float(stats["Minimum"]),
                    float(stats["Maximum"]),
                )
                continue
            values = datum.get("Values") or [datum.get("Value", 0)]
            counts = datum.get("Counts") or [1] * len(values)
            for value, times in zip(values, counts, strict=True):
                data.add(float(value), float(times))

    def metric(self, namespace: str, name: str, pairs: Iterable[tuple[str, str]]) -> Metric:
        """The metric of exactly these dimensions."""
        return self.world.metrics.metric(namespace, name, pairs, self.account_id, self.region_name)

    def get_metric_data(
        self,
        queries: list[dict[str, Any]],
        start_time: datetime,
        end_time: datetime,
        scan_by: str = "TimestampAscending",
    ) -> list[dict[str, Any]]:
        """MetricDataResults."""
        if unix(start_time) > unix(end_time):
            raise ValidationError("The parameter EndTime must be greater than StartTime.")
        if unix(start_time) == unix(end_time):
            raise ValidationError("The parameter StartTime must not equal parameter EndTime.")
        descending = scan_by == "TimestampDescending"
        return DataQueries(self.metrics, self._window(start_time, end_time, descending)).answers(
            queries
        )

    def get_metric_statistics(  # type: ignore[override]  # moto's responses are ours too
        self,
        namespace: str,
        metric_name: str,
        start_time: datetime,
        end_time: datetime,
        period: int,
        stats: list[str],
        dimensions: list[dict[str, str]],
        unit: str | None = None,
    ) -> list[dict[str, Any]]:
        """Datapoints."""
        if unix(start_time) >= unix(end_time):
            raise InvalidParameterValue(
                "The parameter StartTime must be less than the parameter EndTime."
            )
        if period <= 0 or (period % 60 and period not in (1, 5, 10, 30)):
            raise InvalidParameterValue(
                "The parameter Period must be 1, 5, 10, 30, or a multiple of 60."
            )
        for name in stats:
            if not is_statistic(name):
                raise InvalidParameterValue(
                    f"The value {name} for parameter Statistics is not supported."
                )
        wanted = {d["Name"]: d["Value"] for d in dimensions}
        chosen = queries.asked_for(self.metrics, namespace, metric_name, wanted)
        window = self._window(start_time, end_time)
        return queries.statistics(chosen, window, period, stats, unit or "")

    def get_filtered_metrics(
        self, metric_name: str, namespace: str, dimensions: list[dict[str, str]]
    ) -> list[moto.MetricDatumBase]:
        """What ListMetrics tells of; a metric without dimensions once a put, as moto does."""
        wanted = {d["Name"]: d.get("Value") for d in dimensions}
        found: list[moto.MetricDatumBase] = []
        for metric in self.metrics:
            identity = metric.identity
            if namespace not in (None, identity.namespace):
                continue
            if metric_name not in (None, identity.name):
                continue
            if not queries.covered([metric], identity.namespace, identity.name, wanted):
                continue
            told = moto.MetricDatumBase(
                identity.namespace,
                identity.name,
                [{"Name": name, "Value": value} for name, value in identity.dimensions],
                None,
            )
            found += [told] * (1 if identity.dimensions else max(1, metric.puts))
        return found

    def _window(self, start: datetime, end: datetime, descending: bool = False) -> Window:
        return Window(unix(start), unix(end), self.world.metrics.unix_s, descending)

    def _provided(self) -> list[Metric]:
        """What moto's providers work out on the fly: S3's bucket sizes."""
        found: dict[Identity, Metric] = {}
        for provider in CloudWatchMetricProvider.__subclasses__():
            for datum in provider.get_cloudwatch_metrics(self.account_id, self.region_name):
                pairs = tuple((d.name, d.value) for d in datum.dimensions)
                identity = Identity(
                    self.account_id, self.region_name, datum.namespace, datum.name, pairs
                )
                metric = found.setdefault(identity, Metric(identity))
                second = unix(datum.timestamp)
                metric.series(datum.unit).at(second, float(second)).add(datum.value)
        return list(found.values())

    # ---- alarms

    def put_metric_alarm(self, name: str, *args: Any, **options: Any) -> MetricAlarm:
        """Make or change an alarm; a changed one keeps its state, as on AWS."""
        extended = options.get("extended_statistic")
        if extended and not is_percentile(extended) and is_statistic(extended):
            options["extended_statistic"] = None  # moto knows percentiles only
        before = self.alarms.get(name)
        alarm: MetricAlarm = self._ours(super().put_metric_alarm(name, *args, **options))
        alarm.extended_statistic = extended
        self._enter(alarm, before)
        return alarm

    def put_composite_alarm(
        self, alarm: CompositeAlarm, tags: list[dict[str, str]]
    ) -> CompositeAlarm:
        """Make or change a composite alarm. Raises ValidationError for unknown alarms."""
        missing = [child for child in alarm.compiled.children if self.alarm(child) is None]
        if missing:
            raise ValidationError(
                f"AlarmRule references alarms that do not exist: {', '.join(missing)}"
            )
        suppressor = alarm.actions_suppressor
        if suppressor and self.alarm(suppressor) is None:
            raise ValidationError(f"ActionsSuppressor {suppressor} does not exist")
        before = self.alarms.get(alarm.name)
        self.alarms[alarm.name] = alarm
        if tags:
            self.tagger.tag_resource(alarm.alarm_arn, tags)
        self._enter(alarm, before)
        return alarm

    def alarm(self, name_or_arn: str) -> MetricAlarm | CompositeAlarm | None:
        """An alarm by its name or ARN."""
        found = self.alarms.get(name_or_arn.split(":alarm:")[-1])
        return self._ours(found) if found is not None else None

    def delete_alarms(self, alarm_names: list[str]) -> None:
        """Delete alarms; a composite alarm that another one names may not go."""
        for name in alarm_names:
            parents = [p.name for p in self.composites() if p.refers_to(name)]
            if any(parent not in alarm_names for parent in parents):
                raise ValidationError(f"Cannot delete {name} as there are composite alarm(s): "
                                      f"{', '.join(parents)} depending on it.")  # fmt: skip
        for name in alarm_names:
            if (alarm := self.alarms.pop(name, None)) is not None:
                self._ours(alarm).retire()
                self.world.record("alarm.deleted", alarm=name, account=self.account_id)

    def set_alarm_state(
        self, alarm_name: str, reason: str, reason_data: str, state_value: str
    ) -> None:
        """Set a state by hand: history and actions as for any other change."""
        try:
            if reason_data is not None:
                json.loads(reason_data)
        except ValueError as error:
            raise InvalidFormat("Unknown") from error
        alarm = self.alarm(alarm_name)
        if alarm is None or alarm_name not in self.alarms:
            raise ResourceNotFound
        if state_value not in _STATES:
            raise ValidationError(
                f"1 validation error detected: Value '{state_value}' at 'stateValue' failed to "
                "satisfy constraint: Member must satisfy enum value set: "
                "[INSUFFICIENT_DATA, ALARM, OK]"
            )
        alarm.change(state_value, reason, reason_data)
        alarm.look_again()

    def alarm_changed(self, name: str) -> None:
        """Let the composite alarms that look at `name` look again."""
        for parent in self.composites():
            if parent.refers_to(name):
                parent.evaluate()
            if parent.suppressed_by(name):
                parent.suppressor_changed()

    def composites(self) -> Sequence[CompositeAlarm]:
        """The composite alarms there are."""
        return [alarm for alarm in self.alarms.values() if isinstance(alarm, CompositeAlarm)]

    def history(self, name: str | None, kinds: Sequence[str]) -> list[Mapping[str, Any]]:
        """The history items of one alarm or of all, oldest first."""
        alarms = [a for a in self.alarms.values() if name in (None, a.name)]
        items = [
            item
            for alarm in alarms
            if self._ours(alarm).kind in kinds
            for item in self._ours(alarm).items
        ]
        return sorted(items, key=lambda item: item["Timestamp"])

    def _enter(self, alarm: MetricAlarm | CompositeAlarm, before: moto.Alarm | None) -> None:
        if before is not None:
            old = self._ours(before)
            old.retire()
            alarm.carry_on(old)
        alarm.begin(self)
        self.world.record("alarm.put", **alarm.billed)

    @staticmethod
    def _ours(alarm: moto.Alarm) -> Any:
        """An alarm as what it is: install() has every alarm made of our classes."""
        return alarm
