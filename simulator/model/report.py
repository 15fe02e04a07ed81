"""What Lambda itself writes into a function's log, as text or as JSON.

Source: Lambda Developer Guide, "Configuring advanced logging controls for Lambda functions" and
"Lambda Telemetry API Event schema reference".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator.model.invocation import Outcome

_LEVELS = {"DEBUG": 0, "INFO": 1, "WARN": 2}


@dataclass(frozen=True)
class Logging:
    """How a function logs: `Text` or `JSON`, and the least level of Lambda's own lines."""

    format: str = "Text"
    system_level: str = "INFO"


AS_TEXT = Logging()


@dataclass(frozen=True)
class Measures:
    """What an invocation took; `init_ms` is told only where it began cold."""

    duration_ms: float
    billed_ms: int
    memory_mb: int
    init_ms: float | None


class Report:
    """Writes the lines of one invocation."""

    def __init__(
        self,
        logging: Logging,
        write: Callable[[str], None],
        now: Callable[[], datetime],
        request_id: str,
        version: str,
    ) -> None:
        self._logging, self._write, self._now = logging, write, now
        self._request_id, self._version = request_id, version

    def late_init(self, limit_s: float) -> None:
        """An init took longer than it may."""
        if self._logging.format == "JSON":
            metrics = {"durationMs": limit_s * 1000}
            about = {"initializationType": "on-demand", "phase": "init", "status": "timeout"}
            self._event("platform.initReport", {**about, "metrics": metrics}, "WARN")
            return
        self._write(
            f"INIT_REPORT Init Duration: {limit_s * 1000:.2f} ms\tPhase: init\tStatus: timeout"
        )

    def start(self) -> None:
        """The invocation begins."""
        if self._logging.format == "JSON":
            about = {"requestId": self._request_id, "version": self._version}
            self._event("platform.start", about, "INFO")
            return
        self._write(f"START RequestId: {self._request_id} Version: {self._version}")

    def end(self, outcome: Outcome, took: Measures) -> None:
        """It has ended; what the runtime told of an error of the function's is not told again."""
        status = {"ok": "success", "error": "error", "cpu": "timeout"}.get(outcome.kind, "failure")
        if self._logging.format == "JSON":
            self._json_end(status, outcome, took)
        else:
            self._text_end(status, outcome, took)

    def _text_end(self, status: str, outcome: Outcome, took: Measures) -> None:
        request = f"RequestId: {self._request_id}"
        if outcome.kind == "cpu":
            said = outcome.message.partition("Error: ")[2]
            self._write(f"{self._instant()} {self._request_id} {said}")
        elif status == "failure":
            self._write(f"{outcome.message}\n{outcome.error_type}\n[paddock] {outcome.detail}")
        self._write(f"END {request}")
        line = (
            f"REPORT {request}\tDuration: {took.duration_ms:.2f} ms\t"
            f"Billed Duration: {took.billed_ms} ms\tMemory Size: {took.memory_mb} MB"
        )
        if took.init_ms is not None:
            line += f"\tInit Duration: {took.init_ms:.2f} ms"
        if status in ("timeout", "failure"):
            line += "\tStatus: timeout" if status == "timeout" else "\tStatus: error"
        if status == "failure":
            line += f"\tError Type: {outcome.error_type}"
        self._write(line)

    def _json_end(self, status: str, outcome: Outcome, took: Measures) -> None:
        metrics: dict[str, Any] = {
            "durationMs": took.duration_ms,
            "billedDurationMs": took.billed_ms,
            "memorySizeMB": took.memory_mb,
        }
        if took.init_ms is not None:
            metrics["initDurationMs"] = took.init_ms
        record = {"requestId": self._request_id, "status": status, "metrics": metrics}
        if outcome.kind != "ok":
            record["errorType"] = outcome.error_type
        well = status in ("success", "error")
        if not well:
            self._write(f"[paddock] {outcome.detail}")
        self._event("platform.report", record, "INFO" if well else "WARN")

    def _event(self, kind: str, record: dict[str, Any], level: str) -> None:
        if _LEVELS[level] >= _LEVELS.get(self._logging.system_level, 1):
            event = {"time": self._instant(), "type": kind, "record": record}
            self._write(json.dumps(event, separators=(",", ":")))

    def _instant(self) -> str:
        now = self._now()
        return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"
