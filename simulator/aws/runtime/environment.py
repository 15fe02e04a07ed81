"""One execution environment as the world holds it: load, invoke, kill; all end in an Outcome.

The world's side blocks for real while the process runs and answers its calls in virtual time; only
one of the two ever runs. Whatever the process sends is checked: it can return a payload or make a
call, and nothing else.
"""

from __future__ import annotations

import dataclasses
import json
import re
import time
from typing import Any

from simulator.aws.runtime import frames, watch
from simulator.aws.runtime.frames import ProtocolError
from simulator.aws.runtime.spec import EnvironmentSpec
from simulator.aws.runtime.zygote import Connection, Zygote
from simulator.http import HttpRequest
from simulator.model.invocation import Calls, Invocation, Outcome, OutcomeKind, error_payload

__all__ = ["Environment", "Outcome"]

_POLL_S = 0.1  # real seconds between two looks at a busy process
_FRAMES_PER_LOOK = 256
_MAX_SLEEP_S = 1e9
_MOST_SIGNAL = 64
_LOG_EVENT_BYTES = 26  # that an event counts beside its text (CloudWatch Logs, PutLogEvents)
_MOST_ERROR_BYTES = 6_291_556
_METHOD = re.compile(r"[A-Z]{1,20}")


class _Ended(Exception):
    """The process is gone, or has to go."""

    def __init__(self, kind: OutcomeKind, detail: str, status: int | None = None) -> None:
        """`status` is the wait status it has to be told with, if not its own."""
        super().__init__(detail)
        self.kind, self.detail, self.status = kind, detail, status


