"""Subscribers confirm by a token, leave by a link, and come back by another.

Sources: Amazon SNS API Reference, "ConfirmSubscription", "Unsubscribe"; Developer Guide, "Amazon
SNS HTTP/S endpoint subscription", "Verifying the signatures of Amazon SNS messages".
"""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from simulator.http import HttpRequest, HttpResponse
from simulator.world import World

Requests = list[HttpRequest]
URL = "https://rides.example/sns"


@pytest.fixture
def partner(world: World) -> Requests:
    """A host of the world's that keeps what it gets."""
    got: Requests = []

    def answer(request: HttpRequest) -> HttpResponse:
        got.append(request)
        return HttpResponse(200)

    world.cloud.partners.serve("rides.example", answer)
    return got


@pytest.fixture
def visit(world: World) -> Callable[[str], HttpResponse]:
    """Follow a link from inside the world."""

    def get(url: str) -> HttpResponse:
        fiber = world.spawn(world.cloud.network.send, HttpRequest("GET", url))
        answer: HttpResponse = world.run(until=fiber)
        return answer

    return get


def letter(request: HttpRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.body)
    return found


def attributes_of(sns: Any, arn: str) -> dict[str, str]:
    found: dict[str, str] = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    return found


def subscribe(sns: Any, topic: str) -> str:
    subscription = sns.subscribe(
        TopicArn=topic, Protocol="https", Endpoint=URL, ReturnSubscriptionArn=True
    )
    return str(subscription["SubscriptionArn"])


def test_an_http_endpoint_is_asked_and_gets_nothing_before(
    sns: Any, topic: str, partner: Requests
) -> None:
    told = sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=URL)["SubscriptionArn"]
    assert told == "pending confirmation"
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    sns.publish(TopicArn=topic, Message="too early")
    (asked,) = partner
    assert asked.headers["x-amz-sns-message-type"] == "SubscriptionConfirmation"
    assert asked.headers["Content-Type"] == "text/plain; charset=UTF-8"
    body = letter(asked)
    assert (body["Type"], body["TopicArn"]) == ("SubscriptionConfirmation", topic)
    assert body["SubscribeURL"] == (
        "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription"
        f"&TopicArn={topic}&Token={body['Token']}"
    )


def test_the_link_confirms_and_notifications_come(
    sns: Any, topic: str, partner: Requests, visit: Any
) -> None:
    arn = subscribe(sns, topic)
    assert attributes_of(sns, arn)["PendingConfirmation"] == "true"
    answer = visit(letter(partner[0])["SubscribeURL"])
    assert (answer.status, arn.encode() in answer.body) == (200, True)
    told = attributes_of(sns, arn)
    assert (told["PendingConfirmation"], told["ConfirmationWasAuthenticated"]) == ("false", "false")
    sns.publish(TopicArn=topic, Message="hello", Subject="s")
    notified = partner[1]
    assert notified.headers["x-amz-sns-message-type"] == "Notification"
    assert notified.headers["x-amz-sns-subscription-arn"] == arn
    assert (letter(notified)["Message"], letter(notified)["Subject"]) == ("hello", "s")


def test_leaving_by_the_link_and_coming_back(
    sns: Any, topic: str, partner: Requests, visit: Any
) -> None:
    arn = subscribe(sns, topic)
    visit(letter(partner[0])["SubscribeURL"])
    sns.publish(TopicArn=topic, Message="hello")
    assert visit(letter(partner[1])["UnsubscribeURL"]).status == 200
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    asked = letter(partner[2])
    assert asked["Type"] == "UnsubscribeConfirmation"
    visit(asked["SubscribeURL"])
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == arn


def test_who_confirms_with_authentication_leaves_with_it(
    sns: Any, topic: str, partner: Requests, visit: Any
) -> None:
    arn = subscribe(sns, topic)
    sns.confirm_subscription(
        TopicArn=topic, Token=letter(partner[0])["Token"], AuthenticateOnUnsubscribe="true"
    )
    assert attributes_of(sns, arn)["ConfirmationWasAuthenticated"] == "true"
    sns.publish(TopicArn=topic, Message="hello")
    assert visit(letter(partner[1])["UnsubscribeURL"]).status == 403
    sns.unsubscribe(SubscriptionArn=arn)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_who_does_not_confirm_within_two_days_is_forgotten(
    world: World, sns: Any, topic: str, partner: Requests, refused: Any
) -> None:
    arn = subscribe(sns, topic)
    token = letter(partner[0])["Token"]
    world.run(until=2 * 86_400 - 1)
    assert attributes_of(sns, arn)["PendingConfirmation"] == "true"
    world.run(until=2 * 86_400)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    told = refused(sns.confirm_subscription, TopicArn=topic, Token=token)
    assert told[1] == "Invalid parameter: Token"


