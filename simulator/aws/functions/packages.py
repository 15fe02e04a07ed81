"""Deployment packages and layers: their limits, and the folders they are unpacked into."""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from simulator.aws.functions.runtimes import program
from simulator.aws.javascript import Kit

UNZIPPED_LIMIT = 250 * 1024 * 1024
"""Bytes that a function's code may unpack to with all its layers (Lambda Developer Guide, "Lambda
quotas")."""


_LONGEST_LINK = 4096


class BadPackage(Exception):
    """A deployment package that cannot be unpacked; the message says why."""


class Packages:
    """The folders of one world: what was uploaded, unpacked once, and each environment's own."""

    def __init__(self) -> None:
        self._home: Path | None = None
        self._kit: Kit | None = None

    @property
    def home(self) -> Path:
        """A folder of this world's functions, made when first asked for."""
        if self._home is None:
            self._home = Path(tempfile.mkdtemp(prefix="paddock-"))
            self._home.chmod(
                0o711
            )  # a function's process may be another user, and knows its folders
        return self._home

    def code(self, package: bytes, whose: str) -> Path:
        """The folder that a package is unpacked in. Raises BadPackage, naming `whose` it is."""
        digest = hashlib.sha256(package).hexdigest()[:24] if package else "none"
        folder = self.home / f"code-{digest}"
        if folder.exists():
            return folder
        folder.mkdir()
        try:
            with zipfile.ZipFile(io.BytesIO(package)) as archive:
                unpack(archive, folder)
        except (zipfile.BadZipFile, OSError, RuntimeError, BadPackage) as error:
            shutil.rmtree(folder)
            sentence = f"the deployment package of {whose} cannot be unpacked: {error}"
            raise BadPackage(sentence) from error
        return folder

    def modules(self, code: Iterable[Path], runtime: str) -> Path | None:
        """The folder of modules that a runtime has for the code in these folders, if any."""
        if program(runtime) != "node":
            return None
        if self._kit is None:
            self._kit = Kit(self.home)
        return self._kit.folder(code, runtime)

    def temporary(self) -> Path:
        """A new folder for the /tmp of an environment."""
        return Path(tempfile.mkdtemp(dir=self.home, prefix="tmp-"))

    def shared(self, name: str) -> Path:
        """The folder behind a file system that functions share; made when first asked for."""
        folder = self.home / "shared" / name
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o777)  # whichever user an environment runs as, the files are theirs
        return folder

    def close(self) -> None:
        """Remove everything."""
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = self._kit = None


def unpack(package: zipfile.ZipFile, folder: Path) -> None:
    """Unpack into `folder` and nowhere else. Raises BadPackage for a name or a link that leads out,
    and for a package over Lambda's size limit."""
    total = 0
    for entry in package.infolist():
        path = (folder / entry.filename).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise BadPackage(f"the name {entry.filename!r} leads out of the package")
        if (entry.external_attr >> 16) & 0o170000 == 0o120000:
            _link(package, entry, folder)
            continue
        total += entry.file_size
        if total > UNZIPPED_LIMIT:
            raise BadPackage(f"it unpacks to more than {UNZIPPED_LIMIT} bytes")
        package.extract(entry, folder)


def _link(package: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    """Make a symbolic link, such as those of node_modules/.bin."""
    path = folder / entry.filename
    target = package.read(entry)[:_LONGEST_LINK].decode("utf-8", "replace")
    leads = (path.parent / target).resolve()
    if target.startswith("/") or not leads.is_relative_to(folder.resolve()):
        raise BadPackage(f"the link {entry.filename!r} leads out of the package")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def unzipped_size(package: bytes) -> int:
    """How many bytes a package unpacks to, by its own table of contents; 0 for what is no zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        return 0