class Environment:
    """A process that is started by `init` and serves one invocation at a time."""

    def __init__(
        self, zygote: Zygote, spec: EnvironmentSpec, limits: watch.Limits | None = None
    ) -> None:
        """Start nothing yet."""
        self._zygote, self._spec = zygote, spec
        self._limits = limits or watch.Limits()
        self._connection: Connection | None = None
        self._buffer = bytearray()
        self._log_bytes = 0
        self._shared_bytes = 0
        self._busy = False
        self._base: watch.Usage | None = None
        self._silence_s = self._limits.silence_s / (1 if watch.can_measure() else 6)

    @property
    def alive(self) -> bool:
        """Whether an invocation may be handed in."""
        return self._connection is not None

    def init(self, calls: Calls, request_id: str = "") -> Outcome:
        """Start the process and import the handler's module, for the first of its invocations.

        Raises ZygoteError if no process can be had, and what `calls` raises.
        """
        self.kill()
        self._connection = self._zygote.spawn(self._spec)
        self._shared_bytes = watch.usage(self._connection.watch_pid).resident_bytes
        spec = dataclasses.asdict(self._spec)
        for name in ("code_dir", "tmp_dir", "layers", "mounts", "program", "modules"):
            del spec[name]
        return self._phase({"op": "init", **spec}, b"", calls, request_id)

    def invoke(self, invocation: Invocation, calls: Calls) -> Outcome:
        """Hand an event to the handler and serve its calls until it answers or ends."""
        header = {
            "op": "invoke",
            "request_id": invocation.request_id,
            "deadline": invocation.deadline_s,
            "function_arn": invocation.function_arn,
            "function_version": invocation.function_version,
            "client_context": invocation.client_context,
            "trace_id": invocation.trace_id,
        }
        return self._phase(header, invocation.payload, calls, invocation.request_id)

    def kill(self) -> None:
        """End the process and all it started, at once. Harmless when it is dead."""
        self._end()

    def _end(self) -> int | None:
        connection, self._connection = self._connection, None
        self._buffer.clear()
        return self._zygote.end(connection) if connection is not None else None

    def _phase(
        self, header: dict[str, Any], payload: bytes, calls: Calls, request_id: str
    ) -> Outcome:
        if self._connection is None:
            raise RuntimeError("this execution environment is dead; init() starts a new one")
        if self._busy:
            raise RuntimeError("this execution environment is busy; it serves one event at a time")
        self._busy = True
        self._log_bytes = 0
        try:
            self._base = None
            self._send({**header, "now": calls.now_s()}, payload)
            return self._serve(calls)
        except _Ended as ended:
            return self._ended(ended.kind, ended.detail, request_id, ended.status)
        except ProtocolError as error:
            return self._ended("exit", f"the process sent {error} and was ended", request_id)
        finally:
            self._busy = False

    def _serve(self, calls: Calls) -> Outcome:
        count = 0
        while True:
            header, payload = self._receive()
            count += 1
            if count % _FRAMES_PER_LOOK == 0:
                self._look()
            match header.get("op"):
                case "log":
                    self._log(payload, calls)
                case "sleep":
                    calls.sleep(frames.number_of(header, "s", _MAX_SLEEP_S))
                    self._send({"op": "done", "now": calls.now_s()})
                case "http":
                    self._http(header, payload, calls)
                case "result":
                    return _result(header, payload)
                case "memory":
                    raise _Ended(
                        "memory", f"the function needed more than {self._spec.memory_mb} MB"
                    )
                case "signal":
                    number = int(frames.number_of(header, "number", _MOST_SIGNAL))
                    raise _Ended("exit", "the process ended itself by a signal", number)
                case "broken":
                    said = frames.text_of(header, "message")[:500]
                    raise _Ended("exit", f"the environment could not be set up: {said}")
                case _:
                    raise ProtocolError("a frame of unknown kind")

    def _http(self, header: dict[str, Any], body: bytes, calls: Calls) -> None:
        method, url = frames.text_of(header, "method"), frames.text_of(header, "url")
        headers = header.get("headers")
        if not isinstance(headers, dict) or not all(isinstance(v, str) for v in headers.values()):
            raise ProtocolError("a request whose headers are no headers")
        if not _METHOD.fullmatch(method):
            raise ProtocolError("a request whose method is no method")
        timeout_s = (
            frames.number_of(header, "timeout", _MAX_SLEEP_S) if "timeout" in header else None
        )
        reply: dict[str, Any]
        content = b""
        try:
            response = calls.http(HttpRequest(method, url, headers, body), timeout_s=timeout_s)
            reply = {"op": "response", "status": response.status, "headers": response.headers}
            content = response.body
        except ConnectionRefusedError as error:
            reply = {"op": "refused", "message": error.strerror or str(error)}
        except TimeoutError as error:
            reply = {"op": "timeout", "message": str(error)}
        self._send({**reply, "now": calls.now_s()}, content)

    def _log(self, data: bytes, calls: Calls) -> None:
        room = self._limits.log_bytes - self._log_bytes
        self._log_bytes += _LOG_EVENT_BYTES + len(data)
        if self._log_bytes > self._limits.flood_bytes:
            raise _Ended("output", "the function wrote far too much output and was ended")
        if room <= 0:
            return
        calls.log(data[:room].decode("utf-8", "replace"))
        if len(data) >= room:
            kept = self._limits.log_bytes
            calls.log(f"[paddock] output beyond {kept:,} bytes of this invocation is dropped")

    def _send(self, header: dict[str, Any], payload: bytes = b"") -> None:
        connection = self._connection
        if connection is None:
            raise _Ended("exit", "the environment was killed during a call")
        # The process reads when it waits for us; one that does not is ended by this timeout.
        connection.pipe.settimeout(self._silence_s)
        try:
            connection.pipe.sendall(frames.encode(header, payload))
        except TimeoutError:
            raise _Ended("cpu", "the process did not read the world's answer") from None
        except OSError:
            raise _Ended("exit", "the process ended") from None

    def _receive(self) -> tuple[dict[str, Any], bytes]:
        self._fill(frames.SIZES_BYTES)
        rest, header_bytes = frames.sizes(self._buffer)
        total = frames.SIZES_BYTES + rest
        self._fill(total)
        header, payload = frames.decode(self._buffer[frames.SIZES_BYTES : total], header_bytes)
        del self._buffer[:total]
        return header, payload

    def _fill(self, size: int) -> None:
        connection = self._connection
        if connection is None:
            raise _Ended("exit", "the environment was killed during a call")
        if len(self._buffer) >= size:
            return
        since = busy_at = time.perf_counter()  # real time: the world's stands still
        used_s = -1.0
        connection.pipe.settimeout(_POLL_S)
        while len(self._buffer) < size:
            try:
                data = connection.pipe.recv(max(65536, min(size - len(self._buffer), 2**20)))
            except TimeoutError:
                now = time.perf_counter()
                if (cpu_s := self._look()) != used_s:
                    used_s, busy_at = cpu_s, now
                if watch.can_measure() and now - busy_at > self._limits.idle_s:
                    why = (
                        f"the process waited {self._limits.idle_s:g} s for what is not the world's"
                    )
                    raise _Ended("cpu", why) from None
                if now - since > self._silence_s:
                    why = f"the process was silent for {self._silence_s:g} s"
                    raise _Ended("cpu", why) from None
                continue
            except OSError:
                data = b""
            if not data:
                raise _Ended("exit", "the process ended")
            self._buffer += data

    def _look(self) -> float:
        """End a process that takes too much; the processor time it has used."""
        if self._connection is None:
            return 0.0
        used = watch.usage(self._connection.watch_pid, self._shared_bytes)
        if self._base is None:  # what takes less time than a look is not measured at all
            self._base = used
        if used.cpu_s - self._base.cpu_s > self._limits.cpu_s:
            raise _Ended(
                "cpu", f"the function used more than {self._limits.cpu_s:g} s of processor"
            )
        if used.resident_bytes > self._spec.memory_mb * 2**20:
            raise _Ended("memory", f"the function needed more than {self._spec.memory_mb} MB")
        return used.cpu_s

    def _ended(
        self, kind: OutcomeKind, detail: str, request_id: str, told: int | None = None
    ) -> Outcome:
        status = self._end()
        status = told if told is not None else status
        error_type = "Runtime.ExitError"
        if kind == "memory":
            error_type, how = "Runtime.OutOfMemory", "Runtime exited with error: signal: killed"
        elif kind == "cpu":
            error_type, how = "Sandbox.Timedout", "Task timed out"
        elif kind == "output":
            how = "Runtime exited with error: signal: killed"
        else:
            how = _how(status, node=bool(self._spec.program))
        prefix = f"RequestId: {request_id} Error: " if request_id else "Error: "
        payload = error_payload(error_type, prefix + how, request_id)
        return Outcome(kind, payload, detail if kind != "exit" else f"{detail} ({how})")


