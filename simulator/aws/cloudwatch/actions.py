"""What an alarm does when its state changes: tell a topic, call a function, put an event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session
from moto.moto_api._internal import mock_random

from simulator.aws.cloudwatch.queries import aware
from simulator.aws.functions.policies import invokes
from simulator.kernel.fiber import on_behalf
from simulator.model.alarm import stamp

if TYPE_CHECKING:
    from simulator.aws.cloudwatch.alarms import MetricAlarm, _Stateful


def act(alarm: _Stateful, before: Mapping[str, Any]) -> None:
    """Carry out the actions of the alarm's state at this instant, one after the other."""
    world = alarm.backend.world
    # all is told as it is now: the alarm may have changed again before an action is through
    arns = list(alarm.actions) if alarm.actions_enabled else []
    name, account = alarm.name, alarm.backend.account_id
    event = _event(alarm, before)
    message = json.dumps(_notification(alarm, before["value"]), separators=(",", ":"))
    place = region_name(alarm.region_name)
    subject = f'{alarm.state_value}: "{name}" in {place}'

    def carry_out() -> None:
        with on_behalf(account=account):
            _put_event(alarm, event)
            for arn in arns:
                error = _carry_out(alarm, arn, subject, message, event)
                alarm.log.acted(arn, error)
                told = {"error": error} if error else {}
                world.record("alarm.action", alarm=name, action=arn, **told)

    fiber = world.spawn(carry_out, name=f"actions of {name}", actor=f"alarm:{name}", daemon=True)
    fiber.context = {"actor": f"alarm:{name}"}


def _carry_out(
    alarm: _Stateful, arn: str, subject: str, message: str, event: Mapping[str, Any]
) -> str | None:
    """Carry out one action; what went wrong, or None."""
    parts = arn.split(":")
    service = parts[2] if len(parts) > 5 else ""
    if service not in ("sns", "lambda"):
        return f"Paddock does not carry out actions of {service or arn!r}"
    session = alarm.backend.world.cloud.session(alarm.backend.account_id, parts[3])
    try:
        client: Any = session.client(service)
        if service == "sns":
            client.publish(TopicArn=arn, Subject=subject[:100], Message=message)
        elif not invokes(arn, "lambda.alarms.cloudwatch.amazonaws.com", alarm.alarm_arn):
            return f"{arn} has no permission for lambda.alarms.cloudwatch.amazonaws.com"
        else:
            client.invoke(
                FunctionName=arn, InvocationType="Event", Payload=json.dumps(event).encode()
            )
    except (ClientError, BotoCoreError) as error:
        return str(error)
    return None


def _put_event(alarm: _Stateful, event: Mapping[str, Any]) -> None:
    """Put the state change on the account's default bus, as CloudWatch does for every alarm.

    Source: CloudWatch User Guide, "Alarm events and EventBridge".
    """
    from moto.events.models import events_backends

    from simulator.aws.events.delivery import Posted
    from simulator.aws.events.models import EventsBackend

    backend = events_backends[alarm.backend.account_id][alarm.region_name]
    if not isinstance(backend, EventsBackend) or not any(
        bus.rules for bus in backend.event_buses.values()
    ):
        return
    told = event["alarmData"]
    now = alarm.backend.world.clock.instant
    posted = {
        "version": "0",
        "id": str(mock_random.uuid4()),
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": alarm.backend.account_id,
        "time": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "region": alarm.region_name,
        "resources": [alarm.alarm_arn],
        "detail": told,
    }
    backend.deliveries.post(backend.event_buses["default"], Posted(posted, posted["time"]))


def _event(alarm: _Stateful, before: Mapping[str, Any]) -> dict[str, Any]:
    """The event a function is given.

    Source: CloudWatch User Guide, "Invoke a Lambda function from an alarm".
    """
    state = {
        "value": alarm.state_value,
        "reason": alarm.state_reason,
        "reasonData": alarm.state_reason_data,
        "timestamp": _stamped(alarm.state_updated_timestamp),
    }
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.alarm_arn,
        "accountId": alarm.backend.account_id,
        "time": stamp(alarm.backend.world.metrics.unix_s),
        "region": alarm.region_name,
        "alarmData": {
            "alarmName": alarm.name,
            "state": _known(state),
            "previousState": _known(before),
            "configuration": _known(_configuration(alarm)),
        },
    }


