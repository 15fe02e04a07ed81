"""Lambda without Docker: moto keeps the functions, our processes run them."""

from __future__ import annotations

import atexit
import base64
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.awslambda import models
from moto.awslambda.models import LambdaFunction
from moto.core.utils import unix_time_millis

from simulator.aws.network import Network
from simulator.aws.runtime.environment import Environment
from simulator.aws.runtime.spec import EnvironmentSpec
from simulator.aws.runtime.watch import Limits
from simulator.aws.runtime.zygote import Zygote, ZygoteError
from simulator.aws.seams import replace
from simulator.aws.session import IN_PROCESS_ENDPOINT
from simulator.kernel.fiber import EmulatorError, sleep
from simulator.model.function import RETRY_DELAYS_S, Function, Result, Version
from simulator.model.invocation import error_payload

if TYPE_CHECKING:
    from simulator.world import World

UNZIPPED_LIMIT = 250 * 1024 * 1024
"""Bytes a deployment package may unpack to (Lambda Developer Guide, "Lambda quotas")."""

_LOG_TAIL = 4096


@cache
def _warm_parent() -> Zygote:
    """One for the process: it holds nothing of a world, and takes half a second to start."""
    zygote = Zygote()
    atexit.register(zygote.close)
    return zygote


class BadPackage(Exception):
    """A deployment package that cannot be unpacked; the message says why."""


