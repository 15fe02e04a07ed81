"""Loops of functions and queues, topics, buckets: they end after sixteen runs, unless allowed.

Source: Lambda Developer Guide, "Use Lambda recursive loop detection to prevent infinite loops".
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

pytestmark = pytest.mark.process
Deploy = Callable[..., str]
Facts = Callable[[str], list[dict[str, Any]]]
Queue = Callable[..., tuple[str, str]]

MOST = 16
TO_QUEUE = """
    import boto3, os
    def handler(event, context):
        boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody='{"n": 1}')
"""


def source(text: str) -> str:
    return "\n".join(line[4:] for line in text.splitlines())


def start(world: World, url: str, seconds: float = 600) -> None:
    world.cloud.session().client("sqs").send_message(QueueUrl=url, MessageBody='{"n": 0}')
    world.run(until=world.now_s + seconds)


def map_to(client: Any, arn: str, function: str = "f") -> None:
    client.create_event_source_mapping(EventSourceArn=arn, FunctionName=function)


def test_a_queue_that_feeds_itself(
    world: World, client: Any, deploy: Deploy, queue: Queue, facts: Facts, bodies: Any
) -> None:
    _, dead = queue("dead")
    policy = f'{{"deadLetterTargetArn": "{dead}", "maxReceiveCount": 5}}'
    url, arn = queue("loop", RedrivePolicy=policy)
    deploy("f", source(TO_QUEUE), Environment={"Variables": {"QUEUE": url}})
    map_to(client, arn)
    start(world, url)
    assert len(facts("lambda.ended")) == MOST
    assert [fact["function"] for fact in facts("lambda.recursive_loop")] == ["f"]
    assert bodies("dead") == [{"n": 1}]
    assert bodies("loop") == []


def test_two_functions_and_two_queues(
    world: World, client: Any, deploy: Deploy, queue: Queue, facts: Facts, zipped: Any
) -> None:
    urls = {}
    for name in ("a", "b"):
        urls[name], arn = queue(name)
        deploy(name, "def handler(e, c): pass\n")
        map_to(client, arn, name)
    for name, other in (("a", "b"), ("b", "a")):
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": {"QUEUE": urls[other]}}
        )
        client.update_function_code(FunctionName=name, ZipFile=zipped(app__py=source(TO_QUEUE)))
    start(world, urls["a"])
    runs = [fact["function"] for fact in facts("lambda.ended")]
    assert (runs.count("a"), runs.count("b")) == (MOST, MOST)


def test_a_loop_that_is_allowed_goes_on(
    world: World, client: Any, deploy: Deploy, queue: Queue, facts: Facts
) -> None:
    url, arn = queue("loop", DelaySeconds="10")
    deploy("f", source(TO_QUEUE), Environment={"Variables": {"QUEUE": url}})
    told = client.put_function_recursion_config(FunctionName="f", RecursiveLoop="Allow")
    assert told["RecursiveLoop"] == "Allow"
    assert client.get_function_recursion_config(FunctionName="f")["RecursiveLoop"] == "Allow"
    map_to(client, arn)
    start(world, url, 400)
    assert len(facts("lambda.ended")) > 2 * MOST
    client.put_function_recursion_config(FunctionName="f", RecursiveLoop="Terminate")
    world.run(until=world.now_s + 30)
    assert len(facts("lambda.recursive_loop")) == 1


def test_what_a_loop_may_not_be_set_to(client: Any, deploy: Deploy) -> None:
    deploy("f", "def handler(e, c): pass\n")
    with pytest.raises(ClientError, match="enum value set"):
        client.put_function_recursion_config(FunctionName="f", RecursiveLoop="Maybe")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function_recursion_config(FunctionName="nix")


def test_a_topic_that_calls_its_publisher(
    world: World, client: Any, deploy: Deploy, facts: Facts, permit: Any
) -> None:
    sns = world.cloud.session().client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    publish = "import boto3\ndef handler(e, c):\n    boto3.client('sns')"
    arn = deploy("f", f"{publish}.publish(TopicArn='{topic}', Message='x')\n")
    permit("f", "sns.amazonaws.com")
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="x")
    world.run(until=600)
    assert (len(facts("lambda.ended")), len(facts("lambda.recursive_loop"))) == (MOST, 1)


def test_a_bucket_that_a_function_writes_back_to(
    world: World, deploy: Deploy, facts: Facts, permit: Any
) -> None:
    s3 = world.cloud.session().client("s3")
    s3.create_bucket(Bucket="photos")
    put = "boto3.client('s3').put_object(Bucket='photos', Key=c.aws_request_id, Body=b'')"
    arn = deploy("f", f"import boto3\ndef handler(e, c): {put}\n")
    permit("f", "s3.amazonaws.com")
    s3.put_bucket_notification_configuration(
        Bucket="photos",
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
            ]
        },
    )
    s3.put_object(Bucket="photos", Key="first", Body=b"")
    world.run(until=600)
    assert (len(facts("lambda.ended")), len(facts("lambda.recursive_loop"))) == (MOST, 1)


@pytest.mark.parametrize("kind", ["Event", "RequestResponse"])
def test_a_function_that_calls_itself(
    world: World, client: Any, deploy: Deploy, queue: Queue, facts: Facts, bodies: Any, kind: str
) -> None:
    _, failed = queue("failed")
    call = f"boto3.client('lambda').invoke(FunctionName='f', InvocationType='{kind}')"
    deploy("f", f"import boto3\ndef handler(e, c): {call}\n", Timeout=30)
    client.put_function_event_invoke_config(
        FunctionName="f",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": failed}},
    )
    client.invoke(FunctionName="f", InvocationType="Event")
    world.run(until=600)
    ended = facts("lambda.ended")
    assert (len(ended), len(facts("lambda.recursive_loop"))) == (MOST, 1)
    if kind == "Event":
        (told,) = bodies("failed")
        assert told["requestContext"]["condition"] == "RecursiveInvocation"
    else:
        failures = [each for each in ended if each["outcome"] == "error"]
        assert [each["error_type"] for each in failures] == ["RecursiveInvocationException"]


def test_a_workflow_between_is_no_loop_that_lambda_sees(
    world: World, deploy: Deploy, facts: Facts, role: str
) -> None:
    states = world.cloud.session().client("stepfunctions")
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
    start_it = f"boto3.client('stepfunctions').start_execution(stateMachineArn='{machine}')"
    arn = deploy("f", f"import boto3\ndef handler(e, c):\n    {start_it}\n    return 1\n")
    states.create_state_machine(
        name="m",
        roleArn=role,
        definition=f'{{"StartAt": "W", "States": {{"W": {{"Type": "Wait", "Seconds": 10, "Next": '
        f'"F"}}, "F": {{"Type": "Task", "Resource": "{arn}", "End": true}}}}}}',
    )
    states.start_execution(stateMachineArn=machine)
    world.run(until=400)
    assert len(facts("lambda.ended")) > 2 * MOST
    assert facts("lambda.recursive_loop") == []
