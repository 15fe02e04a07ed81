"""First-class AWS service integrations of HTTP APIs: one call by its subtype's name."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError

from simulator.aws.apigateway import parameters
from simulator.aws.apigateway.answers import Answer, Refused
from simulator.aws.apigateway.exchange import Exchange
from simulator.aws.apigateway.outbound import NotServed, Unreachable
from simulator.kernel.fiber import wait_until

if TYPE_CHECKING:
    from simulator.aws.cloud import Cloud
    from simulator.world import World

# "Integration subtype reference", and botocore's name of the service.
_SERVICES = {
    "EventBridge": "events",
    "Kinesis": "kinesis",
    "SQS": "sqs",
    "StepFunctions": "stepfunctions",
}
_TIMEOUT_S = 30.0


class Callers:
    """Calls AWS services for HTTP APIs, parameters by the integration's mapping."""

    def __init__(self, world: World, cloud: Cloud) -> None:
        self._world = world
        self._cloud = cloud

    def answer(self, exchange: Exchange, integration: Any) -> Answer:
        """What the service answers, as JSON. Raises NotServed, Refused or Unreachable."""
        prefix, _, action = str(integration.integration_subtype).partition("-")
        service = _SERVICES.get(prefix)
        if service is None or not action:
            raise NotServed(f"integrations of subtype {integration.integration_subtype!r}")
        given = {
            name: parameters.any_value(str(value), exchange)
            for name, value in (integration.request_parameters or {}).items()
        }
        region = given.pop("Region", None) or exchange.api.region
        client: Any = self._cloud.session(exchange.api.account, str(region)).client(service)
        shape = client.meta.service_model.operation_model(action).input_shape
        if (service, action) == ("events", "PutEvents"):
            bus = {name: value for name, value in given.items() if name != "TraceHeader"}
            given = {"Entries": [_fitting(bus, shape.members["Entries"].member)]}
        wanted = _fitting(given, shape)
        call = self._world.spawn(
            lambda: getattr(client, xform_name(action))(**wanted),
            name=f"{exchange.api.id} calls {service}:{action}",
            daemon=True,
        )
        call.context = {
            "actor": f"apigateway:{exchange.api.id}",
            "account": exchange.api.account,
        }
        call.defuse()
        headers = [("Content-Type", "application/json")]
        try:
            if not wait_until(call.done, _TIMEOUT_S):
                raise Unreachable(f"{service}:{action} took too long", timeout=True)
        except ParamValidationError as wrong:
            raise Refused("BAD_REQUEST_PARAMETERS", "Bad Request", why=str(wrong)) from wrong
        except ClientError as refused:
            error: Any = refused.response
            status = error["ResponseMetadata"]["HTTPStatusCode"]
            body = json.dumps({"__type": error["Error"]["Code"], "message":
                               error["Error"].get("Message", "")})  # fmt: skip
            return Answer(status, body.encode(), headers)
        answer: Any = call.done.value
        told = {key: value for key, value in answer.items() if key != "ResponseMetadata"}
        return Answer(200, json.dumps(told, default=_written).encode(), headers)


def _fitting(given: dict[str, Any], shape: Any) -> dict[str, Any]:
    """What was mapped, by the names and of the kinds that a structure has."""
    names = {name.lower(): name for name in shape.members}
    fitting = {}
    for name, value in given.items():
        known = names.get(name.lower())
        if known is not None and value is not None:
            fitting[known] = _as_kind(value, shape.members[known])
    return fitting


def _as_kind(value: Any, shape: Any) -> Any:
    """A text as the service's model wants it."""
    kind = shape.type_name
    if kind in ("structure", "list", "map") and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    if kind in ("integer", "long") and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if kind == "boolean" and isinstance(value, str):
        return value.lower() == "true"
    if kind == "blob" and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except ValueError:
            return value.encode()
    if kind == "string" and not isinstance(value, str):
        return json.dumps(value, separators=(",", ":"))
    return value


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