class Functions:
    """The functions of a world, by version and code, and their processes."""

    def __init__(self, world: World, network: Network) -> None:
        self._world = world
        self._network = network
        self._ids = world.streams["lambda-request-ids"]
        self._running: dict[str, tuple[str, Function]] = {}
        self._folder: Path | None = None
        self._numbers: dict[str, Iterator[int]] = {}

    def invoke(self, function: LambdaFunction, payload: bytes, client_context: str) -> Result:
        """Run a function on one event, in the caller's fiber."""
        request_id = self._new_request_id()
        if not str(function.run_time).startswith("python"):
            sentence = (
                f"Paddock does not run the runtime {function.run_time!r} "
                f"of {function.function_name}"
            )
            return Result(error_payload("Runtime.Unsupported", sentence, request_id), True, ())
        try:
            running = self._function(function)
        except BadPackage as error:
            return Result(error_payload("Runtime.BadPackage", str(error), request_id), True, ())
        try:
            return running.invoke(payload, request_id, client_context)
        except ZygoteError as error:
            raise EmulatorError(str(error)) from error

    def invoke_later(self, function: LambdaFunction, payload: bytes) -> None:
        """Queue one event: Lambda runs it by itself, and again twice if the function fails."""
        self._world.spawn(
            self._deliver,
            function,
            payload,
            name=f"event for {function.function_name}",
            daemon=True,
        )

    def _deliver(self, function: LambdaFunction, payload: bytes) -> None:
        for attempt, delay_s in enumerate((*RETRY_DELAYS_S, None), start=1):
            if not self.invoke(function, payload, "").failed or delay_s is None:
                return
            self._world.record(
                "lambda.retried",
                function=function.function_name,
                attempt=attempt,
                delay_s=delay_s,
            )
            sleep(delay_s)

    def close(self) -> None:
        """End every process and remove what was unpacked."""
        for _, running in self._running.values():
            running.close()
        self._running.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _function(self, function: LambdaFunction) -> Function:
        """The running form of a function; made anew, environments and all, when it was changed."""
        made_of = json.dumps(
            [
                function.code_sha_256,
                function.handler,
                function.run_time,
                function.timeout,
                function.memory_size,
                function.environment_vars,
                function.ephemeral_storage,
                [layer["Arn"] for layer in function.layers],
            ],
            sort_keys=True,
        )
        arn = function.function_arn
        known = self._running.get(arn)
        if known is not None:
            if known[0] == made_of:
                return known[1]
            known[1].close()
        running = Function(
            self._world, self._version(function), self._network.send, self._log_writer(function)
        )
        self._running[arn] = (made_of, running)
        return running

    def _version(self, function: LambdaFunction) -> Version:
        version = "$LATEST" if str(function.version) in ("", "$LATEST") else str(function.version)
        code_dir = self._unpack(function)
        environment = {
            "AWS_ENDPOINT_URL": IN_PROCESS_ENDPOINT,
            # StartSyncExecution would go to the host "sync-…".
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_ACCESS_KEY_ID": function.account_id,
            "AWS_SECRET_ACCESS_KEY": "paddock",
            **function.environment_vars,
        }

        def launch(number: int, cpu_s: float) -> Environment:
            return Environment(
                _warm_parent(),
                EnvironmentSpec(
                    function_name=function.function_name,
                    handler=str(function.handler),
                    runtime=str(function.run_time),
                    code_dir=code_dir,
                    tmp_dir=Path(tempfile.mkdtemp(dir=self._home(), prefix="tmp-")),
                    env=environment,
                    memory_mb=int(function.memory_size),
                    ephemeral_storage_mb=int(function.ephemeral_storage),
                    seed=self._world.streams.derive(f"{function.function_arn}/{number}"),
                    log_stream=self._stream(function, number),
                    log_group=function.logs_group_name,
                    function_version=version,
                    account=function.account_id,
                    region=function.region,
                ),
                Limits(cpu_s=cpu_s),
            )

        return Version(
            name=function.function_name,
            arn=function.function_arn,
            version=version,
            timeout_s=float(function.timeout),
            memory_mb=int(function.memory_size),
            launch=launch,
            numbers=self._numbers.setdefault(function.function_arn, count()),
        )

    def _home(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="paddock-"))
        return self._folder

    def _unpack(self, function: LambdaFunction) -> Path:
        folder = self._home() / f"code-{function.code_digest[-12:] or 'none'}"
        if folder.exists():
            return folder
        folder.mkdir()
        try:
            with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as package:
                unpack(package, folder)
        except (zipfile.BadZipFile, OSError, BadPackage) as error:
            shutil.rmtree(folder)
            raise BadPackage(
                f"the deployment package of {function.function_name} cannot be unpacked: {error}"
            ) from error
        return folder

    def _stream(self, function: LambdaFunction, number: int) -> str:
        day = f"{self._world.clock.instant:%Y/%m/%d}"
        digits = f"{self._world.streams.derive(f'log/{function.function_arn}/{number}'):032x}"
        return f"{day}/[{function.version}]{digits}"

    def _log_writer(self, function: LambdaFunction) -> Any:
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

    def _new_request_id(self) -> str:
        digits = f"{self._ids.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def unpack(package: zipfile.ZipFile, folder: Path) -> None:
    """Unpack into `folder` and nowhere else. Raises BadPackage for a name that leads out, a link or
    a package over Lambda's size limit."""
    total = 0
    for entry in package.infolist():
        path = (folder / entry.filename).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise BadPackage(f"the name {entry.filename!r} leads out of the package")
        if (entry.external_attr >> 16) & 0o170000 == 0o120000:
            raise BadPackage(f"{entry.filename!r} is a link")
        total += entry.file_size
        if total > UNZIPPED_LIMIT:
            raise BadPackage(f"it unpacks to more than {UNZIPPED_LIMIT} bytes")
        package.extract(entry, folder)


def install(world: World, network: Network) -> Functions:
    """Let every function of the process run in `world`."""
    functions = Functions(world, network)

    def invoke(
        function: LambdaFunction, body: Any, request_headers: Any, response_headers: Any
    ) -> str | bytes:
        payload = body if isinstance(body, bytes) else (body or "{}").encode()
        # Services that call moto directly, SNS among them, pass no headers: they do not wait.
        kind = request_headers.get("X-Amz-Invocation-Type") if request_headers else "Event"
        if kind == "DryRun":
            return b""
        if kind == "Event":
            functions.invoke_later(function, payload)
            return b""
        context = request_headers.get("X-Amz-Client-Context", "")
        result = functions.invoke(
            function, payload, base64.b64decode(context).decode() if context else ""
        )
        if result.failed:
            response_headers["x-amz-function-error"] = "Unhandled"
        tail = "\n".join(result.log_lines).encode()[-_LOG_TAIL:]
        response_headers["x-amz-log-result"] = base64.b64encode(tail).decode()
        response_headers["x-amz-executed-version"] = str(function.version)
        return result.payload

    replace(models.LambdaFunction, "invoke", invoke)
    # moto's listing of its models asks each for every attribute, and would look for Docker.
    replace(models.LambdaFunction, "docker_client", None)
    return functions
