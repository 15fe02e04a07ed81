"""Latency profiles and API request quotas."""

from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from simulator.kernel import sleep
from simulator.model.latency import LatencyProfile, UnknownProfile
from simulator.model.quotas import QUOTAS, REFUSALS, Refusal, Throttle
from simulator.model.traffic import Traffic
from simulator.world import World

HERE = ("123456789012", "us-east-1")
FIFO = {"QueueUrl": "http://sqs/123456789012/orders.fifo"}


def test_the_profile_none_takes_no_time_and_draws_nothing() -> None:
    with World(seed=1) as world:
        profile = LatencyProfile(world)
        before = world.streams["latency/sqs"].getstate()

        assert profile.sample_s("sqs", "SendMessage") == 0.0
        assert world.streams["latency/sqs"].getstate() == before


def test_typical_latency_has_the_median_and_tail_it_names() -> None:
    with World(seed=1) as world:
        profile = LatencyProfile(world, "typical")
        named = profile.latency("sqs", "SendMessage")
        drawn = sorted(profile.sample_s("sqs", "SendMessage") for _ in range(20_000))

    assert named is not None
    assert drawn[10_000] == pytest.approx(named.median_s, rel=0.05)
    assert drawn[19_800] == pytest.approx(named.p99_s, rel=0.1)


def test_degraded_is_slower_and_an_action_may_have_a_latency_of_its_own() -> None:
    with World(seed=1) as world:
        typical, degraded = LatencyProfile(world, "typical"), LatencyProfile(world, "degraded")

        for service, action in (("sqs", "SendMessage"), ("nobody", "KnowsIt")):
            usual, slow = typical.latency(service, action), degraded.latency(service, action)
            assert usual is not None
            assert slow is not None
            assert slow.median_s > 3 * usual.median_s
            assert slow.p99_s > 3 * usual.p99_s
        assert typical.latency("sns", "Publish") != typical.latency("sns", "CreateTopic")


def test_one_seed_one_latency_and_services_do_not_disturb_each_other() -> None:
    def draw(*services: str) -> float:
        with World(seed=9) as world:
            profile = LatencyProfile(world, "typical")
            for service in services[:-1]:
                profile.sample_s(service, "Any")
            return profile.sample_s(services[-1], "Any")

    assert draw("sqs") == draw("sns", "sns", "sqs")
    assert draw("sqs") != draw("sqs", "sqs")


def test_an_unknown_profile_is_refused_in_a_sentence() -> None:
    with World(seed=1) as world, pytest.raises(UnknownProfile, match="typical"):
        LatencyProfile(world, "awful")


def allowed(throttle: Throttle, calls: int, *call: str, **parameters: object) -> int:
    service, action = call
    answers = [throttle.refusal(service, action, *HERE, parameters) for _ in range(calls)]
    return answers.count(None)


def test_nobody_is_throttled_in_the_profile_none() -> None:
    with World(seed=1) as world:
        assert allowed(Throttle(world), 10_000, "sqs", "SendMessage", **FIFO) == 10_000


def test_a_fifo_queue_takes_300_calls_a_second_of_an_action() -> None:
    """Amazon SQS Developer Guide, "Amazon SQS message quotas"."""
    with World(seed=1) as world:
        throttle = Throttle(world, "typical")

        assert allowed(throttle, 400, "sqs", "SendMessage", **FIFO) == 300
        assert throttle.refusal("sqs", "SendMessage", *HERE, FIFO) == Refusal(
            "ThrottlingException", 400
        )
        assert throttle.refusal("sqs", "SendMessageBatch", *HERE, FIFO) is not None
        assert throttle.refusal("sqs", "ReceiveMessage", *HERE, FIFO) is None
        other = {"QueueUrl": "http://sqs/123456789012/others.fifo"}
        assert throttle.refusal("sqs", "SendMessage", *HERE, other) is None
        world.run(until=0.5)
        assert allowed(throttle, 400, "sqs", "SendMessage", **FIFO) == 150


