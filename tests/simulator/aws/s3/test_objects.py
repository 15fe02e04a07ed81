"""Conditional writes and presigned URLs (S3 User Guide, "Add preconditions to S3 operations",
"Download and upload objects with presigned URLs")."""

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from simulator.http import HttpRequest
from simulator.world import World

WHERE = {"Bucket": "photos", "Key": "k"}


def code(act, **options):
    with pytest.raises(ClientError) as refused:
        act(**options)
    return refused.value.response["Error"]["Code"]


def test_only_if_there_is_none(shop):
    shop.s3.put_object(**WHERE, Body=b"1", IfNoneMatch="*")
    assert code(shop.s3.put_object, **WHERE, Body=b"2", IfNoneMatch="*") == "PreconditionFailed"
    assert shop.s3.get_object(**WHERE)["Body"].read() == b"1"


def test_only_if_it_is_the_one_that_was_read(shop):
    assert code(shop.s3.put_object, **WHERE, Body=b"1", IfMatch='"abc"') == "NoSuchKey"
    etag = shop.s3.put_object(**WHERE, Body=b"1")["ETag"]
    shop.s3.put_object(**WHERE, Body=b"2", IfMatch=etag)
    assert code(shop.s3.put_object, **WHERE, Body=b"3", IfMatch=etag) == "PreconditionFailed"
    assert code(shop.s3.delete_object, **WHERE, IfMatch=etag) == "PreconditionFailed"
    assert shop.s3.get_object(**WHERE)["Body"].read() == b"2"


def test_every_object_is_encrypted_and_its_checksum_is_of_the_whole(shop):
    """User Guide, "Setting default server-side encryption behavior for Amazon S3 buckets";
    "Checking object integrity in Amazon S3"."""
    put = shop.s3.put_object(**WHERE, Body=b"data")
    assert (put["ServerSideEncryption"], put["ChecksumType"]) == ("AES256", "FULL_OBJECT")
    assert put["ChecksumCRC32"] == "rfPzYw=="
    got = shop.s3.get_object(**WHERE)
    assert (got["ServerSideEncryption"], got["ChecksumType"]) == ("AES256", "FULL_OBJECT")
    shop.s3.copy_object(Bucket="photos", Key="copy", CopySource="photos/k")
    assert shop.s3.head_object(Bucket="photos", Key="copy")["ServerSideEncryption"] == "AES256"
    kms = shop.s3.put_object(**WHERE, Body=b"data", ServerSideEncryption="aws:kms")
    assert kms["ServerSideEncryption"] == "aws:kms"


def test_what_a_policy_denies_is_access_denied(shop):
    """Amazon S3 API Reference, "Error responses"."""
    shop.s3.put_object(**WHERE, Body=b"data", ACL="private")
    anonymous = shop.session.client("s3", config=Config(signature_version=UNSIGNED))
    assert code(anonymous.get_object, **WHERE) == "AccessDenied"


def test_the_journal_tells_how_large_an_object_is(shop):
    shop.s3.put_object(**WHERE, Body=b"data", StorageClass="STANDARD_IA")
    shop.s3.copy_object(Bucket="photos", Key="copy", CopySource="photos/k")
    put, copy = [fact.data for fact in shop.world.journal.facts if "bytes" in fact.data]
    assert (put["action"], put["bytes"], put["storage_class"]) == ("PutObject", 4, "STANDARD_IA")
    assert (copy["action"], copy["bytes"]) == ("CopyObject", 4)


