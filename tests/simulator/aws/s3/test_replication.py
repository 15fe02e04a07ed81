"""Replication (S3 User Guide, "Replicating objects within and across Regions")."""

import pytest
from botocore.exceptions import ClientError

from simulator.price import gigabytes, metered

MINUTES_S = 900.0
WHERE = {"Bucket": "photos", "Key": "in/a.jpg"}
COPY = {"Bucket": "backup", "Key": "in/a.jpg"}


@pytest.fixture
def replicate(shop):
    """Let photos be replicated into backup, by a rule with these options."""
    shop.s3.create_bucket(Bucket="backup")
    for bucket in ("photos", "backup"):
        shop.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def put(destination="arn:aws:s3:::backup", storage_class=None, **options):
        target = {"Bucket": destination}
        if storage_class:
            target["StorageClass"] = storage_class
        rule = {"ID": "r", "Status": "Enabled", "Priority": 1, "Filter": {"Prefix": "in/"},
                "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": target,
                **options}  # fmt: skip
        shop.s3.put_bucket_replication(
            Bucket="photos",
            ReplicationConfiguration={"Role": "arn:aws:iam::123456789012:role/r", "Rules": [rule]},
        )

    return put


def test_an_object_is_in_the_other_bucket_a_little_later(shop, replicate, facts):
    replicate(storage_class="STANDARD_IA")
    put = shop.s3.put_object(**WHERE, Body=b"data", Metadata={"by": "ann"}, Tagging="team=fares")
    shop.s3.put_object(Bucket="photos", Key="out/b.jpg", Body=b"data")
    assert shop.s3.head_object(**WHERE)["ReplicationStatus"] == "PENDING"
    with pytest.raises(ClientError):
        shop.s3.get_object(**COPY)
    shop.world.run(until=shop.world.now_s + MINUTES_S)
    copy = shop.s3.get_object(**COPY)
    assert copy["Body"].read() == b"data"
    assert copy["VersionId"] == put["VersionId"]
    assert (copy["StorageClass"], copy["ReplicationStatus"]) == ("STANDARD_IA", "REPLICA")
    assert copy["Metadata"] == {"by": "ann"}
    assert shop.s3.get_object_tagging(**COPY)["TagSet"] == [{"Key": "team", "Value": "fares"}]
    assert shop.s3.head_object(**WHERE)["ReplicationStatus"] == "COMPLETED"
    listed = shop.s3.list_objects_v2(Bucket="backup")["Contents"]
    assert [each["Key"] for each in listed] == ["in/a.jpg"]
    (fact,) = facts("s3.replicated")
    assert (fact["bucket"], fact["destination"], fact["bytes"]) == ("photos", "backup", 4)


def test_a_replica_tells_of_itself_and_is_paid_where_it_lies(shop, replicate):
    arn = shop.queue("q")
    replicate()
    shop.s3.put_bucket_notification_configuration(
        Bucket="backup",
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    shop.world.run()
    url = shop.session.client("sqs").get_queue_url(QueueName="q")["QueueUrl"]
    shop.session.client("sqs").purge_queue(QueueUrl=url)
    put = shop.s3.put_object(**WHERE, Body=b"data")
    (record,) = shop.heard()
    assert record["s3"]["bucket"]["name"] == "backup"
    assert record["s3"]["object"]["versionId"] == put["VersionId"]
    now_s = shop.world.now_s
    usage = metered(shop.world.journal.facts, shop.world.clock.start, now_s + 3600)
    assert usage.of("backup", "s3.gb_seconds") == gigabytes(4) * 3600


def test_delete_markers_only_where_the_rule_says_so(shop, replicate):
    replicate()
    shop.s3.put_object(**WHERE, Body=b"1")
    shop.world.run()
    shop.s3.delete_object(**WHERE)
    shop.world.run()
    assert shop.s3.get_object(**COPY)["Body"].read() == b"1"
    replicate(DeleteMarkerReplication={"Status": "Enabled"})
    shop.s3.put_object(**WHERE, Body=b"2")
    shop.world.run()
    shop.s3.delete_object(**WHERE)
    shop.world.run()
    with pytest.raises(ClientError):
        shop.s3.get_object(**COPY)


def test_a_filter_by_tags_and_how_it_is_told(shop, replicate):
    both = {"And": {"Prefix": "in/", "Tags": [{"Key": "keep", "Value": "yes"}]}}
    replicate(Filter=both)
    told = shop.s3.get_bucket_replication(Bucket="photos")["ReplicationConfiguration"]["Rules"]
    assert told[0]["Filter"] == both
    shop.s3.put_object(**WHERE, Body=b"1")
    shop.s3.put_object(Bucket="photos", Key="in/b.jpg", Body=b"1", Tagging="keep=yes")
    shop.world.run()
    listed = shop.s3.list_objects_v2(Bucket="backup")["Contents"]
    assert [each["Key"] for each in listed] == ["in/b.jpg"]
    assert "ReplicationStatus" not in shop.s3.head_object(**WHERE)


def test_where_there_is_no_bucket_it_fails_and_says_so(shop, replicate, facts):
    replicate(destination="arn:aws:s3:::nowhere")
    shop.s3.put_object(**WHERE, Body=b"1")
    shop.world.run()
    assert shop.s3.head_object(**WHERE)["ReplicationStatus"] == "FAILED"
    assert [fact["destination"] for fact in facts("s3.replication_failed")] == ["nowhere"]
