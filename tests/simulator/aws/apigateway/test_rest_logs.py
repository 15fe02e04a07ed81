"""Access logs and execution logs of REST APIs.

Source: API Gateway Developer Guide, "Set up CloudWatch logging for REST APIs in API Gateway".
"""

from __future__ import annotations

from typing import Any

from simulator.world import World


def test_access_and_execution_logs(world: World, rest: Any, call: Any) -> None:
    logs = world.cloud.session().client("logs")
    logs.create_log_group(logGroupName="/api/access")
    rest.mock("GET", "/x")
    url = rest.deploy()
    form = '{"id":"$context.requestId","s":$context.status,"r":"$context.resourcePath","u":"$context.authorizer.principalId","e":$context.error.messageString}'  # noqa: E501
    rest.client.update_stage(
        restApiId=rest.id,
        stageName="prod",
        patchOperations=[
            {
                "op": "replace",
                "path": "/accessLogSettings/destinationArn",
                "value": "arn:aws:logs:us-east-1:123456789012:log-group:/api/access",
            },
            {"op": "replace", "path": "/accessLogSettings/format", "value": form},
            {"op": "replace", "path": "/*/*/logging/loglevel", "value": "INFO"},
        ],
    )
    good = call("GET", f"{url}/x")
    call("GET", f"{url}/nothing")

    def lines(group: str) -> list[str]:
        stream = logs.describe_log_streams(logGroupName=group)["logStreams"][0]["logStreamName"]
        events = logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]
        return [event["message"] for event in events]

    first, second = lines("/api/access")
    request_id = good.headers["x-amzn-RequestId"]
    assert first == f'{{"id":"{request_id}","s":200,"r":"/x","u":"-","e":-}}'
    assert '"s":403' in second
    assert second.endswith('"e":"Missing Authentication Token"}')
    execution = lines(f"API-Gateway-Execution-Logs_{rest.id}/prod")
    assert f"({request_id}) Method completed with status: 200" in execution
    assert f"({request_id}) Starting execution for request: {request_id}" in execution
    assert not any("Method response body" in line for line in execution)
    data = {"op": "replace", "path": "/*/*/logging/dataTrace", "value": "true"}
    rest.client.update_stage(restApiId=rest.id, stageName="prod", patchOperations=[data])
    call("GET", f"{url}/x?city=Oslo")
    execution = lines(f"API-Gateway-Execution-Logs_{rest.id}/prod")
    assert any(line.endswith("query string: {city=Oslo}") for line in execution)
    assert any(
        line.endswith("Method response body after transformations: ok") for line in execution
    )
