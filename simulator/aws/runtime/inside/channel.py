"""The child's end of the pipe: the only way out of a function's process.

Reads and writes go through `PyDLL`, which keeps the interpreter's lock: while one thread of a
handler waits for the world, all of the process stands still. So frames never interleave (see also
`turns`), and a background thread is frozen between two invocations as Lambda freezes it.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from typing import Any

from simulator.aws.runtime import frames

_EINTR = 4


class Channel:
    """Posts frames and waits for answers. `on_now` is told the virtual time each answer brings."""

    def __init__(self, fd: int) -> None:
        """Take over the connected socket `fd`."""
        self._fd: int | None = fd
        self._libc = ctypes.PyDLL(None, use_errno=True)
        self.on_now: Callable[[float], None] = lambda _now_s: None
        self.before_call: Callable[[], None] = lambda: None
        os.register_at_fork(after_in_child=self._forked)

    def post(self, header: dict[str, Any], payload: bytes = b"") -> None:
        """Send a frame that wants no answer."""
        fd = self._open_fd()
        data = frames.encode(header, payload)
        buffer = ctypes.c_char_p(data)
        address = ctypes.cast(buffer, ctypes.c_void_p).value or 0
        sent = 0
        while sent < len(data):
            count = self._libc.write(
                fd, ctypes.c_void_p(address + sent), ctypes.c_size_t(len(data) - sent)
            )
            if count > 0:
                sent += count
            elif ctypes.get_errno() != _EINTR:
                os._exit(0)  # the world closed the pipe: nothing is left to do

    def call(self, header: dict[str, Any], payload: bytes = b"") -> tuple[dict[str, Any], bytes]:
        """Send a frame and wait for the world's answer."""
        self._open_fd()
        self.before_call()
        self.post(header, payload)
        return self.receive()

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """Wait for the next frame and move the clock to its instant."""
        rest, header_bytes = frames.sizes(self._read(frames.SIZES_BYTES))
        header, payload = frames.decode(self._read(rest), header_bytes)
        self.on_now(header["now"])
        return header, payload

    def sleep(self, seconds: float) -> None:
        """Let the world's time pass."""
        self.call({"op": "sleep", "s": seconds})

    def _read(self, size: int) -> bytearray:
        fd = self._open_fd()
        data = bytearray(size)
        view = (ctypes.c_char * size).from_buffer(data)
        got = 0
        while got < size:
            count = self._libc.read(fd, ctypes.byref(view, got), ctypes.c_size_t(size - got))
            if count > 0:
                got += count
            elif count == 0 or ctypes.get_errno() != _EINTR:
                os._exit(0)  # the world closed the pipe: nothing is left to do
        del view
        return data

    def _open_fd(self) -> int:
        if self._fd is None:
            raise RuntimeError(
                "a process started by the handler cannot sleep or call in virtual time; "
                "do it in the handler's own process, or in a thread"
            )
        return self._fd

    def _forked(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
        self._fd = None
