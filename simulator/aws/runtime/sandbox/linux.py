"""The few Linux calls that Python 3.11 does not have, each raising OSError by name."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND = 2, 4, 8, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18
_MNT_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV = 1, 2, 4
_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS, _PR_CAPBSET_DROP = 1, 8, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 36, 38
_PR_CAP_AMBIENT, _AMBIENT_RAISE = 47, 2
_ADDR_NO_RANDOMIZE = 0x0040000
CAP_DAC_READ_SEARCH = 2
_LAST_CAP = 40

IS_LINUX = sys.platform == "linux"
# From 424 on, Linux numbers its calls alike on every machine; these few are older.
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPSET = {"x86_64": 126, "aarch64": 91}
_MOUNT_SETATTR, _PIDFD_OPEN = 442, 434

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(number: int, *arguments: object) -> int:
    """Make a system call by number."""
    return _check(_libc.syscall(ctypes.c_long(number), *arguments), f"system call {number}")


def unshare(flags: int) -> None:
    """Leave the given namespaces for new ones."""
    _check(_libc.unshare(ctypes.c_int(flags)), "unshare")


def setns(fd: int, kind: int) -> None:
    """Enter the namespace behind `fd`."""
    _check(_libc.setns(fd, kind), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount; see mount(2)."""
    result = _libc.mount(
        source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode()
    )
    _check(result, f"mount {target}")


def bind(source: str, target: str, *, devices: bool = False) -> None:
    """Show `source` at `target`, with what is mounted below it, read-only and without set-uid."""
    mount(source, target, flags=MS_BIND | MS_REC)
    attributes = 0 if devices else _ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NODEV
    if attributes:
        lock_mount(target, attributes)


def lock_mount(target: str, attributes: int = _ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NODEV) -> None:
    """Set mount attributes on a whole tree (Linux 5.12)."""
    value = struct.pack("<QQQQ", attributes, 0, 0, 0)
    syscall(
        _MOUNT_SETATTR,
        _AT_FDCWD,
        target.encode(),
        _AT_RECURSIVE,
        value,
        ctypes.c_size_t(len(value)),
    )


def pivot(root: str) -> None:
    """Make `root` the root folder and let go of the old one."""
    os.chdir(root)
    syscall(_PIVOT_ROOT[platform.machine()], b".", b".")
    _check(_libc.umount2(b".", _MNT_DETACH), "umount")
    os.chdir("/")


def pidfd(pid: int) -> int:
    """Open a handle on a process."""
    return syscall(_PIDFD_OPEN, pid, 0)


def die_with_parent(signal_number: int) -> None:
    """Ask for a signal when the parent dies."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "prctl")


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent dies."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def no_new_privileges() -> None:
    """Give up gaining rights by running set-uid programs."""
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def keep_capabilities() -> None:
    """Keep the permitted capabilities over the change of user."""
    _check(_libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl")


def set_capabilities(*kept: int, for_programs: bool = False) -> None:
    """Drop every capability but `kept`, and all of them from the bounding set.

    With `for_programs`, programs that this process runs have them too.
    """
    for capability in range(_LAST_CAP + 1):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # refused without CAP_SETPCAP: no harm
    mask = sum(1 << capability for capability in kept)
    header = struct.pack("<Ii", 0x20080522, 0)
    data = struct.pack("<IIIIII", mask, mask, mask if for_programs else 0, 0, 0, 0)
    syscall(_CAPSET[platform.machine()], header, data)
    for capability in kept if for_programs else ():
        _check(_libc.prctl(_PR_CAP_AMBIENT, _AMBIENT_RAISE, capability, 0, 0), "prctl")


def fix_addresses() -> bool:
    """Turn off address randomisation for programs run from now on; True if it was on."""
    now = _libc.personality(ctypes.c_ulong(0xFFFFFFFF))
    if now < 0 or now & _ADDR_NO_RANDOMIZE:
        return False
    return bool(_libc.personality(ctypes.c_ulong(now | _ADDR_NO_RANDOMIZE)) >= 0)
