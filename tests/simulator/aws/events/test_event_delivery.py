"""Events reach targets: EventBridge User Guide, "Event bus targets", "Retry policy", "Dead-letter
queues", "Sending and receiving events between event buses"."""

import json

import pytest

from simulator.fault import Fault
from simulator.http import HttpResponse
from simulator.kernel import sleep
from simulator.world import World

ACCOUNT = "123456789012"
SQS = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"


class Bus:
    """A world's default bus, its queues and the shortest way to use them."""

    def __init__(self, world):
        self.world = world
        self.session = world.cloud.session()
        self.events = self.session.client("events")
        self.sqs = self.session.client("sqs")

    def queue(self, name, **attributes):
        self.sqs.create_queue(QueueName=name, Attributes=attributes)
        return f"{SQS}{name}"

    def rule(self, name, *targets, pattern=None, **options):
        pattern = json.dumps(pattern or {"source": ["rides"]})
        self.events.put_rule(Name=name, EventPattern=pattern, **options)
        targets = [{"Id": str(n), **target} for n, target in enumerate(targets)]
        bus = {key: options[key] for key in ("EventBusName",) if key in options}
        self.events.put_targets(Rule=name, Targets=targets, **bus)

    def put(self, detail=None, run=True, **entry):
        entry = {
            "Source": "rides",
            "DetailType": "ended",
            "Detail": json.dumps(detail or {}),
            **entry,
        }
        (told,) = self.events.put_events(Entries=[entry])["Entries"]
        if run:
            self.world.run()
        return told["EventId"]

    def bodies(self, name):
        return [message["body"] for message in self.world.cloud.peek_queue(name)]

    def facts(self, *what):
        return [fact for fact in self.world.journal.facts if fact.what in what]


@pytest.fixture
def bus(world: World) -> Bus:
    return Bus(world)


def test_a_queue_gets_the_whole_event(bus):
    bus.rule("r", {"Arn": bus.queue("q")})
    identifier = bus.put({"n": 1}, Resources=["x"])
    (body,) = bus.bodies("q")
    assert json.loads(body) == {
        "version": "0",
        "id": identifier,
        "detail-type": "ended",
        "source": "rides",
        "account": ACCOUNT,
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": ["x"],
        "detail": {"n": 1},
    }
    told = [(f.what, f.who) for f in bus.facts("events.put", "events.matched", "events.delivered")]
    assert told == [
        ("events.put", "outside"),
        ("events.matched", "outside"),
        ("events.delivered", "events:default"),
    ]


def test_delivery_is_asynchronous_and_at_the_same_instant(bus):
    bus.rule("r", {"Arn": bus.queue("q")})
    seen = []

    def put_and_look():
        bus.put(run=False)
        seen.append(len(bus.bodies("q")))
        sleep(0)
        seen.append(len(bus.bodies("q")))

    bus.world.run(until=bus.world.spawn(put_and_look))
    assert seen == [0, 1]
    assert bus.world.now_s == 0


def test_rules_then_targets_are_served_in_order(bus):
    queues = [bus.queue(name) for name in ("a", "b", "c", "d")]
    bus.rule("z", {"Arn": queues[3]}, {"Arn": queues[1]})
    bus.rule("y", {"Arn": queues[0]}, {"Arn": queues[2]})
    bus.put()
    served = [fact.data["target"][-1] for fact in bus.facts("events.delivered")]
    assert served == ["d", "b", "a", "c"]


def test_what_does_not_match_or_is_disabled_is_not_sent(bus):
    bus.rule("other", {"Arn": bus.queue("q")}, pattern={"source": ["fares"]})
    bus.rule("off", {"Arn": f"{SQS}q"}, State="DISABLED")
    bus.put()
    assert bus.bodies("q") == []
    bus.events.enable_rule(Name="off")
    bus.put()
    bus.events.disable_rule(Name="off")
    bus.put()
    assert len(bus.bodies("q")) == 1


def test_inputs_are_made_for_each_target(bus):
    transformer = {
        "InputPathsMap": {"n": "$.detail.n"},
        "InputTemplate": '{"n": <n>, "by": "<aws.events.rule-name>", '
        '"at": <aws.events.event.ingestion-time>}',
    }
    bus.rule(
        "r",
        {"Arn": bus.queue("a"), "Input": '{"fixed":true}'},
        {"Arn": bus.queue("b"), "InputPath": "$.detail"},
        {"Arn": bus.queue("c"), "InputPath": "$.detail.n"},
        {"Arn": bus.queue("d"), "InputTransformer": transformer},
    )
    bus.put({"n": "x"})
    assert bus.bodies("a") == ['{"fixed":true}']
    assert bus.bodies("b") == ['{"n":"x"}']
    assert bus.bodies("c") == ['"x"']
    assert bus.bodies("d") == ['{"n": "x", "by": "r", "at": "2026-01-01T00:00:00Z"}']