def _configuration(alarm: Any) -> dict[str, Any]:
    described = {"description": alarm.description}
    if alarm.rule is not None:
        return {
            **described,
            "alarmRule": alarm.rule,
            "actionsSuppressor": alarm.actions_suppressor,
            "actionsSuppressorWaitPeriod": alarm.actions_suppressor_wait_period,
            "actionsSuppressorExtensionPeriod": alarm.actions_suppressor_extension_period,
        }
    return {**described, "metrics": _metrics_of(alarm)}


def _metrics_of(alarm: MetricAlarm) -> list[dict[str, Any]]:
    if not alarm.metric_name:
        return [_camel(query) for query in alarm.watched.queries]
    stat = {
        "metric": {
            "namespace": alarm.namespace,
            "name": alarm.metric_name,
            "dimensions": {str(d.name): d.value for d in alarm.dimensions},
        },
        "period": int(alarm.period),
        "stat": alarm.watched.statistic,
        "unit": alarm.unit,
    }
    return [{"id": str(mock_random.uuid4()), "metricStat": _known(stat), "returnData": True}]


def _camel(query: Mapping[str, Any]) -> dict[str, Any]:
    told = {"id": query["Id"], "returnData": query["ReturnData"]}
    if "Expression" in query:
        return {**told, "expression": query["Expression"]}
    stat, metric = query["MetricStat"], query["MetricStat"]["Metric"]
    named = {
        "namespace": metric["Namespace"],
        "name": metric["MetricName"],
        "dimensions": {d["Name"]: d["Value"] for d in metric["Dimensions"]},
    }
    return {
        **told,
        "metricStat": {"metric": named, "period": stat["Period"], "stat": stat["Stat"]},
    }


def _notification(alarm: Any, old: str) -> dict[str, Any]:
    """The message a topic is given, as CloudWatch writes it."""
    told: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": alarm.backend.account_id,
        "AlarmConfigurationUpdatedTimestamp": _stamped(alarm.configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": _stamped(alarm.state_updated_timestamp),
        "Region": region_name(alarm.region_name),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": old,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
    }
    if alarm.rule is None:
        return {**told, "Trigger": _trigger(alarm)}
    triggering = json.loads(alarm.state_reason_data or "{}").get("triggeringAlarms", [])
    children = [
        {
            "Arn": child["arn"],
            "State": {"Value": child["state"]["value"], "Timestamp": child["state"]["timestamp"]},
        }
        for child in triggering
    ]
    return {**told, "AlarmRule": alarm.rule, "TriggeringChildren": children}


def _trigger(alarm: MetricAlarm) -> dict[str, Any]:
    what: dict[str, Any]
    if alarm.metric_name:
        kind = "Statistic" if alarm.statistic else "ExtendedStatistic"
        name = alarm.statistic.upper() if alarm.statistic else alarm.extended_statistic
        what = {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "StatisticType": kind,
            kind: "SAMPLE_COUNT" if name == "SAMPLECOUNT" else name,
            "Unit": alarm.unit,
            "Dimensions": [{"value": d.value, "name": d.name} for d in alarm.dimensions],
            "Period": int(alarm.period),
        }
    else:
        what = {"Period": alarm.watched.period_s, "Metrics": list(alarm.watched.queries)}
    return {
        **what,
        "EvaluationPeriods": int(alarm.evaluation_periods),
        **({"DatapointsToAlarm": alarm.judgement.to_alarm} if alarm.judgement.to_alarm else {}),
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.judgement.threshold,
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }


@cache
def region_name(region: str) -> str:
    """A Region's name for people, as "US East (N. Virginia)"."""
    for partition in get_session().get_data("endpoints")["partitions"]:
        if region in partition["regions"]:
            return str(partition["regions"][region]["description"])
    return region


def _stamped(instant: datetime) -> str:
    return stamp(aware(instant).timestamp())


def _known(entries: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entries.items() if value is not None}
