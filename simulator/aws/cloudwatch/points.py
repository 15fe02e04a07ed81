"""What a metric alarm looks at: one metric, or metric math over several, as data points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.exceptions import ValidationError

from simulator.aws.cloudwatch.queries import DataQueries, Window, unix
from simulator.model.alarm import Point
from simulator.model.series import Metric
from simulator.model.statistic_set import StatisticSet, is_percentile, is_statistic

if TYPE_CHECKING:
    from simulator.aws.cloudwatch.alarms import MetricAlarm


@dataclass(frozen=True)
class Watched:
    """The data of one alarm; `queries` is empty for an alarm on a plain metric."""

    alarm: MetricAlarm
    metrics: tuple[Metric, ...]
    period_s: int
    statistic: str
    queries: tuple[dict[str, Any], ...]
    answer_id: str

    @classmethod
    def of(cls, alarm: MetricAlarm) -> Watched:
        """What `alarm` was told to look at."""
        metric = alarm.backend.metric
        if alarm.metric_name:
            pairs = [(d.name or "", d.value or "") for d in alarm.dimensions]
            return cls(
                alarm,
                (metric(alarm.namespace, alarm.metric_name, pairs),),
                int(alarm.period or 60),
                str(alarm.statistic or alarm.extended_statistic or ""),
                (),
                "",
            )
        queries = tuple(_query(query) for query in alarm.metric_data_queries)
        stats = [query["MetricStat"] for query in queries if "MetricStat" in query]
        metrics = tuple(
            metric(
                stat["Metric"]["Namespace"],
                stat["Metric"]["MetricName"],
                [(d["Name"], d["Value"]) for d in stat["Metric"]["Dimensions"]],
            )
            for stat in stats
        )
        returned = [query["Id"] for query in queries if query["ReturnData"]]
        periods = [int(stat["Period"]) for stat in stats]
        periods += [int(query["Period"]) for query in queries if query.get("Period")]
        answer_id = alarm.threshold_metric_id or (returned[0] if len(returned) == 1 else "")
        return cls(alarm, metrics, max(periods, default=60), "", queries, answer_id)

    @property
    def readable(self) -> bool:
        """Whether this can be evaluated: a known statistic, or math with one answer."""
        return bool(self.answer_id) if self.queries else is_statistic(self.statistic)

    def points(self, end: int, number: int) -> list[Point]:
        """The last `number` whole periods before `end`, oldest first."""
        start = end - number * self.period_s
        begins = range(start, end, self.period_s)
        if self.queries:
            values = self._worked_out(start, end)
            return [Point(begin, values.get(begin)) for begin in begins]
        now_s = self.alarm.backend.world.metrics.unix_s
        unit = self.alarm.unit or ""
        data = self.metrics[0].read(start, end, self.period_s, now_s, start, unit)
        return [self._point(begin, data.get(begin)) for begin in begins]

    def ahead_of(self, at_s: float) -> bool:
        """Whether there is data with a timestamp yet to come."""
        return any(metric.last_s is not None and metric.last_s >= at_s for metric in self.metrics)

    def wake(self, waker: Callable[[], None]) -> None:
        """Call `waker` once, when there is more data."""
        called = False

        def once() -> None:
            nonlocal called
            if not called:
                called = True
                waker()

        for metric in self.metrics:
            metric.wake(once)

    def told(self) -> dict[str, Any]:
        """What the reason data of a state says about the metric."""
        if self.queries:
            return {"period": self.period_s}
        unit = {"unit": self.alarm.unit} if self.alarm.unit else {}
        return {**unit, "statistic": self.statistic, "period": self.period_s}

    def _point(self, begin: int, data: StatisticSet | None) -> Point:
        if data is None:
            return Point(begin, None)
        return Point(begin, data.read(self.statistic), data.count, self._too_few(data))

    def _too_few(self, data: StatisticSet) -> bool:
        """A percentile of fewer samples than it takes to mean something.

        Source: CloudWatch User Guide, "Percentile-based alarms and low data samples".
        """
        if self.alarm.evaluate_low_sample_count_percentile != "ignore":
            return False
        if not is_percentile(self.statistic):
            return False
        share = float(self.statistic[1:]) / 100
        rare = min(share, 1 - share)
        return rare > 0 and data.count < 10 / rare

    def _worked_out(self, start: int, end: int) -> dict[int, float]:
        window = Window(start, end, self.alarm.backend.world.metrics.unix_s)
        asked = [{**query, "ReturnData": query["Id"] == self.answer_id} for query in self.queries]
        try:
            answers = DataQueries(self.metrics, window, exactly=True).answers(asked)
        except ValidationError:  # math that cannot be read never has data
            return {}
        if len(answers) != 1:
            return {}
        answer = answers[0]
        seconds = [unix(instant) for instant in answer["Timestamps"]]
        return dict(zip(seconds, answer["Values"], strict=True))


def _query(query: Any) -> dict[str, Any]:
    """moto's query as GetMetricData has it."""
    told: dict[str, Any] = {"Id": query.id, "ReturnData": query.return_data is not False}
    if query.period:
        told["Period"] = query.period
    if query.metric_stat is None:
        return {**told, "Expression": query.expression or ""}
    stat = query.metric_stat
    metric = {
        "Namespace": stat.metric.namespace,
        "MetricName": stat.metric.metric_name,
        "Dimensions": [{"Name": d.name, "Value": d.value} for d in stat.metric.dimensions],
    }
    return {
        **told,
        "MetricStat": {
            "Metric": metric, "Period": stat.period, "Stat": stat.stat, "Unit": stat.unit,
        },
    }  # fmt: skip
