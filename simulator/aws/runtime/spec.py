"""What an execution environment is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class EnvironmentSpec:
    """Everything a new execution environment is made of.

    `code_dir` is the unpacked zip (seen as /var/task), `layers` are unpacked too (merged into /opt,
    later ones win), `tmp_dir` is the environment's own /tmp, `mounts` are folders that it shares
    with others, each with the path it is seen at. `program` is the command that serves the events;
    empty for Python, which is there already; `modules` is the folder of what its
    runtime has. `seed` fixes its random numbers.
    """

    function_name: str
    handler: str
    code_dir: Path
    tmp_dir: Path
    runtime: str = "python3.12"
    layers: tuple[Path, ...] = ()
    mounts: tuple[tuple[Path, str], ...] = ()
    program: tuple[str, ...] = ()
    modules: Path | None = None
    env: dict[str, str] = field(default_factory=dict)
    memory_mb: int = 128
    ephemeral_storage_mb: int = 512
    seed: int = 0
    log_stream: str = "2024/01/01/[$LATEST]00000000000000000000000000000000"
    log_group: str = ""
    function_version: str = "$LATEST"
    account: str = "123456789012"
    region: str = "us-east-1"
