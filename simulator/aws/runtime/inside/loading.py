"""Finds the handler in the function's zip, runs it, and writes its errors in Lambda's shape.

Texts and error types follow Lambda's runtime (source: AWS docs, "Lambda function errors in Python";
the open-source Python runtime interface client). File names in tracebacks read /var/task and /opt
wherever the zip is unpacked, so they repeat from machine to machine.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import json
import os
import sys
import traceback
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import CodeType, TracebackType
from typing import Any

import botocore

from simulator.model.invocation import error_payload

MAX_RESULT_BYTES = 6_291_556  # source: AWS docs, "Lambda quotas", synchronous payload
_LANG = f"/var/lang/lib/python{sys.version_info[0]}.{sys.version_info[1]}"
_OURS = str(Path(__file__).parents[1])


class Fault(Exception):
    """An error of the runtime's own, not the function's: a type, a message, a trace."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        """`kind` goes behind 'Runtime.'."""
        super().__init__(message)
        self.kind, self.message, self.trace = f"Runtime.{kind}", message, trace


class Names:
    """Maps the folders the process really uses to the ones it believes in."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        """`pairs` are (real folder, shown folder)."""
        libraries = [
            (os.path.dirname(os.path.dirname(botocore.__file__)), f"{_LANG}/site-packages"),  # noqa: PTH120
            (os.path.dirname(os.__file__), _LANG),  # noqa: PTH120
        ]
        self._pairs = [(real, shown) for real, shown in pairs + libraries if real != shown]

    def shown(self, path: str) -> str:
        """Rename one path."""
        for real, shown in self._pairs:
            if path.startswith(real + os.sep):
                return shown + path[len(real) :]
        return path

    def shown_in(self, text: str) -> str:
        """Rename every path in a text."""
        for real, shown in self._pairs:
            text = text.replace(real, shown)
        return text


def use_folders(folders: list[str], names: Names) -> None:
    """Put the function's folders first on the module path, loading their files by shown names."""

    class Loader(importlib.machinery.SourceFileLoader):
        """Compiles a source file under its shown name."""

        def source_to_code(self, data: Any, path: Any, **rest: Any) -> CodeType:  # type: ignore[override]
            return super().source_to_code(data, names.shown(str(path)), **rest)

    extensions = (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES)
    finder = importlib.machinery.FileFinder.path_hook(extensions, (Loader, [".py"]))

    def hook(path: str) -> Any:
        if any(path == folder or path.startswith(folder + os.sep) for folder in folders):
            return finder(path)
        raise ImportError

    sys.path_hooks.insert(0, hook)
    sys.path[:0] = folders
    sys.path_importer_cache.clear()
    sys.dont_write_bytecode = True


def find_handler(name: str, names: Names) -> Callable[[Any, Any], Any]:
    """Import the handler's module. Raises Fault, or whatever the module raises."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        problem = "not enough values to unpack (expected 2, got 1)"
        raise Fault("MalformedHandlerName", f"Bad handler '{name}': {problem}")
    if module_name.split(".")[0] in sys.builtin_module_names:
        text = f"Cannot use built-in module {module_name} as a handler module"
        raise Fault("BuiltInModuleConflict", text)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        text = f"Unable to import module '{module_name}': {names.shown_in(str(error))}"
        raise Fault("ImportModuleError", text) from error
    except SyntaxError as error:
        trace = [
            f'  File "{names.shown(error.filename or "")}" Line {error.lineno}\n    {error.text}'
        ]
        text = f"Syntax error in module '{module_name}': {names.shown_in(str(error))}"
        raise Fault("UserCodeSyntaxError", text, trace) from error
    try:
        handler: Callable[[Any, Any], Any] = getattr(module, function_name)
    except AttributeError:
        text = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Fault("HandlerNotFound", text) from None
    return handler


def run_handler(handler: Callable[[Any, Any], Any], payload: bytes, context: Any) -> bytes:
    """Call the handler with the event; return its result's JSON. Raises Fault or what it raises."""
    try:
        event = json.loads(payload) if payload else {}
    except ValueError as error:
        raise Fault("UnmarshalError", f"Unable to unmarshal input: {error}") from error
    result = handler(event, context)
    try:
        data = json.dumps(result, ensure_ascii=False, default=_simple).encode()
    except MemoryError:
        raise  # its own ending
    except Exception as error:
        raise Fault("MarshalError", f"Unable to marshal response: {error}") from error
    if len(data) > MAX_RESULT_BYTES:
        text = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
        fault = Fault("", text)
        fault.kind = "Function.ResponseSizeTooLarge"
        raise fault
    return data


def _simple(value: Any) -> Any:
    # Lambda's encoder takes DynamoDB's Decimals, and nothing else beyond JSON.
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def describe(error: BaseException, request_id: str, names: Names) -> tuple[bytes, str]:
    """Write an error as Lambda's error JSON, and as the text Lambda logs."""
    if isinstance(error, Fault):
        kind, message, trace = error.kind, error.message, error.trace
    else:
        kind, message = type(error).__name__, _text(error)
        trace = _trace(error.__traceback__, names)
    lines = [f"[ERROR] {kind}: {message}" if message else f"[ERROR] {kind}"]
    lines.append("Traceback (most recent call last):")
    for element in trace or []:
        for line in element.splitlines():
            bare = line.lstrip(" ")
            lines.append("\u00a0" * (len(line) - len(bare)) + bare)
    return error_payload(kind, message, request_id, trace or []), "\n".join(lines)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""  # an exception whose __str__ raises still is an error with a type


def _trace(tb: TracebackType | None, names: Names) -> list[str]:
    frames = [
        (names.shown(frame.filename), frame.lineno or 0, frame.name, frame.line)
        for frame in traceback.extract_tb(tb)
        if not frame.filename.startswith(_OURS)
    ]
    return traceback.format_list(frames)
