"""Lambda's runtimes by name: what runs here, what AWS has retired, what it never knew.

Source: Lambda Developer Guide, "Lambda runtimes".
"""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from simulator.aws import runtime

if TYPE_CHECKING:
    from simulator.aws.functions.models import VirtualFunction

Program = Literal["python", "node"]

RETIRED = frozenset(
    {
        *("nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x"),
        *("nodejs12.x", "nodejs14.x", "nodejs16.x", "nodejs18.x"),
        *("python2.7", "python3.6", "python3.7", "python3.8"),
        *("dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "dotnet6"),
        *("ruby2.5", "ruby2.7", "java8", "go1.x", "provided"),
    }
)
"""Names that AWS no longer takes for a new function."""


class Unsupported(Exception):
    """A runtime that does not run here; the message says which, and what to do."""


def program(name: str | None) -> Program | None:
    """What serves a runtime here, or None."""
    if str(name).startswith("python"):
        return "python"
    return "node" if str(name).startswith("nodejs") else None


@cache
def names() -> tuple[str, ...]:
    """The names that Lambda knows, or knew."""
    import botocore.session

    shape: Any = botocore.session.Session().get_service_model("lambda").shape_for("Runtime")
    return tuple(sorted({*shape.enum, *RETIRED}))


@cache
def node() -> str | None:
    """Where this machine has Node.js."""
    return shutil.which("node") or shutil.which("nodejs")


@cache
def _bootstrap() -> str:
    folder = Path(runtime.__file__).parent / "node"
    return "\n".join(file.read_text() for file in sorted(folder.glob("*.js")))


def command(name: str, memory_mb: int) -> tuple[str, ...]:
    """The program that serves a runtime's events; empty for Python."""
    where = node()
    if program(name) != "node" or where is None:
        return ()
    heap = f"--max-old-space-size={max(32, memory_mb - 16)}"
    return (str(Path(where).resolve()), heap, "--hash-seed=1", "--no-warnings", "-e", _bootstrap())


def check(function: VirtualFunction) -> None:
    """Raise Unsupported for a function that cannot run here."""
    serves = program(function.run_time)
    if serves is None:
        if function.package_type == "Image":
            raise Unsupported(
                f"Paddock does not run container images, and {function.function_name} is one; "
                "deploy its code as a zip with a Python or Node.js runtime"
            )
        raise Unsupported(
            f"Paddock does not run the runtime {function.run_time!r} of {function.function_name}; "
            "it runs Python and Node.js"
        )
    if serves == "node" and node() is None:
        raise Unsupported(
            f"{function.function_name} has the runtime {function.run_time!r}, and this machine "
            "has no Node.js: install it, so that `node` is on the PATH"
        )
