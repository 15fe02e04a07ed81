"""Requests that API Gateway makes: to hosts of the world, and to AWS's services."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

import xmltodict

from simulator.aws.apigateway import loopback
from simulator.aws.apigateway.answers import Answer
from simulator.aws.apigateway.doors import Api
from simulator.aws.naming import model_of
from simulator.http import HttpRequest, HttpResponse
from simulator.kernel.fiber import on_behalf, wait_until

if TYPE_CHECKING:
    from simulator.aws.cloud import Cloud
    from simulator.world import World

_FORM = "application/x-www-form-urlencoded"
_SQS_VERSION = "2012-11-05"  # API Gateway speaks the Query protocol to SQS, boto3 does no more


class Unreachable(Exception):
    """No answer: `timeout` where it took too long."""

    def __init__(self, why: str, timeout: bool = False) -> None:
        super().__init__(why)
        self.timeout = timeout


class NotServed(Exception):
    """An integration that Paddock does not play; the message names it."""


class Outbound:
    """Sends requests on behalf of an API, each in a fiber of its own."""

    def __init__(self, world: World, cloud: Cloud) -> None:
        self._world = world
        self._cloud = cloud

    def send(
        self, request: HttpRequest, api: Api, timeout_s: float, own: str | None = None
    ) -> Answer:
        """The answer to a request. Raises Unreachable.

        `own` is the address at which the API was called, where the request may also go to another
        port of this machine.
        """
        elsewhere = own is not None and loopback.is_elsewhere(request.url, own)
        mark = loopback.Outside() if elsewhere else None
        call = self._world.spawn(
            self._sent,
            request,
            mark,
            name=f"{api.id} calls {request.url.partition('?')[0]}",
            daemon=True,
        )
        call.context = {"actor": f"apigateway:{api.id}", "account": api.account}
        call.defuse()
        try:
            with on_behalf(outside=mark):
                answered = wait_until(call.done, timeout_s)
        except OSError as error:
            raise Unreachable(str(error)) from error
        if not answered:
            raise Unreachable(f"no answer from {request.url} within {timeout_s:g} s", timeout=True)
        response: Any = call.done.value
        headers = [*response.headers.items(), *response.more]
        return Answer(response.status, response.body, headers)

    def _sent(self, request: HttpRequest, mark: loopback.Outside | None) -> HttpResponse:
        if mark is not None:
            return loopback.send(self._world, request, mark)
        return self._cloud.network.send(request)

    def service(
        self,
        uri: str,
        method: str,
        parts: tuple[dict[str, str], dict[str, str], dict[str, str]],
        body: bytes,
        content_type: str,
        api: Api,
        timeout_s: float,
    ) -> Answer:
        """Call an AWS service by an integration's URI, `arn:…:apigateway:region:service:…`."""
        headers, query, path = parts
        region, service, kind, rest = split_uri(uri)
        headers = {name: value for name, value in headers.items() if name.lower() != "host"}
        headers.setdefault("Content-Type", content_type)
        name = service.rpartition(".")[2]
        body_text = body
        if kind == "action":
            url_path, body_text = self._action(name, rest, headers, query, body)
        else:
            url_path = f"/{filled(rest, path).lstrip('/')}"
            version = query_version(name) if _content_type(headers) == _FORM else None
            if version is not None:
                query.setdefault("Version", version)
        query_text = f"?{urlencode(query)}" if query else ""
        signing = _SIGNING.get(name, name)
        headers["Authorization"] = authorization(api.account, region, signing)
        url = f"https://{service}.{region}.amazonaws.com{url_path}{query_text}"
        answer = self.send(HttpRequest(method, url, headers, body_text), api, timeout_s)
        return answer if query_version(name) is None else as_json_answer(answer)

    @staticmethod
    def _action(
        name: str, action: str, headers: dict[str, str], query: dict[str, str], body: bytes
    ) -> tuple[str, bytes]:
        """Path and body of a call by the name of its action."""
        action, _, more = action.partition("&")
        version = query_version(name)
        if version is not None:
            fields = {"Action": action, "Version": version, **dict(parse_qsl(more))}
            given = body.decode("utf-8", "replace") if _content_type(headers) == _FORM else ""
            fields.update({key: value for key, value in query.items() if key != "Action"})
            fields.update(parse_qsl(given, keep_blank_values=True))
            query.clear()
            headers["Content-Type"] = _FORM
            return "/", urlencode(fields).encode()
        model = model_of(name)
        told: Any = model.metadata if model is not None else {}
        if told.get("protocol") == "json" and "targetPrefix" in told:
            headers["X-Amz-Target"] = f"{told['targetPrefix']}.{action}"
            headers["Content-Type"] = f"application/x-amz-json-{told.get('jsonVersion', '1.0')}"
            return "/", body
        raise NotServed(f"AWS integrations with {name}:action/{action}")


_SIGNING = {"email": "ses"}


def authorization(account: str, region: str, service: str) -> str:
    """The header of a call that an account makes; signatures are read, not checked."""
    scope = f"{account}/20260101/{region}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


def query_version(name: str) -> str | None:
    """The version that calls of a service by the Query protocol tell; None where it has another."""
    if name == "sqs":
        return _SQS_VERSION
    model = model_of(name)
    told: Any = model.metadata if model is not None else {}
    return str(told["apiVersion"]) if told.get("protocol") in ("query", "ec2") else None


def split_uri(uri: str) -> tuple[str, str, str, str]:
    """Region, service, `action` or `path`, and what comes behind. Raises NotServed."""
    parts = uri.split(":", 5)
    if len(parts) < 6 or "/" not in parts[5]:
        raise NotServed(f"the integration URI {uri!r}")
    kind, _, rest = parts[5].partition("/")
    if kind not in ("action", "path"):
        raise NotServed(f"the integration URI {uri!r}")
    return parts[3], parts[4], kind, rest


def filled(template: str, values: dict[str, str], *, encoded: bool = True) -> str:
    """A path with `{name}` replaced; a greedy parameter keeps its slashes, and what is encoded."""
    safe = "/:@+%" if encoded else "/:@+"
    for name, value in values.items():
        for mark in (f"{{{name}}}", f"{{{name}+}}"):
            template = template.replace(mark, quote(value, safe=safe))
    return template


def as_json_answer(answer: Answer) -> Answer:
    """A query service's XML as the JSON that API Gateway, which asks for JSON, gets."""
    if not answer.body.lstrip().startswith(b"<"):
        return answer
    told: Any = xmltodict.parse(answer.body)
    made = Answer(answer.status, b"", list(answer.headers))
    if "ErrorResponse" in told:
        error = told["ErrorResponse"]
        body: Any = {
            "Error": {
                "Code": error["Error"].get("Code"),
                "Message": error["Error"].get("Message"),
                "Type": error["Error"].get("Type"),
            },
            "RequestId": error.get("RequestId"),
        }
    else:
        body = _without_attributes(told)
    made.body = json.dumps(body, separators=(",", ":")).encode()
    made.put("Content-Type", "application/json")
    return made


def _without_attributes(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_attributes(v) for k, v in value.items() if not k.startswith("@")}
    if isinstance(value, list):
        return [_without_attributes(each) for each in value]
    return value


def _content_type(headers: dict[str, str]) -> str:
    found = next((v for k, v in headers.items() if k.lower() == "content-type"), "")
    return found.partition(";")[0].strip().lower()
