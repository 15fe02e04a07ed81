"""Pipes that carry (Amazon EventBridge User Guide, "Amazon EventBridge Pipes", "Pipes input
transformation", "Pipes event filtering"; API Reference, "CreatePipe")."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

ACCOUNT = "123456789012"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"


class Plant:
    """A source, a target, and pipes between them."""

    def __init__(self, world: World, role: str) -> None:
        self.world, self.role = world, role
        self.session = world.cloud.session()
        self.pipes: Any = self.session.client("pipes")
        self.sqs: Any = self.session.client("sqs")
        self.urls = {
            name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("from", "to")
        }

    def pipe(self, source: str, target: str, **options: Any) -> None:
        self.pipes.create_pipe(Name="p", Source=source, Target=target, RoleArn=self.role, **options)

    def send(self, *bodies: Any) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.urls["from"], MessageBody=json.dumps(body))
        self.world.run()

    def got(self) -> list[Any]:
        self.world.run(until=self.world.now_s + 5)
        return [json.loads(each["body"]) for each in self.world.cloud.peek_queue("to")]

    def function(self, name: str, code: str) -> str:
        functions: Any = self.session.client("lambda")
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            archive.writestr("index.py", code)
        made = functions.create_function(
            FunctionName=name,
            Role=self.role,
            Runtime="python3.12",
            Handler="index.handler",
            Code={"ZipFile": zipped.getvalue()},
        )
        return str(made["FunctionArn"])


@pytest.fixture
def plant(world: World, role: str) -> Plant:
    return Plant(world, role)


def test_what_passes_the_filter_comes_out_in_another_shape(plant: Plant) -> None:
    pattern = json.dumps({"body": {"city": ["Berlin"]}})
    plant.pipe(
        QUEUE + "from",
        QUEUE + "to",
        SourceParameters={"FilterCriteria": {"Filters": [{"Pattern": pattern}]}},
        TargetParameters={"InputTemplate": '{"ride": <$.body.id>, "by": "<aws.pipes.pipe-name>"}'},
    )
    plant.send({"id": 1, "city": "Berlin"}, {"id": 2, "city": "Potsdam"})
    assert plant.got() == [{"ride": 1, "by": "p"}]
    told = plant.sqs.get_queue_attributes(QueueUrl=plant.urls["from"], AttributeNames=["All"])
    assert told["Attributes"]["ApproximateNumberOfMessages"] == "0"


def test_a_record_as_it_is(plant: Plant) -> None:
    plant.pipe(QUEUE + "from", QUEUE + "to")
    plant.send({"id": 1})
    (record,) = plant.got()
    assert (record["eventSource"], json.loads(record["body"])) == ("aws:sqs", {"id": 1})


def test_stopped_and_started(plant: Plant) -> None:
    plant.pipe(QUEUE + "from", QUEUE + "to", DesiredState="STOPPED")
    plant.send({"id": 1})
    assert plant.got() == []
    plant.pipes.start_pipe(Name="p")
    assert len(plant.got()) == 1
    plant.pipes.delete_pipe(Name="p")
    plant.send({"id": 2})
    assert len(plant.got()) == 1


def test_enriched_and_put_on_a_bus(plant: Plant) -> None:
    code = "import json\ndef handler(e, c): return [{'n': json.loads(x['body'])['id']} for x in e]"
    enrichment = plant.function("enrich", code)
    events: Any = plant.session.client("events")
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["rides"]}))
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": QUEUE + "to"}])
    parameters = {"EventBridgeEventBusParameters": {"Source": "rides", "DetailType": "Taken"}}
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
    plant.pipe(QUEUE + "from", bus, Enrichment=enrichment, TargetParameters=parameters)
    plant.send({"id": 7})
    (event,) = plant.got()
    assert (event["detail-type"], event["detail"]) == ("Taken", {"n": 7})


def test_what_a_function_refuses_comes_again(plant: Plant) -> None:
    code = (
        "import json, boto3\n"
        "def handler(e, c):\n"
        "    bad = [x['messageId'] for x in e if json.loads(x['body'])['id'] == 2]\n"
        "    return {'batchItemFailures': [{'itemIdentifier': each} for each in bad]}\n"
    )
    plant.pipe(QUEUE + "from", plant.function("f", code))
    plant.send({"id": 1}, {"id": 2})
    plant.world.run(until=plant.world.now_s + 10)
    left = [json.loads(each["body"]) for each in plant.world.cloud.peek_queue("from")]
    assert left == [{"id": 2}]


def test_changes_of_a_table(plant: Plant) -> None:
    tables: Any = plant.session.client("dynamodb")
    key = "id"
    made = tables.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    position = {"DynamoDBStreamParameters": {"StartingPosition": "LATEST"}}
    template = "<$.dynamodb.NewImage.id.S>"
    plant.pipe(
        made["TableDescription"]["LatestStreamArn"],
        QUEUE + "to",
        SourceParameters=position,
        TargetParameters={"InputTemplate": template},
    )
    tables.put_item(TableName="t", Item={key: {"S": "a"}})
    assert plant.got() == ["a"]


def test_what_does_not_flow_is_named(plant: Plant) -> None:
    broker = f"arn:aws:mq:us-east-1:{ACCOUNT}:broker:b:1"
    with pytest.raises(ClientError, match="a pipe whose source is arn:aws:mq") as refused:
        plant.pipe(broker, QUEUE + "to")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    plant.pipe(QUEUE + "nowhere", QUEUE + "to")
    assert "is not there" in plant.pipes.describe_pipe(Name="p")["StateReason"]
    assert "pipes.without_source" in [fact.what for fact in plant.world.journal.facts]
