"""Time and chance: the clock, the fibers that wait on it, and the random streams of one seed."""

from simulator.kernel.chance import Streams
from simulator.kernel.clock import Clock, VirtualEnvironment
from simulator.kernel.fiber import (
    Deadlock,
    EmulatorError,
    Fiber,
    FiberError,
    FiberStuck,
    Interrupted,
    current_fiber,
    sleep,
    wait,
    wait_until,
)

__all__ = [
    "Clock",
    "Deadlock",
    "EmulatorError",
    "Fiber",
    "FiberError",
    "FiberStuck",
    "Interrupted",
    "Streams",
    "VirtualEnvironment",
    "current_fiber",
    "sleep",
    "wait",
    "wait_until",
]
