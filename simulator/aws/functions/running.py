"""Where functions run: each version's processes, who may run at once, and what they write."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time_millis

from simulator.aws.functions import runtimes
from simulator.aws.functions.packages import BadPackage, Packages
from simulator.aws.network import Network
from simulator.aws.runtime.environment import Environment
from simulator.aws.runtime.spec import EnvironmentSpec
from simulator.aws.runtime.watch import Limits
from simulator.aws.runtime.zygote import Zygote, ZygoteError
from simulator.aws.session import IN_PROCESS_ENDPOINT
from simulator.kernel import current_fiber
from simulator.kernel.fiber import EmulatorError
from simulator.model import lineage
from simulator.model.concurrency import Pool, Throttled
from simulator.model.function import Function, Result, Version
from simulator.model.invocation import error_payload
from simulator.model.report import Logging

if TYPE_CHECKING:
    from simulator.aws.functions.models import VirtualFunction
    from simulator.world import World

WORK_TAG = "paddock:vcpu-ms"
"""A function's tag: milliseconds that an invocation keeps one virtual processor busy."""


@cache
def _warm_parent() -> Zygote:
    """One for the process: it holds nothing of a world, and takes half a second to start."""
    zygote = Zygote()
    atexit.register(zygote.close)
    return zygote


class Functions:
    """The functions of a world, by version and code, and their processes."""

    def __init__(self, world: World, network: Network) -> None:
        self._world = world
        self._network = network
        self._ids = world.streams["lambda-request-ids"]
        self._running: dict[str, tuple[VirtualFunction, int, Function]] = {}
        self._numbers: dict[str, Iterator[int]] = {}
        self._retired: list[Function] = []
        self._pools: dict[tuple[str, str], Pool] = {}
        self.packages = Packages()

    def invoke(
        self,
        function: VirtualFunction,
        payload: bytes,
        client_context: str = "",
        *,
        arn: str = "",
        request_id: str = "",
    ) -> Result:
        """Run a function on one event, in the caller's fiber.

        `arn` is what the caller named it by. Raises Throttled where there is no room for one more.
        """
        request_id = request_id or self.new_request_id()
        try:
            runtimes.check(function)
            running = self._function(function)
        except (BadPackage, runtimes.Unsupported) as error:
            kind = "BadPackage" if isinstance(error, BadPackage) else "Unsupported"
            told = error_payload(f"Runtime.{kind}", str(error), request_id)
            return Result(told, True, (), request_id)
        pool, name = self.pool(function.account_id, function.region), function.function_name
        fiber = current_fiber()
        trigger = str(fiber.context.get("trigger") or fiber.actor) if fiber else ""
        ready = function.provisioned_ready() > running.busy
        try:
            shared = pool.enter(name, function.reserved, ready=ready)
        except Throttled as full:
            self._world.record(
                "lambda.throttled", function=name, reason=full.reason, trigger=trigger
            )
            raise
        try:
            return running.invoke(payload, request_id, client_context, arn=arn, trigger=trigger)
        except ZygoteError as error:
            raise EmulatorError(str(error)) from error
        finally:
            pool.leave(name, shared=shared)

    def stopped(self, function: VirtualFunction, chain: lineage.Lineage | None = None) -> bool:
        """Whether a chain of requests, the caller's own if none is named, is a loop to be stopped.

        That it was is written down.
        """
        if not lineage.loops(function.function_arn, chain) or function.recursive_loop == "Allow":
            return False
        self._world.record("lambda.recursive_loop", function=function.function_name)
        return True

    def provision(self, function: VirtualFunction, count: int) -> None:
        """Have `count` environments of a version ready; takes the time that this takes."""
        self._function(function).provision(count)

    def pool(self, account: str, region: str) -> Pool:
        """Who runs at once in an account's Region."""
        key = (account, region)
        if key not in self._pools:

            def set_aside() -> int:
                from simulator.aws.functions.backend import backend_of

                return backend_of(account, region).set_aside()

            self._pools[key] = Pool(set_aside)
        return self._pools[key]

    def forget(self, arn: str) -> None:
        """End the environments of a version that is no more."""
        known = self._running.pop(arn, None)
        if known is not None:
            self._retire(known[2])

    def close(self) -> None:
        """End every process and remove what was unpacked."""
        for running in (*(each[2] for each in self._running.values()), *self._retired):
            running.close()
        self._running.clear()
        self._retired.clear()
        self.packages.close()

    def new_request_id(self) -> str:
        """A request id of this seed, in AWS's form."""
        digits = f"{self._ids.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def _retire(self, running: Function) -> None:
        running.retire()
        self._retired = [each for each in (*self._retired, running) if each.busy]

    def _function(self, function: VirtualFunction) -> Function:
        """The running form of a function; made anew, environments and all, when it was changed."""
        arn: str = function.function_arn
        known = self._running.get(arn)
        if known is not None:
            if known[0] is function and known[1] == function.revision:
                return known[2]
            self._retire(known[2])
        version = self._version(function)
        running = Function(self._world, version, self._network.send, self._log_writer(function))
        self._running[arn] = (function, function.revision, running)
        return running

    def _version(self, function: VirtualFunction) -> Version:
        version = "$LATEST" if str(function.version) in ("", "$LATEST") else str(function.version)
        spec = self._spec(function, version)

        def launch(number: int, cpu_s: float) -> Environment:
            changing = {
                "tmp_dir": self.packages.temporary(),
                "seed": self._world.streams.derive(f"{function.function_arn}/{number}"),
                "log_stream": self._stream(function, number),
            }
            return Environment(
                _warm_parent(), EnvironmentSpec(**{**spec, **changing}), Limits(cpu_s=cpu_s)
            )

        return Version(
            name=function.function_name,
            arn=function.function_arn,
            version=version,
            timeout_s=float(function.timeout),
            memory_mb=int(function.memory_size),
            launch=launch,
            numbers=self._numbers.setdefault(function.function_arn, count()),
            billed={
                "account": function.account_id,
                "region": function.region,
                "architecture": function.architectures[0],
                "storage_mb": int(function.ephemeral_storage),
                **_own_group(function),
            },
            logging=Logging(
                str(function.logging.get("LogFormat", "Text")),
                str(function.logging.get("SystemLogLevel", "INFO")),
            ),
            work_s=lambda: _milliseconds(function.tags.get(WORK_TAG)) / 1000,
        )

    def _spec(self, function: VirtualFunction, version: str) -> dict[str, Any]:
        """What every environment of a version has in common. Raises BadPackage."""
        packages, name = self.packages, function.function_name
        code = packages.code(function.code_bytes, name)
        layers = tuple(
            packages.code(layer.code_bytes, f"layer {layer.arn}")
            for layer in function.layer_versions
        )
        runtime = str(function.run_time)
        return {
            "function_name": name,
            "handler": str(function.handler),
            "runtime": runtime,
            "program": runtimes.command(runtime, int(function.memory_size)),
            "modules": packages.modules((code, *layers), runtime),
            "code_dir": code,
            "layers": layers,
            "mounts": tuple((packages.shared(where), path) for where, path in function.mounts()),
            "env": {
                "AWS_ENDPOINT_URL": IN_PROCESS_ENDPOINT,
                # StartSyncExecution would go to the host "sync-…".
                "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
                **function.logging_variables(),
                "AWS_ACCESS_KEY_ID": function.account_id,
                "AWS_SECRET_ACCESS_KEY": "paddock",
                **function.environment_vars,
            },
            "memory_mb": int(function.memory_size),
            "ephemeral_storage_mb": int(function.ephemeral_storage),
            "log_group": function.logs_group_name,
            "function_version": version,
            "account": function.account_id,
            "region": function.region,
        }

    def _stream(self, function: VirtualFunction, number: int) -> str:
        day = f"{self._world.clock.instant:%Y/%m/%d}"
        digits = f"{self._world.streams.derive(f'log/{function.function_arn}/{number}'):032x}"
        return f"{day}/[{function.version}]{digits}"

    def _log_writer(self, function: VirtualFunction) -> Any:
        streams: dict[int, str] = {}

        def write(number: int, text: str) -> None:
            backend, group = function.logs_backend, function.logs_group_name
            if number not in streams:
                streams[number] = self._stream(function, number)
                backend.ensure_log_group(group)
                backend.create_log_stream(group, streams[number])
            event = {"timestamp": int(unix_time_millis()), "message": text}
            backend.put_log_events(group, streams[number], [event])

        return write


def _own_group(function: VirtualFunction) -> dict[str, str]:
    """What facts say of a log group that is not the one of the function's name."""
    group = function.logs_group_name
    return {} if group == f"/aws/lambda/{function.function_name}" else {"log_group": group}


def _milliseconds(text: object) -> float:
    """A tag's number; 0 for what is none."""
    try:
        return max(0.0, float(str(text)))
    except ValueError:
        return 0.0
