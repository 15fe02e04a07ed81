"""HTTP/S subscribers: retried by their policy, throttled, refused; and real ones on loopback.

Source: Amazon SNS Developer Guide, "Amazon SNS message delivery retries", "Creating an HTTP/S
delivery policy".
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest

from simulator.aws.sns.loopback import is_loopback
from simulator.http import HttpRequest, HttpResponse
from simulator.world import World

URL = "https://rides.example/sns"
Calls = list[tuple[float, HttpRequest]]


class Partner:
    """A host of the world's that answers with the statuses it is told, then with 200."""

    def __init__(self, world: World) -> None:
        self.calls: Calls = []
        self.statuses: list[int] = []
        self._world = world
        world.cloud.partners.serve("rides.example", self._answer)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        self.calls.append((self._world.now_s, request))
        return HttpResponse(self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
def partner(world: World) -> Partner:
    return Partner(world)


@pytest.fixture
def confirmed(sns: Any, topic: str, partner: Partner) -> str:
    subscription = sns.subscribe(
        TopicArn=topic, Protocol="https", Endpoint=URL, ReturnSubscriptionArn=True
    )
    token = json.loads(partner.calls[0][1].body)["Token"]
    sns.confirm_subscription(TopicArn=topic, Token=token)
    partner.calls.clear()
    return str(subscription["SubscriptionArn"])


def set_policy(sns: Any, arn: str, **policy: Any) -> None:
    sns.set_subscription_attributes(
        SubscriptionArn=arn, AttributeName="DeliveryPolicy", AttributeValue=json.dumps(policy)
    )


def test_three_retries_twenty_seconds_apart(
    world: World, sns: Any, topic: str, partner: Partner, confirmed: str, told: Any
) -> None:
    partner.statuses = [500, 503, 429, 500]
    sns.publish(TopicArn=topic, Message="m")
    world.run()
    assert [at for at, _ in partner.calls] == [0, 20, 40, 60]
    assert told()[-1] == "sns.failed"


@pytest.mark.parametrize("status", [400, 404, 301])
def test_other_answers_are_final(
    world: World, sns: Any, topic: str, partner: Partner, confirmed: str, status: int
) -> None:
    partner.statuses = [status]
    sns.publish(TopicArn=topic, Message="m")
    world.run()
    assert (len(partner.calls), world.now_s) == (1, 0)


def test_a_policy_of_its_own(
    world: World, sns: Any, topic: str, partner: Partner, confirmed: str
) -> None:
    set_policy(
        sns,
        confirmed,
        healthyRetryPolicy={
            "numRetries": 4,
            "numNoDelayRetries": 1,
            "minDelayTarget": 1,
            "maxDelayTarget": 3,
            "backoffFunction": "linear",
        },
        requestPolicy={"headerContentType": "application/json"},
    )
    partner.statuses = [500] * 5
    sns.publish(TopicArn=topic, Message="m")
    world.run()
    assert [at for at, _ in partner.calls] == [0, 0, 1, 3, 6]
    assert partner.calls[0][1].headers["Content-Type"] == "application/json"


def test_the_topics_policy_holds_where_it_has_none(
    world: World, sns: Any, topic: str, partner: Partner, confirmed: str
) -> None:
    policy = {"http": {"defaultHealthyRetryPolicy": {"numRetries": 1}}}
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=json.dumps(policy)
    )
    partner.statuses = [500] * 4
    sns.publish(TopicArn=topic, Message="m")
    world.run()
    assert len(partner.calls) == 2
    told = sns.get_subscription_attributes(SubscriptionArn=confirmed)["Attributes"]
    assert json.loads(told["EffectiveDeliveryPolicy"])["healthyRetryPolicy"]["numRetries"] == 1


def test_a_throttled_endpoint(
    world: World, sns: Any, topic: str, partner: Partner, confirmed: str
) -> None:
    set_policy(sns, confirmed, throttlePolicy={"maxReceivesPerSecond": 4})
    for _ in range(3):
        sns.publish(TopicArn=topic, Message="m")
    world.run()
    assert [at for at, _ in partner.calls] == [0, 0.25, 0.5]


