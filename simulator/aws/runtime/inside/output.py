"""The child's output: prints, logging and raw writes become log frames, in order.

Python's streams post each whole line at once. Descriptors 1 and 2, which subprocesses and C code
write to, are a file in memory that is read whenever the process speaks to the world.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from simulator.aws.runtime.inside import jsonlog
from simulator.aws.runtime.inside.channel import Channel

_DROP_BYTES = 4 * 2**20  # more than the world keeps of an invocation: do not even send it
_EVENT_BYTES = 256 * 1024  # source: AWS docs, "CloudWatch Logs quotas", event size


class Output:
    """Collects what the function says and posts it."""

    def __init__(self, channel: Channel, rename: Callable[[str], str]) -> None:
        """Take over sys.stdout, sys.stderr, descriptors 0, 1, 2 and the root logger.

        `rename` replaces this machine's paths by Lambda's, so that tracebacks in a log repeat.
        """
        self._channel, self._rename = channel, rename
        self._pid = os.getpid()
        self._sent_bytes = 0
        self.request_id = ""
        self._json = False
        self._raw_fd = _memory_file()
        null_fd = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null_fd, 0)
        os.dup2(self._raw_fd, 1)
        os.dup2(self._raw_fd, 2)
        os.close(null_fd)
        self._streams = (_Lines(self), _Lines(self))
        sys.stdout, sys.stderr = self._streams
        sys.__stdout__, sys.__stderr__ = self._streams  # type: ignore[misc,assignment]
        _log_through(self)
        os.register_at_fork(after_in_child=_plain_streams)

    def follow(self, environ: Mapping[str, str]) -> None:
        """Log as the function's settings say: text, or JSON from a level on."""
        self._json = environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
        if not self._json:
            return
        level = environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO")
        logging.root.setLevel({"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level))
        for handler in logging.root.handlers:
            handler.setFormatter(jsonlog.JsonFormatter())

    def failure(self, payload: bytes, text: str) -> None:
        """Post an error of the function's, as its settings say."""
        self.event(jsonlog.failure(payload) if self._json else text)

    def event(self, text: str) -> None:
        """Post one log event."""
        if self._sent_bytes > _DROP_BYTES:
            return
        data = self._rename(text).encode("utf-8", "backslashreplace")
        self._sent_bytes += len(data)
        for start in range(0, len(data) or 1, _EVENT_BYTES):
            self._channel.post({"op": "log"}, data[start : start + _EVENT_BYTES])

    def flush(self) -> None:
        """Post unfinished lines and what came through the descriptors."""
        for stream in self._streams:
            stream.finish()
        self.drain()

    def drain(self) -> None:
        """Post what subprocesses and C code wrote."""
        size = os.fstat(self._raw_fd).st_size
        if not size or os.getpid() != self._pid:
            return
        data = os.pread(self._raw_fd, _DROP_BYTES, 0)
        os.ftruncate(self._raw_fd, 0)
        for line in data.decode("utf-8", "replace").splitlines():
            self.event(line)

    def begin(self, request_id: str) -> None:
        """Start counting for a new invocation."""
        self._sent_bytes = 0
        self.request_id = request_id


class _Lines(io.TextIOBase):
    """A text stream that posts whole lines."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, output: Output) -> None:
        self._output = output
        self._rest = ""
        self.buffer = _Bytes(self)

    def write(self, text: str, /) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        *lines, self._rest = (self._rest + text).split("\n")
        if lines:
            self._output.drain()
        for line in lines:
            self._output.event(line)
        if len(self._rest) > _EVENT_BYTES:
            self.finish()
        return len(text)

    def finish(self) -> None:
        """Post an unfinished line."""
        rest, self._rest = self._rest, ""
        if rest:
            self._output.event(rest)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


class _Bytes(io.RawIOBase):
    """The stream's `.buffer`, for code that writes bytes."""

    def __init__(self, lines: _Lines) -> None:
        self._lines = lines

    def write(self, data: Any, /) -> int:
        raw = bytes(data)
        self._lines.write(raw.decode("utf-8", "replace"))
        return len(raw)

    def writable(self) -> bool:
        return True


class _LambdaHandler(logging.Handler):
    """Lambda's root log handler (source: AWS docs, "Log and monitor Python Lambda functions")."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        vars(record)["aws_request_id"] = self._output.request_id
        self._output.drain()
        self._output.event(self.format(record))


def _log_through(output: Output) -> None:
    logging.Formatter.converter = time.gmtime
    handler = _LambdaHandler(output)
    handler.setFormatter(
        logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
            "%Y-%m-%dT%H:%M:%S",
        )
    )
    logging.getLogger().addHandler(handler)


def _memory_file() -> int:
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("output")
    else:
        import tempfile

        fd = os.dup(tempfile.TemporaryFile().fileno())  # noqa: SIM115
    import fcntl

    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_APPEND)
    return fd


def _plain_streams() -> None:
    # A forked grandchild has no pipe: what it prints goes where subprocesses write.
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
