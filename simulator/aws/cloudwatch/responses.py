"""CloudWatch's calls: moto's reading and writing of them, and the calls moto lacks."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.exceptions import (
    CloudWatchException,
    InvalidParameterCombination,
    InvalidParameterValue,
    ValidationError,
)
from moto.cloudwatch.models import cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse as MotoResponse
from moto.core.request import Request
from moto.core.responses import TYPE_RESPONSE, ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores, get_service_model

from simulator.aws.cloudwatch.alarms import CompositeAlarm
from simulator.aws.cloudwatch.asking import MissingParameter, check_expression, problem
from simulator.aws.cloudwatch.models import CloudWatchBackend
from simulator.aws.cloudwatch.queries import aware
from simulator.model.alarm_rule import InvalidRule, compile_rule

_PAGE = 100


class CloudWatchResponse(MotoResponse):
    """One call."""

    _problem: CloudWatchException | None = None

    def parse_parameters(self, request: Request) -> None:
        """Read the parameters; what is wrong with them is told by `call_action`."""
        operation = get_service_model("cloudwatch").operation_model(self._get_action())
        try:
            super().parse_parameters(request)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            self._problem = InvalidParameterValue(f"The request cannot be read: {error}")
        else:
            self._problem = problem(operation, self.params)

    def call_action(self) -> TYPE_RESPONSE:
        """Answer, with a refusal where something is wrong with the parameters."""
        found = self._problem
        if found is not None:

            def refuse() -> ActionResult:
                raise found

            setattr(self, camelcase_to_underscores(self._get_action()), refuse)
        return super().call_action()

    @property
    def cloudwatch_backend(self) -> CloudWatchBackend:
        """The CloudWatch of the call's account and Region."""
        backend = cloudwatch_backends[self.current_account][self.region]
        assert isinstance(backend, CloudWatchBackend)
        return backend

    def get_metric_statistics(self) -> ActionResult:
        """Statistics and percentiles of one metric."""
        names = [*self._get_param("Statistics", []), *self._get_param("ExtendedStatistics", [])]
        if not names:
            raise InvalidParameterCombination(
                "Must specify either Statistics or ExtendedStatistics"
            )
        found = self.cloudwatch_backend.get_metric_statistics(
            self._get_param("Namespace"),
            self._get_param("MetricName"),
            self._get_param("StartTime"),
            self._get_param("EndTime"),
            int(self._get_param("Period")),
            names,
            unit=self._get_param("Unit"),
            dimensions=self._get_param("Dimensions", []),
        )
        return ActionResult({"Label": self._get_param("MetricName"), "Datapoints": found})

    def put_metric_alarm(self) -> ActionResult:
        """Make or change a metric alarm."""
        self._check_alarm()
        return super().put_metric_alarm()

    def _check_alarm(self) -> None:
        """Refuse what is no alarm, though each of its parameters may be well."""
        if self._get_param("EvaluationCriteria"):
            raise NotImplementedError("alarms on PromQL")
        for name in ("EvaluationPeriods", "ComparisonOperator"):
            if self._get_param(name) is None:
                raise MissingParameter(f"The parameter {name} is required.")
        metrics = self._get_param("Metrics") or []
        if not metrics and not (self._get_param("MetricName") and self._get_param("Namespace")):
            raise ValidationError("Either Metrics or MetricName and Namespace must be given")
        for query in metrics:
            check_expression(query.get("Expression"))
        periods, to_alarm = (
            self._get_param("EvaluationPeriods"),
            self._get_param("DatapointsToAlarm"),
        )
        if to_alarm is not None and not 1 <= int(to_alarm) <= int(periods or 1):
            raise ValidationError(
                f"DatapointsToAlarm {to_alarm} must be between 1 and EvaluationPeriods {periods}"
            )
        period = self._get_param("Period")
        if period is not None and int(period) not in (10, 20, 30) and int(period) % 60:
            raise ValidationError("Period must be 10, 20, 30 or a multiple of 60")
        if self._get_param("MetricName") and self._get_param("Metrics"):
            raise ValidationError("MetricName and Metrics are mutually exclusive")
        if self._get_param("Statistic") and self._get_param("ExtendedStatistic"):
            raise ValidationError("Statistic and ExtendedStatistic are mutually exclusive")

    def put_composite_alarm(self) -> ActionResult:
        """Make or change a composite alarm."""
        text = self._get_param("AlarmRule") or ""
        try:
            compiled = compile_rule(text)
        except InvalidRule as error:
            raise ValidationError(f"AlarmRule is not valid: {error}") from error
        suppressor = self._get_param("ActionsSuppressor")
        waits = [
            self._get_param(f"ActionsSuppressor{which}Period") for which in ("Wait", "Extension")
        ]
        if suppressor and None in waits:
            raise ValidationError(
                "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required "
                "when ActionsSuppressor is specified"
            )
        backend = self.cloudwatch_backend
        alarm = CompositeAlarm(
            backend.account_id,
            backend.region_name,
            self._get_param("AlarmName"),
            compiled,
            description=self._get_param("AlarmDescription"),
            actions_enabled=self._get_bool_param("ActionsEnabled", True),
            alarm_actions=self._get_param("AlarmActions", []),
            ok_actions=self._get_param("OKActions", []),
            insufficient_data_actions=self._get_param("InsufficientDataActions", []),
        )
        alarm.suppress(suppressor, waits[0] or 0, waits[1] or 0)
        backend.put_composite_alarm(alarm, self._get_param("Tags", []))
        return EmptyResult()

    def describe_alarms(self) -> ActionResult:
        """Alarms by name, prefix, state, action or kind; all filters hold together."""
        names = self._get_param("AlarmNames", [])
        prefix, state = self._get_param("AlarmNamePrefix"), self._get_param("StateValue")
        action = self._get_param("ActionPrefix")
        if names and prefix:
            raise ValidationError("AlarmNamePrefix and AlarmNames are mutually exclusive")
        kinds = self._get_param("AlarmTypes") or ["MetricAlarm"]
        chosen = [
            alarm
            for alarm in self.cloudwatch_backend.alarms.values()
            if (not names or alarm.name in names)
            and (not prefix or alarm.name.startswith(prefix))
            and (not state or alarm.state_value == state)
            and (not action or any(a.startswith(action) for a in alarm.alarm_actions))
            and self.cloudwatch_backend._ours(alarm).kind in kinds
        ]
        page, token = self._page(chosen, _PAGE)
        result: dict[str, Any] = {
            "MetricAlarms": [alarm for alarm in page if alarm.rule is None],
            "CompositeAlarms": [alarm for alarm in page if alarm.rule is not None],
        }
        return ActionResult({**result, "NextToken": token} if token else result)

    def describe_alarms_for_metric(self) -> ActionResult:
        """The alarms on one metric; dimensions and statistic count where they are given."""
        wanted = {
            "dimensions": self._get_param("Dimensions"),
            "period": self._get_param("Period"),
            "statistic": self._get_param("Statistic"),
            "extended_statistic": self._get_param("ExtendedStatistic"),
            "unit": self._get_param("Unit"),
        }
        if wanted["dimensions"] is not None:
            wanted["dimensions"] = sorted((d["Name"], d["Value"]) for d in wanted["dimensions"])

        def has(alarm: Any, name: str) -> Any:
            if name == "dimensions":
                return sorted((d.name, d.value) for d in alarm.dimensions)
            return getattr(alarm, name)

        found = [
            alarm
            for alarm in self.cloudwatch_backend.alarms.values()
            if alarm.metric_name == self._get_param("MetricName")
            and alarm.namespace == self._get_param("Namespace")
            and all(value in (None, has(alarm, name)) for name, value in wanted.items())
        ]
        return ActionResult({"MetricAlarms": found})

    def describe_alarm_history(self) -> ActionResult:
        """What alarms went through."""
        kinds = self._get_param("AlarmTypes") or ["MetricAlarm"]
        items = self.cloudwatch_backend.history(self._get_param("AlarmName"), kinds)
        kind = self._get_param("HistoryItemType")
        start, end = self._get_param("StartDate"), self._get_param("EndDate")
        items = [
            item
            for item in items
            if (not kind or item["HistoryItemType"] == kind)
            and (start is None or aware(start) <= item["Timestamp"])
            and (end is None or item["Timestamp"] <= aware(end))
        ]
        if self._get_param("ScanBy") != "TimestampAscending":
            items.reverse()
        page, token = self._page(items, _PAGE)
        result: dict[str, Any] = {"AlarmHistoryItems": page}
        return ActionResult({**result, "NextToken": token} if token else result)

    def _page(self, items: list[Any], most: int) -> tuple[list[Any], str | None]:
        """One page; a token is the number of items before the next."""
        token = self._get_param("NextToken") or "0"
        if not token.isdecimal():
            raise InvalidParameterValue("Request parameter NextToken is invalid")
        begin = int(token)
        end = begin + int(self._get_param("MaxRecords") or most)
        return items[begin:end], str(end) if end < len(items) else None