def test_a_raw_message(sns: Any, topic: str, partner: Partner, confirmed: str) -> None:
    sns.set_subscription_attributes(
        SubscriptionArn=confirmed, AttributeName="RawMessageDelivery", AttributeValue="true"
    )
    sns.publish(TopicArn=topic, Message="as it is")
    ((_, request),) = partner.calls
    assert (request.body, request.headers["x-amz-sns-rawdelivery"]) == (b"as it is", "true")


def test_what_is_loopback() -> None:
    for url in (
        "http://localhost:1",
        "http://127.9.9.9/x",
        "http://[::1]:8/",
        "http://a.localhost",
    ):
        assert is_loopback(url)
    for url in ("http://example.com", "http://10.0.0.1", "http://169.254.169.254", "http://[::2]"):
        assert not is_loopback(url)
    assert not is_loopback("http://127.0.0.1.example.com")


@pytest.mark.parametrize(
    "path", ["_paddock/clock", "/_paddock/clock", "%5Fpaddock/clock", "moto-api/reset"]
)
def test_no_subscriber_is_the_emulator_itself(sns: Any, topic: str, told: Any, path: str) -> None:
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"http://127.0.0.1:4566/{path}")
    assert told() == ["sns.failed"]


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://a:b/", "http://a:99999/"])
def test_a_url_that_is_none(sns: Any, topic: str, refused: Any, url: str) -> None:
    told = refused(sns.subscribe, TopicArn=topic, Protocol="http", Endpoint=url)
    assert told == ("InvalidParameter", "Invalid parameter: Unparseable Endpoint", 400)


# ---- real ones


class Subscriber(ThreadingHTTPServer):
    """A real server that confirms while it answers, as many do."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Subscriber

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body["Type"] == "SubscriptionConfirmation" and self.path == "/confirms":
            with urllib.request.urlopen(body["SubscribeURL"]) as answer:
                assert answer.status == 200
        self.server.got.append(body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    server = Subscriber()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def endpoint() -> Iterator[str]:
    """A world that is served."""
    command = [sys.executable, "-m", "simulator.aws.endpoint", "--port", "0"]
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert serving.stdout is not None
    yield serving.stdout.readline().split()[-1]
    serving.terminate()
    serving.wait(timeout=10)


def until(happened: Any) -> None:
    """Give the other processes a moment of real time."""
    for _ in range(200):
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError("it never happened")


@pytest.mark.process
def test_a_real_subscriber_confirms_is_notified_and_leaves(
    endpoint: str, subscriber: Subscriber
) -> None:
    sns: Any = boto3.client(
        "sns",
        endpoint_url=endpoint,
        region_name="eu-west-1",
        aws_access_key_id="k",
        aws_secret_access_key="s",
    )
    topic = sns.create_topic(Name="t")["TopicArn"]
    url = f"http://127.0.0.1:{subscriber.server_port}/confirms"
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
    until(lambda: len(subscriber.got) == 1)
    sns.publish(TopicArn=topic, Message="hello")
    until(lambda: len(subscriber.got) == 2)
    notified = subscriber.got[1]
    assert notified["Message"] == "hello"
    with urllib.request.urlopen(notified["SigningCertURL"]) as certificate:
        assert b"BEGIN CERTIFICATE" in certificate.read()
    with urllib.request.urlopen(notified["UnsubscribeURL"]) as answer:
        assert b"UnsubscribeResponse" in answer.read()
    until(lambda: len(subscriber.got) == 3)
    assert subscriber.got[2]["Type"] == "UnsubscribeConfirmation"
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


@pytest.mark.process
def test_a_world_that_is_not_served_calls_loopback_too(
    world: World, sns: Any, topic: str, subscriber: Subscriber
) -> None:
    url = f"http://localhost:{subscriber.server_port}/"
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
    sns.confirm_subscription(TopicArn=topic, Token=subscriber.got[0]["Token"])
    sns.publish(TopicArn=topic, Message="hello")
    assert subscriber.got[1]["Message"] == "hello"


@pytest.mark.process
def test_nobody_listens_there(world: World, sns: Any, topic: str, told: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"http://127.0.0.1:{port}/")
    world.run()
    assert told() == ["sns.retried"] * 3 + ["sns.failed"]
    assert world.now_s == 60
