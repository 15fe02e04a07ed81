"""Lifecycle rules in virtual time (S3 User Guide, "Managing the lifecycle of objects")."""

import pytest
from botocore.exceptions import ClientError

from simulator.http import HttpRequest

DAY_S = 86_400.0


@pytest.fixture
def rule(shop):
    def put(**given):
        wanted = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, **given}
        shop.s3.put_bucket_lifecycle_configuration(
            Bucket="photos", LifecycleConfiguration={"Rules": [wanted]}
        )

    return put


def keys(shop):
    return [each["Key"] for each in shop.s3.list_objects_v2(Bucket="photos").get("Contents", [])]


def test_objects_expire_at_midnight_and_who_listens_hears_of_it(shop, rule, facts):
    shop.listen("s3:ObjectRemoved:*", "s3:LifecycleExpiration:*")
    rule(Expiration={"Days": 30}, Filter={"Prefix": "raw/"})
    shop.world.run(until=3_600.0)
    put = shop.s3.put_object(Bucket="photos", Key="raw/a.jpg", Body=b"1")
    assert put["Expiration"] == 'expiry-date="Sun, 01 Feb 2026 00:00:00 GMT", rule-id="r"'
    shop.s3.put_object(Bucket="photos", Key="keep", Body=b"1")
    shop.world.run(until=31 * DAY_S - 1)
    assert keys(shop) == ["keep", "raw/a.jpg"]
    head = shop.s3.head_object(Bucket="photos", Key="raw/a.jpg")
    assert "Sun, 01 Feb 2026" in head["Expiration"]
    shop.world.run(until=31 * DAY_S)
    assert keys(shop) == ["keep"]
    (record,) = shop.heard()
    assert record["eventName"] == "LifecycleExpiration:Delete"
    assert record["userIdentity"] == {"principalId": "s3.amazonaws.com"}
    assert record["s3"]["object"]["key"] == "raw/a.jpg"
    (fact,) = facts("s3.lifecycle")
    assert fact == {
        "bucket": "photos",
        "key": "raw/a.jpg",
        "did": "expired",
        "rule": "r",
        "size": 1,
    }


def test_objects_move_to_colder_classes(shop, rule, facts):
    shop.listen("s3:LifecycleTransition")
    rule(
        Transitions=[
            {"Days": 30, "StorageClass": "STANDARD_IA"},
            {"Days": 365, "StorageClass": "GLACIER"},
        ]
    )
    shop.s3.put_object(Bucket="photos", Key="a.pdf", Body=b"x" * 200 * 1024)

    def storage_class():
        return shop.s3.head_object(Bucket="photos", Key="a.pdf").get("StorageClass", "STANDARD")

    seen = []
    for day in (29, 31, 364, 366):
        shop.world.run(until=day * DAY_S)
        seen.append(storage_class())
    assert seen == ["STANDARD", "STANDARD_IA", "STANDARD_IA", "GLACIER"]
    (record,) = shop.heard()  # the queue keeps messages for four days
    told = record["lifecycleEventData"]["transitionEventData"]
    assert told == {"destinationStorageClass": "GLACIER"}
    assert [fact["storage_class"] for fact in facts("s3.lifecycle")] == ["STANDARD_IA", "GLACIER"]


def test_versions_markers_and_what_is_under_them(shop, rule, facts):
    shop.s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    rule(
        Expiration={"Days": 10},
        NoncurrentVersionExpiration={"NoncurrentDays": 5},
    )
    shop.s3.put_object(Bucket="photos", Key="a", Body=b"1")
    shop.world.run(until=DAY_S)
    shop.s3.put_object(Bucket="photos", Key="a", Body=b"2")

    def versions():
        told = shop.s3.list_object_versions(Bucket="photos")
        return len(told.get("Versions", [])), len(told.get("DeleteMarkers", []))

    seen = []
    for day in (5, 6, 10, 11, 15, 16, 21):
        shop.world.run(until=day * DAY_S)
        seen.append(versions())
    # the older one goes five days after the newer came; then a marker, and all under it, and it
    assert seen == [(2, 0), (1, 0), (1, 0), (1, 1), (1, 1), (0, 1), (0, 0)]
    assert [fact["did"] for fact in facts("s3.lifecycle")] == [
        "expired",
        "marked",
        "expired",
        "expired",
    ]


