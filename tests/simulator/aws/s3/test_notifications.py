"""Event notifications of buckets (S3 User Guide, "Amazon S3 Event Notifications")."""

import json

import pytest
from botocore.exceptions import ClientError

ANYTHING = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*")

ECHO = """
import urllib.parse

def handler(event, context):
    for record in event["Records"]:
        name = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
        print(record["eventName"], record["s3"]["bucket"]["name"], name)
"""


def test_a_put_is_one_record_of_the_documented_shape(shop):
    """ "Event message structure"."""
    shop.listen(*ANYTHING)
    shop.s3.put_object(Bucket="photos", Key="in/red flower.jpg", Body=b"data", Tagging="a=b")
    (record,) = shop.heard()
    assert record["eventVersion"] == "2.1"
    assert record["eventSource"] == "aws:s3"
    assert record["awsRegion"] == "us-east-1"
    assert record["eventTime"] == "2026-01-01T00:00:00.000Z"
    assert record["eventName"] == "ObjectCreated:Put"
    assert set(record["responseElements"]) == {"x-amz-request-id", "x-amz-id-2"}
    assert set(record["userIdentity"]) == {"principalId"}
    assert record["s3"]["s3SchemaVersion"] == "1.0"
    assert record["s3"]["configurationId"] == "c"
    assert record["s3"]["bucket"]["name"] == "photos"
    assert record["s3"]["bucket"]["arn"] == "arn:aws:s3:::photos"
    thing = record["s3"]["object"]
    assert thing.pop("sequencer")
    assert thing == {
        "key": "in/red+flower.jpg",
        "size": 4,
        "eTag": "8d777f385d3dfec8815d20f7496026dc",
    }


def test_what_is_gone_has_neither_size_nor_etag(shop):
    shop.listen(*ANYTHING)
    shop.s3.put_object(Bucket="photos", Key="k", Body=b"data")
    shop.s3.delete_object(Bucket="photos", Key="k")
    created, removed = shop.heard()
    assert removed["eventName"] == "ObjectRemoved:Delete"
    assert set(removed["s3"]["object"]) == {"key", "sequencer"}
    assert removed["s3"]["object"]["sequencer"] > created["s3"]["object"]["sequencer"]


def test_versions_and_delete_markers(shop):
    shop.s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    shop.listen(*ANYTHING)
    first = shop.s3.put_object(Bucket="photos", Key="k", Body=b"1")["VersionId"]
    shop.s3.put_object(Bucket="photos", Key="k", Body=b"2")
    marker = shop.s3.delete_object(Bucket="photos", Key="k")["VersionId"]
    shop.s3.delete_object(Bucket="photos", Key="k", VersionId=first)
    records = shop.heard()
    assert [record["eventName"] for record in records] == [
        "ObjectCreated:Put",
        "ObjectCreated:Put",
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectRemoved:Delete",
    ]
    versions = [record["s3"]["object"]["versionId"] for record in records]
    assert (versions[0], versions[2], versions[3]) == (first, marker, first)


def test_copy_multipart_and_tags_are_events_of_their_own(shop):
    shop.listen(*ANYTHING)
    s3 = shop.s3
    s3.put_object(Bucket="photos", Key="a", Body=b"1")
    s3.copy_object(Bucket="photos", Key="b", CopySource="photos/a")
    upload = s3.create_multipart_upload(Bucket="photos", Key="c")["UploadId"]
    part = s3.upload_part(Bucket="photos", Key="c", UploadId=upload, PartNumber=1, Body=b"p")
    s3.complete_multipart_upload(
        Bucket="photos",
        Key="c",
        UploadId=upload,
        MultipartUpload={"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]},
    )
    s3.put_object_tagging(
        Bucket="photos", Key="a", Tagging={"TagSet": [{"Key": "x", "Value": "y"}]}
    )
    s3.delete_object_tagging(Bucket="photos", Key="a")
    assert shop.names() == [
        "ObjectCreated:Put",
        "ObjectCreated:Copy",
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectTagging:Put",
        "ObjectTagging:Delete",
    ]


def test_prefix_and_suffix_filter(shop):
    rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".jpg"}]
    shop.listen("s3:ObjectCreated:*", Filter={"Key": {"FilterRules": rules}})
    for key in ("in/a.jpg", "in/a.png", "out/a.jpg"):
        shop.s3.put_object(Bucket="photos", Key=key, Body=b"1")
    assert [record["s3"]["object"]["key"] for record in shop.heard()] == ["in/a.jpg"]


def test_queue_and_topic_get_a_test_event(shop):
    arn = shop.queue("q")
    topic = shop.session.client("sns").create_topic(Name="t")["TopicArn"]
    shop.session.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=shop.queue("s"))
    events = ["s3:ObjectCreated:*"]
    shop.notify(
        QueueConfigurations=[{"QueueArn": arn, "Events": events}],
        TopicConfigurations=[{"TopicArn": topic, "Events": events}],
    )
    (told,) = [json.loads(each["body"]) for each in shop.world.cloud.peek_queue("q")]
    assert (told["Service"], told["Event"], told["Bucket"]) == (
        "Amazon S3",
        "s3:TestEvent",
        "photos",
    )
    (envelope,) = [json.loads(each["body"]) for each in shop.world.cloud.peek_queue("s")]
    assert json.loads(envelope["Message"])["Event"] == "s3:TestEvent"
    assert envelope["Subject"] == "Amazon S3 Notification"