def test_a_fifo_queue_gets_its_group(bus):
    arn = bus.queue("q.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    bus.rule("r", {"Arn": arn, "SqsParameters": {"MessageGroupId": "g"}})
    bus.put()
    url = bus.sqs.get_queue_url(QueueName="q.fifo")["QueueUrl"]
    (message,) = bus.sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert message["Attributes"]["MessageGroupId"] == "g"


def test_a_topic_a_log_group_and_a_stream_get_it(bus):
    topic = bus.session.client("sns").create_topic(Name="t")["TopicArn"]
    logs, kinesis = bus.session.client("logs"), bus.session.client("kinesis")
    logs.create_log_group(logGroupName="/g")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    bus.rule(
        "r",
        {"Arn": topic, "InputPath": "$.detail.n"},
        {"Arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/g"},
        {
            "Arn": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s",
            "KinesisParameters": {"PartitionKeyPath": "$.detail.n"},
        },
    )
    bus.put({"n": "key"})
    (published,) = bus.facts("sns.published")
    assert published.data["message"] == '"key"'
    (line,) = logs.filter_log_events(logGroupName="/g")["events"]
    assert json.loads(line["message"])["detail"] == {"n": "key"}
    shard = kinesis.describe_stream(StreamName="s")["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(
        StreamName="s", ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert (record["PartitionKey"], json.loads(record["Data"])["source"]) == ("key", "rides")


def test_a_machine_is_started_with_the_event(bus, role):
    states = bus.session.client("stepfunctions")
    definition = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    machine = states.create_state_machine(
        name="m", definition=json.dumps(definition), roleArn=role
    )["stateMachineArn"]
    bus.rule("r", {"Arn": machine, "RoleArn": role, "InputPath": "$.detail"})
    bus.put({"n": 1})
    (execution,) = states.list_executions(stateMachineArn=machine)["executions"]
    told = states.describe_execution(executionArn=execution["executionArn"])
    assert (told["status"], told["output"]) == ("SUCCEEDED", '{"n":1}')


@pytest.mark.process
def test_a_function_is_invoked_asynchronously(bus, deploy, permit):
    arn = deploy("f", "def handler(event, context):\n    print(event['detail']['n'])\n")
    permit(arn, "events.amazonaws.com")
    bus.rule("r", {"Arn": arn})
    bus.put({"n": 41})
    assert [f.data["text"].strip() for f in bus.facts("lambda.log")] == ["41"]
    (ended,) = bus.facts("lambda.ended")
    assert ended.who == "lambda:f"


def test_a_failing_target_is_tried_again_until_it_takes_the_event(bus):
    bus.rule("r", {"Arn": bus.queue("q")})
    where = {"service": "sqs", "action": "SendMessage"}
    bus.world.faults.inject(Fault("down", where, attempts=(1, 2, 3)))
    bus.put()
    (delivered,) = bus.facts("events.delivered")
    assert delivered.data["retries"] == 3
    assert 3.5 <= delivered.at <= 7  # 1 + 2 + 4 seconds, half of each by chance
    assert [f.data["error"] for f in bus.facts("events.retried")] == ["INTERNAL_ERROR"] * 3
    assert len(bus.bodies("q")) == 1


def test_an_exhausted_policy_ends_in_the_dead_letter_queue(bus):
    policy = {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600}
    dead = {"DeadLetterConfig": {"Arn": bus.queue("dlq")}, "RetryPolicy": policy}
    bus.rule("r", {"Arn": bus.queue("q"), **dead})
    where = {"service": "sqs", "action": "SendMessage"}
    bus.world.faults.inject(Fault("busy", where, error="ThrottlingException", attempts=(1, 2, 3)))
    identifier = bus.put()
    url = bus.sqs.get_queue_url(QueueName="dlq")["QueueUrl"]
    (letter,) = bus.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    said = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert json.loads(letter["Body"])["id"] == identifier
    assert said.pop("ERROR_MESSAGE")
    assert said == {
        "RULE_ARN": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/r",
        "TARGET_ARN": f"{SQS}q",
        "ERROR_CODE": "THROTTLING",
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        "RETRY_ATTEMPTS": "2",
    }
    assert bus.bodies("q") == []


def test_a_target_that_is_not_there_is_not_tried_again(bus):
    dead = {"DeadLetterConfig": {"Arn": bus.queue("dlq")}}
    gone = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:gone"
    bus.rule("r", {"Arn": f"{SQS}gone", **dead}, {"Arn": gone, **dead})
    bus.put()
    failed = bus.facts("events.failed")
    assert [(f.data["error"], f.data["retries"], f.at) for f in failed] == [
        ("NO_RESOURCE", 0, 0.0),
        ("NO_RESOURCE", 0, 0.0),
    ]
    assert len(bus.bodies("dlq")) == 2


def test_a_slow_target_holds_up_no_other(bus):
    bus.rule("r", {"Arn": bus.queue("slow")}, {"Arn": bus.queue("quick")})
    where = {"service": "sqs", "resource": "slow"}
    bus.world.faults.inject(Fault("slow", where, error=None, latency_s=5))
    bus.put()
    ended = {f.data["target"].rpartition(":")[2]: f.at for f in bus.facts("events.delivered")}
    assert ended == {"slow": 5.0, "quick": 0.0}


def test_events_pass_to_buses_of_other_accounts_and_regions(bus):
    other = bus.world.cloud.session("210987654321", "eu-west-1")
    arn = other.client("events").create_event_bus(Name="theirs")["EventBusArn"]
    other.client("sqs").create_queue(QueueName="q")
    other.client("events").put_rule(
        Name="r", EventBusName="theirs", EventPattern='{"account": ["123456789012"]}'
    )
    queue = "arn:aws:sqs:eu-west-1:210987654321:q"
    other.client("events").put_targets(
        Rule="r", EventBusName="theirs", Targets=[{"Id": "1", "Arn": queue}]
    )
    bus.rule("r", {"Arn": arn})
    identifier = bus.put({"n": 1})
    (message,) = bus.world.cloud.peek_queue("q", "210987654321", "eu-west-1")
    event = json.loads(message["body"])
    assert (event["account"], event["region"]) == (ACCOUNT, "us-east-1")
    assert event["id"] != identifier  # kept between accounts, not between Regions


def test_an_event_goes_no_further_than_a_second_account(bus):
    arns = []
    for account in ("210987654321", "333333333333"):
        client = bus.world.cloud.session(account).client("events")
        arns.append(client.describe_event_bus()["Arn"])
    second = bus.world.cloud.session("210987654321").client("events")
    second.put_rule(Name="on", EventPattern='{"source": ["rides"]}')
    second.put_targets(Rule="on", Targets=[{"Id": "1", "Arn": arns[1]}])
    bus.rule("r", {"Arn": arns[0]})
    bus.put()
    (failed,) = bus.facts("events.failed")
    assert failed.data["error"] == "THIRD_ACCOUNT_HOP_DETECTED"


def test_buses_that_feed_each_other_come_to_an_end(bus):
    arn = bus.events.create_event_bus(Name="b")["EventBusArn"]
    default = bus.events.describe_event_bus()["Arn"]
    bus.rule("there", {"Arn": arn})
    bus.rule("back", {"Arn": default}, EventBusName="b")
    bus.put()
    assert [f.data["bus"] for f in bus.facts("events.put")] == ["default", "b"]


def test_an_api_destination_is_a_partner_of_this_world(bus):
    asked = []

    def answer(request):
        asked.append(request)
        return HttpResponse(503 if len(asked) == 1 else 200)

    bus.world.cloud.partners.serve("partner.example", answer)
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "k"}}
    connection = bus.events.create_connection(
        Name="c", AuthorizationType="API_KEY", AuthParameters=key
    )["ConnectionArn"]
    destination = bus.events.create_api_destination(
        Name="d",
        ConnectionArn=connection,
        InvocationEndpoint="https://partner.example/rides/*",
        HttpMethod="POST",
    )["ApiDestinationArn"]
    http = {"PathParameterValues": ["7"], "QueryStringParameters": {"q": "1"}}
    bus.rule("r", {"Arn": destination, "HttpParameters": http, "InputPath": "$.detail"})
    bus.put({"n": 1})
    assert [request.url for request in asked] == ["https://partner.example/rides/7?q=1"] * 2
    assert (asked[0].method, asked[0].body, asked[0].headers["X-Key"]) == ("POST", b'{"n":1}', "k")


