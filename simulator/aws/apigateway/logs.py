"""Access logs and execution logs of stages, into CloudWatch Logs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.logs.models import logs_backends

from simulator.aws.apigateway.answers import Answer
from simulator.aws.apigateway.exchange import Exchange
from simulator.aws.apigateway.trace import Trace

if TYPE_CHECKING:
    from simulator.world import World

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.\-]*[A-Za-z0-9_\-])")
_ABSENT = "-"


def variable(name: str, exchange: Exchange, told: Mapping[str, Any] | None = None) -> str | None:
    """A variable of $context by its dotted name, or None."""
    value: Any = {**_context(exchange), **(told or {})}
    if name in value:
        return _text(value[name])
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return _text(value)


class Logs:
    """Writes what a stage wants logged."""

    def __init__(self, world: World) -> None:
        self._world = world

    def access(
        self,
        exchange: Exchange,
        answer: Answer,
        latency_s: float,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """One line of the access log, where the stage has one; `more` are variables besides."""
        settings = getattr(exchange.stage, "access_log_settings", None) or {}
        destination = settings.get("destinationArn") or settings.get("DestinationArn")
        if not destination or ":logs:" not in destination:
            return
        told = {**_result(exchange, answer, latency_s), **(more or {})}
        wanted = str(settings.get("format") or settings.get("Format") or "$context.requestId")

        def fill(found: re.Match[str]) -> str:
            return variable(found[1], exchange, told) or _ABSENT

        line = _VARIABLE.sub(fill, wanted)
        _, _, _, region, account, _, group, *_ = destination.split(":")
        self._write(account, region, group, exchange, line, make=False)
        if exchange.canary:
            self._write(account, region, f"{group}/Canary", exchange, line, make=True)

    def execution(self, exchange: Exchange, answer: Answer) -> None:
        """Lines of the execution log of a REST API's stage, at its level."""
        wanted = level(exchange.stage)
        refused = exchange.refused
        failed = answer.status >= 500
        if wanted == "OFF" or (wanted == "ERROR" and not failed):
            return
        api = exchange.api
        trace = exchange.trace or Trace()
        trace.ended(answer, refused.why if refused is not None and failed else "")
        lines = [
            f"Extended Request Id: {exchange.ids.extended}",
            *trace.lines(data=_traces_data(exchange.stage)),
        ]
        group = f"API-Gateway-Execution-Logs_{api.id}/{exchange.stage_name}"
        for line in lines:
            text = f"({exchange.ids.request}) {line}"
            self._write(api.account, api.region, group, exchange, text, make=True)
            if exchange.canary:
                group_of_canary = f"{group}/Canary"
                self._write(api.account, api.region, group_of_canary, exchange, text, make=True)

    def _write(
        self, account: str, region: str, group: str, exchange: Exchange, line: str, *, make: bool
    ) -> None:
        backend = logs_backends[account][region]
        if make:
            backend.ensure_log_group(group)
        if group not in backend.groups:
            return  # AWS says nothing either
        digits = self._world.streams.derive(f"api-log/{exchange.api.id}/{exchange.stage_name}")
        stream = f"{digits:032x}"[:32]
        if stream not in backend.groups[group].streams:
            backend.create_log_stream(group, stream)
        at_ms = int(self._world.clock.unix_s * 1000)
        backend.put_log_events(group, stream, [{"timestamp": at_ms, "message": line}])


def level(stage: Any) -> str:
    """The level of a stage's execution log, the highest of its methods': OFF, ERROR or INFO."""
    settings = getattr(stage, "method_settings", None) or {}
    levels = {str(each.get("loggingLevel") or "OFF").upper() for each in settings.values()}
    return next((each for each in ("INFO", "ERROR") if each in levels), "OFF")


def _traces_data(stage: Any) -> bool:
    settings = getattr(stage, "method_settings", None) or {}
    return any(each.get("dataTraceEnabled") for each in settings.values())


def _context(exchange: Exchange) -> dict[str, Any]:
    context = exchange.variables_of_context()
    context["routeKey"] = exchange.resource_path
    context["awsEndpointRequestId"] = exchange.integration_request_id
    if exchange.claims is not None:
        context["authorizer"] = {"claims": exchange.claims}
    return context


def _result(exchange: Exchange, answer: Answer, latency_s: float) -> dict[str, Any]:
    refused = exchange.refused
    spent = exchange.integration_latency_s
    spent_ms = None if spent is None else round(spent * 1000)
    told: dict[str, Any] = {
        "status": answer.status,
        "responseLength": len(answer.body),
        "responseLatency": round(latency_s * 1000),
        "integrationLatency": spent_ms,
        "integrationStatus": exchange.integration_status,
        "integrationErrorMessage": exchange.integration_error,
        "integration.latency": spent_ms,
        "integration.status": exchange.integration_status,
        "integration.integrationStatus": exchange.integration_status,
        "integration.error": exchange.integration_error,
        "integration.requestId": exchange.integration_request_id,
    }
    if refused is not None:
        told |= {
            "error.message": refused.message,
            "error.messageString": json.dumps(refused.message),
            "error.responseType": refused.kind,
            "error.validationErrorString": refused.validation,
            "integrationErrorMessage": exchange.integration_error or refused.why,
        }
    return told


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, (dict, list, bool)):
        return json.dumps(value)
    return str(value)
