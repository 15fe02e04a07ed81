"""REST APIs in front of AWS services, without code of anybody's between.

Sources: API Gateway Developer Guide, "AWS service integrations", "Tutorial: Create a REST API with
an AWS integration"; SQS and SNS API Reference, "Making Query API requests".
"""

from __future__ import annotations

import json
from typing import Any

from simulator.world import World

JSON = "application/json"


def service(rest: Any, role: str, uri: str, template: str, **parameters: str) -> str:
    where = rest.method(
        "POST",
        "/x",
        {
            "type": "AWS",
            "integrationHttpMethod": "POST",
            "uri": f"arn:aws:apigateway:us-east-1:{uri}",
            "credentials": role,
            "requestTemplates": {JSON: template},
            "requestParameters": {
                f"integration.request.{place.replace('__', '.')}".replace("_", "-"): value
                for place, value in parameters.items()
            },
        },
    )
    rest.client.put_method_response(**where, statusCode="200")
    rest.client.put_integration_response(**where, statusCode="200")
    return str(rest.deploy())


def test_sqs_by_path_and_form(world: World, rest, role: str, call) -> None:
    sqs = world.cloud.session().client("sqs")
    queue = sqs.create_queue(QueueName="rides")["QueueUrl"]
    url = service(
        rest,
        role,
        "sqs:path/123456789012/rides",
        "Action=SendMessage&MessageBody=$util.urlEncode($input.body)",
        header__Content_Type="'application/x-www-form-urlencoded'",
    )
    answer = call("POST", f"{url}/x", b'{"a": "b&c"}', Content_Type=JSON)
    told = json.loads(answer.body)["SendMessageResponse"]
    got = sqs.receive_message(QueueUrl=queue)["Messages"][0]
    assert (got["Body"], got["MessageId"]) == (
        '{"a": "b&c"}',
        told["SendMessageResult"]["MessageId"],
    )


def test_sns_by_action(world: World, rest, role: str, call) -> None:
    session = world.cloud.session()
    topic = session.client("sns").create_topic(Name="t")["TopicArn"]
    url = service(
        rest,
        role,
        "sns:action/Publish",
        "",
        querystring__TopicArn=f"'{topic}'",
        querystring__Message="method.request.body.text",
    )
    answer = call("POST", f"{url}/x", {"text": "hello"}, Content_Type=JSON)
    assert "MessageId" in json.loads(answer.body)["PublishResponse"]["PublishResult"]


def test_dynamodb_by_action(world: World, rest, role: str, call) -> None:
    dynamodb = world.cloud.session().client("dynamodb")
    dynamodb.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    template = '{"TableName": "t", "Item": {"id": {"S": "$input.path(\'$.id\')"}}}'
    url = service(rest, role, "dynamodb:action/PutItem", template)
    assert call("POST", f"{url}/x", {"id": "7"}, Content_Type=JSON).body == b"{}"
    assert dynamodb.scan(TableName="t")["Items"] == [{"id": {"S": "7"}}]


