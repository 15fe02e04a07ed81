"""Lambda event source mappings: "Using Lambda with Amazon SQS"."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World

KEEPS = """
import boto3, json
def handler(event, context):
    bodies = [record["body"] for record in event["Records"]]
    if "poison" in bodies:
        raise ValueError("poison")
    url = boto3.client("sqs").get_queue_url(QueueName="seen")["QueueUrl"]
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(bodies))
    return {"batchItemFailures": [
        {"itemIdentifier": r["messageId"]} for r in event["Records"] if r["body"] == "again"
    ]}
"""


@pytest.fixture
def sqs(world: World) -> Any:
    return world.cloud.session().client("sqs")


@pytest.fixture
def mapped(world: World, queue: Callable[..., tuple[str, str]], deploy: Callable[..., str]) -> str:
    queue("seen")
    url, _ = queue("work", VisibilityTimeout="30")
    function = deploy("keeper", KEEPS)
    world.cloud.session().client("lambda").create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-east-1:123456789012:work",
        FunctionName=function,
        BatchSize=10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    return url


@pytest.mark.process
def test_a_batch_is_handed_over_and_deleted(world: World, sqs: Any, mapped: str) -> None:
    world.run(until=1)
    sqs.send_message_batch(
        QueueUrl=mapped, Entries=[{"Id": str(i), "MessageBody": f"m{i}"} for i in range(3)]
    )
    world.run(until=10)
    assert [json.loads(m["body"]) for m in world.cloud.peek_queue("seen")] == [["m0", "m1", "m2"]]
    assert world.cloud.peek_queue("work") == []


@pytest.mark.process
def test_what_fails_comes_back_after_its_timeout(world: World, sqs: Any, mapped: str) -> None:
    sqs.send_message(QueueUrl=mapped, MessageBody="poison")
    world.run(until=10)
    assert world.cloud.peek_queue("seen") == []
    world.run(until=65)
    (message,) = world.cloud.peek_queue("work")
    assert message["receive_count"] == 3


@pytest.mark.process
def test_a_part_of_a_batch_can_fail(world: World, sqs: Any, mapped: str) -> None:
    entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(("good", "again"))]
    sqs.send_message_batch(QueueUrl=mapped, Entries=entries)
    world.run(until=10)
    assert [message["body"] for message in world.cloud.peek_queue("work")] == ["again"]


PRINTS = (
    "import time\n"
    "def handler(e, c):\n"
    "    print(' '.join(r['body'] for r in e['Records']))\n"
    "    time.sleep(1)\n"
)


@pytest.fixture
def map_to(
    client: Any, deploy: Callable[..., str], queue: Callable[..., tuple[str, str]]
) -> Callable[..., str]:
    """Map the queue `jobs` to a function; the queue's URL."""

    def make(source: str = PRINTS, **options: Any) -> str:
        url, arn = queue("jobs", VisibilityTimeout=options.pop("hidden", "30"))
        function = deploy("worker", source, Timeout=3)
        client.create_event_source_mapping(EventSourceArn=arn, FunctionName=function, **options)
        return url

    return make


def send(sqs: Any, url: str, *words: str) -> None:
    for word in words:
        sqs.send_message(QueueUrl=url, MessageBody=word)


@pytest.mark.process
def test_a_window_gathers_more_than_one_receive_gives(
    world: World, sqs: Any, map_to: Any, facts: Any
) -> None:
    url = map_to(BatchSize=25, MaximumBatchingWindowInSeconds=10)
    send(sqs, url, *(str(n) for n in range(24)))
    world.run()
    (line,) = facts("lambda.log")
    assert len(line["text"].split()) == 24
    assert line["at"] == 10.25
    send(sqs, url, *(str(n) for n in range(25)))
    began_s = world.now_s
    world.run()
    assert len(facts("lambda.log")[1]["text"].split()) == 25
    assert world.now_s == began_s + 1  # a full batch does not wait


@pytest.mark.process
def test_what_the_filter_refuses_is_deleted(
    world: World, sqs: Any, map_to: Any, facts: Any
) -> None:
    """ "Control which events Lambda sends to your function": SQS."""
    fare = '{"body": {"fare": [{"numeric": [">", 10]}]}}'
    text = '{"body": [{"prefix": "vip"}]}'
    url = map_to(FilterCriteria={"Filters": [{"Pattern": fare}, {"Pattern": text}]})
    send(sqs, url, '{"fare": 5}', '{"fare": 15}', "vip ride", "other")
    world.run()
    assert " ".join(each["text"] for each in facts("lambda.log")) == '{"fare": 15} vip ride'
    assert len(facts("lambda.filtered")) == 2
    assert world.cloud.peek_queue("jobs") == []


@pytest.mark.process
@pytest.mark.parametrize(("options", "at_once"), [({}, 5), ({"MaximumConcurrency": 3}, 3)])
def test_five_batches_at_a_time_at_first(
    world: World, sqs: Any, map_to: Any, facts: Any, options: Any, at_once: int
) -> None:
    """ "Configuring scaling behavior for SQS event source mappings"."""
    url = map_to(BatchSize=1, **({"ScalingConfig": options} if options else {}))
    send(sqs, url, *"abcdefgh")
    world.run()
    starts = [each["at"] for each in facts("lambda.started")]
    assert starts.count(0.0) == at_once
    assert len(starts) == 8


@pytest.mark.process
def test_a_backlog_makes_room_for_more_each_minute(
    world: World, sqs: Any, map_to: Any, facts: Any
) -> None:
    url = map_to(PRINTS.replace("sleep(1)", "sleep(2.75)"), BatchSize=1, hidden="900")
    send(sqs, url, *(str(n) for n in range(140)))
    world.run()
    starts = [each["at"] for each in facts("lambda.started")]
    early = [at for at in starts if at < 60]
    assert len(early) <= 5 * 22
    assert sum(1 for at in starts if 60 <= at < 62) >= 20
    assert len(starts) == 140


