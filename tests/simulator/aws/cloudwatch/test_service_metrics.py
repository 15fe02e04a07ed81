"""What AWS's services tell CloudWatch, by their own names, dimensions and units."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from simulator.kernel import sleep
from simulator.world import World


def read(world: World, namespace: str, name: str, statistic: str, **dimensions: str) -> list[float]:
    found = (
        world.cloud.session()
        .client("cloudwatch")
        .get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=world.clock.start,
            EndTime=world.clock.instant + timedelta(minutes=1),
            Period=60,
            Statistics=[statistic],
        )
    )
    return [point[statistic] for point in found["Datapoints"]]


def test_a_queue_counts_and_is_sampled_every_minute(world: World) -> None:
    """SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS"."""
    sqs = world.cloud.session().client("sqs")
    url = sqs.create_queue(QueueName="fares")["QueueUrl"]

    def act() -> None:
        for body in ("one", "three"):
            sqs.send_message(QueueUrl=url, MessageBody=body)
        sleep(90)
        found = sqs.receive_message(QueueUrl=url)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])
        sleep(60)

    world.spawn(act)
    world.run(until=200.0)

    def queue(name: str, statistic: str = "Sum") -> list[float]:
        return read(world, "AWS/SQS", name, statistic, QueueName="fares")

    assert queue("NumberOfMessagesSent") == [2.0]
    assert queue("NumberOfMessagesReceived") == [1.0]
    assert queue("NumberOfMessagesDeleted") == [1.0]
    assert queue("SentMessageSize") == [8.0]
    assert queue("ApproximateNumberOfMessagesVisible", "Maximum") == [2.0, 1.0, 1.0]
    assert queue("ApproximateAgeOfOldestMessage", "Maximum") == [60.0, 120.0, 180.0]


def test_a_queue_that_was_never_used_tells_nothing(world: World) -> None:
    session = world.cloud.session()
    session.client("sqs").create_queue(QueueName="quiet")
    world.run(until=3_600.0)

    assert session.client("cloudwatch").list_metrics(Namespace="AWS/SQS")["Metrics"] == []


def test_topics_and_rules_count(world: World) -> None:
    """SNS Developer Guide, "Monitoring Amazon SNS topics"; EventBridge User Guide, "Monitoring"."""
    session = world.cloud.session()
    sns, sqs, events = (session.client(name) for name in ("sns", "sqs", "events"))
    sqs.create_queue(QueueName="q")
    queue = "arn:aws:sqs:us-east-1:123456789012:q"
    topic = sns.create_topic(Name="processed")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    events.put_rule(Name="fares", EventPattern='{"source": ["rides"]}')
    events.put_targets(Rule="fares", Targets=[{"Id": "1", "Arn": queue}])
    sns.publish(TopicArn=topic, Message="paid")
    events.put_events(Entries=[{"Source": "rides", "DetailType": "Fare", "Detail": "{}"}])
    world.run()

    assert read(world, "AWS/SNS", "NumberOfMessagesPublished", "Sum", TopicName="processed") == [1]
    assert read(
        world, "AWS/SNS", "NumberOfNotificationsDelivered", "Sum", TopicName="processed"
    ) == [1]
    assert read(world, "AWS/Events", "MatchedEvents", "Sum", RuleName="fares") == [1]
    assert read(world, "AWS/Events", "Invocations", "Sum", RuleName="fares") == [1]


def test_functions_and_machines_count(
    world: World, deploy: Callable[..., str], execute: Callable[..., dict[str, Any]]
) -> None:
    """Lambda Developer Guide, "Types of metrics for Lambda functions"; Step Functions Developer
    Guide, "Monitoring Step Functions metrics using Amazon CloudWatch"."""
    arn = deploy(
        "charge",
        "import time\n\ndef handler(event, context):\n"
        "    time.sleep(2)\n    if event.get('fail'):\n        raise ValueError('declined')\n",
    )
    states = {"Charge": {"Type": "Task", "Resource": arn, "End": True}}
    good = execute(states, "Charge", {})
    bad = execute(states, "Charge", {"fail": True})
    assert (good["status"], bad["status"]) == ("SUCCEEDED", "FAILED")

    def function(name: str, statistic: str = "Sum") -> float:
        return sum(read(world, "AWS/Lambda", name, statistic, FunctionName="charge"))

    assert function("Invocations") == 2
    assert function("Errors") == 1
    assert function("Duration", "Maximum") == 2000.0
    assert sum(read(world, "AWS/Lambda", "Invocations", "Sum")) == 2

    machine = good["stateMachineArn"]
    for name, expected in (
        ("ExecutionsStarted", 1), ("ExecutionsSucceeded", 1), ("ExecutionsFailed", 0),
    ):  # fmt: skip
        assert sum(read(world, "AWS/States", name, "Sum", StateMachineArn=machine)) == expected
    assert sum(
        read(world, "AWS/States", "ExecutionsFailed", "Sum", StateMachineArn=bad["stateMachineArn"])
    ) == 1  # fmt: skip
    (taken_ms,) = read(world, "AWS/States", "ExecutionTime", "Average", StateMachineArn=machine)
    assert taken_ms >= 2000.0
    for name in ("LambdaFunctionsScheduled", "LambdaFunctionsStarted"):
        assert sum(read(world, "AWS/States", name, "Sum", LambdaFunctionArn=arn)) == 2
    assert (
        sum(read(world, "AWS/States", "LambdaFunctionsFailed", "Sum", LambdaFunctionArn=arn)) == 1
    )
