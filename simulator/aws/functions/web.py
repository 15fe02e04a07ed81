"""Function URLs: their configurations, and what they answer to a request from the web.

Source: Lambda Developer Guide, "Creating and managing Lambda function URLs", "Invoking Lambda
function URLs" and "Control access to Lambda function URLs".
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from moto.awslambda.exceptions import GenericResourcNotFound, ValidationException
from moto.awslambda.models import FunctionUrlConfig

from simulator.aws.functions.exceptions import Conflict, TooManyRequests
from simulator.aws.functions.later import qualifier_of
from simulator.http import HttpRequest, HttpResponse
from simulator.kernel.fiber import on_behalf

if TYPE_CHECKING:
    from simulator.aws.functions.door import Door
    from simulator.aws.functions.models import VirtualFunction
    from simulator.world import World

PATH = "/_aws/lambda-url/"
_HOST = re.compile(r"([0-9a-z]{32})\.lambda-url\.([a-z0-9-]+)\.(?:on\.aws|localhost.*)")
_BROKEN = HttpResponse(502, {"Content-Type": "application/json"}, b"Internal Server Error")


class UrlConfigs:
    """The part of Lambda's backend that keeps function URLs."""

    def resolve(self, name: str, qualifier: str | None = None) -> tuple[VirtualFunction, str]:
        """See the backend."""
        raise NotImplementedError

    def create_url(self, name: str, qualifier: str | None, config: dict[str, Any]) -> Any:
        """Give a function or an alias its URL."""
        function, arn = self.resolve(name, qualifier)
        key = qualifier_of(arn)
        check_auth(config)
        if key in function.url_configs:
            raise Conflict(f"Failed to create function url config for [functionArn = {arn}]")
        made = FunctionUrlConfig(function, config)
        made.arn = arn  # type: ignore[attr-defined]
        made.url += "/"
        function.url_configs[key] = made
        return made

    def url_config(self, name: str, qualifier: str | None) -> Any:
        """A URL's configuration. Raises GenericResourcNotFound."""
        function, arn = self.resolve(name, qualifier)
        if qualifier_of(arn) not in function.url_configs:
            raise GenericResourcNotFound
        return function.url_configs[qualifier_of(arn)]

    def delete_url(self, name: str, qualifier: str | None) -> None:
        """Take the URL away. Raises GenericResourcNotFound."""
        self.url_config(name, qualifier)
        function, arn = self.resolve(name, qualifier)
        del function.url_configs[qualifier_of(arn)]

    def url_configs(self, name: str) -> Iterable[Any]:
        """All of a function's."""
        function, _ = self.resolve(name)
        return list(function.url_configs.values())

    def create_function_url_config(self, name_or_arn: str, config: dict[str, Any]) -> Any:
        """moto's name for it, which its CloudFormation uses."""
        return self.create_url(name_or_arn, None, config)


def check_auth(config: dict[str, Any]) -> None:
    """Refuse an authorisation or a mode that Lambda does not know."""
    for member, known in (
        ("AuthType", ("NONE", "AWS_IAM")),
        ("InvokeMode", ("BUFFERED", "RESPONSE_STREAM")),
    ):
        value = config.get(member)
        if value not in known and (value is not None or member == "AuthType"):
            said = f"Member must satisfy enum value set: [{', '.join(known)}]"
            raise ValidationException(str(value), f"{member[0].lower()}{member[1:]}", said)


def shown(config: Any) -> dict[str, Any]:
    """A URL's configuration as the API tells it."""
    told = {**config.to_dict(), "FunctionArn": config.arn}
    told["InvokeMode"] = config.config.get("InvokeMode") or "BUFFERED"
    return {key: value for key, value in told.items() if value is not None}


@dataclass(frozen=True)
class _Asked:
    """A request for a function URL: `headers` by their names in small letters."""

    config: Any
    url_id: str
    request: HttpRequest
    headers: dict[str, str]
    path: str
    query: str