@pytest.mark.process
def test_a_throttled_batch_is_tried_again_while_it_is_hidden(
    world: World, client: Any, sqs: Any, map_to: Any, facts: Any
) -> None:
    url = map_to(BatchSize=1)
    client.put_function_concurrency(FunctionName="worker", ReservedConcurrentExecutions=1)
    send(sqs, url, *"abc")
    world.run()
    assert sorted(each["text"] for each in facts("lambda.log")) == ["a", "b", "c"]
    assert len(facts("lambda.throttled")) >= 2


@pytest.mark.process
@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("None", 0),
        ("{}", 0),
        ("{'batchItemFailures': []}", 0),
        ("{'batchItemFailures': None}", 0),
        ("'text'", 2),
        ("{'batchItemFailures': [{'itemIdentifier': ''}]}", 2),
        ("{'batchItemFailures': [{'itemIdentifier': None}]}", 2),
        ("{'batchItemFailures': [{'other': 1}]}", 2),
        ("{'batchItemFailures': [{'itemIdentifier': 'unknown'}]}", 2),
        ("{'batchItemFailures': [{'itemIdentifier': e['Records'][0]['messageId']}]}", 1),
    ],
)
def test_what_a_partial_answer_may_be(
    world: World, sqs: Any, map_to: Any, answer: str, left: int
) -> None:
    """ "Implementing partial batch responses": success and failure conditions."""
    url = map_to(
        f"def handler(e, c): return {answer}\n",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    world.run(until=1)
    entries = [{"Id": word, "MessageBody": word} for word in "ab"]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    world.run(until=5)
    assert len(world.cloud.peek_queue("jobs")) == left


@pytest.mark.process
def test_a_mapping_stops_and_goes(world: World, client: Any, sqs: Any, map_to: Any) -> None:
    url = map_to()
    (mapping,) = client.list_event_source_mappings(FunctionName="worker")["EventSourceMappings"]
    world.run(until=5)
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    send(sqs, url, "a")
    world.run(until=100)
    assert [each["receive_count"] for each in world.cloud.peek_queue("jobs")] == [0]
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    world.run(until=110)
    assert world.cloud.peek_queue("jobs") == []
    client.delete_event_source_mapping(UUID=mapping["UUID"])
    send(sqs, url, "b")
    world.run(until=200)
    assert [each["receive_count"] for each in world.cloud.peek_queue("jobs")] == [0]


@pytest.mark.process
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"BatchSize": 11}, "Maximum batch window in seconds must be greater than 0"),
        ({"hidden": "2"}, "Queue visibility timeout: 2 seconds is less than Function timeout: 3"),
        ({"ScalingConfig": {"MaximumConcurrency": 1001}}, "MaximumConcurrency must be between"),
    ],
)
def test_what_a_mapping_may_not_say(map_to: Any, options: Any, words: str) -> None:
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as error:
        map_to(**options)
    assert words in error.value.response["Error"]["Message"]


@pytest.mark.process
def test_a_queue_has_one_mapping_to_a_function(client: Any, map_to: Any) -> None:
    map_to()
    arn = "arn:aws:sqs:us-east-1:123456789012:jobs"
    with pytest.raises(client.exceptions.ResourceConflictException) as error:
        client.create_event_source_mapping(EventSourceArn=arn, FunctionName="worker")
    assert "already exists" in error.value.response["Error"]["Message"]


@pytest.mark.process
def test_a_fifo_queues_groups_run_side_by_side_and_in_order(
    world: World, client: Any, sqs: Any, deploy: Any, queue: Any, facts: Any
) -> None:
    """ "Configuring scaling behavior for SQS event source mappings": FIFO queues."""
    _, arn = queue("jobs.fifo", FifoQueue="true", VisibilityTimeout="30")
    source = (
        "import time\n"
        "def handler(e, c):\n"
        "    body = e['Records'][0]['body']\n"
        "    print(body)\n"
        "    time.sleep(1)\n"
        "    if body == 'a1' and e['Records'][0]['attributes']['ApproximateReceiveCount'] == '1':\n"
        "        raise ValueError(body)\n"
    )
    function = deploy("worker", source)
    client.create_event_source_mapping(EventSourceArn=arn, FunctionName=function, BatchSize=1)
    url = sqs.get_queue_url(QueueName="jobs.fifo")["QueueUrl"]
    for body in ("a1", "a2", "b1", "b2"):
        sqs.send_message(
            QueueUrl=url, MessageBody=body, MessageGroupId=body[0], MessageDeduplicationId=body
        )
    world.run(until=100)
    texts = [each["text"] for each in facts("lambda.log") if len(each["text"]) == 2]
    assert [each for each in texts if each[0] == "a"] == ["a1", "a1", "a2"]
    assert [each for each in texts if each[0] == "b"] == ["b1", "b2"]
    assert texts.index("b2") < texts.index("a2")


@pytest.mark.process
def test_a_fault_of_lambda_strikes_its_poller_too(
    world: World, sqs: Any, map_to: Any, facts: Any
) -> None:
    from simulator.fault import Fault

    where = {"service": "lambda", "action": "Invoke", "resource": "worker"}
    world.faults.inject(Fault("down", where, attempts=(1, 2)))
    url = map_to()
    send(sqs, url, "a")
    world.run()
    assert [each["at"] for each in facts("lambda.started")] == [3.0]  # after 1 and 2 seconds
    assert world.cloud.peek_queue("jobs") == []
