"""The way into a function: what every invocation passes, whoever sends it.

Source: Lambda API Reference, "Invoke".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.aws.functions.exceptions import (
    NoJson,
    PayloadTooLarge,
    RecursiveInvocation,
    TooManyRequests,
)
from simulator.aws.functions.later import Later
from simulator.aws.functions.running import Functions
from simulator.kernel.fiber import on_behalf, sleep
from simulator.model.concurrency import Throttled
from simulator.model.function import Result

if TYPE_CHECKING:
    from simulator.aws.functions.models import VirtualFunction
    from simulator.world import World

SYNCHRONOUS_LIMIT = 6_291_456
ASYNCHRONOUS_LIMIT = 1_048_576
_RESPONSE_LIMIT = 6_291_556
_LOG_TAIL = 4096


class Door:
    """Takes events in, and hands them to processes at once or later."""

    def __init__(self, world: World, functions: Functions) -> None:
        self._world = world
        self.functions = functions
        self.later = Later(world, functions)

    def enter(
        self,
        function: VirtualFunction,
        body: Any,
        headers: Mapping[str, str],
        told: dict[str, Any],
        arn: str = "",
    ) -> bytes:
        """Invoke as the headers say; `told` takes the answer's headers.

        Services that call moto directly, SNS among them, pass no headers: they do not wait.
        """
        payload = body if isinstance(body, bytes) else (body or "").encode()
        kind = _header(headers, "X-Amz-Invocation-Type") if headers else "Event"
        told["x-amz-executed-version"] = str(function.version)
        check_payload(payload, asynchronous=kind == "Event")
        if kind == "DryRun":
            return b""
        if kind == "Event":
            self.later.send(function, payload, arn)
            return b""
        if self.functions.stopped(function):
            raise RecursiveInvocation
        context = _header(headers, "X-Amz-Client-Context")
        result = self.call(
            function, payload, arn, base64.b64decode(context).decode() if context else ""
        )
        if result.failed:
            told["x-amz-function-error"] = "Unhandled"
        tail = "\n".join(result.log_lines).encode()[-_LOG_TAIL:]
        told["x-amz-log-result"] = base64.b64encode(tail).decode()
        return result.payload

    def call(
        self, function: VirtualFunction, payload: bytes, arn: str = "", client_context: str = ""
    ) -> Result:
        """Invoke and wait. Raises TooManyRequests where there is no room for it."""
        try:
            return self.functions.invoke(function, payload, client_context, arn=arn)
        except Throttled as full:
            raise TooManyRequests(full.reason) from full

    def service(
        self, arn: str, payload: bytes, trigger: str, actor: str = "lambda"
    ) -> tuple[VirtualFunction, Result]:
        """Invoke the function of an ARN, qualified or not, for a service, and wait.

        The world's faults strike it as they would a call of Invoke. Raises TooManyRequests, and
        moto's UnknownFunctionException.
        """
        from simulator.aws.functions.backend import resolve

        function, invoked = resolve(arn)
        with on_behalf(actor=actor, trigger=trigger, account=function.account_id):
            fault = self._world.faults.strike(
                service="lambda",
                action="Invoke",
                account=function.account_id,
                region=function.region,
                resource=(invoked, function.function_name),
            )
            if fault is not None and fault.latency_s:
                sleep(fault.latency_s)
            lost = fault is not None and fault.error is not None
            if lost and fault is not None and not fault.after:
                raise TooManyRequests(str(fault.error))
            result = self.call(function, payload, invoked)
            if lost and fault is not None:
                raise TooManyRequests(str(fault.error))
            return function, result


def check_payload(payload: bytes, *, asynchronous: bool) -> None:
    """Refuse what is too large or no JSON."""
    most = ASYNCHRONOUS_LIMIT if asynchronous else SYNCHRONOUS_LIMIT
    if len(payload) > most:
        kind = "Event" if asynchronous else "RequestResponse"
        raise PayloadTooLarge(len(payload), most, kind)
    if not payload or payload in (b"{}", b"null"):
        return
    try:
        json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise NoJson(str(error)) from error


def _header(headers: Mapping[str, str], name: str) -> str:
    return str(headers.get(name) or headers.get(name.lower()) or "")
