"""REST APIs before Lambda functions, by proxy integration.

Sources: API Gateway Developer Guide, "Lambda proxy integrations in API Gateway", "Gateway response
types for API Gateway", "Quotas for configuring and running a REST API in API Gateway".
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.http import HttpRequest, HttpResponse
from simulator.world import World

ECHO = """
import json, time
def handler(event, context):
    if event["path"].endswith("slow"):
        time.sleep(40)
    if event["path"].endswith("fail"):
        raise ValueError("no")
    return {"statusCode": 201, "headers": {"X-One": "1"},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}, "body": json.dumps(event)}
"""


def last_fact(world: World) -> dict[str, Any]:
    return [fact for fact in world.journal.facts if fact.what == "apigateway.answered"][-1].data


def test_a_function_gets_the_request_and_its_answer_comes_back(rest, permitted, call) -> None:
    rest.function("POST", "/rides/{id}", permitted("f", ECHO, f"{rest.arn}/*/POST/rides/*"))
    url = rest.deploy(variables={"table": "t1"})
    answer = call("POST", f"{url}/rides/a%20b?x=1&x=2&y=z", {"n": 1}, Content_Type="text/x")
    assert answer.status == 201
    assert answer.headers["X-One"] == "1"
    assert (answer.headers["Set-Cookie"], answer.more) == ("a=1", (("Set-Cookie", "b=2"),))
    event = json.loads(answer.body)
    assert event["resource"] == "/rides/{id}"
    assert event["path"] == "/rides/a%20b"  # as it was sent
    assert event["pathParameters"] == {"id": "a%20b"}
    assert event["queryStringParameters"] == {"x": "2", "y": "z"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": ["z"]}
    assert event["stageVariables"] == {"table": "t1"}
    assert event["headers"]["Content-Type"] == "text/x"
    assert json.loads(event["body"]) == {"n": 1}
    assert event["isBase64Encoded"] is False
    context = event["requestContext"]
    assert (context["stage"], context["path"]) == ("prod", "/prod/rides/a%20b")
    assert context["requestTimeEpoch"] == 1767225600000
    assert context["requestTime"] == "01/Jan/2026:00:00:00 +0000"


def test_what_a_request_lacks_is_null(rest, permitted, call) -> None:
    rest.function("GET", "/", permitted("f", ECHO))
    event = json.loads(call("GET", rest.deploy() + "/").body)
    for name in ("body", "queryStringParameters", "pathParameters", "stageVariables"):
        assert event[name] is None


@pytest.mark.parametrize(
    "form",
    [
        "http://localhost:4566/restapis/{id}/prod/_user_request_/x",
        "http://localhost:4566/_aws/execute-api/{id}/prod/x",
        "https://{id}.execute-api.us-east-1.amazonaws.com/prod/x",
        "http://{id}.execute-api.localhost.localstack.cloud:4566/prod/x",
        "http://{id}.execute-api.localhost:4566/prod/x",
    ],
)
def test_every_form_of_address_leads_to_the_api(rest, permitted, call, form: str) -> None:
    rest.function("GET", "/x", permitted("f", ECHO))
    rest.deploy()
    answer = call("GET", form.format(id=rest.id))
    assert answer.status == 201
    domain = json.loads(answer.body)["requestContext"]["domainName"]
    assert domain == f"{rest.id}.execute-api.us-east-1.amazonaws.com"


def test_without_permission_the_answer_is_500_and_the_journal_says_why(
    world: World, rest, deploy: Callable[..., str], call
) -> None:
    rest.function("GET", "/x", deploy("f", ECHO))
    answer = call("GET", rest.deploy() + "/x")
    assert (answer.status, json.loads(answer.body)) == (500, {"message": "Internal server error"})
    assert "aws lambda add-permission" in last_fact(world)["why"]


def test_a_permission_for_another_method_does_not_help(rest, permitted, call) -> None:
    rest.function("GET", "/x", permitted("f", ECHO, f"{rest.arn}/*/POST/x"))
    assert call("GET", rest.deploy() + "/x").status == 500


def test_lambda_takes_post_only(world: World, rest, permitted, call) -> None:
    arn = permitted("f", ECHO)
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    rest.method("GET", "/x", {"type": "AWS_PROXY", "integrationHttpMethod": "GET", "uri": uri})
    answer = call("GET", f"{rest.deploy()}/x")
    assert (answer.status, json.loads(answer.body)) == (500, {"message": "Internal server error"})
    assert "Lambda wants POST" in last_fact(world)["why"]


def test_an_alias_has_permissions_of_its_own(world: World, rest, permitted, call) -> None:
    arn = permitted("f", ECHO)
    functions: Any = world.cloud.session().client("lambda")
    version = functions.publish_version(FunctionName="f")["Version"]
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion=version)
    rest.function("GET", "/x", f"{arn}:live")
    url = rest.deploy()
    assert call("GET", f"{url}/x").status == 500
    functions.add_permission(
        FunctionName="f",
        Qualifier="live",
        StatementId="live",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    assert call("GET", f"{url}/x").status == 201


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ('{"statusCode": 204}', 204),
        ('{"statusCode": "404", "body": ""}', 404),
        ("{}", 200),
        ('"text"', 502),
        ("[1]", 502),
        ('{"statusCode": 200, "body": {"a": 1}}', 502),
        ('{"statusCode": 200, "cookies": []}', 502),
        ('{"statusCode": "x"}', 502),
        ('{"headers": 5}', 502),
    ],
)
def test_a_malformed_answer_is_502(rest, permitted, call, answer: str, status: int) -> None:
    source = f"import json\ndef handler(event, context):\n    return json.loads('{answer}')\n"
    rest.function("GET", "/x", permitted("f", source))
    got = call("GET", rest.deploy() + "/x")
    assert got.status == status
    if status == 502:
        assert json.loads(got.body) == {"message": "Internal server error"}
        assert got.headers["x-amzn-ErrorType"] == "InternalServerErrorException"


def test_a_function_that_fails_is_502(world: World, rest, permitted, call) -> None:
    rest.function("GET", "/fail", permitted("f", ECHO))
    assert call("GET", rest.deploy() + "/fail").status == 502
    assert "ValueError" in last_fact(world)["why"]


def test_after_29_seconds_of_virtual_time_the_caller_gets_504(
    world: World, rest, permitted, call
) -> None:
    rest.function("GET", "/slow", permitted("f", ECHO, Timeout=60))
    answer = call("GET", rest.deploy() + "/slow")
    assert answer.status == 504
    assert json.loads(answer.body) == {"message": "Endpoint request timed out"}
    assert world.now_s == pytest.approx(29.0)
    assert last_fact(world)["latency_s"] == pytest.approx(29.0)
    world.run()  # the function goes on, whoever waits
    assert [f.data["outcome"] for f in world.journal.facts if f.what == "lambda.ended"] == ["ok"]


def test_unknown_ways_are_403(rest, permitted, call) -> None:
    rest.function("GET", "/x", permitted("f", ECHO))
    url = rest.deploy()
    for method, path in (("GET", "/y"), ("POST", "/x"), ("GET", "/x/y")):
        answer = call(method, url + path)
        assert (answer.status, json.loads(answer.body)) == (
            403,
            {"message": "Missing Authentication Token"},
        )
        assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    for strange in (url.replace("/prod/", "/test/"), url.replace(rest.id, "abcdefghij")):
        answer = call("GET", f"{strange}/x")
        assert (answer.status, json.loads(answer.body)) == (403, {"message": "Forbidden"})


def test_the_closest_resource_answers(rest, call) -> None:
    rest.mock("GET", "/a/b", "static")
    rest.mock("ANY", "/a/{x}", "$input.params('x')")
    rest.mock("ANY", "/{proxy+}", "greedy $input.params('proxy')")
    url = rest.deploy()
    told = {path: call("GET", url + path).body.decode() for path in ("/a/b", "/a/c", "/a/b/c/d")}
    assert told == {"/a/b": "static", "/a/c": "c", "/a/b/c/d": "greedy a/b/c/d"}
    assert call("POST", f"{url}/a/b").status == 403  # the closest resource has no such method


def test_a_change_is_seen_only_once_it_is_deployed(rest, call) -> None:
    rest.mock("GET", "/x", "one")
    url = rest.deploy()
    rest.mock("GET", "/x", "two")
    rest.mock("GET", "/y", "new")
    assert call("GET", f"{url}/x").body == b"one"
    assert call("GET", f"{url}/y").status == 403
    rest.deploy()
    assert call("GET", f"{url}/x").body == b"two"
    assert call("GET", f"{url}/y").body == b"new"


def test_binary_types_travel_in_base64(rest, permitted, call) -> None:
    source = """
