"""API Gateway's own integration: tasks that call REST and HTTP APIs of this world.

Source: AWS Step Functions Developer Guide, "Create API Gateway REST APIs with Step Functions".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_api_gateway,
)

from simulator.aws.apigateway.outbound import authorization
from simulator.aws.seams import replace
from simulator.aws.states import failures, https
from simulator.http import HttpRequest

if TYPE_CHECKING:
    from simulator.world import World

Task: Any = state_task_service_api_gateway.StateTaskServiceApiGateway

_REQUIRED = ("ApiEndpoint", "Method")
_PARAMETERS = {
    *_REQUIRED,
    "AllowNullValues",
    "AuthType",
    "Headers",
    "Path",
    "QueryParameters",
    "RequestBody",
    "Stage",
}
_WITH_BODY = ("PATCH", "POST", "PUT")
_SIGNED = ("IAM_ROLE", "RESOURCE_POLICY")


def install(world: World) -> None:
    """Call APIs over the world's network; the interpreter would go out into the real one."""

    def call(state: Any, env: Any, **given: Any) -> None:
        env.stack.append(_invoke(world, state, env, given["normalised_parameters"]))

    replace(Task, "_eval_service_task", call)
    replace(Task, "_from_error", _from_error)
    replace(Task, "_SUPPORTED_API_PARAM_BINDINGS", {"invoke": _PARAMETERS})


def _from_error(state: Any, env: Any, ex: Exception) -> FailureEvent:
    event: FailureEvent = super(Task, state)._from_error(env=env, ex=ex)
    return event


def _invoke(world: World, state: Any, env: Any, given: dict[str, Any]) -> dict[str, Any]:
    for name in _REQUIRED:
        if not given.get(name):
            told = f"The field '{name}' is required but was missing"
            raise failures.task_failed(state, env, "States.Runtime", told)
    request = _request(state, env, given)
    try:
        response = world.cloud.network.send(request)
    except OSError as error:
        raise failures.task_failed(
            state, env, "ApiGateway.SdkClientException", str(error)
        ) from error
    answer = https.answered(response)
    if response.status >= 300:
        cause = response.body.decode(errors="replace")
        raise failures.task_failed(state, env, f"ApiGateway.{response.status}", cause)
    names = {name.lower(): name for name in response.headers}
    answer["Headers"] = {
        names.get(name, name): values for name, values in answer["Headers"].items()
    }
    return answer


def _request(state: Any, env: Any, given: dict[str, Any]) -> HttpRequest:
    endpoint, method = str(given["ApiEndpoint"]).rstrip("/"), str(given["Method"]).upper()
    url = endpoint if "://" in endpoint else f"https://{endpoint}"
    for part in (given.get("Stage"), given.get("Path")):
        if part:
            url += f"/{str(part).lstrip('/')}"
    query = {name: _values(each) for name, each in (given.get("QueryParameters") or {}).items()}
    if query:
        url += f"?{urlencode(query, doseq=True)}"
    headers = {
        str(name): ", ".join(_values(value)) for name, value in (given.get("Headers") or {}).items()
    }
    headers |= {"Host": urlsplit(url).netloc, "Accept": "application/json"}
    if given.get("AuthType") in _SIGNED:
        details = env.aws_execution_details
        headers["Authorization"] = authorization(details.account, details.region, "execute-api")
    body = b""
    if given.get("RequestBody") is not None:
        if method not in _WITH_BODY:
            told = f"The method {method} takes no RequestBody"
            raise failures.task_failed(state, env, "States.Runtime", told)
        headers.setdefault("Content-Type", "application/json")
        body = json.dumps(given["RequestBody"], separators=(",", ":")).encode()
    return HttpRequest(method, url, headers, body)


def _values(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return ["" if item is None else str(item) for item in items]
