"""Code that runs: what Lambda, Step Functions and API Gateway bill, read from their facts.

Sources: AWS Lambda Pricing, AWS Step Functions Pricing, Amazon API Gateway Pricing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.journal import Fact
from simulator.price.facts.reader import (
    Reader,
    caller,
    of_arn,
    parameters,
    read_tags,
)
from simulator.price.facts.watching import lambda_lines
from simulator.price.usage import chunks, gb_seconds, gigabytes

if TYPE_CHECKING:
    from simulator.price.meter import Meter

DEFAULT_MEMORY_MB = 128
FREE_STORAGE_MB = 512
EXPRESS_MEMORY_MB = 64
"""The least an Express workflow is billed for, and enough for most: memory comes in such chunks."""

_HTTP_CHUNK_BYTES = 512 * 1024
_MESSAGE_CHUNK_BYTES = 32 * 1024
_SWITCHED = 101
_EXPRESS_STEP_MS = 100
_KEPT_OUT = (401, 403, 429)
"""Callers without permission, without a valid key or beyond their plan are not billed.

Source: Amazon API Gateway Pricing.
"""
_ENDS = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")


def _lambda_call(meter: Meter, fact: Fact) -> None:
    """Calls cost nothing, invocations do; what is set here says how much."""
    given, action = parameters(fact), str(fact.data.get("action"))
    text = str(given.get("FunctionName") or given.get("Resource") or "")
    account, name = of_arn(text, caller(fact))
    if text and action in ("CreateFunction", "UpdateFunctionConfiguration"):
        meter.settle_at("lambda", name, account)
        known = meter.memory.setdefault(("lambda", account, name), {})
        storage = given.get("EphemeralStorage") or {}
        for field, value in (
            ("memory_mb", given.get("MemorySize")),
            ("architecture", (given.get("Architectures") or [None])[0]),
            ("storage_mb", storage.get("Size") if isinstance(storage, dict) else None),
        ):
            if value is not None:
                known[field] = value
    if action == "UpdateFunctionCode" and given.get("Architectures"):
        known = meter.memory.setdefault(("lambda", account, name), {})
        known["architecture"] = given["Architectures"][0]
    read_tags(meter, "lambda", account, name, fact)
    if action == "DeleteFunction":
        for place in meter.memory.pop(("provisioned", account, name), ()):
            meter.hold(place[0], account, name, 0, name=place[1])


def _lambda_provisioned(meter: Meter, fact: Fact) -> None:
    """So many environments are kept ready from now on: paid for from the moment they are wanted."""
    data = fact.data
    function, qualifier = str(data.get("function", "")), str(data.get("qualifier", ""))
    account = meter.home("lambda", function, fact)
    arm = "arm_" if data.get("architecture") == "arm64" else ""
    name = f"lambda.provisioned_{arm}gb_seconds"
    memory_mb = int(data.get("memory_mb") or DEFAULT_MEMORY_MB)
    level = Decimal(int(data.get("count") or 0) * memory_mb) / 1024
    meter.hold(name, account, function, level, name=qualifier)
    places = meter.memory.setdefault(("provisioned", account, function), {})
    places[name, qualifier] = True


def _lambda_started(meter: Meter, fact: Fact) -> None:
    function = str(fact.data.get("function", ""))
    meter.use("lambda.requests", meter.home("lambda", function, fact), function)


def _lambda_ended(meter: Meter, fact: Fact) -> None:
    data = fact.data
    function = str(data.get("function", ""))
    account = meter.home("lambda", function, fact)
    known = meter.memory.get(("lambda", account, function), {})
    memory_mb = int(data.get("memory_mb") or known.get("memory_mb", DEFAULT_MEMORY_MB))
    storage_mb = int(data.get("storage_mb") or known.get("storage_mb", FREE_STORAGE_MB))
    architecture = data.get("architecture") or known.get("architecture", "x86_64")
    billed = data.get("billed_ms")
    duration_ms = int(billed) if billed is not None else whole_ms(data.get("duration_s"))
    arm = "arm_" if architecture == "arm64" else ""
    kind = f"provisioned_{arm}duration" if data.get("provisioned") else arm.rstrip("_")
    name = f"lambda.{kind}_gb_seconds" if kind else "lambda.gb_seconds"
    meter.use(name, account, function, gb_seconds(memory_mb, duration_ms))
    extra_mb = storage_mb - FREE_STORAGE_MB
    if extra_mb > 0:
        used = gb_seconds(extra_mb, duration_ms)
        meter.use("lambda.storage_gb_seconds", account, function, used)
    lambda_lines(meter, fact)


def whole_ms(duration_s: object) -> int:
    """A duration of a fact in milliseconds, each begun one counted."""
    microseconds = round(float(str(duration_s or 0)) * 1_000_000)
    return -(-microseconds // 1000)


def _states_call(meter: Meter, fact: Fact) -> None:
    given, action = parameters(fact), fact.data.get("action")
    text = str(
        given.get("name") if action == "CreateStateMachine"
        else given.get("stateMachineArn") or given.get("resourceArn") or ""
    )  # fmt: skip
    account, machine = of_arn(text, caller(fact))
    if not machine:
        return
    if action in ("CreateStateMachine", "StartExecution", "StartSyncExecution"):
        meter.settle_at("states", machine, account)
    if action == "CreateStateMachine":
        meter.memory["states", account, machine] = given.get("type") or "STANDARD"
    elif action == "StartSyncExecution":
        meter.memory["states", account, machine] = "EXPRESS"
    read_tags(meter, "states", account, machine, fact)


def _states(meter: Meter, fact: Fact) -> None:
    """Standard: each state entered and each retry. Express: each start, and how long it ran."""
    event, machine = fact.what.partition(".")[2], str(fact.data.get("machine", ""))
    account = meter.home("states", machine, fact)
    express = meter.memory.get(("states", account, machine)) == "EXPRESS"
    if fact.data.get("express") or express:  # a Standard machine's map may have Express children
        _express(meter, fact, event, account, machine)
    elif event.endswith("StateEntered") or event == "Retried":
        meter.use("states.transitions", account, machine)


def _express(meter: Meter, fact: Fact, event: str, account: str, machine: str) -> None:
    execution = ("execution", account, machine, fact.data.get("execution"))
    if event == "ExecutionStarted":
        meter.use("states.express_requests", account, machine)
        meter.memory[execution] = fact.at
    elif event in _ENDS and execution in meter.memory:
        ran_ms = whole_ms(fact.at - meter.memory.pop(execution))
        billed_ms = -(-ran_ms // _EXPRESS_STEP_MS) * _EXPRESS_STEP_MS
        memory_mb = int(fact.data.get("memory_mb") or EXPRESS_MEMORY_MB)
        used = gb_seconds(memory_mb, billed_ms)
        meter.use("states.express_gb_seconds", account, machine, used)


def _api_call(meter: Meter, fact: Fact) -> None:
    """Calls that set an API up cost nothing; calls of the API do."""
    given = parameters(fact)
    api = str(given.get("restApiId") or given.get("ApiId") or given.get("name") or "")
    read_tags(meter, "apigateway", caller(fact), api, fact)


def _api_answered(meter: Meter, fact: Fact) -> None:
    """One call of an API; `kind` is REST or HTTP. What is kept out costs nothing."""
    data = fact.data
    if data.get("error") and data.get("status") in _KEPT_OUT:
        return
    account, api = _api(meter, fact)
    if data.get("kind") == "REST":
        meter.use("apigateway.rest_requests", account, api)
    elif data.get("kind") == "HTTP":
        requests = chunks(int(data.get("bytes_in") or 0), _HTTP_CHUNK_BYTES)
        meter.use("apigateway.http_requests", account, api, requests)
    _send_out(meter, account, api, data.get("bytes_out"))


def _api_message(meter: Meter, fact: Fact) -> None:
    """A WebSocket message, of a client's or to it."""
    account, api = _api(meter, fact)
    size = fact.data.get("bytes")
    meter.use("apigateway.messages", account, api, chunks(int(size or 0), _MESSAGE_CHUNK_BYTES))
    if fact.data.get("direction") == "out":
        _send_out(meter, account, api, size)