def handler(event, context):
    assert event["isBase64Encoded"], event
    return {"statusCode": 200, "body": event["body"], "isBase64Encoded": True}
"""
    rest.client.update_rest_api(
        restApiId=rest.id,
        patchOperations=[{"op": "add", "path": "/binaryMediaTypes/image~1png", "value": ""}],
    )
    rest.function("POST", "/x", permitted("f", source))
    url, body = rest.deploy(), bytes(range(256))
    taken = call("POST", f"{url}/x", body, Content_Type="image/png", Accept="image/png")
    assert taken.body == body
    as_text = call("POST", f"{url}/x", body, Content_Type="image/png", Accept="text/html")
    assert as_text.body == base64.b64encode(body)


def test_a_body_over_ten_megabytes_is_413(rest, call) -> None:
    rest.mock("POST", "/x")
    answer = call("POST", f"{rest.deploy()}/x", bytes(10 * 1024 * 1024 + 1))
    assert answer.status == 413


def test_metrics_and_facts_tell_of_each_call(world: World, rest, call) -> None:
    rest.mock("GET", "/x")
    url = rest.deploy()
    call("GET", f"{url}/x")
    call("GET", f"{url}/nothing")
    cloudwatch = world.cloud.session().client("cloudwatch")
    world.run(until=world.now_s + 120)
    for name, wanted in (("Count", 2.0), ("4XXError", 1.0), ("5XXError", 0.0)):
        got = cloudwatch.get_metric_statistics(
            Namespace="AWS/ApiGateway",
            MetricName=name,
            Dimensions=[{"Name": "ApiName", "Value": "rides"}, {"Name": "Stage", "Value": "prod"}],
            StartTime=world.clock.start,
            EndTime=world.clock.instant,
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        assert sum(point["Sum"] for point in got) == wanted
    assert last_fact(world)["status"] == 403


def test_content_handling_turns_bytes_to_text_and_back(world: World, rest, call) -> None:
    """Developer Guide, "Content type conversions in API Gateway"."""
    seen: list[bytes] = []

    def partner(request: HttpRequest) -> HttpResponse:
        seen.append(request.body)
        return HttpResponse(200, {"Content-Type": "image/png"}, b"\x89PNG")

    world.cloud.partners.serve("partner.example", partner)
    rest.client.update_rest_api(
        restApiId=rest.id,
        patchOperations=[{"op": "add", "path": "/binaryMediaTypes/image~1png", "value": ""}],
    )
    for path, request, response in (
        ("/text", "CONVERT_TO_TEXT", "CONVERT_TO_TEXT"),
        ("/bytes", "CONVERT_TO_BINARY", "CONVERT_TO_BINARY"),
    ):
        where = rest.method(
            "POST",
            path,
            {
                "type": "HTTP",
                "integrationHttpMethod": "POST",
                "uri": "https://partner.example/",
                "contentHandling": request,
            },
        )
        rest.client.put_method_response(**where, statusCode="200")
        rest.client.put_integration_response(**where, statusCode="200", contentHandling=response)
    url = rest.deploy()
    kind = {"Content-Type": "image/png"}
    assert call("POST", f"{url}/text", b"\x00\xff", **kind).body == b"iVBORw=="
    assert call("POST", f"{url}/bytes", b"\x00\xff", **kind).body == b"\x89PNG"
    assert call("POST", f"{url}/bytes", b"AP8=", **{"Content-Type": "text/plain"}).status == 200
    assert seen == [b"AP8=", b"\x00\xff", b"\x00\xff"]
    broken = call("POST", f"{url}/bytes", b"no base64!", **{"Content-Type": "text/plain"})
    assert broken.status == 500


def test_payloads_are_compressed_both_ways(rest, permitted, call) -> None:
    """Developer Guide, "Payload compression for REST APIs in API Gateway"."""
    source = "def handler(e, c):\n    return {'statusCode': 200, 'body': e['body'] * 3}\n"
    rest.function("POST", "/x", permitted("f", source))
    size = {"op": "replace", "path": "/minimumCompressionSize", "value": "10"}
    rest.client.update_rest_api(restApiId=rest.id, patchOperations=[size])
    url = f"{rest.deploy()}/x"
    packed = call(
        "POST", url, gzip.compress(b"horn"), Content_Encoding="gzip", Accept_Encoding="gzip"
    )
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == b"hornhornhorn"
    assert call("POST", url, b"a", Accept_Encoding="gzip").body == b"aaa"
    assert call("POST", url, b"horn").body == b"hornhornhorn"
    assert call("POST", url, b"horn", Content_Encoding="gzip").status == 400


def test_a_function_is_called_as_its_caller(rest, permitted) -> None:
    """API Reference, "Integration": credentials of the caller, as SAM writes them."""
    arn = permitted("f", "def handler(e, c):\n    return {'statusCode': 200}\n")
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    proxy = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri}
    caller = "arn:aws:iam::*:user/*"
    where = rest.method("GET", "/x", {**proxy, "credentials": caller})
    assert rest.client.get_integration(**where)["credentials"] == caller
