"""Reading metrics: GetMetricStatistics, GetMetricData, and the data points of an alarm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import ValidationError

from simulator.model.metric_math import Expression, InvalidExpression, TimeSeries, as_series
from simulator.model.series import Metric, gathered
from simulator.model.statistic_set import StatisticSet, is_statistic

_DAY_S = 86_400
NO_UNIT = "None"


def unix(value: datetime) -> int:
    """Whole seconds since 1970 of an instant; one without a zone is in UTC, as moto's are."""
    return int(aware(value).timestamp())


def aware(value: datetime) -> datetime:
    """The instant with its zone."""
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def rounded_start(start: int, now_s: float, period_s: int) -> int:
    """The start of a query as CloudWatch rounds it down.

    Source: CloudWatch API Reference, GetMetricStatistics, StartTime.
    """
    if period_s in (1, 5, 10, 30):
        return start - start % period_s
    age_s = now_s - start
    step = 60 if age_s < 15 * _DAY_S else 300 if age_s < 63 * _DAY_S else 3600
    return start - start % step


@dataclass(frozen=True)
class Window:
    """What a query covers; `end` is exclusive."""

    start: int
    end: int
    now_s: float
    descending: bool = False


def covered(
    metrics: Iterable[Metric], namespace: str, name: str, dimensions: Mapping[str, str | None]
) -> list[Metric]:
    """The metrics that have all these dimensions, be there others beside them."""
    found = []
    for metric in metrics:
        identity = metric.identity
        if (identity.namespace, identity.name) == (namespace, name):
            has = identity.dimensions
            if all(any(k == n and v in (None, w) for n, w in has) for k, v in dimensions.items()):
                found.append(metric)
    return found


def asked_for(
    metrics: Iterable[Metric], namespace: str, name: str, dimensions: Mapping[str, str]
) -> list[Metric]:
    """The metrics that GetMetricStatistics reads, more than these dimensions being moto's way.

    AWS's own namespaces are read as AWS does, by exactly the dimensions given: what a service
    tells under several sets of dimensions would else be counted twice.
    """
    found = covered(metrics, namespace, name, dimensions)
    if not namespace.startswith("AWS/"):
        return found
    return [metric for metric in found if dict(metric.identity.dimensions) == dimensions]


def merged(
    metrics: Iterable[Metric], window: Window, period_s: int, unit: str = ""
) -> dict[int, StatisticSet]:
    """The data of several metrics by period."""
    start = rounded_start(window.start, window.now_s, period_s)
    return gathered(
        part
        for metric in metrics
        for part in metric.read(start, window.end, period_s, window.now_s, start, unit).items()
    )


def statistics(
    metrics: Sequence[Metric], window: Window, period_s: int, names: Sequence[str], unit: str
) -> list[dict[str, Any]]:
    """The Datapoints of GetMetricStatistics: each unit's apart."""
    units = [unit] if unit else list(dict.fromkeys(u for m in metrics for u in m.data))
    plain = [name for name in names if not name[0].islower() and "(" not in name]
    found: list[dict[str, Any]] = []
    for each in units:
        for begin, data in merged(metrics, window, period_s, each).items():
            point: dict[str, Any] = {"Timestamp": datetime.fromtimestamp(begin, tz=UTC)}
            point |= {name: data.read(name) for name in plain}
            extended = {name: data.read(name) for name in names if name not in plain}
            if extended:
                point["ExtendedStatistics"] = extended
            found.append({**point, "Unit": each})
    return found


