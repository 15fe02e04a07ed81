"""DynamoDB: moto keeps tables and reads expressions; we count units, stream and expire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.dynamodb import models as moto_models
from moto.dynamodb.models import table as moto_table
from moto.dynamodbstreams import models as moto_streams

from simulator.aws.dynamodb import metrics
from simulator.aws.dynamodb.backend import DynamoDBBackend
from simulator.aws.dynamodb.streams import Shard, StreamsBackend
from simulator.aws.dynamodb.table import RestoredPITTable, RestoredTable, Table
from simulator.aws.seams import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.world import World


def install(world: World, note: Callable[..., Any]) -> None:
    """Let every table of the process live in `world`; `note` adds to the fact of a call."""
    Table.world = Shard.world = DynamoDBBackend.world = world
    DynamoDBBackend.note = staticmethod(note)
    replace(moto_models.dynamodb_backends, "backend", DynamoDBBackend)
    replace(moto_streams.dynamodbstreams_backends, "backend", StreamsBackend)
    replace(moto_models, "Table", Table)
    replace(moto_models, "RestoredTable", RestoredTable)
    replace(moto_models, "RestoredPITTable", RestoredPITTable)
    replace(moto_table, "StreamShard", Shard)
    metrics.install(world)