def test_the_same_seed_gives_the_same_journal(tmp_path):
    def play(name):
        path = tmp_path / name
        with World(seed=5, journal=path) as world:
            session = world.cloud.session()
            s3, sqs = session.client("s3"), session.client("sqs")
            s3.create_bucket(Bucket="photos")
            s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
            sqs.create_queue(QueueName="q")
            arn = "arn:aws:sqs:us-east-1:123456789012:q"
            wanted = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:LifecycleExpiration:*"]}
            s3.put_bucket_notification_configuration(
                Bucket="photos",
                NotificationConfiguration={
                    "QueueConfigurations": [wanted],
                    "EventBridgeConfiguration": {},
                },
            )
            rule = {"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
            s3.put_bucket_lifecycle_configuration(
                Bucket="photos", LifecycleConfiguration={"Rules": [rule]}
            )
            s3.put_object(**WHERE, Body=b"data")
            world.run(until=3 * 86_400.0)
            bodies = [message["body"] for message in world.cloud.peek_queue("q")]
        return path.read_bytes(), bodies

    assert play("one") == play("two")


def test_a_restored_copy_is_there_for_its_days(shop):
    """ "Restoring an archived object"."""
    shop.listen("s3:ObjectRestore:Delete")
    shop.s3.put_object(**WHERE, Body=b"1", StorageClass="GLACIER")
    assert code(shop.s3.get_object, **WHERE) == "InvalidObjectState"
    shop.s3.restore_object(**WHERE, RestoreRequest={"Days": 2})
    shop.world.run(until=2 * 86_400.0 - 1)
    assert shop.s3.get_object(**WHERE)["Body"].read() == b"1"
    shop.world.run(until=2 * 86_400.0)
    assert code(shop.s3.get_object, **WHERE) == "InvalidObjectState"
    assert shop.names() == ["ObjectRestore:Delete"]


@pytest.mark.parametrize(
    ("storage_class", "tier", "least_s", "most_s"),
    [
        ("GLACIER", "Expedited", 60, 300),
        ("GLACIER", "Standard", 3 * 3600, 5 * 3600),
        ("GLACIER", "Bulk", 5 * 3600, 12 * 3600),
        ("DEEP_ARCHIVE", "Standard", 9 * 3600, 12 * 3600),
    ],
)
def test_a_restore_takes_as_long_as_its_tier(shop, facts, storage_class, tier, least_s, most_s):
    """ "Understanding archive retrieval options"."""
    shop.listen("s3:ObjectRestore:*")
    shop.s3.put_object(**WHERE, Body=b"1", StorageClass=storage_class)
    wanted = {"Days": 2, "GlacierJobParameters": {"Tier": tier}}
    began_s = shop.world.now_s
    shop.s3.restore_object(**WHERE, RestoreRequest=wanted)
    assert code(shop.s3.restore_object, **WHERE, RestoreRequest=wanted) == (
        "RestoreAlreadyInProgress"
    )
    shop.world.run(until=began_s + least_s - 1)
    assert shop.s3.head_object(**WHERE)["Restore"] == 'ongoing-request="true"'
    assert code(shop.s3.get_object, **WHERE) == "InvalidObjectState"
    shop.world.run(until=began_s + most_s)
    assert shop.s3.get_object(**WHERE)["Body"].read() == b"1"
    told = shop.s3.head_object(**WHERE)["Restore"]
    assert told == 'ongoing-request="false", expiry-date="Sun, 04 Jan 2026 00:00:00 GMT"'
    assert shop.names() == ["ObjectRestore:Post", "ObjectRestore:Completed"]
    assert [fact["tier"] for fact in facts("s3.restored")] == [tier]


def test_what_was_deleted_is_not_restored(shop, facts):
    shop.s3.put_object(**WHERE, Body=b"1", StorageClass="GLACIER")
    wanted = {"Days": 2, "GlacierJobParameters": {"Tier": "Bulk"}}
    shop.s3.restore_object(**WHERE, RestoreRequest=wanted)
    shop.s3.delete_object(**WHERE)
    shop.world.run(until=86_400.0)
    assert facts("s3.restored") == []


def test_deep_archive_has_no_fast_way_out(shop):
    shop.s3.put_object(**WHERE, Body=b"1", StorageClass="DEEP_ARCHIVE")
    wanted = {"Days": 2, "GlacierJobParameters": {"Tier": "Expedited"}}
    assert code(shop.s3.restore_object, **WHERE, RestoreRequest=wanted) == "InvalidArgument"
    assert "Restore" not in shop.s3.head_object(**WHERE)


@pytest.mark.parametrize("account", ["123456789012", "210987654321"])
@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls_put_and_get(world, account, version):
    s3 = world.cloud.session(account).client("s3", config=Config(signature_version=version))
    s3.create_bucket(Bucket="theirs")
    where = {"Bucket": "theirs", "Key": "in/a b.jpg"}
    put = s3.generate_presigned_url("put_object", Params=where)
    get = s3.generate_presigned_url("get_object", Params=where)
    handle = world.cloud.gateway.handle
    assert handle(HttpRequest("PUT", put, {"Content-Type": "image/jpeg"}, b"data")).status == 200
    answer = handle(HttpRequest("GET", get, {}, b""))
    assert (answer.status, answer.body) == (200, b"data")
    calls = [fact.data for fact in world.journal.facts if fact.what == "call"]
    assert [(call["action"], call["account"]) for call in calls[-2:]] == [
        ("PutObject", account),
        ("GetObject", account),
    ]


def test_what_putobject_answers(shop):
    """Amazon S3 API Reference, "PutObject"."""
    told = shop.s3.put_object(**WHERE, Body=b"1", ChecksumAlgorithm="CRC32")
    assert (told["ServerSideEncryption"], told["ChecksumType"]) == ("AES256", "FULL_OBJECT")
    secret = shop.s3.put_object(**WHERE, Body=b"1", ServerSideEncryption="aws:kms")
    assert secret["ServerSideEncryption"] == "aws:kms"
