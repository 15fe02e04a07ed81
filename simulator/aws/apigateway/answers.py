"""How an API answers: by an integration, or by API Gateway itself where it refuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.http import HttpResponse

STATUS = {
    "ACCESS_DENIED": 403,
    "API_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 500,
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 400,
    "EXPIRED_TOKEN": 403,
    "INTEGRATION_FAILURE": 504,
    "INTEGRATION_TIMEOUT": 504,
    "INVALID_API_KEY": 403,
    "INVALID_SIGNATURE": 403,
    "MISSING_AUTHENTICATION_TOKEN": 403,
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "RESOURCE_NOT_FOUND": 404,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "WAF_FILTERED": 403,
}
"""Gateway response types and their statuses (Developer Guide, "Gateway response types")."""

_ERROR_TYPES = {
    "ACCESS_DENIED": "AccessDeniedException",
    "AUTHORIZER_CONFIGURATION_ERROR": "AuthorizerConfigurationException",
    "AUTHORIZER_FAILURE": "AuthorizerConfigurationException",
    "BAD_REQUEST_BODY": "BadRequestException",
    "BAD_REQUEST_PARAMETERS": "BadRequestException",
    "INVALID_API_KEY": "ForbiddenException",
    "MISSING_AUTHENTICATION_TOKEN": "MissingAuthenticationTokenException",
    "QUOTA_EXCEEDED": "LimitExceededException",
    "REQUEST_TOO_LARGE": "RequestEntityTooLargeException",
    "RESOURCE_NOT_FOUND": "NotFoundException",
    "THROTTLED": "TooManyRequestsException",
    "UNAUTHORIZED": "UnauthorizedException",
    "UNSUPPORTED_MEDIA_TYPE": "UnsupportedMediaTypeException",
    "WAF_FILTERED": "ForbiddenException",
}


class Refused(Exception):
    """API Gateway answers itself. `kind` is the gateway response type; `why` is for the journal.

    `headers` go with the answer; `validation` is what $context.error.validationErrorString tells.
    """

    def __init__(
        self,
        kind: str,
        message: str | None,
        *,
        status: int | None = None,
        why: str = "",
        error_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        member: str = "message",
        validation: str | None = None,
    ) -> None:
        super().__init__(message or kind)
        self.kind = kind
        self.message = message
        self.default_status = STATUS.get(kind, 500)
        self.status = status or self.default_status
        self.why = why
        self.error_type = error_type or _ERROR_TYPES.get(kind, "InternalServerErrorException")
        self.headers = dict(headers or {})
        self.member = member
        self.validation = validation


@dataclass
class Answer:
    """What goes back to the caller; `headers` may name one several times."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Whether a header is there."""
        return any(key.lower() == name.lower() for key, _ in self.headers)

    def put(self, name: str, value: str) -> None:
        """Set a header, in the place of one of that name."""
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]
        self.headers.append((name, value))

    def default(self, name: str, value: str) -> None:
        """Set a header that is not there."""
        if not self.has(name):
            self.headers.append((name, value))

    def drop(self, name: str) -> None:
        """Take a header away."""
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]

    def as_http(self) -> HttpResponse:
        """The response; a name that comes twice goes over the wire twice."""
        first: dict[str, str] = {}
        seen: dict[str, str] = {}
        more: list[tuple[str, str]] = []
        for name, value in self.headers:
            if name.lower() in seen:
                more.append((name, value))
            else:
                seen[name.lower()] = value
                first[name] = value
        return HttpResponse(self.status, first, self.body, tuple(more))


def plain(refused: Refused) -> Answer:
    """A refusal as HTTP APIs write it, and REST APIs where nobody customised it."""
    body = json.dumps({refused.member: refused.message}, separators=(",", ":")).encode()
    return Answer(
        refused.status, body, [("Content-Type", "application/json"), *refused.headers.items()]
    )
