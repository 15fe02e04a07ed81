"""Log records as JSON, where a function's settings ask for it.

Source: Lambda Developer Guide, "Using Lambda advanced logging controls with Python".
"""

from __future__ import annotations

import json
import logging
import time
import traceback
from typing import Any

_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "aws_request_id"}


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object; what `extra` gave it stands beside the rest."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        told: dict[str, Any] = {
            "timestamp": _instant(record.created),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.stack_info:
            told["stackTrace"] = record.stack_info.splitlines()
        if record.exc_info and record.exc_info[0] is not None:
            kind, error, trace = record.exc_info
            told |= {
                "stackTrace": traceback.format_tb(trace),
                "errorType": kind.__name__,
                "errorMessage": str(error),
                "location": f"{record.pathname}:{record.funcName}:{record.lineno}",
            }
        told |= {name: value for name, value in vars(record).items() if name not in _USUAL}
        if request_id := vars(record).get("aws_request_id"):
            told["requestId"] = request_id
        return json.dumps(told, default=str)


def failure(payload: bytes) -> str:
    """An error that the function raised: Lambda's error, as a log record."""
    told = {"timestamp": _instant(time.time()), "log_level": "ERROR", **json.loads(payload)}
    return json.dumps(told)


def _instant(unix_s: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(unix_s))
