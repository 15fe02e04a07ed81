"""Watching and keys: what CloudWatch, CloudWatch Logs, KMS and Cost Explorer bill.

Sources: Amazon CloudWatch Pricing, AWS Key Management Service Pricing, AWS Cost Explorer Pricing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.journal import Fact
from simulator.price.facts.reader import (
    Reader,
    caller,
    of_arn,
    parameters,
    payload_bytes,
    read_tags,
)
from simulator.price.rates import EXACT
from simulator.price.usage import gigabytes

if TYPE_CHECKING:
    from simulator.price.meter import Meter

_HOUR_S = 3_600
_DAY_S = 86_400
_MINUTE_S = 60
EVENT_OVERHEAD_BYTES = 26
"""What each log event counts beyond its text ("PutLogEvents", CloudWatch Logs API Reference)."""
COMPRESSED = Decimal("0.15")
"""How small log data lies in the archive, as the examples of Amazon CloudWatch Pricing have it."""


def _cloudwatch_call(meter: Meter, fact: Fact) -> None:
    given, action, account = parameters(fact), str(fact.data.get("action")), caller(fact)
    name = str(given.get("AlarmName") or given.get("ResourceARN") or "")
    read_tags(meter, "cloudwatch", *of_arn(name.replace(":alarm:", ":"), account), fact)
    if action == "GetMetricData":
        asked = [one for one in _each(given.get("MetricDataQueries")) if "MetricStat" in one]
        meter.use("cloudwatch.data_requests", account, "", len(asked))
        return
    meter.use("cloudwatch.requests", account)
    if action == "PutMetricData":
        for datum in _each(given.get("MetricData")):
            _metric_seen(meter, account, str(given.get("Namespace")), datum)


def _metric_seen(meter: Meter, account: str, namespace: str, datum: Mapping[str, Any]) -> None:
    """A custom metric is billed for each hour in which it is sent."""
    pairs = sorted(
        (str(pair.get("Name")), str(pair.get("Value"))) for pair in _each(datum.get("Dimensions"))
    )
    metric = ("metric", account, namespace, str(datum.get("MetricName")), *pairs)
    hour = int(meter.now_s // _HOUR_S)
    if meter.memory.get(metric) != hour:
        meter.memory[metric] = hour
        meter.use("cloudwatch.metric_seconds", account, namespace, _HOUR_S)


def _alarm_put(meter: Meter, fact: Fact) -> None:
    """An alarm, by each metric that it looks at; below a minute it is of high resolution."""
    data = fact.data
    if data.get("kind") == "CompositeAlarm":
        kind = "cloudwatch.composite_alarm_seconds"
    elif int(data.get("period_s") or _MINUTE_S) < _MINUTE_S:
        kind = "cloudwatch.fast_alarm_seconds"
    else:
        kind = "cloudwatch.alarm_seconds"
    _hold_alarm(meter, fact, kind)


def _alarm_deleted(meter: Meter, fact: Fact) -> None:
    _hold_alarm(meter, fact, None)


def _hold_alarm(meter: Meter, fact: Fact, kind: str | None) -> None:
    name = str(fact.data.get("alarm", ""))
    account = meter.home("cloudwatch", name, fact)
    before = meter.memory.pop(("alarm", account, name), None)
    if before is not None and before != kind:
        meter.hold(before, account, name, 0)
    if kind is not None:
        meter.memory["alarm", account, name] = kind
        meter.hold(kind, account, name, int(fact.data.get("metrics") or 1))


def _logs_call(meter: Meter, fact: Fact) -> None:
    given, action, account = parameters(fact), fact.data.get("action"), caller(fact)
    group = str(given.get("logGroupName") or "")
    read_tags(meter, "logs", account, group, fact)
    if action == "PutLogEvents":
        _taken_in(meter, account, group, payload_bytes(fact))
    elif action in ("PutRetentionPolicy", "DeleteRetentionPolicy"):
        _retain(meter, account, group, given.get("retentionInDays"))
    elif action == "DeleteLogGroup":
        for day in meter.memory.pop(("log days", account, group), ()):
            meter.hold("logs.gb_seconds", account, group, 0, name=day)


def _taken_in(meter: Meter, account: str, group: str, size_bytes: int) -> None:
    """Log data comes in, and lies there, compressed, until the group's retention is over."""
    size = gigabytes(size_bytes)
    meter.use("logs.ingested_gb", account, group, size)
    day = f"{int(meter.now_s // _DAY_S):06}"
    days = meter.memory.setdefault(("log days", account, group), {})
    if day not in days:
        days[day] = True
        _lapse(meter, account, group, day)
    meter.grow("logs.gb_seconds", account, group, EXACT.multiply(size, COMPRESSED), name=day)


def _retain(meter: Meter, account: str, group: str, days: Any) -> None:
    meter.memory["log retention", account, group] = days
    for day in meter.memory.get(("log days", account, group), ()):
        _lapse(meter, account, group, day)


def _lapse(meter: Meter, account: str, group: str, day: str) -> None:
    """Let go of what came in on a day once the retention that is then in force is over."""
    retention = ("log retention", account, group)
    kept_days = meter.memory.get(retention)

    def end() -> None:
        if meter.memory.get(retention) == kept_days:
            meter.memory.get(("log days", account, group), {}).pop(day, None)
            meter.hold("logs.gb_seconds", account, group, 0, name=day)

    if kept_days is not None:
        meter.at((int(day) + 1 + int(kept_days)) * _DAY_S, end)


def lambda_lines(meter: Meter, fact: Fact) -> None:
    """What an invocation wrote into its function's log, and Lambda of it."""
    told, function = fact.data, str(fact.data.get("function", ""))
    account = meter.home("lambda", function, fact)
    group = str(told.get("log_group") or f"/aws/lambda/{function}")
    overhead_bytes = EVENT_OVERHEAD_BYTES * int(told.get("log_lines") or 0)
    _taken_in(meter, account, group, int(told.get("log_bytes") or 0) + overhead_bytes)


def _kms_call(meter: Meter, fact: Fact) -> None:
    given, action, account = parameters(fact), str(fact.data.get("action")), caller(fact)
    meter.use("kms.requests", account)
    if action == "CreateKey":
        meter.grow("kms.key_seconds", account, "", 1)
    elif action == "ScheduleKeyDeletion" and given.get("KeyId"):
        meter.grow("kms.key_seconds", account, "", -1)  # AWS bills no key that is to be deleted
    elif action == "CancelKeyDeletion":
        meter.grow("kms.key_seconds", account, "", 1)


def _ce_call(meter: Meter, fact: Fact) -> None:
    """To ask what things cost has its price; to define cost categories has none."""
    if str(fact.data.get("action")).startswith("Get"):
        meter.use("ce.requests", caller(fact))


def _each(found: Any) -> Iterable[Mapping[str, Any]]:
    return [one for one in found or () if isinstance(one, Mapping)]


CALLS: dict[str, Reader] = {
    "cloudwatch": _cloudwatch_call,
    "logs": _logs_call,
    "kms": _kms_call,
    "ce": _ce_call,
}

FACTS: dict[str, Reader] = {
    "alarm.put": _alarm_put,
    "alarm.deleted": _alarm_deleted,
}