class DataQueries:
    """The queries of one GetMetricData call, or of one alarm on metric math."""

    def __init__(self, metrics: Sequence[Metric], window: Window, exactly: bool = False) -> None:
        self._metrics = metrics
        self._window = window
        self._exactly = exactly

    def answers(self, queries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """MetricDataResults, in the order of the queries."""
        values: dict[str, TimeSeries] = {}
        messages: dict[str, list[dict[str, str]]] = {}
        for query in queries:
            if "MetricStat" in query:
                values[query["Id"]], messages[query["Id"]] = self._plain(query["MetricStat"])
        period_s = min((_period(query) for query in queries), default=60)
        several = {q["Id"]: s for q in queries for s in [self._expressed(q, queries, values)]}
        return [
            self._answer(query, labelled, series, messages.get(query["Id"], []))
            for query in queries
            if query.get("ReturnData", True) and period_s
            for labelled, series in self._listed(query, several[query["Id"]])
        ]

    def _plain(self, stat: Mapping[str, Any]) -> tuple[TimeSeries, list[dict[str, str]]]:
        metric, statistic = stat["Metric"], stat["Stat"]
        if not is_statistic(statistic):
            raise ValidationError(f"The value {statistic} for parameter Stat is not supported.")
        dimensions = {d["Name"]: d["Value"] for d in metric.get("Dimensions") or []}
        chosen = [
            found
            for found in covered(self._metrics, metric["Namespace"], metric["MetricName"], {})
            # a query without dimensions is moto's way to ask for all together
            if dict(found.identity.dimensions) == dimensions
            or not (dimensions or self._exactly or metric["Namespace"].startswith("AWS/"))
        ]
        unit, messages = str(stat.get("Unit") or ""), []
        units = sorted({u for found in chosen for u in found.data} - {NO_UNIT})
        if not unit and len(units) > 1:
            told = f"Multiple units returned: '[{', '.join(units)}]'"
            messages = [{"Code": "MultipleUnits", "Value": told}]
            unit = units[0]
        data = merged(chosen, self._window, int(stat["Period"]), unit)
        read = ((begin, found.read(statistic)) for begin, found in data.items())
        return {begin: value for begin, value in read if value is not None}, messages

    def _expressed(
        self,
        query: Mapping[str, Any],
        queries: Sequence[Mapping[str, Any]],
        values: dict[str, TimeSeries],
        waiting: tuple[str, ...] = (),
    ) -> list[TimeSeries]:
        """The series of a query; an expression's are worked out after those it refers to."""
        name = query["Id"]
        if name in values:
            return [values[name]]
        text = str(query["Expression"])
        if text.lstrip().upper().startswith("SELECT"):
            return [self._all_metrics(_period(query))]
        if name in waiting:
            raise ValidationError(f"The expression {name!r} refers to itself.")
        try:
            expression = Expression(text)
            for other in queries:
                if other["Id"] in expression.names() and other["Id"] not in values:
                    self._expressed(other, queries, values, (*waiting, name))
            found = expression.over(values, min(_period(each) for each in queries))
        except InvalidExpression as error:
            raise ValidationError(f"Error in expression '{name}': {error}") from error
        series = as_series(found, list(values.values()))
        if len(series) == 1:
            values[name] = series[0]
        return series

    def _all_metrics(self, period_s: int) -> TimeSeries:
        """Metrics Insights are not read: the sum of all data, as moto answers."""
        data = merged(self._metrics, self._window, period_s)
        return {begin: found.total for begin, found in data.items()}

    def _listed(
        self, query: Mapping[str, Any], several: list[TimeSeries]
    ) -> list[tuple[str, TimeSeries]]:
        label = query.get("Label") or query["Id"]
        if "MetricStat" in query:
            stat = query["MetricStat"]
            label = query.get("Label") or f"{stat['Metric']['MetricName']} {stat['Stat']}"
        if len(several) == 1:
            return [(label, several[0])]
        return [(f"{label} {number}", series) for number, series in enumerate(several, start=1)]

    def _answer(
        self,
        query: Mapping[str, Any],
        label: str,
        series: TimeSeries,
        messages: list[dict[str, str]],
    ) -> dict[str, Any]:
        ordered = sorted(series.items(), reverse=self._window.descending)
        answer: dict[str, Any] = {
            "Id": query["Id"],
            "Label": label,
            "Timestamps": [datetime.fromtimestamp(begin, tz=UTC) for begin, _ in ordered],
            "Values": [value for _, value in ordered],
            "StatusCode": "Complete",
        }
        return {**answer, "Messages": messages} if messages else answer


def _period(query: Mapping[str, Any]) -> int:
    return int((query.get("MetricStat") or {}).get("Period") or query.get("Period") or 60)
