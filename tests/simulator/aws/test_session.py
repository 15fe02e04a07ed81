"""Sessions: localstack-client's, with the network taken out, the same code for any emulator."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from localstack_client.session import Session as LocalstackSession

from simulator.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=2) as world:
        yield world


def test_it_is_a_localstack_session(world: World) -> None:
    session = world.cloud.session("222233334444", "eu-west-1")
    assert isinstance(session, LocalstackSession)
    sts = session.client("sts")
    assert sts.get_caller_identity()["Account"] == "222233334444"
    assert sts.meta.region_name == "eu-west-1"


def test_one_client_a_service_unless_options_are_given(world: World) -> None:
    session = world.cloud.session()
    assert session.client("sqs") is session.client("sqs")
    assert session.client("sqs", use_ssl=False) is not session.client("sqs")


def test_the_address_of_others_is_left_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere.invalid:1")
    assert "QueueUrls" not in world.cloud.session().client("sqs").list_queues()
    assert os.environ["AWS_ENDPOINT_URL"] == "http://elsewhere.invalid:1"
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    world.cloud.session("111122223333").client("sqs").list_queues()
    assert "AWS_ENDPOINT_URL" not in os.environ


def test_a_service_younger_than_localstack_clients_list(world: World) -> None:
    client = world.cloud.session().client("outposts")
    with pytest.raises(client.exceptions.ClientError, match="NotImplemented"):
        client.list_outposts()


def test_resources_and_streamed_bodies(world: World) -> None:
    bucket = world.cloud.session().resource("s3").create_bucket(Bucket="rides")
    bucket.put_object(Key="a/b", Body=b"line 1\nline 2\n")
    body = bucket.Object("a/b").get()["Body"]
    assert list(body.iter_lines()) == [b"line 1", b"line 2"]
    assert [entry.key for entry in bucket.objects.all()] == ["a/b"]


def test_an_older_worlds_session_is_refused() -> None:
    with World(seed=1) as old:
        cloud = old.cloud
        with World(seed=2) as new:
            new.cloud.session()
            with pytest.raises(RuntimeError, match="the world with seed 1 is closed"):
                cloud.session()