def _api_connected(meter: Meter, fact: Fact) -> None:
    if int(fact.data.get("status") or _SWITCHED) != _SWITCHED:
        return  # it was refused
    account, api = _api(meter, fact)
    meter.grow("apigateway.connection_seconds", account, api, 1)


def _api_disconnected(meter: Meter, fact: Fact) -> None:
    account, api = _api(meter, fact)
    meter.grow("apigateway.connection_seconds", account, api, -1)


def _api(meter: Meter, fact: Fact) -> tuple[str, str]:
    """The account of an API, and its name."""
    name = str(fact.data.get("name") or fact.data.get("api", ""))
    return meter.home("apigateway", name, fact), name


def _send_out(meter: Meter, account: str, api: str, size_bytes: Any) -> None:
    if size_bytes:
        meter.use("transfer.out_gb", account, api, gigabytes(int(size_bytes)))


CALLS: dict[str, Reader] = {
    "lambda": _lambda_call,
    "stepfunctions": _states_call,
    "apigateway": _api_call,
    "apigatewayv2": _api_call,
    "apigatewaymanagementapi": _api_call,
}

FACTS: dict[str, Reader] = {
    "lambda.started": _lambda_started,
    "lambda.ended": _lambda_ended,
    "lambda.provisioned": _lambda_provisioned,
    "states": _states,
    "apigateway.answered": _api_answered,
    "apigateway.message": _api_message,
    "apigateway.connected": _api_connected,
    "apigateway.disconnected": _api_disconnected,
}
