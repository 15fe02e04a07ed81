"""The rule of a composite alarm: an expression over other alarms' states."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_TOKEN = re.compile(r'\s*(?:([(),])|"((?:[^"\\]|\\.)*)"|([^\s(),"]+))')
_STATES = {"ALARM": "ALARM", "OK": "OK", "INSUFFICIENT_DATA": "INSUFFICIENT_DATA"}
_ELEMENTS_MAX, _CHILDREN_MAX = 500, 100

StateOf = Callable[[str], str | None]
Node = Callable[[StateOf], bool]


class InvalidRule(ValueError):
    """An expression that is no rule; the message says what is wrong and where."""


@dataclass(frozen=True)
class CompositeRule:
    """A compiled rule: `children` are the alarms it names, `holds` tells whether it is true."""

    text: str
    children: tuple[str, ...]
    holds: Node


def compile_rule(text: str) -> CompositeRule:
    """Compile an AlarmRule. Raises InvalidRule.

    Source: CloudWatch API Reference, PutCompositeAlarm, AlarmRule.
    """
    parser = _Parser(text)
    holds = parser.expression()
    if parser.word is not None:
        raise InvalidRule(f"unexpected {parser.word!r} at character {parser.position}")
    if len(parser.children) > _CHILDREN_MAX or parser.elements > _ELEMENTS_MAX:
        raise InvalidRule(
            f"a rule may name {_CHILDREN_MAX} alarms and have {_ELEMENTS_MAX} elements"
        )
    return CompositeRule(text, tuple(parser.children), holds)


class _Parser:
    """Recursive descent: OR binds less than AND, AND less than NOT."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._next = 0
        self.position = 0
        self.word: str | None = None
        self._quoted = False
        self.children: dict[str, None] = {}
        self.elements = 0
        self._depth = 0
        self._advance()

    def expression(self) -> Node:
        parts = [self._conjunction()]
        while self._keyword("OR"):
            parts.append(self._conjunction())
        if len(parts) == 1:
            return parts[0]
        return lambda state_of: any(part(state_of) for part in parts)

    def _conjunction(self) -> Node:
        parts = [self._negation()]
        while self._keyword("AND"):
            parts.append(self._negation())
        if len(parts) == 1:
            return parts[0]
        return lambda state_of: all(part(state_of) for part in parts)

    def _negation(self) -> Node:
        if self._keyword("NOT"):
            inner = self._negation()
            return lambda state_of: not inner(state_of)
        return self._primary()

    def _primary(self) -> Node:
        self.elements += 1
        word = "" if self._quoted or self.word is None else self.word.upper()
        if self.word == "(" and not self._quoted:
            return self._parenthesised()
        if word in ("TRUE", "FALSE"):
            self._advance()
            return lambda _: word == "TRUE"
        if word == "AT_LEAST":
            return self._at_least()
        if word in _STATES:
            self._advance()
            self._expect("(")
            child = self._name()
            self._expect(")")
            return lambda state_of: state_of(child) == word
        found = "the end" if self.word is None else repr(self.word)
        raise InvalidRule(f"expected a condition at character {self.position}, found {found}")

    def _parenthesised(self) -> Node:
        self._depth += 1
        if self._depth > _ELEMENTS_MAX // 10:
            raise InvalidRule("the parentheses are nested too deeply")
        self._advance()
        inner = self.expression()
        self._expect(")")
        self._depth -= 1
        return inner

    def _at_least(self) -> Node:
        """AT_LEAST(M, STATE, (alarm, alarm, …)); M is a number or a percentage."""
        self._advance()
        self._expect("(")
        amount = re.fullmatch(r"(\d+)(%?)", self.word or "")
        if amount is None:
            raise InvalidRule(f"expected a number at character {self.position}")
        self._advance()
        self._expect(",")
        negated = self._keyword("NOT")
        state = (self.word or "").upper()
        if state not in _STATES:
            raise InvalidRule(f"expected a state at character {self.position}")
        self._advance()
        self._expect(",")
        self._expect("(")
        names = [self._name()]
        while self.word == "," and not self._quoted:
            self._advance()
            names.append(self._name())
        self._expect(")")
        self._expect(")")
        least = int(amount[1]) * len(names) / 100 if amount[2] else int(amount[1])
        return lambda state_of: sum((state_of(n) == state) != negated for n in names) >= least

    def _name(self) -> str:
        if self.word is None or (not self._quoted and self.word in "(),"):
            raise InvalidRule(f"expected an alarm's name at character {self.position}")
        name = self.word
        self.children[name] = None
        self._advance()
        return name

    def _keyword(self, word: str) -> bool:
        if not self._quoted and self.word is not None and self.word.upper() == word:
            self._advance()
            return True
        return False

    def _expect(self, mark: str) -> None:
        if self.word != mark or self._quoted:
            raise InvalidRule(f"expected {mark!r} at character {self.position}")
        self._advance()

    def _advance(self) -> None:
        if not self._text[self._next :].strip():
            self.word, self.position = None, len(self._text)
            return
        found = _TOKEN.match(self._text, self._next)
        if found is None:
            raise InvalidRule(f"unreadable text at character {self._next}")
        mark, quoted, word = found.groups()
        self.position = found.start(found.lastindex or 0)
        self._quoted = quoted is not None
        self.word = quoted if quoted is not None else mark or word
        self._next = found.end()
