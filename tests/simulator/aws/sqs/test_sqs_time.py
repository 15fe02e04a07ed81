"""SQS in virtual time: long polls park, visibility and delays end at the instant they should."""

from typing import Any

from simulator.world import World


def client_and_queue(world: World, **attributes: str) -> tuple[Any, str]:
    client = world.cloud.session().client("sqs")
    return client, client.create_queue(QueueName="q", Attributes=attributes)["QueueUrl"]


def test_a_long_poll_ends_when_a_message_arrives_and_not_before(world: World) -> None:
    client, url = client_and_queue(world)
    got: list[tuple[float, str]] = []

    def consumer() -> None:
        found = client.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
        got.extend((world.now_s, message["Body"]) for message in found)

    def producer() -> None:
        import time

        time.sleep(12.5)
        client.send_message(QueueUrl=url, MessageBody="hello")

    world.spawn(consumer)
    world.spawn(producer)
    world.run()
    assert got == [(12.5, "hello")]


def test_an_empty_long_poll_takes_exactly_its_wait(world: World) -> None:
    client, url = client_and_queue(world)
    assert "Messages" not in client.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    assert world.now_s == 20


def test_a_message_is_visible_again_at_the_instant_its_timeout_ends(world: World) -> None:
    client, url = client_and_queue(world, VisibilityTimeout="30")
    client.send_message(QueueUrl=url, MessageBody="hello")
    client.receive_message(QueueUrl=url)
    world.run(until=29.999)
    assert "Messages" not in client.receive_message(QueueUrl=url)
    again = client.receive_message(QueueUrl=url, WaitTimeSeconds=20, AttributeNames=["All"])
    assert world.now_s == 30
    assert again["Messages"][0]["Attributes"]["ApproximateReceiveCount"] == "2"


def test_a_zero_visibility_timeout_ends_at_once(world: World) -> None:
    client, url = client_and_queue(world)
    client.send_message(QueueUrl=url, MessageBody="hello")
    message = client.receive_message(QueueUrl=url)["Messages"][0]
    client.change_message_visibility(
        QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
    )
    assert client.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"


def test_a_delayed_message_ends_a_long_poll_when_it_is_due(world: World) -> None:
    client, url = client_and_queue(world)
    client.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=7)
    got = client.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    assert (got["Messages"][0]["Body"], world.now_s) == ("later", 7)


def test_the_journal_tells_a_messages_life(world: World) -> None:
    client, url = client_and_queue(world)
    client.send_message(QueueUrl=url, MessageBody="hello")
    message = client.receive_message(QueueUrl=url)["Messages"][0]
    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    life = [fact for fact in world.journal.facts if fact.what.startswith("sqs.")]
    assert [fact.what for fact in life] == ["sqs.sent", "sqs.received", "sqs.deleted"]
    assert {fact.data["message_id"] for fact in life} == {message["MessageId"]}


def test_peeking_touches_nothing(world: World) -> None:
    client, url = client_and_queue(world)
    client.send_message(QueueUrl=url, MessageBody="hello")
    facts = len(world.journal.facts)
    assert [message["body"] for message in world.cloud.peek_queue("q")] == ["hello"]
    assert len(world.journal.facts) == facts
    assert client.receive_message(QueueUrl=url)["Messages"]
