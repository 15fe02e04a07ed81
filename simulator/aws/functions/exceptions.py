"""Lambda's errors that moto lacks, with their status and the members that clients read."""

from __future__ import annotations

import json
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.core.exceptions import JsonRESTError


class TooManyRequests(JsonRESTError):
    """A throttled invocation."""

    code = 429

    def __init__(self, reason: str) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")
        told = {"Reason": reason, "Type": "User", "message": "Rate Exceeded."}
        self.description = json.dumps({"__type": "TooManyRequestsException", **told})
        self.reason = reason

    def get_headers(self, *_: Any, **__: Any) -> list[tuple[str, str]]:
        """With the seconds to wait, as Lambda gives them."""
        kind = ("X-Amzn-ErrorType", "TooManyRequestsException")
        return [("Content-Type", "application/json"), kind, ("Retry-After", "1")]


class TooLarge(LambdaClientError):
    """A request beyond what its operation takes."""

    code = 413

    def __init__(self, most_bytes: int, operation: str) -> None:
        sentence = f"Request must be smaller than {most_bytes} bytes for the {operation} operation"
        super().__init__("RequestEntityTooLargeException", sentence)


class PayloadTooLarge(LambdaClientError):
    """An invocation's payload beyond its limit."""

    code = 413

    def __init__(self, size: int, most_bytes: int, kind: str = "Event") -> None:
        sentence = (
            f"{size} byte payload is too large for the {kind} invocation type "
            f"(limit {most_bytes} bytes)"
        )
        super().__init__("RequestTooLargeException", sentence)


class NoJson(LambdaClientError):
    """An invocation's payload that is no JSON."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "InvalidRequestContentException", f"Could not parse request body into json: {why}"
        )


class NotFound(LambdaClientError):
    """A thing that is not there."""

    code = 404

    def __init__(self, sentence: str) -> None:
        super().__init__("ResourceNotFoundException", sentence)


class NoProvisionedConfig(LambdaClientError):
    """A version or an alias without provisioned concurrency."""

    code = 404

    def __init__(self) -> None:
        super().__init__(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
        )


class AccessDenied(LambdaClientError):
    """What a policy does not allow."""

    code = 403

    def __init__(self, sentence: str) -> None:
        super().__init__("AccessDeniedException", sentence)


class Conflict(LambdaClientError):
    """What exists already, or is in use."""

    code = 409

    def __init__(self, sentence: str) -> None:
        super().__init__("ResourceConflictException", sentence)


class RecursiveInvocation(LambdaClientError):
    """One run too many of a function in one chain of requests."""

    def __init__(self) -> None:
        super().__init__(
            "RecursiveInvocationException",
            "Lambda has detected your function being invoked in a recursive loop with other AWS "
            "resources and stopped your function's invocation.",
        )
