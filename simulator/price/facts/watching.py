"""Watching and keys: what CloudWatch, CloudWatch Logs and KMS bill, read from calls.

Sources: Amazon CloudWatch Pricing, AWS Key Management Service Pricing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
from simulator.price.usage import gigabytes

if TYPE_CHECKING:
    from simulator.price.meter import Meter

_HOUR_S = 3_600
_MINUTE_S = 60
EVENT_OVERHEAD_BYTES = 26
"""What each log event counts beyond its text ("PutLogEvents", CloudWatch Logs API Reference)."""


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
    given = parameters(fact)
    group = str(given.get("logGroupName") or "")
    read_tags(meter, "logs", caller(fact), group, fact)
    if fact.data.get("action") == "PutLogEvents":
        meter.use("logs.ingested_gb", caller(fact), group, gigabytes(payload_bytes(fact)))


def _lambda_log(meter: Meter, fact: Fact) -> None:
    """A line that a function wrote; those that Lambda adds itself are no facts, and not counted."""
    function = str(fact.data.get("function", ""))
    size = len(str(fact.data.get("text", "")).encode(errors="replace")) + EVENT_OVERHEAD_BYTES
    account = meter.home("lambda", function, fact)
    meter.use("logs.ingested_gb", account, f"/aws/lambda/{function}", gigabytes(size))


def _kms_call(meter: Meter, fact: Fact) -> None:
    given, action, account = parameters(fact), str(fact.data.get("action")), caller(fact)
    meter.use("kms.requests", account)
    if action == "CreateKey":
        meter.grow("kms.key_seconds", account, "", 1)
    elif action == "ScheduleKeyDeletion" and given.get("KeyId"):
        meter.grow("kms.key_seconds", account, "", -1)  # AWS bills no key that is to be deleted
    elif action == "CancelKeyDeletion":
        meter.grow("kms.key_seconds", account, "", 1)


def _each(found: Any) -> Iterable[Mapping[str, Any]]:
    return [one for one in found or () if isinstance(one, Mapping)]


CALLS: dict[str, Reader] = {
    "cloudwatch": _cloudwatch_call,
    "logs": _logs_call,
    "kms": _kms_call,
}

FACTS: dict[str, Reader] = {
    "lambda.log": _lambda_log,
    "alarm.put": _alarm_put,
    "alarm.deleted": _alarm_deleted,
}
