"""Landlock: what files a process may touch, without any privilege (Linux 5.13 and later).

Where the kernel has it (version 4) TCP is refused too, and signals to processes outside (version
6).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import struct

from simulator.aws.runtime.sandbox import linux

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_FILE_ONLY = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READ = _EXECUTE | _READ_FILE | _READ_DIR


def version() -> int:
    """Tell the kernel's Landlock version, 0 for none."""
    if not linux.IS_LINUX:
        return 0
    try:
        return linux.syscall(_CREATE, None, ctypes.c_size_t(0), 1)
    except OSError:
        return 0


def restrict(readable: list[str], writable: list[str]) -> None:
    """Allow this process and those it starts only the given paths and what is below them."""
    abi = version()
    # One bit an access right: 13 at first, then refer (2), truncate (3), ioctl on devices (5).
    rights = (1 << (13 + (abi >= 2) + (abi >= 3) + (abi >= 5))) - 1
    attributes = struct.pack("<Q", rights)
    if abi >= 4:
        attributes += struct.pack("<Q", 3)  # bind and connect over TCP, with no rule to allow any
    if abi >= 6:
        attributes += struct.pack("<Q", 3)  # abstract sockets and signals stay inside
    rules = linux.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    try:
        for path in readable:
            _allow(rules, path, _READ & rights)
        for path in writable:
            _allow(rules, path, rights & ~_EXECUTE | _EXECUTE)
        linux.no_new_privileges()
        linux.syscall(_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(fd).st_mode):
                rights &= _FILE_ONLY
            linux.syscall(_ADD_RULE, rules, 1, struct.pack("<Qi", rights, fd), 0)
        finally:
            os.close(fd)
