"""One call of an API from end to end: what every part of the road reads and writes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.aws.apigateway.answers import Refused
from simulator.aws.apigateway.asked import Asked
from simulator.aws.apigateway.doors import Api
from simulator.aws.apigateway.trace import Trace

_NOBODY = (
    *("accessKey", "accountId", "caller", "cognitoAuthenticationProvider"),
    *("cognitoAuthenticationType", "cognitoIdentityId", "cognitoIdentityPoolId"),
    *("principalOrgId", "user", "userArn"),
)


@dataclass(frozen=True, slots=True)
class Ids:
    """The names a call goes by."""

    request: str
    extended: str
    trace: str


def new_ids(chance: Any, unix_s: float) -> Ids:
    """Ids from a stream of chance, in AWS's forms."""
    digits = f"{chance.getrandbits(128):032x}"
    request = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    extended = base64.b64encode(chance.getrandbits(88).to_bytes(11, "big")).decode()
    trace = f"Root=1-{int(unix_s):08x}-{chance.getrandbits(96):024x}"
    return Ids(request, extended, trace)


@dataclass
class Exchange:
    """A call on its way. `stage_name` is None until the stage is found."""

    api: Api
    asked: Asked
    ids: Ids
    at: float
    """Seconds since 1970 at which it came."""
    clock: Callable[[], float]
    """Seconds of virtual time."""
    stage_name: str = ""
    stage: Any = None
    deployment_id: str | None = None
    canary: bool | None = None
    """Whether the call goes to the stage's canary; None where it has none."""
    domain: str = ""
    base: str = ""
    in_path: bool = True
    """Whether the stage's name stood in the path."""
    variables: dict[str, str] = field(default_factory=dict)
    resource_id: str = ""
    resource_path: str = ""
    """The resource's path template, or an HTTP API's route key."""
    path_parameters: dict[str, str] = field(default_factory=dict)
    identity: dict[str, Any] = field(default_factory=dict)
    authorizer: dict[str, Any] | None = None
    """What a Lambda or JWT authoriser told of the caller; None without one."""
    claims: dict[str, Any] | None = None
    scopes: list[str] | None = None
    api_key_id: str | None = None
    usage_key: str | None = None
    integration_latency_s: float | None = None
    integration_status: int | None = None
    integration_error: str | None = None
    integration_request_id: str | None = None
    refused: Refused | None = None
    from_cache: bool | None = None
    """Whether the stage's cache answered; None where it has none for this method."""
    binary_types: tuple[str, ...] = ()
    """The media types that the API takes for binary."""
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)
    trace: Trace | None = None
    """What an execution log will tell, where one is wanted."""
    socket: dict[str, Any] | None = None
    """`requestContext` of what happens on a WebSocket; None elsewhere."""

    @contextmanager
    def integrating(self) -> Iterator[None]:
        """While open, an integration is at work: how long it takes is noted."""
        began_s = self.clock()
        try:
            yield
        finally:
            self.integration_latency_s = self.clock() - began_s

    @property
    def path(self) -> str:
        """The path behind the stage: REST APIs tell it as it was sent, the others decoded."""
        return self.asked.raw_path if self.api.kind == "REST" else self.asked.path

    @property
    def stage_path(self) -> str:
        """The path as the caller's address has it: with the stage, or the domain's base path."""
        if self.base:
            return f"{self.base}{self.path}"
        if not self.in_path or self.stage_name == "$default":
            return self.path
        return f"/{self.stage_name}{self.path}"

    @property
    def arn(self) -> str:
        """The ARN of what is asked for, as permissions and policies name it."""
        if self.api.kind == "WEBSOCKET":
            return f"{self.stage_arn}/{self.resource_path}"
        path = self.path.lstrip("/")
        return f"{self.stage_arn}/{self.asked.method}/{path}"

    @property
    def template_arn(self) -> str:
        """As `arn`, with the resource's template in the place of the path."""
        path = self.resource_path.partition(" ")[2] or self.resource_path
        return f"{self.stage_arn}/{self.asked.method}/{path.lstrip('/')}"

    @property
    def stage_arn(self) -> str:
        """The beginning of the ARNs of all that a stage offers."""
        api = self.api
        partition = "aws-cn" if api.region.startswith("cn-") else "aws"
        return f"arn:{partition}:execute-api:{api.region}:{api.account}:{api.id}/{self.stage_name}"

    @property
    def request_time(self) -> str:
        """When it came, as access logs write it."""
        return datetime.fromtimestamp(self.at, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")

    @property
    def at_ms(self) -> int:
        """When it came, in milliseconds since 1970."""
        return int(self.at * 1000)

    def takes_binary(self, media_type: str) -> bool:
        """Whether the API takes a media type for binary."""
        kinds = self.binary_types
        return "*/*" in kinds or (bool(media_type) and media_type.lower() in map(str.lower, kinds))

    def about(self) -> dict[str, Any]:
        """Which API and stage a fact of this call is of."""
        return {
            "api": self.api.id,
            "name": self.api.state.name,
            "account": self.api.account,
            "region": self.api.region,
            "stage": self.stage_name,
        }

    def caller(self) -> dict[str, Any]:
        """Who calls, as REST APIs tell it."""
        known: dict[str, Any] = {
            **dict.fromkeys(_NOBODY),
            "sourceIp": self.asked.source_ip,
            "userAgent": self.asked.user_agent,
        }
        return {**known, **self.identity}

    def variables_of_context(self) -> dict[str, Any]:
        """$context as templates, mappings and logs read it; a WebSocket's is its own."""
        if self.socket is not None:
            return self.socket
        context = self.rest_context()
        if self.canary is not None:
            context["isCanaryRequest"] = self.canary
        return context

    def rest_context(self) -> dict[str, Any]:
        """`requestContext` of REST APIs, and the stem of $context."""
        context: dict[str, Any] = {
            "accountId": self.api.account,
            "apiId": self.api.id,
            "deploymentId": self.deployment_id,
            "domainName": self.domain,
            "domainPrefix": self.domain.partition(".")[0],
            "extendedRequestId": self.ids.extended,
            "httpMethod": self.asked.method,
            "identity": self.caller(),
            "path": self.stage_path,
            "protocol": self.asked.protocol,
            "requestId": self.ids.request,
            "requestTime": self.request_time,
            "requestTimeEpoch": self.at_ms,
            "resourceId": self.resource_id,
            "resourcePath": self.resource_path,
            "stage": self.stage_name,
        }
        if self.authorizer is not None:
            context["authorizer"] = self.authorizer
        return context