def test_an_object_in_a_bucket_is_an_event(bus):
    s3 = bus.session.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_notification_configuration(
        Bucket="bucket", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    bus.rule("r", {"Arn": bus.queue("q")}, pattern={"source": ["aws.s3"]})
    s3.put_object(Bucket="bucket", Key="k", Body=b"data")
    bus.world.run()
    event = json.loads(bus.bodies("q")[0])
    assert event["detail-type"] == "Object Created"
    assert event["detail"]["object"]["key"] == "k"


def test_rules_are_counted_in_their_account_and_region(world):
    session = world.cloud.session("210987654321", "eu-west-1")
    events = session.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["rides"]}')
    gone = "arn:aws:sqs:eu-west-1:210987654321:gone"
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": gone}])
    entry = {"Source": "rides", "DetailType": "d", "Detail": "{}"}
    events.put_events(Entries=[entry, entry])
    world.run(until=60)
    told = session.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Events",
        MetricName="FailedInvocations",
        Dimensions=[{"Name": "RuleName", "Value": "r"}],
        StartTime=world.clock.start,
        EndTime=world.clock.instant,
        Period=60,
        Statistics=["Sum"],
    )
    assert [point["Sum"] for point in told["Datapoints"]] == [2.0]


def test_the_same_seed_gives_the_same_journal():
    def play():
        with World(seed=11) as world:
            bus = Bus(world)
            bus.rule("r", {"Arn": bus.queue("q")}, {"Arn": bus.queue("p")})
            where = {"service": "sqs", "action": "SendMessage"}
            world.faults.inject(Fault("down", where, attempts=(1, 2, 3, 4, 5)))
            bus.put()
            return list(world.journal.lines())

    assert play() == play()
