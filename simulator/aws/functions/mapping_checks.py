"""What Lambda refuses in an event source mapping.

Source: Lambda API Reference, "CreateEventSourceMapping". moto's public tests give a queue's mapping
the settings of streams; so those are checked for streams alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.awslambda.exceptions import ValidationException

from simulator.aws.functions import checks
from simulator.aws.functions.batches import REPORTS, Filters

if TYPE_CHECKING:
    from simulator.aws.functions.models import VirtualFunction

DATA = {"sqs": "body", "kinesis": "data", "dynamodb": "dynamodb"}
"""Where a record of each source carries its data."""

_MOST_CONCURRENCY = 1_000
_RANGES = {
    "ParallelizationFactor": (1, 10),
    "MaximumRetryAttempts": (-1, 10_000),
    "MaximumRecordAgeInSeconds": (-1, 604_800),
    "TumblingWindowInSeconds": (0, 900),
}
_SHORTEST_AGE_S = 60
_POSITIONS = {
    "kinesis": ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"),
    "dynamodb": ("TRIM_HORIZON", "LATEST"),
}


def new(spec: dict[str, Any], function: VirtualFunction, origin: Any) -> None:
    """Refuse what a new mapping may not say of its source."""
    service = str(spec["EventSourceArn"]).split(":")[2]
    broken = Filters(spec.get("FilterCriteria"), DATA[service]).broken
    window = int(spec.get("MaximumBatchingWindowInSeconds") or 0)
    if not 0 <= window <= 300:
        raise checks.invalid("MaximumBatchingWindowInSeconds must be between 0 and 300.")
    if service != "sqs":
        if broken:
            raise checks.invalid("Invalid filter pattern definition.")
        stream(spec)
        _position(spec, service)
        return
    if broken:
        function.world.record(
            "lambda.filter_unreadable", function=function.function_name, error=broken
        )
    _queue(spec, function, origin, window)


def stream(spec: dict[str, Any]) -> None:
    """Refuse settings of a stream's mapping that are out of range."""
    for name, (least, most) in _RANGES.items():
        value = spec.get(name)
        if value is None or least <= int(value) <= most:
            continue
        bound = f"less than or equal to {most}" if int(value) > most else f"at least {least}"
        member = f"{name[0].lower()}{name[1:]}"
        raise ValidationException(str(value), member, f"Member must have value {bound}")
    if 0 <= int(spec.get("MaximumRecordAgeInSeconds") or -1) < _SHORTEST_AGE_S:
        raise checks.invalid(f"MaximumRecordAgeInSeconds must be -1 or at least {_SHORTEST_AGE_S}.")
    if spec.get("TumblingWindowInSeconds") and int(spec.get("ParallelizationFactor") or 1) > 1:
        raise checks.invalid("Tumbling windows need a ParallelizationFactor of 1.")
    for kind in spec.get("FunctionResponseTypes") or ():
        if kind != REPORTS:
            said = f"Member must satisfy enum value set: [{REPORTS}]"
            raise ValidationException(str(kind), "functionResponseTypes", said)
    failed = ((spec.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    if failed and str(failed).split(":")[2:3] not in (["sqs"], ["sns"], ["s3"], ["kafka"]):
        raise checks.invalid(
            f"The destination ARN {failed} is not supported: a queue, a topic or a bucket is."
        )


def _position(spec: dict[str, Any], service: str) -> None:
    position, known = spec.get("StartingPosition"), _POSITIONS[service]
    if position is not None and position not in _POSITIONS["kinesis"]:
        said = f"Member must satisfy enum value set: [{', '.join(known)}]"
        raise ValidationException(str(position), "startingPosition", said)
    if position is not None and position not in known:
        raise checks.invalid(f"Unsupported starting position for arn type: {service}.")
    if position == "AT_TIMESTAMP" and spec.get("StartingPositionTimestamp") is None:
        raise checks.invalid("StartingPositionTimestamp must be given with AT_TIMESTAMP.")


def _queue(spec: dict[str, Any], function: VirtualFunction, origin: Any, window: int) -> None:
    if int(spec.get("BatchSize") or 0) > 10 and not origin.fifo_queue and not window:
        raise checks.invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10"
        )
    if origin.fifo_queue and window:
        raise checks.invalid("Batching window is not supported for FIFO queues.")
    most = (spec.get("ScalingConfig") or {}).get("MaximumConcurrency")
    if most is not None and not 2 <= int(most) <= _MOST_CONCURRENCY:
        raise checks.invalid(f"MaximumConcurrency must be between 2 and {_MOST_CONCURRENCY}.")
    hidden_s = origin.store.visibility_timeout_s
    if hidden_s < float(function.timeout):
        raise checks.invalid(
            f"Queue visibility timeout: {hidden_s:.0f} seconds is less than Function timeout: "
            f"{float(function.timeout):.0f} seconds"
        )
