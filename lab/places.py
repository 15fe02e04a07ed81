"""Where Paddock keeps what is a learner's own, and how a file there is replaced without tearing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs

HOME_VARIABLE = "PADDOCK_HOME"


def home() -> Path:
    """The folder of workspaces and progress: $PADDOCK_HOME, or one in the user's data folder."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named).expanduser().absolute() if named else platformdirs.user_data_path("paddock")


def write_whole(path: Path, text: str) -> None:
    """Replace `path` by `text` so that a crash leaves the old text or the new. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(0o666 & ~_umask())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _settle(path.parent)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _settle(folder: Path) -> None:
    """Have the folder's new entry on disk, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