def test_who_has_confirmed_stays(world: World, sns: Any, topic: str, partner: Requests) -> None:
    arn = subscribe(sns, topic)
    sns.confirm_subscription(TopicArn=topic, Token=letter(partner[0])["Token"])
    world.run(until=3 * 86_400)
    assert attributes_of(sns, arn)["PendingConfirmation"] == "false"


def test_a_token_that_confirms_nothing(sns: Any, topic: str, refused: Any) -> None:
    told = refused(sns.confirm_subscription, TopicArn=topic, Token="random")
    assert told == ("InvalidParameter", "Invalid token", 400)
    told = refused(sns.confirm_subscription, TopicArn=topic, Token="51b2ff3edb" * 28 + "51b2ff3e")
    assert told == ("InvalidParameter", "Invalid parameter: Token", 400)
    told = refused(sns.confirm_subscription, TopicArn="no-arn", Token="random")
    assert told == ("InvalidParameter", "Invalid parameter: Topic", 400)


def test_an_email_address_confirms_from_the_outbox(
    world: World, sns: Any, topic: str, visit: Any
) -> None:
    told = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="rider@example.com")
    assert told["SubscriptionArn"] == "pending confirmation"
    outbox = world.cloud.topics.outbox
    (asked,) = outbox.to("rider@example.com")
    assert asked.subject == "AWS Notification - Subscription Confirmation"
    visit(asked.body.strip().rsplit("\n", 1)[-1])
    sns.publish(TopicArn=topic, Message="your ride is here", Subject="Ride")
    mail = outbox.to("rider@example.com")[-1]
    assert (mail.subject, mail.topic) == ("Ride", "rides")
    assert mail.body.startswith("your ride is here\n")
    assert "Action=Unsubscribe" in mail.body


def test_email_json_is_the_envelope(world: World, sns: Any, topic: str, visit: Any) -> None:
    sns.subscribe(TopicArn=topic, Protocol="email-json", Endpoint="bot@example.com")
    outbox = world.cloud.topics.outbox
    visit(json.loads(outbox.to("bot@example.com")[0].body)["SubscribeURL"])
    sns.publish(TopicArn=topic, Message="hello")
    assert json.loads(outbox.to("bot@example.com")[-1].body)["Message"] == "hello"


def test_text_messages_lie_in_the_outbox(world: World, sns: Any, topic: str, told: Any) -> None:
    sns.publish(PhoneNumber="+15551234567", Message="direct")
    sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+15551234567")
    sns.publish(TopicArn=topic, Message="by topic")
    letters = world.cloud.topics.outbox.to("+15551234567")
    assert [one.body for one in letters] == ["direct", "by topic"]
    assert told() == ["sns.outbox", "sns.published", "sns.outbox", "sns.delivered"]


def test_who_has_opted_out_gets_no_text(sns: Any, topic: str, told: Any) -> None:
    (number, *_) = sns.list_phone_numbers_opted_out()["phoneNumbers"]
    sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint=number)
    sns.publish(TopicArn=topic, Message="m")
    assert told() == ["sns.published", "sns.failed"]


def test_a_host_out_there_counts_as_confirmed_and_is_never_called(
    world: World, sns: Any, topic: str
) -> None:
    arn = sns.subscribe(TopicArn=topic, Protocol="https", Endpoint="https://example.com/x")
    assert arn["SubscriptionArn"].startswith(topic)
    sns.publish(TopicArn=topic, Message="m")
    (kept,) = world.cloud.topics.outbox.to("https://example.com/x")
    assert json.loads(kept.body)["Message"] == "m"


def test_the_certificate_outlives_a_reset(
    world: World, sns: Any, queue: Any, bodies: Any, visit: Any
) -> None:
    for _ in range(2):
        world.run(until=world.spawn(_reset, world))
        topic = sns.create_topic(Name="t")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue("q"))
        sns.publish(TopicArn=topic, Message="m")
        (body,) = bodies("q")
        assert visit(body["SigningCertURL"]).status == 200


def _reset(world: World) -> None:
    request = HttpRequest("POST", "http://localhost/moto-api/reset")
    assert world.cloud.network.send(request).status == 200


@pytest.mark.parametrize(("version", "digest"), [("1", hashes.SHA1()), ("2", hashes.SHA256())])
def test_signatures_hold(
    sns: Any, topic: str, subscribed: Any, bodies: Any, visit: Any, version: str, digest: Any
) -> None:
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="SignatureVersion", AttributeValue=version
    )
    subscribed("q")
    sns.publish(TopicArn=topic, Message="m", Subject="s")
    (body,) = bodies("q")
    names = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    text = "".join(f"{name}\n{body[name]}\n" for name in names)
    certificate = x509.load_pem_x509_certificate(visit(body["SigningCertURL"]).body)
    key: Any = certificate.public_key()
    signature = base64.b64decode(body["Signature"])
    assert body["SignatureVersion"] == version
    key.verify(signature, text.encode(), padding.PKCS1v15(), digest)
