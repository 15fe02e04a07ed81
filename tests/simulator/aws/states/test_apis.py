"""Tasks that call APIs of API Gateway.

Source: AWS Step Functions Developer Guide, "Create API Gateway REST APIs with Step Functions".
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World

Run = Callable[..., dict[str, Any]]
ECHO = """
import json
def handler(event, context):
    who = event['requestContext']['identity'].get('accountId')
    told = [event['httpMethod'], event['path'], event['multiValueQueryStringParameters'], who]
    return {'statusCode': 200, 'body': json.dumps([*told, event['body']])}
"""


@pytest.fixture
def endpoint(world: World, deploy: Callable[..., str]) -> str:
    """The host of a REST API with an echo behind `/echo`, and one that wants a signature."""
    client: Any = world.cloud.session().client("apigateway")
    api = client.create_rest_api(name="rides")["id"]
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    function = deploy("echo", ECHO)
    lambdas: Any = world.cloud.session().client("lambda")
    lambdas.add_permission(
        FunctionName="echo",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    for path, kind in (("echo", "NONE"), ("own", "AWS_IAM")):
        resource = client.create_resource(restApiId=api, parentId=root, pathPart=path)["id"]
        where = {"restApiId": api, "resourceId": resource, "httpMethod": "ANY"}
        client.put_method(**where, authorizationType=kind)
        client.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    client.create_deployment(restApiId=api, stageName="prod")
    return f"{api}.execute-api.us-east-1.amazonaws.com"


@pytest.fixture
def run(world: World, sfn: Any, machine: Callable[..., str], endpoint: str) -> Run:
    def start(**parameters: Any) -> dict[str, Any]:
        task = {
            "Type": "Task",
            "Resource": "arn:aws:states:::apigateway:invoke",
            "Parameters": {
                "ApiEndpoint": endpoint,
                "Method": "GET",
                "Stage": "prod",
                "Path": "/echo",
                **parameters,
            },
            "End": True,
        }
        execution = sfn.start_execution(stateMachineArn=machine({"Call": task}))["executionArn"]
        world.run()
        told: dict[str, Any] = sfn.describe_execution(executionArn=execution)
        return told

    return start


def test_an_api_is_called(run: Run) -> None:
    told = run(Method="POST", QueryParameters={"q": ["a", "b"]}, RequestBody={"n": 1})
    output = json.loads(told["output"])
    assert (output["StatusCode"], output["StatusText"]) == (200, "OK")
    assert output["ResponseBody"] == ["POST", "/echo", {"q": ["a", "b"]}, None, '{"n":1}']
    assert output["Headers"]["Content-Type"] == ["application/json"]


def test_a_refusal_is_an_error_by_its_code(run: Run) -> None:
    told = run(Path="/own")
    assert (told["status"], told["error"]) == ("FAILED", "ApiGateway.403")
    assert json.loads(told["cause"]) == {"message": "Missing Authentication Token"}


def test_the_role_signs_where_the_task_says_so(run: Run) -> None:
    told = run(Path="/own", AuthType="IAM_ROLE")
    assert json.loads(told["output"])["ResponseBody"][3] == "123456789012"
