"""What an execution log tells of a call, step by step: for TestInvokeMethod and CloudWatch Logs.

Source: API Gateway Developer Guide, "Set up CloudWatch logging for REST APIs in API Gateway", "Test
a REST API method by using the API Gateway console".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from simulator.aws.apigateway.answers import Answer
from simulator.aws.apigateway.asked import Asked

_LIMIT = 1024
"""Longer payloads are cut short, as execution logs do."""


class Trace:
    """The lines of one call; those with what was sent and answered are data."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, bool]] = []

    def lines(self, data: bool = True) -> list[str]:
        """The lines in order; without `data`, those that a stage with data tracing off has."""
        return [line for line, is_data in self._lines if data or not is_data]

    def say(self, line: str, *, data: bool = False) -> None:
        """Add a line."""
        self._lines.append((line, data))

    def asked(self, asked: Asked, request_id: str, path: Mapping[str, str], resource: str) -> None:
        """The method's request."""
        self.say(f"Starting execution for request: {request_id}")
        self.say(f"HTTP Method: {asked.method}, Resource Path: {resource or asked.path}")
        self.say(f"Method request path: {_pairs(path.items())}", data=True)
        self.say(f"Method request query string: {_pairs(asked.query)}", data=True)
        self.say(f"Method request headers: {_pairs(asked.headers)}", data=True)
        body = _text(asked.body)
        self.say(f"Method request body before transformations: {body}", data=True)

    def sent(self, uri: str, headers: Mapping[str, str], body: bytes) -> None:
        """What the integration's endpoint gets."""
        self.say(f"Endpoint request URI: {uri}", data=True)
        self.say(f"Endpoint request headers: {_pairs(headers.items())}", data=True)
        self.say(f"Endpoint request body after transformations: {_text(body)}", data=True)
        self.say(f"Sending request to {uri}")

    def received(self, answer: Answer, latency_s: float) -> None:
        """What the endpoint answered."""
        spent_ms = round(latency_s * 1000)
        self.say(f"Received response. Status: {answer.status}, Integration latency: {spent_ms} ms")
        self.say(f"Endpoint response headers: {_pairs(answer.headers)}", data=True)
        text = _text(answer.body)
        self.say(f"Endpoint response body before transformations: {text}", data=True)

    def ended(self, answer: Answer, why: str) -> None:
        """How the call ended; `why` it failed, if it did."""
        if why:
            self.say(f"Execution failed due to configuration error: {why}")
        else:
            body = _text(answer.body)
            self.say(f"Method response body after transformations: {body}", data=True)
            self.say(f"Method response headers: {_pairs(answer.headers)}", data=True)
            self.say("Successfully completed execution")
        self.say(f"Method completed with status: {answer.status}")


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{name}={value}" for name, value in pairs) + "}"


def _text(body: bytes) -> str:
    text = body[: _LIMIT * 4].decode("utf-8", "replace")
    return text if len(text) <= _LIMIT else f"{text[:_LIMIT]} [TRUNCATED]"
