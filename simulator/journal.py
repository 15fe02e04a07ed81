"""The record: append-only facts, written as JSON Lines as they happen and read back lazily."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
SCHEMA = 1
_AT_DECIMALS = 6  # microseconds, as the clock


class JournalError(Exception):
    """A journal that cannot be written or read; the message says which, where and why."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened: `at` seconds after the start, `who` did `what`, with `data`."""

    at: float
    who: str
    what: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The fact as one line of JSON, the same bytes for the same fact."""
        told = {"at": self.at, "who": self.who, "what": self.what, **self.data}
        line = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
        if _LONE_SURROGATE.search(line):  # half a character, which UTF-8 cannot write
            line = json.dumps(told, separators=(",", ":"))
        return line

    @classmethod
    def from_json(cls, line: str) -> Fact:
        """The fact a line holds. Raises ValueError or KeyError where it holds none."""
        entry = json.loads(line)
        return cls(entry.pop("at"), entry.pop("who"), entry.pop("what"), entry)


class Journal:
    """Facts in the order they happened, in memory and, with `path`, on disk after every fact.

    The first line of the file is a header: the schema version, the seed and the start.
    """

    def __init__(self, path: Path | None = None, header: Mapping[str, Any] | None = None) -> None:
        self.header: dict[str, Any] = {"schema": SCHEMA, **(header or {})}
        self.facts: list[Fact] = []
        self._listeners: list[Callable[[Fact], None]] = []
        self._path = path
        self._file: IO[str] | None = None
        if path is not None:
            try:
                self._file = path.open("w", encoding="utf-8")
            except OSError as error:
                raise JournalError(_cannot("write", path, error)) from error
            self._write(json.dumps(self.header, separators=(",", ":"), sort_keys=True))

    def record(self, at: float, who: str, what: str, data: Mapping[str, Any]) -> Fact:
        """Append a fact, on disk too before this returns. Raises JournalError if that fails."""
        fact = Fact(round(at, _AT_DECIMALS), who, what, data)
        self.facts.append(fact)
        if self._file is not None:
            self._write(fact.to_json())
        for listener in self._listeners:
            listener(fact)
        return fact

    def subscribe(self, listener: Callable[[Fact], None]) -> None:
        """Call `listener` with every fact from now on."""
        self._listeners.append(listener)

    def lines(self) -> Iterator[str]:
        """The journal as it stands on disk, line by line, header first."""
        yield json.dumps(self.header, separators=(",", ":"), sort_keys=True)
        for fact in self.facts:
            yield fact.to_json()

    def close(self) -> None:
        """End the file; facts stay readable in memory."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, line: str) -> None:
        assert self._file is not None
        try:
            self._file.write(line + "\n")
            self._file.flush()
        except OSError as error:
            assert self._path is not None
            raise JournalError(_cannot("write", self._path, error)) from error


def read(path: Path) -> Iterator[Fact]:
    """The facts of a journal file, one at a time; a last line torn by a crash is left out.

    Raises JournalError for a file that is no journal, or of another schema version.
    """
    try:
        file = path.open(encoding="utf-8")
    except OSError as error:
        raise JournalError(_cannot("read", path, error)) from error
    with file:
        _check_header(path, file.readline())
        for number, line in enumerate(file, start=2):
            if not line.endswith("\n"):
                return
            try:
                yield Fact.from_json(line)
            except (ValueError, KeyError, AttributeError) as error:
                raise JournalError(
                    f"line {number} of {path} is no fact ({error}); the journal is damaged"
                ) from error


def header(path: Path) -> dict[str, Any]:
    """The first line of a journal file: schema, seed and start. Raises JournalError as `read`."""
    try:
        with path.open(encoding="utf-8") as file:
            line = file.readline()
    except OSError as error:
        raise JournalError(_cannot("read", path, error)) from error
    except UnicodeDecodeError as error:
        raise JournalError(f"{path} is no journal: it is no text") from error
    _check_header(path, line)
    found: dict[str, Any] = json.loads(line)
    return found


def _check_header(path: Path, line: str) -> None:
    try:
        schema = json.loads(line)["schema"]
    except (ValueError, KeyError, TypeError) as error:
        raise JournalError(f"{path} is no journal: its first line is no header") from error
    if schema != SCHEMA:
        raise JournalError(f"{path} has journal schema {schema}; this version reads {SCHEMA}")


def _cannot(verb: str, path: Path, error: OSError) -> str:
    return (
        f"cannot {verb} the journal {path}: {error.strerror or error}; name another --journal FILE"
    )
