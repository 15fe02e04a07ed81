"""The figures of post 9, from what a world's services really did, not from a usage by hand.

Post: "Optimizing the cost of serverless web applications" (AWS Compute Blog, 19 October 2020).
One of each thing is done in a world; its facts, so many times over, come to the post's dollars.
"""

import json
from decimal import Decimal

import pytest

from simulator.http import HttpRequest
from simulator.price import Bill, Usage, metered
from simulator.price.bill import cents

KB = 1024
MILLION = 1_000_000
SLEEPY = """
import time

def handler(event, context):
    time.sleep(1)
"""
DISCARDING = """
def handler(event, context):
    status = event["Records"][0]["Sns"]["MessageAttributes"]["status"]["Value"]
    return status == "cancelled"
"""


@pytest.fixture
def did(world):
    """The usage of what `act` does, and nothing before it."""

    def usage(act) -> Usage:
        before = metered(world.journal.facts, world.clock.start)
        act()
        world.run()
        after, only = metered(world.journal.facts, world.clock.start), Usage()
        for key, quantity in after.quantities.items():
            only.add_for(key, quantity - before.quantities.get(key, Decimal(0)))
        return only

    return usage


def dollars(usage: Usage, service: str) -> Decimal:
    return cents(Bill.of(usage).by_service()[service])


@pytest.mark.parametrize(
    ("messages", "size_kb", "cost"), [(100_000_000, 1, "50.00"), (1_562_500, 64, "0.78")]
)
def test_messages_to_a_topic(world, did, messages, size_kb, cost):
    sns = world.cloud.session().client("sns")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    once = did(lambda: sns.publish(TopicArn=topic, Message="x" * size_kb * KB))
    assert dollars(once.times(messages), "Amazon SNS") == Decimal(cost)


@pytest.mark.parametrize(
    ("memory_mb", "cost"),
    [
        (128, "2.28"),
        (512, "8.54"),
        (1024, "16.87"),
        (1536, "25.21"),
        (2048, "33.54"),
        (3008, "49.17"),
    ],
)
def test_a_million_calls_of_a_function_that_takes_a_second(world, deploy, did, memory_mb, cost):
    deploy("sleepy", SLEEPY, MemorySize=memory_mb, Timeout=10)
    client = world.cloud.session().client("lambda")
    client.invoke(FunctionName="sleepy")  # the cold one
    once = did(lambda: client.invoke(FunctionName="sleepy"))
    assert dollars(once.times(MILLION), "AWS Lambda") == Decimal(cost)


def test_a_filter_policy_saves_three_quarters_of_the_compute(world, deploy, permit, did):
    function = deploy("cancelled", DISCARDING)
    session = world.cloud.session()
    sns = session.client("sns")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    permit("cancelled", "sns.amazonaws.com", topic)
    subscription = sns.subscribe(
        TopicArn=topic, Protocol="lambda", Endpoint=function, ReturnSubscriptionArn=True
    )["SubscriptionArn"]

    def publish() -> None:
        for status in ("cancelled", "placed", "paid", "shipped"):
            attribute = {"DataType": "String", "StringValue": status}
            sns.publish(TopicArn=topic, Message="o", MessageAttributes={"status": attribute})
            world.run()  # one after the other, in one warm environment

    did(publish)
    everything = Bill.of(did(publish)).by_service()
    sns.set_subscription_attributes(
        SubscriptionArn=subscription,
        AttributeName="FilterPolicy",
        AttributeValue=json.dumps({"status": ["cancelled"]}),
    )
    wanted = Bill.of(did(publish)).by_service()
    assert wanted["AWS Lambda"] / everything["AWS Lambda"] == Decimal("0.25")
    assert wanted["Amazon SNS"] == everything["Amazon SNS"]


def test_a_message_of_256_kb_is_billed_as_four_requests(world, did):
    sqs = world.cloud.session().client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    once = did(lambda: sqs.send_message(QueueUrl=url, MessageBody="x" * 256 * KB))
    assert once.total("sqs.requests") == 4


