"""The modules of the SDK that a Node.js function may load, written where its process finds them.

Only what a function's code names is written: a client is as long as its service has operations.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from simulator.aws.javascript import names

_OURS = Path(__file__).parent / "js"
_VERSION = {2: "2.1692.0", 3: "3.600.0"}
_LAST_WITH_2 = 16
_CODE = (".js", ".mjs", ".cjs")
_MOST_BYTES = 32 * 2**20  # of code that is looked through for names
_MOST_CLASSES = 60
_CLASS = re.compile(r"\b[A-Z][A-Za-z0-9]{1,40}\b")
_CLIENT = re.compile(r"aws-sdk/clients/([a-z0-9]{2,40})")
_PACKAGE = re.compile(r"@aws-sdk/(client-[a-z0-9-]{1,60})")
_KEPT = "require('../../.paddock/"

_FIXED = {
    "util-dynamodb": f"const kit = {_KEPT}document');\n"
    + "".join(
        f"exports.{name} = kit.{name};\n"
        for name in ("marshall", "unmarshall", "convertToAttr", "convertToNative")
    ),
    "lib-dynamodb": f"const kit = {_KEPT}document');\n"
    + "".join(
        f"exports.{name} = kit.{name};\n"
        for name in (
            *("DynamoDBDocumentClient", "DynamoDBDocument", "paginateQuery", "paginateScan"),
        )
    )
    + "".join(
        f"exports.{name}Command = kit.commands.{name}Command;\n"
        for name in (
            *("Get", "Put", "Update", "Delete", "Query", "Scan", "BatchGet", "BatchWrite"),
            *("TransactGet", "TransactWrite", "ExecuteStatement"),
        )
    ),
    "s3-request-presigner": "exports.getSignedUrl = (client, command, { expiresIn = 900 } = {}) =>"
    " client.run(command.constructor.operation,"
    " { ...command.input, '\\u0000expires': expiresIn }, 'presign');\n",
}


class Kit:
    """The SDK of one world's functions, below a folder of theirs."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._read: dict[Path, str] = {}

    def folder(self, code: Iterable[Path], runtime: str) -> Path:
        """The folder of modules for a runtime, with all that the code in these folders names."""
        text = "\n".join(self._text(each) for each in code)
        if version_of(runtime) == 2:
            return self._second(text)
        # Beside the code, for a process that sees the world's folders as they are.
        return self._third(text, self._home / "node_modules")

    def _text(self, folder: Path) -> str:
        """A folder's code, as far as it may name the SDK."""
        if folder not in self._read:
            found, left = [], _MOST_BYTES
            for file in sorted(folder.rglob("*")):
                if file.suffix not in _CODE or not file.is_file() or _sdk(file):
                    continue
                data = file.read_bytes()
                left -= len(data)
                if left < 0:
                    break
                found.append(data.decode("utf-8", "replace"))
            named = any("aws-sdk" in each for each in found)
            self._read[folder] = "\n".join(found) if named else ""
        return self._read[folder]

    def _second(self, text: str) -> Path:
        folder = self._home / "sdk2"
        package = folder / "aws-sdk"
        described = package / "services.json"
        known: dict[str, Any] = json.loads(described.read_text()) if described.exists() else {}
        if not known:
            _share(folder)
            _package(package, "aws-sdk", 2)
            (package / "index.js").write_text(
                "module.exports = require('../.paddock/v2')(require('./services.json'));\n"
            )
            (package / "clients").mkdir()
            (package / "global.js").write_text("module.exports = require('./index');\n")
            (package / "clients" / "all.js").write_text("module.exports = require('../index');\n")
        wanted = sorted({*_CLASS.findall(text), "SQS", "SNS", "DynamoDB", "S3", "Lambda"})
        wanted = [each for each in wanted if names.of_class(each)][:_MOST_CLASSES]
        wanted += _classes(_CLIENT.findall(text), wanted)
        added = {
            name: _second_service(name, service)
            for name in wanted
            if name not in known and (service := names.of_class(name))
        }
        for name in added:
            (package / "clients" / f"{name.lower()}.js").write_text(
                f"module.exports = require('../index').{name};\n"
            )
        if added:
            described.write_text(json.dumps(known | added))
        return folder

    def _third(self, text: str, folder: Path) -> Path:
        if not folder.exists():
            _share(folder)
            for name, source in _FIXED.items():
                _write(folder / "@aws-sdk" / name, f"@aws-sdk/{name}", source)
        for name in sorted(set(_PACKAGE.findall(text))):
            package = folder / "@aws-sdk" / name
            if not package.exists() and (service := names.of_package(name)):
                _write(package, f"@aws-sdk/{name}", _third_client(service))
        return folder


