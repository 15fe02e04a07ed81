"""The values that cross between the world and a function's process, and what the world offers it.

Nothing here is pickled: the child's bytes are untrusted, see `frames`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from simulator.aws.http import HttpRequest, HttpResponse

OutcomeKind = Literal["ok", "error", "exit", "cpu", "memory", "output"]


@dataclass(frozen=True)
class EnvironmentSpec:
    """Everything a new execution environment is made of.

    `code_dir` is the unpacked zip (seen as /var/task), `layers` are unpacked too (merged into /opt,
    later ones win), `tmp_dir` is the environment's own /tmp. `seed` fixes its random numbers.
    """

    function_name: str
    handler: str
    code_dir: Path
    tmp_dir: Path
    runtime: str = "python3.12"
    layers: tuple[Path, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    memory_mb: int = 128
    ephemeral_storage_mb: int = 512
    seed: int = 0
    log_stream: str = "2024/01/01/[$LATEST]00000000000000000000000000000000"
    log_group: str = ""
    function_version: str = "$LATEST"
    account: str = "123456789012"
    region: str = "us-east-1"


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
        return str(json.loads(self.payload).get("errorType", "")) if self.kind != "ok" else ""


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