def test_the_newest_noncurrent_versions_stay_and_the_call_tells_so(shop, rule):
    shop.s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    rule(
        NoncurrentVersionExpiration={"NoncurrentDays": 1, "NewerNoncurrentVersions": 2},
        Filter={"ObjectSizeGreaterThan": 0},
    )
    for body in (b"1", b"2", b"3", b"4"):
        shop.s3.put_object(Bucket="photos", Key="a", Body=body)
    shop.world.run(until=3 * DAY_S)
    assert len(shop.s3.list_object_versions(Bucket="photos")["Versions"]) == 3
    (told,) = shop.s3.get_bucket_lifecycle_configuration(Bucket="photos")["Rules"]
    assert told["Filter"] == {"ObjectSizeGreaterThan": 0}
    assert told["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] == 2


def test_uploads_that_were_never_completed_are_aborted(shop, rule, facts):
    rule(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7})
    shop.s3.create_multipart_upload(Bucket="photos", Key="a")
    shop.world.run(until=7 * DAY_S - 1)
    assert len(shop.s3.list_multipart_uploads(Bucket="photos")["Uploads"]) == 1
    shop.world.run(until=7 * DAY_S)
    assert "Uploads" not in shop.s3.list_multipart_uploads(Bucket="photos")
    assert [fact["did"] for fact in facts("s3.lifecycle")] == ["aborted"]


def test_a_rule_that_is_disabled_or_deleted_does_nothing(shop, rule):
    rule(Expiration={"Days": 1}, Status="Disabled")
    shop.s3.put_object(Bucket="photos", Key="a", Body=b"1")
    shop.world.run(until=3 * DAY_S)
    rule(Expiration={"Days": 1})
    shop.s3.delete_bucket_lifecycle(Bucket="photos")
    shop.world.run(until=6 * DAY_S)
    assert keys(shop) == ["a"]
    rule(Expiration={"Days": 1})
    shop.world.run(until=7 * DAY_S)
    assert keys(shop) == []
    shop.world.run()  # nothing keeps it going
    assert shop.world.now_s == 7 * DAY_S


def test_a_rule_that_cannot_be_read_is_refused_and_the_old_ones_stay(shop, rule):
    rule(Expiration={"Days": 1})
    answer = shop.world.cloud.gateway.handle(
        HttpRequest(
            "PUT",
            "http://s3.us-east-1.amazonaws.com/photos?lifecycle",
            {},
            b"<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter/>"
            b"<Expiration><Date>soon</Date></Expiration></Rule></LifecycleConfiguration>",
        )
    )
    assert answer.status == 400
    assert b"MalformedXML" in answer.body
    shop.s3.put_object(Bucket="photos", Key="a", Body=b"1")
    shop.world.run(until=DAY_S)
    assert keys(shop) == []


@pytest.mark.parametrize(
    "options",
    [
        {"Transitions": [{"Days": 29, "StorageClass": "STANDARD_IA"}]},
        {"Transitions": [{"Days": 0, "StorageClass": "ONEZONE_IA"}]},
        {"Transitions": [{"Days": 60, "StorageClass": "GLACIER"}], "Expiration": {"Days": 60}},
    ],
)
def test_days_that_no_rule_may_have(shop, rule, options):
    """ "Transitioning objects using Amazon S3 Lifecycle"."""
    rule(Expiration={"Days": 90})
    with pytest.raises(ClientError) as refused:
        rule(**options)
    assert refused.value.response["Error"]["Code"] == "InvalidArgument"
    kept = shop.s3.get_bucket_lifecycle_configuration(Bucket="photos")["Rules"]
    assert kept[0]["Expiration"] == {"Days": 90}