def _sdk(file: Path) -> bool:
    """Whether a file is of an SDK that somebody brought along."""
    path = file.as_posix()
    return "/node_modules/aws-sdk/" in path or "/node_modules/@aws-sdk/" in path


def version_of(runtime: str) -> int:
    """Which version of the SDK a runtime has."""
    digits = re.match(r"nodejs(\d*)", runtime)
    return 2 if digits and int(digits[1] or 0) <= _LAST_WITH_2 else 3


def _classes(clients: Iterable[str], known: Iterable[str]) -> list[str]:
    """The classes of `aws-sdk/clients/…` that are not named otherwise."""
    named = {name.lower() for name in known}
    odd = {name.lower(): name for name in names.CLASSES}
    return [odd.get(each, each.upper()) for each in sorted(set(clients)) if each not in named]


def _share(folder: Path) -> None:
    folder.mkdir(parents=True)
    shutil.copytree(_OURS, folder / ".paddock")


def _package(folder: Path, name: str, version: int) -> None:
    folder.mkdir(parents=True)
    about = {"name": name, "version": _VERSION[version], "main": "index.js"}
    (folder / "package.json").write_text(json.dumps(about))


def _write(folder: Path, name: str, source: str) -> None:
    _package(folder, name, 3)
    (folder / "index.js").write_text(f"'use strict';\n{source}")


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _second_service(name: str, service: str) -> dict[str, Any]:
    """What version 2 has to know of a service."""
    model = names.model(service)
    operations = {_lower(each): each for each in model.operation_names}
    told = {"name": name, "service": service, "apiVersion": model.api_version}
    return {**told, "operations": operations, "pages": names.pages(service)}


def _third_client(service: str) -> str:
    """The source of a client's package; each name stands there, for ES modules to find."""
    model = names.model(service)
    shape_id = re.sub(r"\W", "", str(model.service_id))
    errors = [shape.name for shape in model.error_shapes]
    about = {
        "service": service,
        "id": shape_id,
        "operations": model.operation_names,
        "pages": names.pages(service),
        "errors": errors,
    }
    lines = [
        f"const kit = {_KEPT}v3').kitOf({json.dumps(about)});",
        f"exports.{shape_id}Client = kit.client;",
        f"exports.{shape_id} = kit.whole;",
        f"exports.{shape_id}ServiceException = kit.errors.base;",
    ]
    lines += [f"exports.{each}Command = kit.commands.{each};" for each in model.operation_names]
    lines += [f"exports.{each} = kit.errors.{each};" for each in errors]
    lines += [f"exports.paginate{each} = kit.page('{each}');" for each in names.pages(service)]
    lines += [f"exports.waitUntil{each} = kit.wait('{each}');" for each in names.waiters(service)]
    for each in model.shape_names:
        shape = model.shape_for(each)
        if getattr(shape, "enum", None) and each.isidentifier():
            values = {re.sub(r"\W", "_", value): value for value in shape.enum}
            lines.append(f"exports.{each} = {json.dumps(values)};")
    return "\n".join(lines) + "\n"