class UrlDoor:
    """Answers what is asked of function URLs, by their hosts or on the endpoint's own."""

    def __init__(self, world: World, door: Door) -> None:
        self._world = world
        self._door = door

    @staticmethod
    def takes(request: HttpRequest) -> bool:
        """Whether a request is for a function URL."""
        return "lambda-url" in request.url and _place(request.url) is not None

    def __call__(self, request: HttpRequest) -> HttpResponse | None:
        """The answer; None for a request that is not for a function URL."""
        place = _place(request.url) if "lambda-url" in request.url else None
        if place is None:
            return None
        url_id, path, query = place
        config = _find(url_id)
        if config is None:
            return _message(403, "Forbidden")
        headers = {name.lower(): value for name, value in request.headers.items()}
        cors = _cors(config.config.get("Cors"), headers.get("origin"))
        if request.method == "OPTIONS" and config.config.get("Cors"):
            return HttpResponse(200, cors)
        response = self._answer(_Asked(config, url_id, request, headers, path, query))
        return HttpResponse(response.status, {**response.headers, **cors}, response.body)

    def _answer(self, asked: _Asked) -> HttpResponse:
        config, caller = asked.config, _caller(asked.headers)
        if not _may(config, caller):
            return _message(403, "Forbidden")
        event = self._event(asked, caller)
        began_s, function = self._world.now_s, config.function.function_name
        try:
            with on_behalf(actor="lambda-url"):
                _, result = self._door.service(config.arn, event, "url", actor="lambda-url")
            response = _BROKEN if result.failed else _response(result.payload)
        except TooManyRequests:
            response = _message(429, "Rate Exceeded.")
        self._world.record(
            "lambda.url",
            function=function,
            method=asked.request.method,
            path=asked.path,
            status=response.status,
            latency_s=round(self._world.now_s - began_s, 6),
        )
        return response

    def _event(self, asked: _Asked, caller: str | None) -> bytes:
        config, url_id, request = asked.config, asked.url_id, asked.request
        headers, query = asked.headers, asked.query
        now, region = self._world.clock.instant, config.function.region
        domain = f"{url_id}.lambda-url.{region}.on.aws"
        http = {
            "method": request.method,
            "path": unquote(asked.path),
            "protocol": "HTTP/1.1",
            "sourceIp": headers.get("x-forwarded-for", "127.0.0.1").partition(",")[0],
            "userAgent": headers.get("user-agent", ""),
        }
        context: dict[str, Any] = {
            "accountId": caller or "anonymous",
            "apiId": url_id,
            "domainName": domain,
            "domainPrefix": url_id,
            "http": http,
            "requestId": self._door.functions.new_request_id(),
            "routeKey": "$default",
            "stage": "$default",
            "time": f"{now:%d/%b/%Y:%H:%M:%S} +0000",
            "timeEpoch": int(self._world.clock.unix_s * 1000),
        }
        if caller and config.config.get("AuthType") == "AWS_IAM":
            user = f"arn:aws:iam::{caller}:root"
            iam = {"accountId": caller, "callerId": caller, "userArn": user, "userId": caller}
            context["authorizer"] = {"iam": iam}
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": asked.path,
            "rawQueryString": query,
            "headers": {k: v for k, v in headers.items() if k != "cookie"} | {"host": domain},
            "requestContext": context,
            "isBase64Encoded": False,
        }
        if cookies := headers.get("cookie"):
            event["cookies"] = [each.strip() for each in cookies.split(";")]
        if query:
            values: dict[str, list[str]] = {}
            for name, value in parse_qsl(query, keep_blank_values=True):
                values.setdefault(name, []).append(value)
            event["queryStringParameters"] = {k: ",".join(v) for k, v in values.items()}
        if request.body:
            try:
                if not _textual(headers.get("content-type", "")):
                    raise ValueError
                event["body"] = request.body.decode()
            except ValueError:
                event["body"] = base64.b64encode(request.body).decode()
                event["isBase64Encoded"] = True
        return json.dumps(event).encode()


