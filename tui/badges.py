"""One node of the cloud in a few characters: its kind's glyph, and its live counts."""

from __future__ import annotations

from dataclasses import dataclass

from tui.folds import CloudState, MachineState, QueueState

Part = tuple[str, str]
"""Text, and the tone it is written in."""

STATUS = {
    "current": ("▸", "warn"),
    "done": ("✓", "ok"),
    "failed": ("✗", "bad"),
    "caught": ("↯", "warn"),
}
LEGEND = (
    "▤ queue  waiting·in flight·dead     ◎ topic  published\n"
    "◆ state machine  running ✓ ✗        λ function  running ✓ ✗\n"
    "▦ table  writes                     ⌂ partner  done ✗ refused\n"
    "▸ current  ✓ done  ✗ failed  ↯ caught  ↻ retried  ! fault"
)


@dataclass(frozen=True)
class Badge:
    """What stands for a node: a glyph for its kind and its counts."""

    glyph: str
    parts: tuple[Part, ...]

    @property
    def width(self) -> int:
        """Cells that the counts take."""
        return sum(len(text) for text, _ in self.parts)


def badge(cloud: CloudState, name: str) -> Badge:
    """How the node called `name` stands now; ○ where no fact has said what it is."""
    if name in cloud.queues:
        return Badge("▤", _queue(cloud.queues[name]))
    if name in cloud.machines:
        return Badge("◆", _machine(cloud.machines[name]))
    if name in cloud.functions:
        function = cloud.functions[name]
        return Badge("λ", _counts(len(function.running), function.ok, function.failed))
    if name in cloud.topics:
        return Badge("◎", ((str(cloud.topics[name].published), "info"),))
    if name in cloud.tables:
        return Badge("▦", ((str(cloud.tables[name].writes), "info"),))
    if name in cloud.partners:
        partner = cloud.partners[name]
        return Badge("⌂", _counts(0, partner.done, partner.refused))
    return Badge("○", ())


def _queue(queue: QueueState) -> tuple[Part, ...]:
    waiting, flying, dead = queue.counts
    return (
        (str(waiting), "mark" if waiting else "quiet"),
        ("·", "quiet"),
        (str(flying), "warn" if flying else "quiet"),
        ("·", "quiet"),
        (str(dead), "bad" if dead else "quiet"),
    )


def _machine(machine: MachineState) -> tuple[Part, ...]:
    return _counts(len(machine.running), machine.succeeded, machine.failed)


def _counts(running: int, good: int, bad: int) -> tuple[Part, ...]:
    parts: list[Part] = []
    if running:
        parts.append((f"▸{running} ", "warn"))
    if good:
        parts.append((f"✓{good} ", "ok"))
    if bad:
        parts.append((f"✗{bad} ", "bad"))
    if not parts:
        return (("–", "quiet"),)
    text, tone = parts[-1]
    parts[-1] = (text.rstrip(), tone)
    return tuple(parts)


def states(machine: MachineState) -> list[tuple[Part, ...]]:
    """The states of the latest execution in the order they were entered."""
    found: list[tuple[Part, ...]] = []
    for name, mark in machine.states.items():
        glyph, tone = STATUS[mark.status]
        retried = f" ↻{mark.retries}" if mark.retries else ""
        found.append(((f"{glyph}{name}", tone), (retried, "warn")))
    return found
