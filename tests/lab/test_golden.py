"""The golden page: the same for the same bytes, and telling where others differ."""

from lab.golden import page
from simulator.journal import Fact

FACTS = [
    Fact(0.0, "lab", "call", {"service": "sqs"}),
    Fact(1.0, "lab", "step.begun", {"step": "watch", "index": 0}),
    Fact(1.5, "outside", "call", {"service": "sns"}),
    Fact(2.0, "lab", "step.ended", {"step": "watch", "index": 0}),
]


def test_a_section_a_step_with_counts_and_a_digest() -> None:
    lines = page(FACTS).splitlines()
    assert [line.rpartition(", ")[0] for line in lines if not line.startswith(" ")] == [
        "set-up: 1 facts, until 0.0 s",
        "watch: 3 facts, until 2.0 s",
    ]
    assert lines[3:] == ["       1 call", "       1 step.begun", "       1 step.ended"]


def test_one_other_byte_is_seen_in_its_step_and_in_no_other() -> None:
    other = [*FACTS[:2], Fact(1.5, "outside", "call", {"service": "sqs"}), FACTS[3]]
    before, after = page(FACTS).splitlines(), page(other).splitlines()
    assert [old != new for old, new in zip(before, after, strict=True)].count(True) == 1
    assert before[2] != after[2]