def test_a_function_has_to_let_s3_invoke_it(shop, deploy, facts):
    """User Guide, "Granting permissions to publish event notification messages to a
    destination"."""
    wanted = {"LambdaFunctionArn": deploy("thumbnail", ECHO), "Events": ["s3:ObjectCreated:*"]}
    with pytest.raises(ClientError, match="Unable to validate the following destination") as no:
        shop.notify(LambdaFunctionConfigurations=[wanted])
    assert no.value.response["Error"]["Code"] == "InvalidArgument"
    functions = shop.session.client("lambda")
    functions.add_permission(
        FunctionName="thumbnail",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::photos",
        SourceAccount="123456789012",
    )
    shop.notify(LambdaFunctionConfigurations=[wanted])
    functions.remove_permission(FunctionName="thumbnail", StatementId="s3")
    shop.s3.put_object(Bucket="photos", Key="k", Body=b"data")
    shop.world.run()
    assert [fact["error"] for fact in facts("s3.notification_failed")] == ["AccessDeniedException"]
    assert facts("lambda.started") == []


def test_a_function_runs_for_each_object(shop, deploy, permit, facts):
    arn = deploy("thumbnail", ECHO)
    permit("thumbnail", "s3.amazonaws.com", "arn:aws:s3:::photos")
    shop.notify(
        LambdaFunctionConfigurations=[{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]
    )
    shop.s3.put_object(Bucket="photos", Key="in/red flower.jpg", Body=b"data")
    shop.world.run()
    logs = shop.session.client("logs")
    lines = [
        event["message"]
        for event in logs.filter_log_events(logGroupName="/aws/lambda/thumbnail")["events"]
    ]
    assert any("ObjectCreated:Put photos in/red flower.jpg" in line for line in lines)
    (fact,) = facts("s3.notified")
    assert fact == {
        "bucket": "photos",
        "key": "in/red flower.jpg",
        "event": "ObjectCreated:Put",
        "target": arn,
    }


def test_the_bus_is_told_once_how_an_object_went(shop):
    shop.notify(EventBridgeConfiguration={})
    events = shop.session.client("events")
    arn = shop.queue("q")
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Deleted"]}
    events.put_rule(Name="r", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": arn}])
    shop.s3.put_object(Bucket="photos", Key="a b", Body=b"1")
    shop.s3.delete_object(Bucket="photos", Key="a b")
    shop.world.run()
    (event,) = [json.loads(each["body"]) for each in shop.world.cloud.peek_queue("q")]
    assert event["detail"]["object"]["key"] == "a b"
    assert event["detail"]["deletion-type"] == "Permanently Deleted"
    assert "size" not in event["detail"]["object"]


@pytest.mark.parametrize(
    ("kind", "service", "name", "absent"),
    [
        ("Queue", "sqs", "none", "The destination queue does not exist"),
        ("Topic", "sns", "none", "The destination topic does not exist"),
        ("LambdaFunction", "lambda", "function:none", "The destination Lambda does not exist"),
    ],
)
def test_a_destination_that_is_not_there_is_refused(shop, kind, service, name, absent):
    arn = f"arn:aws:{service}:us-east-1:123456789012:{name}"
    shop.listen("s3:ObjectCreated:*")
    with pytest.raises(ClientError) as refused:
        shop.notify(
            **{f"{kind}Configurations": [{f"{kind}Arn": arn, "Events": ["s3:ObjectCreated:*"]}]}
        )
    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidArgument"
    assert error["Message"] == "Unable to validate the following destination configurations"
    assert (error["ArgumentName"], error["ArgumentValue"]) == (arn, absent)
    # what was in force stays in force
    shop.s3.put_object(Bucket="photos", Key="k", Body=b"1")
    assert shop.names() == ["ObjectCreated:Put"]


def test_a_destination_that_went_away_is_a_fact_and_no_error(shop, facts):
    shop.listen("s3:ObjectCreated:*")
    url = shop.session.client("sqs").get_queue_url(QueueName="q")["QueueUrl"]
    shop.session.client("sqs").delete_queue(QueueUrl=url)
    shop.s3.put_object(Bucket="photos", Key="k", Body=b"1")
    shop.world.run()
    (fact,) = facts("s3.notification_failed")
    assert fact["error"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_an_arn_that_is_none_is_refused_and_harms_nobody(shop):
    arn = "arn:aws:sqs:us-east-1"
    with pytest.raises(ClientError, match="The ARN is not well formed"):
        shop.notify(QueueConfigurations=[{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}])
    shop.s3.put_object(Bucket="photos", Key="k", Body=b"1")
    shop.world.run()
