"""One invocation of a function: the event that goes in, how it ended, and what it may ask for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal, Protocol

from simulator.http import HttpRequest, HttpResponse

OutcomeKind = Literal["ok", "error", "exit", "cpu", "memory", "output"]


@dataclass(frozen=True)
class Invocation:
    """One event for the handler. `payload` is JSON; `deadline_s` is in virtual unix seconds.

    `client_context` is the decoded JSON text of the caller's client context, or empty.
    """

    request_id: str
    payload: bytes
    deadline_s: float
    function_arn: str
    function_version: str = "$LATEST"
    client_context: str = ""
    trace_id: str = ""


@dataclass(frozen=True)
class Outcome:
    """How an init or an invocation ended.

    kind: `ok` (payload is the handler's JSON result, empty for an init); `error` (the function
    raised, or could not be loaded: the process lives on); `exit` (the process ended, or broke the
    protocol); `cpu` (killed: too much processor time, or silent too long); `memory`; `output`
    (pathological amounts). All but `ok` carry Lambda's error JSON as payload, and `detail` says
    what happened in one sentence for a person. After all but `ok` and `error` the environment is
    dead.
    """

    kind: OutcomeKind
    payload: bytes = b""
    detail: str = ""

    @property
    def error_type(self) -> str:
        """Lambda's errorType, or empty for `ok`."""
        return self._told("errorType")

    @property
    def message(self) -> str:
        """Lambda's errorMessage, or empty for `ok`."""
        return self._told("errorMessage")

    def _told(self, member: str) -> str:
        return str(json.loads(self.payload).get(member, "")) if self.kind != "ok" else ""


class Calls(Protocol):
    """What the world does for a function's process; each call takes virtual time.

    An exception other than the two named at `http` leaves `invoke()` as it is; the caller must then
    `kill()` the environment.
    """

    def now_s(self) -> float:
        """Tell the virtual time in unix seconds."""

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass: `seconds` is finite and not negative."""

    def http(self, request: HttpRequest, timeout_s: float | None = None) -> HttpResponse:
        """Answer a request. TimeoutError and ConnectionRefusedError are raised in the handler."""

    def log(self, text: str) -> None:
        """Take one log event, without its final newline."""


def error_payload(
    error_type: str, message: str, request_id: str = "", trace: list[str] | None = None
) -> bytes:
    """Write Lambda's error JSON (source: AWS docs, "Lambda function errors in Python")."""
    error: dict[str, object] = {"errorMessage": message, "errorType": error_type}
    error["requestId"] = request_id
    if trace is not None:
        error["stackTrace"] = trace
    return json.dumps(error).encode()