def _place(url: str) -> tuple[str, str, str] | None:
    """The id, path and query that an address of a function URL names; None for any other."""
    parts = urlsplit(url)
    if host := _HOST.fullmatch(parts.hostname or ""):
        return host[1], parts.path or "/", parts.query
    if not parts.path.startswith(PATH):
        return None
    url_id, _, rest = parts.path.removeprefix(PATH).partition("/")
    return url_id, f"/{rest}", parts.query


def _find(url_id: str) -> Any:
    """The configuration of a URL's id, in whichever account it is."""
    from moto.awslambda.models import lambda_backends

    for account in list(lambda_backends):
        for region in list(lambda_backends[account]):
            for function in lambda_backends[account][region].list_functions():
                configs: dict[str, Any] = getattr(function, "url_configs", {})
                for config in configs.values():
                    if f"//{url_id}." in config.url:
                        return config
    return None


def _caller(headers: dict[str, str]) -> str | None:
    """The account of a signed request; any signature is believed, as on the whole endpoint."""
    match = re.search(r"Credential=([^/,\s]+)/", headers.get("authorization", ""))
    if match is None:
        return None
    from moto.iam.models import get_account_id_from

    key = match[1]
    return key if re.fullmatch(r"\d{12}", key) else str(get_account_id_from(key))


def _may(config: Any, caller: str | None) -> bool:
    function: VirtualFunction = config.function
    wanted = config.config.get("AuthType")
    if wanted == "AWS_IAM" and caller == function.account_id:
        return True
    for statement in function.policy_of(qualifier_of(config.arn)).statements:
        if statement.get("Action") not in ("lambda:InvokeFunctionUrl", "lambda:*"):
            continue
        principal = statement.get("Principal")
        named = str(principal.get("AWS") if isinstance(principal, dict) else principal)
        if named == "*" and wanted == "NONE":
            return True
        if wanted == "AWS_IAM" and caller and (named == "*" or caller in named):
            return True
    return False


def _response(payload: bytes) -> HttpResponse:
    """A handler's value as an HTTP response, by payload format 2.0."""
    value = json.loads(payload or b"null")
    if not isinstance(value, dict) or "statusCode" not in value:
        text = value if isinstance(value, str) else json.dumps(value)
        return HttpResponse(200, {"Content-Type": "application/json"}, text.encode())
    body = value.get("body")
    try:
        status = int(value["statusCode"])
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        if body is None:
            data = b""
        elif value.get("isBase64Encoded"):
            data = base64.b64decode(body)
    except (TypeError, ValueError):
        return _BROKEN
    headers = {"Content-Type": "application/json"}
    for name, text in (value.get("headers") or {}).items():
        for same in [key for key in headers if key.lower() == str(name).lower()]:
            del headers[same]
        headers[str(name)] = str(text)
    if cookies := value.get("cookies"):
        headers["Set-Cookie"] = ", ".join(str(each) for each in cookies)
    return HttpResponse(status, headers, data)


def _cors(config: dict[str, Any] | None, origin: str | None) -> dict[str, str]:
    """The headers that let a page of `origin` read the answer."""
    allowed = (config or {}).get("AllowOrigins") or []
    if not config or not origin or not ("*" in allowed or origin in allowed):
        return {}
    headers = {"Access-Control-Allow-Origin": origin if "*" not in allowed else "*"}
    names = {
        "AllowMethods": "Access-Control-Allow-Methods",
        "AllowHeaders": "Access-Control-Allow-Headers",
        "ExposeHeaders": "Access-Control-Expose-Headers",
    }
    headers |= {named: ",".join(config[key]) for key, named in names.items() if config.get(key)}
    if config.get("MaxAge") is not None:
        headers["Access-Control-Max-Age"] = str(config["MaxAge"])
    if config.get("AllowCredentials"):
        headers["Access-Control-Allow-Credentials"] = "true"
    return headers


def _textual(kind: str) -> bool:
    kind = kind.lower()
    return (
        not kind
        or kind.startswith("text/")
        or any(word in kind for word in ("json", "xml", "javascript", "x-www-form-urlencoded"))
    )


def _message(status: int, text: str) -> HttpResponse:
    body = json.dumps({"Message": text}).encode()
    return HttpResponse(status, {"Content-Type": "application/json"}, body)
