"""Notices saved files: a learner's folder compared with how it was, ten lines of a watcher."""

from __future__ import annotations

from pathlib import Path

Marks = dict[Path, tuple[int, int]]


class FolderWatch:
    """Polled in real time. A change is told once the folder has stood still for one poll."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._told = self._last = self._look()

    def poll(self) -> frozenset[Path]:
        """The files that have changed since they were last told of, or none as yet."""
        now = self._look()
        is_still, self._last = now == self._last, now
        if not is_still or now == self._told:
            return frozenset()
        files = now.keys() | self._told.keys()
        changed = {file for file in files if now.get(file) != self._told.get(file)}
        self._told = now
        return frozenset(changed)

    def forget(self) -> None:
        """Take the folder as it is for unchanged: whoever wrote it knows."""
        self._told = self._last = self._look()

    def _look(self) -> Marks:
        marks: Marks = {}
        for file in self.folder.rglob("*"):
            if is_scrap(file.relative_to(self.folder)):
                continue
            try:
                status = file.stat()
            except OSError:
                continue  # gone between the listing and the look
            if file.is_file():
                marks[file] = (status.st_mtime_ns, status.st_size)
        return marks


def is_scrap(path: Path) -> bool:
    """Whether this is an editor's swap or backup file, or a cache: what a save makes beside it."""
    return any(part.startswith((".", "#")) or part == "__pycache__" for part in path.parts) or (
        path.name.endswith(("~", ".pyc", ".swp", ".tmp"))
    )
