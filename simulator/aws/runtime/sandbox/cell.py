"""One warm parent's sandbox: forks children into it, locks them in, and ends them whole.

Three strengths, the best that the system allows unless told otherwise: `namespaces` (see there),
`landlock` (files, TCP, signals; one /tmp folder on disk whose total size nobody bounds, known only
as TMPDIR), and `limits` (resource limits and Python-level stand-ins alone: macOS, old kernels; it
keeps accidents in, not attackers). The last two know a process' leftovers as orphans of the warm
parent.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import Any

from simulator.aws.runtime.sandbox import landlock, limits, linux, namespaces, places, seccomp

STRENGTHS = ("namespaces", "landlock", "limits")
_FIRST_UID = 64_200  # a range that distributions leave to nobody's files; one user per environment
_UIDS = 1_000


class Folders:
    """Where the function's folders are for its process."""

    def __init__(self, task: str, layers: list[str], tmp: str, modules: str = "") -> None:
        """Take paths as the process sees them."""
        self.task, self.layers, self.tmp, self.modules = task, layers, tmp, modules


class Cell:
    """Keeps the children of a warm parent. `isolation` says what this system could give."""

    def __init__(self, isolation: str) -> None:
        """See `prepare`."""
        self.isolation = isolation
        self._children: set[int] = set()
        self._count = 0
        self._own_pids = -1
        self._readable: list[str] = []
        self._processes = limits.MAX_PROCESSES

    @classmethod
    def prepare(cls, wanted: str) -> Cell:
        """Choose the strength; for `namespaces`, move into them. Raises OSError if refused."""
        if wanted not in ("best", *STRENGTHS):
            raise ValueError(f"{wanted} is no strength; say best, {', '.join(STRENGTHS)}")
        if wanted in ("best", "namespaces"):
            try:
                namespaces.enter()
                return cls("namespaces")
            except (OSError, AttributeError):
                if wanted != "best":
                    raise
        if wanted == "landlock" and not landlock.version():
            raise OSError("this system has no Landlock")
        found = wanted in ("best", "landlock") and landlock.version() > 0
        return cls("landlock" if found else "limits")

    def furnish(self) -> None:
        """Build what children share, once the modules they may use are loaded."""
        if os.getuid() != 0:
            # The limit counts all processes of the user, not those of the environment alone.
            self._processes += limits.processes_of_user()
        if self.isolation == "namespaces":
            namespaces.build()
            self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
            return
        self._readable = [*places.SYSTEM, *places.SETTINGS, *places.python(), *places.node()]
        self._readable.append("/proc/self")
        if linux.IS_LINUX:
            linux.adopt_orphans()

    def fork(self) -> int:
        """Fork; in the parent, answer the child's pid."""
        self._count += 1
        pid = namespaces.fork(self._own_pids) if self.isolation == "namespaces" else os.fork()
        if pid:
            self._children.add(pid)
        return pid

    def enter(self, request: dict[str, Any]) -> Folders:
        """Lock the calling child in, for good, and say where its folders are."""
        os.setsid()
        folders = Folders(request["code_dir"], request["layers"], request["tmp_dir"])
        folders.modules = str(request["modules"] or "")
        if self.isolation == "namespaces":
            os.close(self._own_pids)
            folders = Folders(*namespaces.confine(request), namespaces.MODULES)
        elif request["mounts"]:
            raise OSError(
                f"file systems that functions share need namespaces, not {self.isolation}"
            )
        limits.apply(
            request["memory_mb"],
            request["ephemeral_storage_mb"],
            self._processes,
            other_program=bool(request["program"]),
        )
        if linux.IS_LINUX:
            self._lock(folders, shared=bool(request["mounts"]), program=bool(request["program"]))
            linux.die_with_parent(signal.SIGKILL)  # last: a change of user would undo it
        return folders

    def _lock(self, folders: Folders, *, shared: bool, program: bool) -> None:
        if os.getuid() == 0:
            self._become_nobody(folders.tmp, shared=shared, program=program)
        elif self.isolation == "namespaces":
            linux.set_capabilities()
        linux.no_new_privileges()
        if self.isolation == "landlock":
            readable = [*self._readable, folders.task, *folders.layers]
            readable += [folders.modules] if folders.modules else []
            landlock.restrict(readable, [folders.tmp, *places.DEVICES])
        shut_in = self.isolation == "namespaces" or (
            self.isolation == "landlock" and landlock.version() >= 6
        )
        seccomp.install(only_own_signals=not shut_in)

    def _become_nobody(self, tmp: str, *, shared: bool, program: bool) -> None:
        # The world's folders may be closed to other users, so the right to read stays; what there
        # is to read is for the root folder or Landlock to say (`limits` says nothing).
        # Who shares files is one user, as an EFS access point has it.
        uid = _FIRST_UID + (0 if shared else 1 + self._count % _UIDS)
        linux.keep_capabilities()
        try:
            if self.isolation != "namespaces":
                os.chown(tmp, uid, uid)
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        except OSError:
            # A container whose root is an ordinary user outside has no other users: stay, disarmed.
            linux.set_capabilities()
        else:
            linux.set_capabilities(linux.CAP_DAC_READ_SEARCH, for_programs=program)

    def end(self, pid: int) -> int:
        """Kill a child with all it started; answer its wait status (see os.waitpid)."""
        if pid not in self._children:
            return 0
        self._children.discard(pid)
        for target in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                target(pid, signal.SIGKILL)
        status = os.waitpid(pid, 0)[1]
        self._sweep()
        return status

    def _sweep(self) -> None:
        # What an ended child left behind became our child. Killing one may hand us its own.
        while self.isolation != "namespaces":
            strangers = _children() - self._children
            if not strangers:
                return
            for pid in strangers:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)

    def end_all(self) -> None:
        """Kill every child."""
        for pid in list(self._children):
            self.end(pid)
        self._sweep()


def _children() -> set[int]:
    try:
        text = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    except OSError:
        return set()
    return {int(pid) for pid in text.split()}
