"""The cloud: one seed gives one journal, byte for byte, in any process, after any world."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.aws.session import carried
from simulator.world import World

BUSY_WORLD = Path(__file__).parent / "data" / "busy_world.py"


def digest_in_a_process(hash_seed: str, *arguments: str) -> str:
    ended = subprocess.run(
        [sys.executable, str(BUSY_WORLD), *arguments],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.strip()


@pytest.mark.process
def test_the_journal_is_the_same_in_two_processes_with_other_hash_seeds() -> None:
    first = digest_in_a_process("1", "7")
    assert first == digest_in_a_process("2", "7")
    assert first != digest_in_a_process("1", "8")


@pytest.mark.process
def test_worlds_before_it_in_the_process_change_nothing() -> None:
    assert digest_in_a_process("0", "5", "8", "7") == digest_in_a_process("0", "7")


def test_a_newer_world_takes_the_cloud_over_and_the_older_says_so() -> None:
    older, newer = World(seed=1), World(seed=2)
    older.cloud.session().client("sqs").create_queue(QueueName="q")
    assert newer.cloud.session().client("sqs").list_queues().get("QueueUrls") is None
    with pytest.raises(RuntimeError, match="seed 1 is closed: a newer World"):
        older.cloud.session()


def test_looking_unseen_leaves_no_fact(world: World) -> None:
    client = world.cloud.session().client("sqs")

    def look() -> None:
        with world.cloud.unseen():
            client.list_queues()

    world.spawn(look)
    world.run()
    assert world.journal.facts == []


def test_three_ways_to_name_an_account(world: World) -> None:
    other = world.cloud.session(account="210987654321").client("sts")
    assert other.get_caller_identity()["Account"] == "210987654321"
    sts = world.cloud.session().client("sts")
    assumed = sts.assume_role(
        RoleArn="arn:aws:iam::310987654321:role/visitor", RoleSessionName="visit"
    )["Credentials"]
    import boto3

    visitor = boto3.client(
        "sts",
        region_name="us-east-1",
        endpoint_url="http://paddock",
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )
    visitor.meta.events.register("before-send", carried(world.cloud.session()._send))
    assert visitor.get_caller_identity()["Account"] == "310987654321"


def test_partners_are_reached_by_name_and_nobody_else() -> None:
    from simulator.http import HttpRequest, HttpResponse

    with World() as world:
        world.cloud.partners.serve("pay.example", lambda _: HttpResponse(204))
        send = world.cloud.network.send
        assert send(HttpRequest("GET", "http://pay.example/x")).status == 204
        with pytest.raises(ConnectionRefusedError, match=r"no host 'example\.com'"):
            send(HttpRequest("GET", "http://example.com/"))
