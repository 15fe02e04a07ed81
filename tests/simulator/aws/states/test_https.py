"""HTTP tasks.

Source: AWS Step Functions Developer Guide, "Call HTTPS APIs in Step Functions workflows".
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.http import HttpRequest, HttpResponse
from simulator.world import World

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def seen(world: World) -> list[HttpRequest]:
    """What a partner's API has been asked; it answers with what it was sent, or refuses."""
    asked: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        asked.append(request)
        if request.url.endswith("/none"):
            return HttpResponse(404, {"Content-Type": "text/plain"}, b"none")
        return HttpResponse(200, {"Content-Type": "application/json"}, b'{"paid":true}')

    world.cloud.network.serve("api.example.com", answer)
    return asked


@pytest.fixture
def run(world: World, sfn: Any, machine: Callable[..., str]) -> Run:
    events: Any = world.cloud.session().client("events")
    connection = events.create_connection(
        Name="pay",
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "secret"}},
    )["ConnectionArn"]

    def start(path: str = "/pay", catch: Any = None, **parameters: Any) -> dict[str, Any]:
        task = {
            "Type": "Task",
            "Resource": "arn:aws:states:::http:invoke",
            "Parameters": {
                "ApiEndpoint": f"https://api.example.com{path}",
                "Method": "POST",
                "Authentication": {"ConnectionArn": connection},
                **parameters,
            },
            "End": True,
            **({"Catch": catch} if catch else {}),
        }
        arn = machine({"Call": task, "Caught": {"Type": "Pass", "End": True}})
        execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
        world.run()
        told: dict[str, Any] = sfn.describe_execution(executionArn=execution)
        told["history"] = sfn.get_execution_history(executionArn=execution)["events"]
        return told

    return start


def test_an_api_is_called_with_the_connections_credentials(
    run: Run, seen: list[HttpRequest]
) -> None:
    told = run(RequestBody={"n": 1}, QueryParameters={"q": "a b"}, Headers={"X-Own": "1"})
    (request,) = seen
    assert (request.method, request.url) == ("POST", "https://api.example.com/pay?q=a+b")
    assert (request.headers["X-Key"], request.headers["X-Own"]) == ("secret", "1")
    assert request.headers["User-Agent"] == "Amazon|StepFunctions|HttpInvoke|us-east-1"
    assert request.headers["Content-Type"] == "application/json"
    assert request.body == b'{"n":1}'
    assert json.loads(told["output"]) == {
        "Headers": {"content-type": ["application/json"]},
        "ResponseBody": {"paid": True},
        "StatusCode": 200,
        "StatusText": "OK",
    }
    scheduled = told["history"][2]["taskScheduledEventDetails"]
    assert (scheduled["resourceType"], scheduled["resource"]) == ("http", "invoke")


def test_a_refusal_is_an_error_by_its_code(run: Run, seen: list[HttpRequest]) -> None:
    told = run("/none")
    assert (told["status"], told["error"]) == ("FAILED", "States.Http.StatusCode.404")
    assert json.loads(told["cause"])["ResponseBody"] == "none"
    assert len(seen) == 1


def test_an_error_by_its_code_is_caught(run: Run, seen: list[HttpRequest]) -> None:
    caught = run("/none", [{"ErrorEquals": ["States.Http.StatusCode.404"], "Next": "Caught"}])
    assert caught["status"] == "SUCCEEDED"
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (None, "a%5B0%5D=1&a%5B1%5D=2&b%5Bc%5D=x"),
        ("REPEAT", "a=1&a=2&b%5Bc%5D=x"),
        ("COMMAS", "a=1%2C2&b%5Bc%5D=x"),
        ("BRACKETS", "a%5B%5D=1&a%5B%5D=2&b%5Bc%5D=x"),
    ],
)
def test_a_body_as_a_form(run: Run, seen: list[HttpRequest], form: str | None, body: str) -> None:
    transform: dict[str, Any] = {"RequestBodyEncoding": "URL_ENCODED"}
    if form:
        transform["RequestEncodingOptions"] = {"ArrayFormat": form}
    run(RequestBody={"a": [1, 2], "b": {"c": "x"}}, Transform=transform)
    assert seen[0].body.decode() == body
    assert seen[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_host_that_is_not_there(run: Run) -> None:
    told = run(ApiEndpoint="https://nowhere.example.com/")
    assert told["error"] == "States.Http.Socket"
