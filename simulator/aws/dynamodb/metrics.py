"""AWS/DynamoDB's metrics, folded from the journal.

Source: Developer Guide, "DynamoDB metrics and dimensions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.journal import Fact

if TYPE_CHECKING:
    from simulator.world import World

_NAMESPACE = "AWS/DynamoDB"
_THROTTLED = ("ProvisionedThroughputExceededException", "ThrottlingException")
_READS = ("BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems")
_TIMED = (*_READS, "BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem")


def install(world: World) -> None:
    """Fold the journal of `world` into metrics."""

    def see(fact: Fact) -> None:
        data = fact.data
        if fact.what == "call" and data.get("service") == "dynamodb":
            _see_call(world, data)
        elif fact.what == "dynamodb.expired":
            _count(world, data, str(data["table"]), "TimeToLiveDeletedItemCount", {})

    world.journal.subscribe(see)


def _see_call(world: World, data: Any) -> None:
    action, error = str(data["action"]), data.get("error")
    for one in data.get("consumed", ()):
        for side in ("read", "write"):
            units = one[f"{side}_units"]
            if units:
                name = f"Consumed{side.title()}CapacityUnits"
                _count(world, data, one["table"], name, {}, units)
    for one in data.get("throttled", ()):
        side = "Read" if action in _READS else "Write"
        _count(world, data, one["table"], f"{side}ThrottleEvents", {}, float(one["requests"]))
    names = _tables(data)
    for table in names:
        named = {"Operation": action}
        if error is None and action in _TIMED:
            latency_ms = 1000 * float(data["latency_s"])
            _count(
                world, data, table, "SuccessfulRequestLatency", named, latency_ms, "Milliseconds"
            )
        elif error in _THROTTLED:
            _count(world, data, table, "ThrottledRequests", named)
            side = "Read" if action in _READS else "Write"
            _count(world, data, table, f"{side}ThrottleEvents", {})
        elif error == "ConditionalCheckFailedException":
            _count(world, data, table, "ConditionalCheckFailedRequests", {})
        elif error is not None and int(data["status"]) >= 500:
            _count(world, data, table, "SystemErrors", named)
    if error is not None and int(data["status"]) < 500 and error not in _THROTTLED:
        arn = f"arn:aws:dynamodb:{data['region']}:{data['account']}:table/"
        world.metrics.count(_NAMESPACE, "UserErrors", {}, arn=arn)


def _tables(data: Any) -> list[str]:
    params = data.get("params") or {}
    if "TableName" in params:
        return [str(params["TableName"]).rpartition("/")[2]]
    wanted = params.get("RequestItems")
    if isinstance(wanted, dict):
        return [str(name).rpartition("/")[2] for name in wanted]
    return list(dict.fromkeys(one["table"] for one in data.get("consumed", ())))


def _count(
    world: World,
    data: Any,
    table: str,
    name: str,
    named: dict[str, str],
    value: float = 1.0,
    unit: str = "Count",
) -> None:
    arn = f"arn:aws:dynamodb:{data['region']}:{data['account']}:table/{table}"
    dimensions = {"TableName": table, **named}
    world.metrics.count(_NAMESPACE, name, dimensions, value, unit, arn=arn)
