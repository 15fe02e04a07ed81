"""HTTP tasks: calls of APIs by address, with the credentials of an EventBridge connection.

Source: AWS Step Functions Developer Guide, "Call HTTPS APIs in Step Functions workflows".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode, urlsplit

from moto.events.models import events_backends
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk as sdk,
)

from simulator.aws.events.targets import authorisation
from simulator.aws.seams import replace
from simulator.aws.states import failures
from simulator.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from simulator.world import World

RESOURCE = ":states:::http:invoke"
_REQUIRED = ("ApiEndpoint", "Method", "Authentication")
_FORM = "application/x-www-form-urlencoded"
_LARGEST_BYTES = 262_144

Task: Any = sdk.StateTaskServiceAwsSdk
plain_task: Any = Task._eval_service_task
plain_resource: Any = Task._get_sfn_resource
plain_type: Any = Task._get_sfn_resource_type


def install(world: World) -> None:
    """Let tasks call addresses of this world: partners' hosts, and APIs behind AWS's names."""

    def task(state: Any, env: Any, **given: Any) -> None:
        if is_http(state):
            env.stack.append(_invoke(world, state, env, given["normalised_parameters"]))
        else:
            plain_task(state, env=env, **given)

    replace(Task, "_eval_service_task", task)
    replace(Task, "_get_sfn_resource", _resource)
    replace(Task, "_get_sfn_resource_type", _type)


def is_http(state: Any) -> bool:
    """Whether a state is an HTTP task, which the interpreter's grammar does not know."""
    taken = str(vars(state).get("taken_out", {}).get("Resource", ""))
    return taken.endswith(RESOURCE)


def _resource(state: Any) -> str:
    return "invoke" if is_http(state) else str(plain_resource(state))


def _type(state: Any) -> str:
    return "http" if is_http(state) else str(plain_type(state))


def _invoke(world: World, state: Any, env: Any, given: dict[str, Any]) -> dict[str, Any]:
    missing = [name for name in _REQUIRED if not given.get(name)]
    if missing:
        told = f"The field '{missing[0]}' is required but was missing"
        raise failures.task_failed(state, env, "States.Runtime", told)
    request = _request(state, env, given)
    try:
        response = world.cloud.network.send(request)
    except OSError as error:
        raise failures.task_failed(state, env, "States.Http.Socket", str(error)) from error
    answer = answered(response)
    if len(response.body) > _LARGEST_BYTES:
        cause = "The response of the HTTP task is larger than 256 KB."
        raise failures.task_failed(state, env, "States.DataLimitExceeded", cause)
    if response.status >= HTTPStatus.BAD_REQUEST:
        cause = json.dumps(answer, separators=(",", ":"))
        raise failures.task_failed(state, env, f"States.Http.StatusCode.{response.status}", cause)
    return answer


def _request(state: Any, env: Any, given: dict[str, Any]) -> HttpRequest:
    url = str(given["ApiEndpoint"])
    connection = _connection(state, env, str(given["Authentication"].get("ConnectionArn", "")))
    parameters = getattr(connection, "auth_parameters", None) or {}
    shared = parameters.get("InvocationHttpParameters") or {}
    query = {
        **{entry["Key"]: entry["Value"] for entry in shared.get("QueryStringParameters", ())},
        **(given.get("QueryParameters") or {}),
    }
    if query:
        url += ("&" if "?" in url else "?") + urlencode(query, doseq=True)
    region = env.aws_execution_details.region
    headers = {str(name): _header(value) for name, value in (given.get("Headers") or {}).items()}
    headers = {
        **headers,
        **authorisation(connection),
        "Host": urlsplit(url).netloc,
        "User-Agent": f"Amazon|StepFunctions|HttpInvoke|{region}",
        "Range": f"bytes=0-{_LARGEST_BYTES}",
    }
    body = _body(given, headers)
    return HttpRequest(str(given["Method"]).upper(), url, headers, body)


def _connection(state: Any, env: Any, arn: str) -> Any:
    details = env.aws_execution_details
    backend = events_backends[details.account][details.region]
    for connection in backend.connections.values():
        if connection.arn == arn:
            return connection
    told = f"The connection {arn} does not exist."
    raise failures.task_failed(state, env, "States.Runtime", told)


def _header(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _body(given: dict[str, Any], headers: dict[str, str]) -> bytes:
    """The body as JSON, or as a form where the task says so."""
    if "RequestBody" not in given:
        return b""
    content = given["RequestBody"]
    transform = given.get("Transform") or {}
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    if transform.get("RequestBodyEncoding") == "URL_ENCODED" and isinstance(content, dict):
        options = transform.get("RequestEncodingOptions") or {}
        pairs = _pairs(content, "", options.get("ArrayFormat", "INDICES"))
        if not kind:
            headers["Content-Type"] = _FORM
        return "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in pairs).encode()
    if not kind:
        headers["Content-Type"] = "application/json"
    if isinstance(content, str):
        return content.encode()
    return json.dumps(content, separators=(",", ":")).encode()


def _pairs(value: Any, name: str, form: str) -> Iterator[tuple[str, str]]:
    """A value as pairs of a form; arrays as INDICES, REPEAT, COMMAS, BRACKETS or NONE have them."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _pairs(item, f"{name}[{key}]" if name else str(key), form)
    elif isinstance(value, list) and form == "COMMAS":
        yield name, ",".join(_text(item) for item in value)
    elif isinstance(value, list) and form == "NONE":
        yield name, _text(value)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            label = {"REPEAT": name, "BRACKETS": f"{name}[]"}.get(form, f"{name}[{index}]")
            yield from _pairs(item, label, form)
    else:
        yield name, _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def answered(response: HttpResponse) -> dict[str, Any]:
    """The answer as a task's result: JSON read, other bodies as text."""
    text = response.body.decode(errors="replace")
    try:
        body = json.loads(text)
    except ValueError:
        body = text
    headers: dict[str, list[str]] = {}
    for name, value in (*response.headers.items(), *response.more):
        headers.setdefault(name.lower(), []).append(value)
    known = response.status in {status.value for status in HTTPStatus}
    return {
        "Headers": headers,
        "ResponseBody": body,
        "StatusCode": response.status,
        "StatusText": HTTPStatus(response.status).phrase if known else "",
    }
