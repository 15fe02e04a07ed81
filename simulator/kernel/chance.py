"""Chance from one seed: named streams, and Python's own sources bound to them."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager


class Streams:
    """Independent random streams of one seed: what one draws never disturbs another."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, random.Random] = {}
        self._python_state: object | None = None

    def __getitem__(self, name: str) -> random.Random:
        """The stream called `name`, always the same one."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = random.Random(self.derive(name))
        return stream

    def derive(self, name: str) -> int:
        """A 64-bit seed for `name`, for a source that lives outside this process."""
        digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big")

    @contextmanager
    def felt_by_python(self) -> Iterator[None]:
        """While open, `random`, `os.urandom`, `secrets` and `uuid4` draw from this seed."""
        outer_state, outer_urandom = random.getstate(), os.urandom
        if self._python_state is None:
            random.seed(self.derive("python"))
        else:
            random.setstate(self._python_state)  # type: ignore[arg-type]
        os.urandom = random._urandom = self["urandom"].randbytes  # type: ignore[attr-defined]
        try:
            yield
        finally:
            self._python_state = random.getstate()
            random.setstate(outer_state)
            os.urandom = random._urandom = outer_urandom  # type: ignore[attr-defined]
