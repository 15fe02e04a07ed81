"""SNS: what is published and delivered is told, and one dead subscriber fails nobody."""

from simulator.world import World


def test_a_dead_subscriber_does_not_fail_the_publish(world: World) -> None:
    session = world.cloud.session()
    sns, sqs = session.client("sns"), session.client("sqs")
    topic = sns.create_topic(Name="rides")["TopicArn"]
    sqs.create_queue(QueueName="alive")
    for name in ("gone", "alive"):
        endpoint = f"arn:aws:sqs:us-east-1:123456789012:{name}"
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint)
    sns.publish(TopicArn=topic, Message="ride ended")
    assert len(world.cloud.peek_queue("alive")) == 1
    told = [fact.what for fact in world.journal.facts if fact.what.startswith("sns.")]
    assert told == ["sns.published", "sns.failed", "sns.delivered"]


def test_a_filtered_message_is_not_delivered(world: World) -> None:
    session = world.cloud.session()
    sns, sqs = session.client("sns"), session.client("sqs")
    topic = sns.create_topic(Name="rides")["TopicArn"]
    sqs.create_queue(QueueName="berlin")
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint="arn:aws:sqs:us-east-1:123456789012:berlin",
        Attributes={"FilterPolicy": '{"city": ["berlin"]}'},
    )
    for city in ("paris", "berlin"):
        sns.publish(
            TopicArn=topic,
            Message=city,
            MessageAttributes={"city": {"DataType": "String", "StringValue": city}},
        )
    assert len(world.cloud.peek_queue("berlin")) == 1
    assert [f.what for f in world.journal.facts].count("sns.delivered") == 1
