"""Where our code takes the place of moto's."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from simulator.aws.seams import replace, when_imported


def test_a_name_that_is_gone_is_an_error() -> None:
    with pytest.raises(AttributeError):
        replace(sys, "no_such_name", None)


def test_what_wraps_is_put_in_force_once() -> None:
    """Else each world of a process would add a layer, until a call is nested too deeply."""

    class Theirs:
        def answer(self) -> int:
            return 1

    def wrapped(theirs: Callable[[Theirs], int]) -> Callable[[Theirs], int]:
        return lambda asked: theirs(asked) + 1

    plain = Theirs.answer
    replace(Theirs, "answer", wrapped(plain))
    replace(Theirs, "answer", wrapped(plain))
    assert Theirs().answer() == 2
    with pytest.raises(RuntimeError, match="has our"):
        replace(Theirs, "answer", wrapped(Theirs.answer))


def test_an_act_waits_for_its_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "paddock_test_late.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    seen: list[tuple[str, int]] = []

    def act(name: str) -> None:
        when_imported(
            "paddock_test_late", lambda module: seen.append((name, getattr(module, "value", 0)))
        )

    act("first")
    act("second")
    assert seen == []
    import paddock_test_late  # type: ignore[import-not-found]

    assert isinstance(paddock_test_late, ModuleType)
    assert seen == [("first", 1), ("second", 1)]
    act("third")
    assert seen[-1] == ("third", 1)
    assert not [finder for finder in sys.meta_path if type(finder).__name__ == "_Awaiting"
                and getattr(finder, "_name", "") == "paddock_test_late"]  # fmt: skip
    monkeypatch.delitem(sys.modules, "paddock_test_late")
