"""A population on a queue that boto3 made: one store, one set of metrics, alarms that go off."""

from datetime import timedelta
from typing import Any

from simulator.model.arrivals import Poisson, send
from simulator.model.consumer import Consumers, ScaledConsumers
from simulator.model.service import Deterministic
from simulator.world import World


def test_boto3_sees_what_actors_send_and_serve(world: World) -> None:
    session = world.cloud.session()
    sqs = session.client("sqs")
    url = sqs.create_queue(QueueName="fares")["QueueUrl"]
    queue = world.cloud.queue("fares")
    send(world, queue, Poisson(2.0), count=200)
    world.run()
    wanted = ["ApproximateNumberOfMessages"]
    waiting = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    assert waiting == {"ApproximateNumberOfMessages": "200"}

    consumers = Consumers(world, queue, Deterministic(0.1), servers=2, batch=10)
    world.run()
    assert consumers.served == 200
    after = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    assert after == {"ApproximateNumberOfMessages": "0"}
    points = session.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="NumberOfMessagesDeleted",
        Dimensions=[{"Name": "QueueName", "Value": "fares"}],
        StartTime=world.clock.start,
        EndTime=world.clock.instant + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    assert [point["Sum"] for point in points] == [200.0]
    assert not any(fact.what.startswith("sqs.") for fact in world.journal.facts)


def test_an_alarm_watches_a_flood_come_and_go(world: World, cloudwatch: Any, states: Any) -> None:
    world.cloud.session().client("sqs").create_queue(
        QueueName="fares", Attributes={"VisibilityTimeout": "300"}
    )
    queue = world.cloud.queue("fares")
    cloudwatch.put_metric_alarm(
        AlarmName="late",
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": "fares"}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=120.0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    consumers = ScaledConsumers(world, queue, Deterministic(20.0), batch=10)
    send(world, queue, Poisson(50.0), until_s=600.0)
    world.run(until=3_600.0)

    assert len(queue) == 0
    assert consumers.most_wanted > 5
    assert [state for _, state in states("late")][-1] == "OK"