def test_a_standard_queue_is_not_throttled() -> None:
    with World(seed=1) as world:
        standard = {"QueueUrl": "http://sqs/123456789012/orders"}
        throttle = Throttle(world, "typical")
        assert allowed(throttle, 5_000, "sqs", "SendMessage", **standard) == 5_000


def test_a_batch_counts_its_entries_where_the_quota_is_in_messages() -> None:
    with World(seed=1) as world:
        throttle = Throttle(world, "typical")
        entries = {"Entries": [{}] * 10}
        assert allowed(throttle, 1_500, "events", "PutEvents", **entries) == 1_000


def test_a_bucket_that_holds_more_than_a_second_allows_a_burst() -> None:
    """AWS Step Functions Developer Guide, "Step Functions service quotas"."""
    with World(seed=1) as world:
        throttle = Throttle(world, "typical")
        elsewhere = ("123456789012", "eu-central-1")
        answers = [
            throttle.refusal("stepfunctions", "StartExecution", *elsewhere) for _ in range(1_000)
        ]
        assert answers.count(None) == 800


def test_accounts_and_regions_have_buckets_of_their_own() -> None:
    with World(seed=1) as world:
        throttle = Throttle(world, "typical")
        assert allowed(throttle, 100, "cloudwatch", "ListMetrics") == 25
        for place in (("123456789012", "eu-west-1"), ("210987654321", "us-east-1")):
            assert throttle.refusal("cloudwatch", "ListMetrics", *place) is None


def test_degraded_leaves_a_quarter() -> None:
    with World(seed=1) as world:
        throttle = Throttle(world, "degraded")
        assert allowed(throttle, 400, "sqs", "ReceiveMessage", **FIFO) == 75


def test_every_quota_names_its_source_and_has_an_error() -> None:
    for quota in QUOTAS:
        assert "uotas" in quota.source
        assert quota.service in REFUSALS
        assert quota.per_s > 0


def test_a_profile_can_be_changed_as_time_goes_on() -> None:
    with World(seed=1) as world:
        traffic = Traffic(world)
        assert traffic.delay_s("sqs", "SendMessage") == 0.0
        traffic.use("degraded")
        assert traffic.profile == "degraded"
        assert traffic.delay_s("sqs", "SendMessage") > 0.0
        answers = [traffic.refusal("sqs", "SendMessage", *HERE, FIFO) for _ in range(100)]
        assert answers.count(None) == 75
        traffic.use("none")
        assert traffic.refusal("sqs", "SendMessage", *HERE, FIFO) is None


def test_calls_through_the_cloud_take_their_time_and_are_held_to_quotas(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the gateway asks for it: wait, then refuse or answer."""
    with World(seed=1) as world:
        traffic, gateway = Traffic(world, "typical"), world.cloud.gateway
        plain = gateway._answer

        def answer(wire: Any, target: Any, parameters: Any) -> Any:
            sleep(traffic.delay_s(target.service, target.action))
            told = traffic.refusal(
                target.service, target.action, target.account, target.region, parameters
            )
            if told is not None:
                return gateway._error(wire, target, told.status, told.code, told.message)
            return plain(wire, target, parameters)

        monkeypatch.setattr(gateway, "_answer", answer)
        config = Config(retries={"total_max_attempts": 1})
        cloudwatch: Any = world.cloud.session().client("cloudwatch", config=config)
        refused: list[str] = []

        def call() -> None:
            try:
                cloudwatch.list_metrics()
            except ClientError as error:
                refused.append(error.response["Error"]["Code"])

        for _ in range(40):
            world.spawn(call)
        world.run()

    calls = [fact for fact in world.journal.facts if fact.what == "call"]
    assert all(fact.data["latency_s"] > 0 for fact in calls)
    assert refused == ["Throttling"] * len(refused)
    assert 5 <= len(refused) <= 15
