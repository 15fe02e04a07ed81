"""SQS's two protocols, and requests that are none.

Sources: developer guide, "Making query API requests" and "Amazon SQS API mapping"; API reference,
"Common errors"; both protocols' errors as AWS was recorded to give them.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.http import HttpRequest, HttpResponse
from simulator.world import World

Make = Callable[..., str]
HOME = "http://sqs.us-east-1.amazonaws.com/"
SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/sqs/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


def query(world: World, url: str = HOME, **parameters: str) -> HttpResponse:
    headers = {
        "Authorization": SIGNATURE,
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "Host": "sqs.us-east-1.amazonaws.com",
    }
    body = urlencode(parameters).encode()
    return world.cloud.gateway.handle(HttpRequest("POST", url, headers, body))


def json_call(world: World, action: str, body: bytes) -> HttpResponse:
    headers = {
        "Authorization": SIGNATURE,
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"AmazonSQS.{action}",
        "Host": "sqs.us-east-1.amazonaws.com",
    }
    return world.cloud.gateway.handle(HttpRequest("POST", HOME, headers, body))


def test_a_message_goes_through_the_query_protocol(world: World, make: Make) -> None:
    url = make()
    sent = query(
        world, Action="SendMessage", QueueUrl=url, MessageBody="<hi>",
        **{
            "MessageAttribute.1.Name": "k",
            "MessageAttribute.1.Value.DataType": "String",
            "MessageAttribute.1.Value.StringValue": "x",
        },
    )  # fmt: skip
    assert sent.status == 200
    assert b"<MD5OfMessageBody>" in sent.body
    assert b"<MD5OfMessageAttributes>a45daa70926828a2f0a1db3418e6feb4<" in sent.body
    got = query(world, Action="ReceiveMessage", QueueUrl=url, **{"AttributeName.1": "All"})
    assert b"<Body>&lt;hi&gt;</Body>" in got.body
    assert b"<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value>" in got.body


def test_the_queues_own_url_takes_the_place_of_the_parameter(world: World, make: Make) -> None:
    url = make("mine")
    told = query(world, url, Action="GetQueueAttributes", **{"AttributeName.1": "QueueArn"})
    assert b"<Name>QueueArn</Name><Value>arn:aws:sqs:us-east-1:123456789012:mine<" in told.body


def test_a_query_may_be_a_get_on_the_queues_url(world: World, make: Make) -> None:
    """Developer guide, "Making query API requests": structure of a GET request."""
    headers = {"Authorization": SIGNATURE, "Host": "sqs.us-east-1.amazonaws.com"}

    def get(url: str) -> HttpResponse:
        return world.cloud.gateway.handle(HttpRequest("GET", url, headers))

    url = make()
    assert b"<SendMessageResponse" in get(f"{url}?Action=SendMessage&MessageBody=foobar").body
    assert b"<Body>foobar</Body>" in get(f"{url}?Action=ReceiveMessage").body
    assert b"<ReceiveMessageResult/>" in get(f"{url}?Action=ReceiveMessage").body
    refused = get(f"{url}?Action=CreateQueue&QueueName=other").body
    assert b"<Code>InvalidAction</Code>" in refused
    assert b"request-id" not in refused


@pytest.mark.parametrize(
    ("parameters", "code", "message"),
    [
        ({"Action": "FooBar"}, "InvalidAction",
         "The action FooBar is not valid for this endpoint."),
        ({"Action": "ListQueues"}, "InvalidAction",
         "The action ListQueues is not valid for this endpoint."),
        ({"Action": "SendMessage"}, "MissingParameter",
         "The request must contain the parameter MessageBody."),
        ({"Action": "GetQueueAttributes", "AttributeName.1": "Foobar"}, "InvalidAttributeName",
         "Unknown Attribute Foobar."),
        ({"Action": "ReceiveMessage", "MaxNumberOfMessages": "many"}, "SerializationException", ""),
    ],
)  # fmt: skip
def test_query_errors(
    world: World, make: Make, parameters: dict[str, str], code: str, message: str
) -> None:
    told = query(world, make(), **parameters)
    assert told.status == 400
    assert f"<Code>{code}</Code>".encode() in told.body
    assert message.encode() in told.body
    assert b"<Type>Sender</Type>" in told.body


def test_a_missing_queue_is_worded_as_each_protocol_words_it(world: World) -> None:
    url = HOME + "123456789012/nope"
    told = query(world, Action="ReceiveMessage", QueueUrl=url)
    assert b"<Code>AWS.SimpleQueueService.NonExistentQueue</Code>" in told.body
    assert b"The specified queue does not exist for this wsdl version." in told.body
    told = json_call(world, "ReceiveMessage", json.dumps({"QueueUrl": url}).encode())
    assert json.loads(told.body)["__type"] == "com.amazonaws.sqs#QueueDoesNotExist"
    assert json.loads(told.body)["Message"] == "The specified queue does not exist."
    assert told.headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"


def test_json_errors_carry_both_names(sqs: Any, make: Make) -> None:
    with pytest.raises(ClientError) as caught:
        sqs.receive_message(QueueUrl=make(), MaxNumberOfMessages=11)
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidParameterValue"
    assert error["QueryErrorCode"] == "InvalidParameterValueException"


def test_a_call_without_action_is_unknown(world: World, make: Make) -> None:
    url = make()
    told = query(world, url)
    assert (told.status, b"<UnknownOperationException" in told.body) == (404, True)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"7", b'{"QueueUrl": 5}', b'{"QueueUrl": null}', b"\xff\xfe"],
)
def test_json_that_is_no_request(world: World, make: Make, body: bytes) -> None:
    make()
    told = json_call(world, "SendMessage", body)
    assert told.status == 400
    assert json.loads(told.body)["__type"].split("#")[-1] in (
        "SerializationException",
        "MissingRequiredParameterException",
    )


def test_the_owner_of_a_url_is_the_owner_of_the_queue(world: World, make: Make) -> None:
    url = make("shared")
    guest = world.cloud.session("210987654321").client("sqs")
    guest.send_message(QueueUrl=url, MessageBody="from afar")
    assert [message["body"] for message in world.cloud.peek_queue("shared")] == ["from afar"]
    told = guest.get_queue_url(QueueName="shared", QueueOwnerAWSAccountId="123456789012")
    assert told["QueueUrl"] == url
    for owner in ({}, {"QueueOwnerAWSAccountId": "nobody"}):
        with pytest.raises(ClientError, match="does not exist"):
            guest.get_queue_url(QueueName="shared", **owner)


ACTIONS = st.sampled_from(
    [
        "SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch",
        "ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "SetQueueAttributes",
        "GetQueueAttributes", "TagQueue", "UntagQueue", "AddPermission", "StartMessageMoveTask",
        "ListMessageMoveTasks", "CancelMessageMoveTask", "CreateQueue", "GetQueueUrl", "Nonsense",
    ]
)  # fmt: skip
NAMES = st.sampled_from(
    [
        "QueueUrl", "QueueName", "MessageBody", "Entries", "Attributes", "AttributeNames", "Tags",
        "TagKeys", "ReceiptHandle", "VisibilityTimeout", "MaxNumberOfMessages", "WaitTimeSeconds",
        "DelaySeconds", "MessageAttributes", "MessageGroupId", "SourceArn", "TaskHandle", "Label",
        "Actions", "AWSAccountIds", "Id", "DataType", "StringValue", "Policy", "RedrivePolicy",
    ]
)  # fmt: skip
URL = HOME + "123456789012/still"
LEAVES = st.none() | st.booleans() | st.integers(-5, 99_999) | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    LEAVES | st.just(URL),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
REQUESTS = st.dictionaries(NAMES, VALUES, max_size=5).map(lambda given: {"QueueUrl": URL, **given})


@settings(max_examples=150)
@given(action=ACTIONS, request=REQUESTS)
def test_no_json_request_breaks_the_service(
    world: World, action: str, request: dict[str, Any]
) -> None:
    told = json_call(world, action, json.dumps(request).encode())
    assert told.status < 500, told.body
    if told.status >= 400:
        assert json.loads(told.body)["__type"]


@settings(max_examples=150)
@given(
    action=ACTIONS,
    parameters=st.dictionaries(
        st.tuples(
            NAMES, st.sampled_from(["", ".1", ".x", ".1.Id", ".1.Name", "..", ".999999"])
        ).map("".join),
        st.text(max_size=8) | st.just(URL),
        max_size=6,
    ),
)
def test_no_query_request_breaks_the_service(
    world: World, action: str, parameters: dict[str, str]
) -> None:
    told = query(world, **{**parameters, "Action": action})
    assert told.status < 500, told.body
    if told.status >= 400:
        assert b"<Code>" in told.body


@settings(max_examples=100)
@given(action=ACTIONS, body=st.binary(max_size=60))
def test_no_bytes_change_the_state(world: World, action: str, body: bytes) -> None:
    sqs = world.cloud.session().client("sqs")
    url = sqs.create_queue(QueueName="still")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "17"})
    before = world.cloud.peek_queue("still"), sqs.list_queues()["QueueUrls"]
    assert json_call(world, action, body).status in (400, 404)
    assert (world.cloud.peek_queue("still"), sqs.list_queues()["QueueUrls"]) == before
