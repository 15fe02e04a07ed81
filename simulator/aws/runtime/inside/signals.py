"""Signals that a function sends to itself: they end it as they would on Lambda.

In its own process namespace the function's process is the first, whom no signal of its own ends;
so the world is asked to do it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from simulator.aws.runtime.inside.channel import Channel

_HARMLESS = {0, signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH}


def install(channel: Channel) -> None:
    """Take over what sends a signal."""
    own = os.getpid()

    def end(number: int) -> None:
        channel.post({"op": "signal", "number": int(number)})
        os._exit(128 + int(number))

    def fatal(number: int) -> bool:
        if number in _HARMLESS or os.getpid() != own:
            return False
        return number == signal.SIGKILL or signal.getsignal(number) == signal.SIG_DFL

    def instead(real: Callable[[int, int], None]) -> Callable[[int, int], None]:
        def kill(pid: int, number: int) -> None:
            if pid in (own, 0, -own) and fatal(number):
                end(number)
            real(pid, number)

        return kill

    real_raise = signal.raise_signal

    def raise_signal(number: int) -> None:
        if fatal(number):
            end(number)
        real_raise(number)

    patched: Any = os
    patched.kill, patched.killpg = instead(os.kill), instead(os.killpg)
    patched.abort = lambda: end(signal.SIGABRT)
    signal.raise_signal = raise_signal
