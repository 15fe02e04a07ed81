"""What a function's process may see of this machine: the system, Python, boto3, and no more."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from types import ModuleType

SYSTEM: tuple[str, ...] = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SETTINGS: tuple[str, ...] = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ssl",
    "/etc/pki",
)
SETTINGS += ("/etc/alternatives", "/etc/mime.types", "/etc/localtime", "/etc/nsswitch.conf")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_PACKAGES: tuple[str, ...] = (
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
    "dateutil",
    "urllib3",
    "six",
)
_PACKAGES += ("time_machine", "_time_machine", "certifi")


def node() -> list[str]:
    """List the folder of Node.js, where it is not with the system's own programs."""
    found = shutil.which("node") or shutil.which("nodejs")
    if found is None:
        return []
    home = str(Path(found).resolve().parent.parent)
    return [] if home in ("/", "/usr") or home.startswith("/usr/") else [home]


def python() -> list[str]:
    """List the folders and files of the interpreter and of the packages Lambda has."""
    base = {sys.base_prefix, sys.base_exec_prefix, str(Path(sys._base_executable).resolve())}  # type: ignore[attr-defined]
    # /usr as a prefix is listed with the system; a prefix such as / would show everything.
    paths = [path for path in sorted(base) if path not in ("/", "")]
    for name in _PACKAGES:
        module = sys.modules.get(name)
        file = getattr(module, "__file__", None) if isinstance(module, ModuleType) else None
        if file:
            is_package = hasattr(module, "__path__")
            paths.append(os.path.dirname(file) if is_package else file)  # noqa: PTH120
    return [path for path in paths if not path.startswith("/usr/") and path != "/usr"]
