"""The strongest cell: own root folder, processes, network and user, by Linux namespaces.

The warm parent enters them once and builds a root folder of read-only views; each child gets its
own process namespace (killing it kills all it started), its own /tmp of bounded size, /var/task
and /opt. Works as root, and as an ordinary user where the system allows user namespaces. The child
is the first process of its namespace: a signal it sends itself without a handler is ignored, but
for what `inside/signals.py` makes of it.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import Any

from simulator.aws.runtime.sandbox import linux, places

_ROOT = (
    "/sys"  # exists everywhere, no function's code lives there, and only our view of it is covered
)
_TMP = "/tmp"  # noqa: S108 - the path inside
MODULES = "/var/runtime/node_modules"
_LAYERS = 5  # source: AWS docs, "Managing Lambda dependencies with layers"
_USERS = "root:x:0:0:root:/root:/sbin/nologin\nsbx_user1051:x:993:990::/home:/sbin/nologin\n"

_covered: list[str] = []  # what each child's own /tmp would hide: Python or boto3, installed there


def enter() -> None:
    """Move the warm parent into namespaces; returns in their first process. Raises OSError."""
    uid, gid = os.getuid(), os.getgid()
    kinds = linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWNET
    kinds |= linux.CLONE_NEWIPC | linux.CLONE_NEWUTS
    linux.unshare(kinds if uid == 0 else kinds | linux.CLONE_NEWUSER)
    if uid != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    pid = os.fork()
    if pid:
        _stand_by(pid)
    linux.die_with_parent(signal.SIGKILL)


def _stand_by(pid: int) -> None:
    # The first process is our child; when it goes, so do all others, and then we do.
    os.closerange(3, 1024)
    status = os.waitpid(pid, 0)[1]
    os._exit(min(255, abs(os.waitstatus_to_exitcode(status))))


def build() -> None:
    """Build the root folder that every child sees."""
    linux.mount("", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    flags = linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("paddock", _ROOT, "tmpfs", flags, "mode=755,size=1m")
    for path in places.SYSTEM:
        if Path(path).is_symlink():
            Path(_ROOT + path).symlink_to(Path(path).readlink())
        elif Path(path).is_dir():
            _show(path)
    for path in (*places.python(), *places.node(), *places.SETTINGS):
        if Path(path).exists() and not Path(_ROOT + path).exists():
            _show(path)
            if path.startswith(_TMP + "/"):
                _covered.append(path)
    for path in places.DEVICES:
        _touch(_ROOT + path)
        linux.bind(path, _ROOT + path, devices=True)
    Path(_ROOT + "/dev/fd").symlink_to("/proc/self/fd")
    for path in ("/proc", _TMP, "/var/task", MODULES, "/opt", "/mnt"):
        Path(_ROOT + path).mkdir(parents=True, exist_ok=True)
    # An ES module looks for others in the folders above it: a layer's first, then the runtime's.
    Path(_ROOT + "/var/node_modules").symlink_to("/opt/nodejs/node_modules")
    Path(_ROOT + "/node_modules").symlink_to(MODULES)
    for index in range(_LAYERS):
        Path(f"{_ROOT}/var/layers/{index}").mkdir(parents=True)
    Path(_ROOT + "/etc/passwd").write_text(_USERS)
    Path(_ROOT + "/etc/hosts").write_text("127.0.0.1 localhost\n")


def _show(path: str) -> None:
    if Path(path).is_dir():
        Path(_ROOT + path).mkdir(parents=True, exist_ok=True)
    else:
        _touch(_ROOT + path)
    linux.bind(path, _ROOT + path)


def _touch(path: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).touch()


def fork(own: int) -> int:
    """Fork a child that is the first of a new process namespace; `own` is ours."""
    linux.unshare(linux.CLONE_NEWPID)
    pid = -1
    try:
        pid = os.fork()
    finally:
        if pid:
            linux.setns(own, linux.CLONE_NEWPID)
    return pid


def confine(request: dict[str, Any]) -> tuple[str, list[str], str]:
    """Give the calling child its own view; answer its folders: code, layers, temporary files."""
    linux.unshare(linux.CLONE_NEWNS)
    size = f"mode=1777,size={request['ephemeral_storage_mb']}m,nr_inodes=65536"
    linux.mount("tmp", _ROOT + _TMP, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, size)
    for path in _covered:
        _show(path)
    linux.bind(request["code_dir"], _ROOT + "/var/task")
    if request["modules"]:
        linux.bind(request["modules"], _ROOT + MODULES)
    layers = _layers(request["layers"])
    if request["mounts"]:  # on a folder of its own: the root that lies below is everybody's
        flags = linux.MS_NOSUID | linux.MS_NODEV
        linux.mount("mnt", _ROOT + "/mnt", "tmpfs", flags, "mode=755,size=64k")
    for folder, path in request["mounts"]:
        Path(_ROOT + path).mkdir(parents=True, exist_ok=True)
        linux.mount(folder, _ROOT + path, flags=linux.MS_BIND)
    with contextlib.suppress(PermissionError):
        # A container that masks parts of /proc lets nobody mount a whole one: then go without.
        flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
        linux.mount("proc", _ROOT + "/proc", "proc", flags)
    linux.pivot(_ROOT)
    return "/var/task", layers, _TMP


def _layers(folders: list[str]) -> list[str]:
    if not folders:
        return []
    if len(folders) > _LAYERS:
        raise OSError(f"a function has at most {_LAYERS} layers, not {len(folders)}")
    if not any(Path(_ROOT + "/opt").iterdir()):
        if len(folders) == 1:
            linux.bind(folders[0], _ROOT + "/opt")
            return ["/opt"]
        if not any(set(folder) & set(":,\\") for folder in folders):
            lower = "lowerdir=" + ":".join(reversed(folders))
            linux.mount(
                "layers", _ROOT + "/opt", "overlay", linux.MS_NOSUID | linux.MS_NODEV, lower
            )
            return ["/opt"]
    for index, folder in enumerate(folders):
        linux.bind(folder, f"{_ROOT}/var/layers/{index}")
    return [f"/var/layers/{index}" for index in range(len(folders))]