def test_a_million_calls_of_a_rest_and_of_an_http_api(world, deploy, did):
    function = deploy("ok", "def handler(event, context):\n    return {'statusCode': 200}\n")
    session = world.cloud.session()
    session.client("lambda").add_permission(
        FunctionName="ok",
        StatementId="apis",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    http = session.client("apigatewayv2")
    api = http.create_api(Name="rides", ProtocolType="HTTP", Target=function)["ApiId"]
    rest = session.client("apigateway")
    other = rest.create_rest_api(name="rides")["id"]
    root = rest.get_resources(restApiId=other)["items"][0]["id"]
    where = {"restApiId": other, "resourceId": root, "httpMethod": "GET"}
    rest.put_method(**where, authorizationType="NONE")
    path = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    rest.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=path)
    rest.create_deployment(restApiId=other, stageName="prod")

    def call(name: str, stage: str) -> Usage:
        url = f"https://{name}.execute-api.us-east-1.amazonaws.com{stage}/"

        def act() -> None:
            assert world.cloud.gateway.handle(HttpRequest("GET", url, {}, b"")).status == 200

        return did(act).times(MILLION)

    assert dollars(call(other, "/prod"), "Amazon API Gateway") == Decimal("3.50")
    assert dollars(call(api, ""), "Amazon API Gateway") == Decimal("1.00")


@pytest.mark.parametrize(("kind", "cost"), [("STANDARD", "75.00"), ("EXPRESS", "2.04")])
def test_a_million_short_workflows(world, role, did, kind, cost):
    """AWS Step Functions Pricing: three transitions of a Standard workflow against a request and a
    second of an Express one, at 64 MB."""
    sfn = world.cloud.session().client("stepfunctions")
    states = {
        "Begin": {"Type": "Pass", "Next": "Wait"},
        "Wait": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Done"},
        "Done": {"Type": "Succeed"},
    }
    machine = sfn.create_state_machine(
        name="short",
        definition=json.dumps({"StartAt": "Begin", "States": states}),
        roleArn=role,
        type=kind,
    )["stateMachineArn"]
    once = did(lambda: sfn.start_execution(stateMachineArn=machine, input='{"seconds": 1}'))
    assert dollars(once.times(MILLION), "AWS Step Functions") == Decimal(cost)


def test_a_binary_in_a_table_costs_by_the_kilobyte_and_in_a_bucket_by_the_request(world, did):
    session = world.cloud.session()
    dynamodb, s3 = session.client("dynamodb"), session.client("s3")
    dynamodb.create_table(
        TableName="images",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    s3.create_bucket(Bucket="images")
    image = b"x" * (10 * KB - 10)
    item = {"id": {"S": "1"}, "b": {"B": image}}
    put = did(lambda: dynamodb.put_item(TableName="images", Item=item))
    assert put.total("dynamodb.write_units") == 10
    upload = did(lambda: s3.put_object(Bucket="images", Key="1", Body=image))
    per_million = [
        dollars(usage.times(MILLION), service)
        for usage, service in ((put, "Amazon DynamoDB"), (upload, "Amazon S3"))
    ]
    assert per_million == [Decimal("12.50"), Decimal("5.00")]


def test_an_image_that_is_resized_costs_a_hundredth_on_its_way_out(world, did):
    """The post: the distribution's files are 98 to 99 % smaller; a typical photo has 3 to 9 MB."""
    s3 = world.cloud.session().client("s3")
    s3.create_bucket(Bucket="images")
    sizes = {"photo": 3 * KB * KB, "thumbnail": 3 * KB * KB // 100}
    costs = {}
    for name, size in sizes.items():
        s3.put_object(Bucket="images", Key=name, Body=b"x" * size)
        read = did(lambda name=name: s3.get_object(Bucket="images", Key=name)["Body"].read())
        costs[name] = dollars(read.times(MILLION // 10), "Data transfer")
    assert costs == {"photo": Decimal("26.37"), "thumbnail": Decimal("0.26")}
    part = did(lambda: s3.get_object(Bucket="images", Key="photo", Range="bytes=0-1023"))
    assert part.total("transfer.out_gb") * KB * KB == 1


def test_what_a_function_reads_does_not_go_out(world, deploy, did):
    s3 = world.cloud.session().client("s3")
    s3.create_bucket(Bucket="images")
    s3.put_object(Bucket="images", Key="photo", Body=b"x" * KB)
    deploy(
        "resizer",
        "import boto3\n\n"
        "def handler(event, context):\n"
        "    s3 = boto3.client('s3')\n"
        "    return len(s3.get_object(Bucket='images', Key='photo')['Body'].read())\n",
    )
    invoke = world.cloud.session().client("lambda").invoke
    read = did(lambda: invoke(FunctionName="resizer"))
    assert read.total("s3.reads") == 1
    assert read.total("transfer.out_gb") == 0