def _result(header: dict[str, Any], payload: bytes) -> Outcome:
    # The world will read these as JSON: what is none, a handler has forged past its runtime.
    try:
        value = json.loads(payload) if payload else None
    except (ValueError, RecursionError) as error:
        raise ProtocolError("a result that is no JSON") from error
    if header.get("kind") == "ok":
        return Outcome("ok", payload)
    if not isinstance(value, dict) or not isinstance(value.get("errorMessage"), str):
        raise ProtocolError("an error that is no error")
    if len(payload) > _MOST_ERROR_BYTES:
        kind = "Function.ResponseSizeTooLarge"
        said = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
        payload = error_payload(kind, said, str(value.get("requestId", "")))
    return Outcome("error", payload, "the function raised an error")


def _how(status: int | None, *, node: bool) -> str:
    """Say how a process ended, as Lambda does ("Troubleshoot execution issues in Lambda").

    Node.js gives up by aborting, of which the first process of a namespace makes other signals.
    """
    if status is None:
        return "Runtime exited without providing a reason"
    import os
    import signal

    if os.WIFSIGNALED(status):
        name = signal.strsignal(os.WTERMSIG(status)) or f"signal {os.WTERMSIG(status)}"
        if node and os.WTERMSIG(status) in (signal.SIGABRT, signal.SIGSEGV, signal.SIGTRAP):
            return "Runtime exited with error: signal: aborted"
        core = {"Segmentation fault": "segmentation fault"}
        return f"Runtime exited with error: signal: {core.get(name, name.lower())}"
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return "Runtime exited without providing a reason"
    return f"Runtime exited with error: exit status {code}"