def test_step_functions_by_action(world: World, rest, role: str, call) -> None:
    sfn = world.cloud.session().client("stepfunctions")
    definition = json.dumps({"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}})
    machine = sfn.create_state_machine(name="m", definition=definition, roleArn=role)
    arn = machine["stateMachineArn"]
    template = (
        f'{{"stateMachineArn": "{arn}", "input": "$util.escapeJavaScript($input.json(\'$\'))"}}'
    )
    url = service(rest, role, "states:action/StartExecution", template)
    answer = call("POST", f"{url}/x", {"n": 1}, Content_Type=JSON)
    world.run()
    done = sfn.describe_execution(executionArn=json.loads(answer.body)["executionArn"])
    assert (done["status"], json.loads(done["input"])) == ("SUCCEEDED", {"n": 1})


def test_eventbridge_by_action(world: World, rest, role: str, call) -> None:
    template = '{"Entries": [{"Source": "api", "DetailType": "x", "Detail": "{}"}]}'
    url = service(rest, role, "events:action/PutEvents", template)
    answer = call("POST", f"{url}/x", b"{}", Content_Type=JSON)
    assert json.loads(answer.body)["FailedEntryCount"] == 0


def test_s3_by_path(world: World, rest, role: str, call) -> None:
    s3 = world.cloud.session().client("s3")
    s3.create_bucket(Bucket="rides")
    kind = "response.header.Content-Type"
    for verb in ("PUT", "GET"):
        where = rest.method(
            verb,
            "/files/{key+}",
            {
                "type": "AWS",
                "integrationHttpMethod": verb,
                "uri": "arn:aws:apigateway:us-east-1:s3:path/rides/{key}",
                "credentials": role,
                "requestParameters": {"integration.request.path.key": "method.request.path.key"},
            },
        )
        for status, pattern in (("200", ""), ("404", "404")):
            rest.client.put_method_response(**where, statusCode=status)
            rest.client.put_integration_response(
                **where,
                statusCode=status,
                selectionPattern=pattern,
                responseParameters={f"method.{kind}": f"integration.{kind}"},
            )
    url = rest.deploy()
    stored = call("PUT", f"{url}/files/a/b%20c.txt", b"hello", Content_Type="text/plain")
    assert stored.status == 200
    assert s3.get_object(Bucket="rides", Key="a/b c.txt")["Body"].read() == b"hello"
    got = call("GET", f"{url}/files/a/b%20c.txt")
    assert (got.status, got.body, got.headers["Content-Type"]) == (200, b"hello", "text/plain")
    assert call("GET", f"{url}/files/none").status == 404


def test_an_error_of_the_service_is_told_as_it_is(rest, role: str, call) -> None:
    url = service(rest, role, "dynamodb:action/GetItem", '{"TableName": "none", "Key": {}}')
    answer = call("POST", f"{url}/x", b"{}", Content_Type=JSON)
    assert answer.status == 200  # no pattern fits, so the default response shapes it
    assert json.loads(answer.body)["__type"].endswith("ResourceNotFoundException")


def test_a_service_that_is_not_played_is_named(rest, role: str, call) -> None:
    url = service(rest, role, "lambda:action/InvokeFunction", "{}")
    answer = call("POST", f"{url}/x", b"{}", Content_Type=JSON)
    assert answer.status == 501
    assert "lambda:action/InvokeFunction" in json.loads(answer.body)["message"]


def test_any_service_of_a_json_protocol_by_action(world: World, rest, role: str, call) -> None:
    secrets = world.cloud.session().client("secretsmanager")
    secrets.create_secret(Name="horn", SecretString="spiral")
    url = service(
        rest, role, "secretsmanager:action/GetSecretValue", '{"SecretId": $input.json("$.name")}'
    )
    answer = call("POST", f"{url}/x", b'{"name": "horn"}', Content_Type=JSON)
    assert json.loads(answer.body)["SecretString"] == "spiral"


def test_any_service_of_the_query_protocol_by_action(rest, role: str, call) -> None:
    url = service(rest, role, "sts:action/GetCallerIdentity", "")
    answer = call("POST", f"{url}/x", b"{}", Content_Type=JSON)
    told = json.loads(answer.body)["GetCallerIdentityResponse"]["GetCallerIdentityResult"]
    assert told["Account"] == "123456789012"


def test_sqs_by_its_json_protocol(world: World, rest, role: str, call) -> None:
    sqs = world.cloud.session().client("sqs")
    queue = sqs.create_queue(QueueName="rides")["QueueUrl"]
    url = service(
        rest,
        role,
        "sqs:path/123456789012/rides",
        f'{{"QueueUrl": "{queue}", "MessageBody": "$util.escapeJavaScript($input.body)"}}',
        header__Content_Type="'application/x-amz-json-1.0'",
        header__X_Amz_Target="'AmazonSQS.SendMessage'",
    )
    answer = call("POST", f"{url}/x", b'{"a": 1}', Content_Type=JSON)
    got = sqs.receive_message(QueueUrl=queue)["Messages"][0]
    assert (got["Body"], got["MessageId"]) == ('{"a": 1}', json.loads(answer.body)["MessageId"])
