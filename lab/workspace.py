"""The workspace: a learner's own copy of a scenario's starter; nothing in it is ever destroyed."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.places import home

STARTER = "starter"
_NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc")


@dataclass(frozen=True)
class Workspace:
    """The copy for scenario `name`, whose own folder is `scenario_folder`.

    `open` makes it when it is first asked for. Every method raises LabError, in one sentence,
    where the disk refuses.
    """

    name: str
    scenario_folder: Path

    @property
    def folder(self) -> Path:
        """Where it is, or will be."""
        return home() / "workspaces" / self.name

    @property
    def exists(self) -> bool:
        """Whether it has been made."""
        return self.folder.is_dir()

    def open(self) -> Path:
        """Its folder, copied from the starter if there is none yet: the whole of it, or nothing."""
        if self.exists:
            return self.folder
        starter = self.scenario_folder / STARTER
        if not starter.is_dir():
            raise LabError(f"{self.name} has no starter to copy: there is no folder {starter}")
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            beside = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder.parent))
            try:
                copy = shutil.copytree(starter, beside / STARTER, ignore=_NOT_COPIED)
                Path(copy).rename(self.folder)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
        except OSError as error:
            raise self._refused("make", error) from error
        return self.folder

    def require(self) -> Path:
        """Its folder. Raises LabError where it has not been made."""
        if self.exists:
            return self.folder
        raise LabError(
            f"there is no workspace for {self.name} at {self.folder}; "
            f"'paddock path {self.name}' makes it"
        )

    def reset(self) -> Path | None:
        """Begin anew from the starter; where the old copy is kept now, if there was one."""
        backup = None
        if self.exists:
            backup = self._free_backup()
            try:
                self.folder.rename(backup)
            except OSError as error:
                raise self._refused("reset", error) from error
        self.open()
        return backup

    def files(self) -> list[Path]:
        """The files a learner edits, in order, relative to the folder; none where there is none."""
        return sorted(
            path.relative_to(self.folder)
            for path in self.folder.rglob("*")
            if path.is_file() and not _is_scrap(path.relative_to(self.folder))
        )

    def _free_backup(self) -> Path:
        number = 1
        while True:
            backup = self.folder.with_name(f"{self.folder.name}.backup-{number}")
            if not backup.exists():
                return backup
            number += 1

    def _refused(self, verb: str, error: OSError) -> LabError:
        return LabError(
            f"cannot {verb} the workspace {self.folder}: {error.strerror or error}; "
            "make room or set PADDOCK_HOME to a folder that can be written"
        )


def _is_scrap(path: Path) -> bool:
    """Editors' and Python's leavings."""
    return any(
        part.startswith(".") or part == "__pycache__" or part.endswith(("~", ".pyc", ".swp"))
        for part in path.parts
    )
