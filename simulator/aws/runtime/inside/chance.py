"""The child's chance: every source of random numbers that Python code uses, from one seed."""

from __future__ import annotations

import hashlib
import os
import random
import uuid
from typing import Any

_real_seed = random.Random.seed


class Chance:
    """Bytes that repeat under the same seed: SHA-256 in counter mode over the seed."""

    def __init__(self) -> None:
        """Start from seed 0; `reseed` gives each environment its own."""
        self._key = b""
        self._count = 0
        self._spare = b""

    def reseed(self, seed: int) -> None:
        """Begin the streams of `seed` and seed the global generator from them."""
        self._key = hashlib.sha256(b"paddock environment %d" % seed).digest()
        self._count, self._spare = 0, b""
        random.seed(int.from_bytes(self.urandom(16), "big"))

    def urandom(self, size: int, /) -> bytes:
        """Answer os.urandom."""
        if size < 0:
            raise ValueError("negative argument not allowed")
        parts = [self._spare]
        have = len(self._spare)
        while have < size:
            self._count += 1
            parts.append(hashlib.sha256(self._key + self._count.to_bytes(8, "big")).digest())
            have += 32
        data = b"".join(parts)
        self._spare = data[size:]
        return data[:size]

    def install(self) -> None:
        """Bind `os.urandom` and what reads the system's entropy behind its back."""
        system: Any = os
        system.urandom = self.urandom
        if hasattr(os, "getrandom"):
            system.getrandom = lambda size, flags=0: self.urandom(size)  # noqa: ARG005
        vars(random)["_urandom"] = self.urandom

        def seed(generator: random.Random, a: Any = None, version: int = 2) -> None:
            # Without a seed, CPython's C code would ask the system for one.
            if a is None:
                a = int.from_bytes(self.urandom(32), "big")
            _real_seed(generator, a, version)

        patched: Any = random.Random
        patched.seed = seed
        ids: Any = uuid
        ids._generate_time_safe = None
        ids._UuidCreate = None
        ids._node = 0x0242AC110002
