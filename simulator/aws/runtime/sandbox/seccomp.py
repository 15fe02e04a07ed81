"""A system call filter: no sockets, no debugging of others, no namespaces, no kernel doors.

What is refused answers EPERM (clone3 answers ENOSYS, so that libraries fall back on clone, whose
flags can be checked). Machines other than x86-64 and 64-bit ARM get no filter; `install` says so.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

from simulator.aws.runtime.sandbox import linux

_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# name: (x86_64, aarch64)
_REFUSED = {
    "socket": (41, 198),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "open_by_handle_at": (304, 265),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "io_uring_setup": (425, 425),
    "pidfd_getfd": (438, 438),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "open_tree": (428, 428),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
}
_CLONE, _CLONE3 = (56, 220), (435, 435)
_KILLS = {"kill": (62, 129), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138)}
_NAMESPACES = (
    linux.CLONE_NEWNS
    | linux.CLONE_NEWUSER
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWNET
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUTS
)
_LOAD, _EQUAL, _SET, _GREATER, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16


def install(*, only_own_signals: bool) -> bool:
    """Filter this process and those it starts; False where there is no filter for the machine.

    `only_own_signals` refuses to signal any other process, where nothing better keeps them apart.
    """
    machine = platform.machine()
    if not linux.IS_LINUX or machine not in _ARCHITECTURE:
        return False
    program = _program(machine, os.getpid() if only_own_signals else None)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    linux.syscall({"x86_64": 317, "aarch64": 277}[machine], 1, 0, header)
    return True


def _program(machine: str, own_pid: int | None) -> bytes:
    column = 0 if machine == "x86_64" else 1
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, _ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _FAIL | errno.EPERM),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if machine == "x86_64":  # x32 calls have numbers of their own
        code += [(_GREATER, 0, 1, 0x40000000), (_RETURN, 0, 0, _FAIL | errno.EPERM)]
    for numbers in _REFUSED.values():
        code += _refuse(numbers[column], errno.EPERM)
    code += _refuse(_CLONE3[column], errno.ENOSYS)
    code += [
        (_EQUAL, 0, 3, _CLONE[column]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_SET, 0, 1, _NAMESPACES),
        (_RETURN, 0, 0, _FAIL | errno.EPERM),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if own_pid is not None:
        for numbers in _KILLS.values():
            code += [
                (_EQUAL, 0, 4, numbers[column]),
                (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
                (_EQUAL, 1, 0, own_pid),
                (_RETURN, 0, 0, _FAIL | errno.EPERM),
                (_LOAD, 0, 0, _NUMBER_AT),
            ]
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("<HBBI", *line) for line in code)


def _refuse(number: int, error: int) -> list[tuple[int, int, int, int]]:
    return [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _FAIL | error)]
