"""REST APIs that map: non-proxy Lambda, mock, HTTP and AWS services; validation; gateway responses.

Sources: API Gateway Developer Guide, "Mapping template transformations for REST APIs", "Variables
for data transformations", "Parameter mapping for REST APIs", "Request validation for REST APIs",
"Gateway response types for API Gateway".
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.http import HttpRequest, HttpResponse
from simulator.world import World

JSON = "application/json"
PATH = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"


def mapped(world: World, rest: Any, template: str) -> str:
    """An API that answers with what a template makes of the request: a partner sends it back."""
    world.cloud.partners.serve("echo.example", lambda r: HttpResponse(200, {}, r.body))
    where = rest.method(
        "POST",
        "/x",
        {
            "type": "HTTP",
            "integrationHttpMethod": "POST",
            "uri": "https://echo.example/",
            "requestTemplates": {JSON: template},
        },
    )
    rest.client.put_method_response(**where, statusCode="200")
    rest.client.put_integration_response(**where, statusCode="200")
    return str(rest.deploy(variables={"v": "sv"}))


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("$input.body", '{"a": {"b": [1, 2]}, "t": "x\\"y"}'),
        ("$input.json('$.a')", '{"b":[1,2]}'),
        ("$input.json('$')", '{"a":{"b":[1,2]},"t":"x\\"y"}'),
        ("$input.path('$.a.b[1]')", "2"),
        ("$input.path('$.a').b.size()", "2"),
        ("$input.path('$.a')", "{b=[1, 2]}"),
        ("$util.escapeJavaScript($input.path('$.t'))", 'x\\"y'),
        ("$util.urlEncode('a b&c')", "a+b%26c"),
        ("$util.urlDecode('a+b%26c')", "a b&c"),
        ("$util.base64Encode('abc')", "YWJj"),
        ("$util.base64Decode('YWJj')", "abc"),
        ("$util.parseJson('{\"k\": 5}').k", "5"),
        ("$input.params('q')", "1"),
        ("$input.params().querystring.get('q')", "1"),
        ("$input.params().header.get('X-Custom')", "h"),
        ("$context.httpMethod $context.stage $context.identity.sourceIp", "POST prod 127.0.0.1"),
        ("$stageVariables.v", "sv"),
        ("$stageVariables.get('v')", "sv"),
        (
            "#set($a = $input.path('$.a.b'))[#foreach($n in $a)$n#if($foreach.hasNext);#end#end]",
            "[1;2]",
        ),
        ("#foreach($k in $input.path('$').keySet())$k #end", "a t "),
        ("#foreach($e in $input.path('$').entrySet())$e.key,#end", "a,t,"),
        ("#if($input.path('$.a.b').size() == 2)two#{else}other#end$input.path('$.zz')", "two"),
        ("#set($s = 'Hello World')$s.toLowerCase().replaceAll('(w)orld', '$1-x')", "hello w-x"),
        ("#set($m = {})#set($ok = $m.put('k', 'v'))$m.k", "v"),
        ("#set($l = [1, 2, 3])$l.size() $l.get(0)", "3 1"),
        ("#set($n = 3 + 4)$n", "7"),
    ],
)
def test_templates(world: World, rest, call, template: str, told: str) -> None:
    url = mapped(world, rest, template)
    body = b'{"a": {"b": [1, 2]}, "t": "x\\"y"}'
    answer = call("POST", f"{url}/x?q=1", body, Content_Type=JSON, X_Custom="h")
    assert (answer.status, answer.body.decode()) == (200, told)


@pytest.mark.parametrize(
    "template",
    [
        "$input.__class__.__mro__",
        "$util._Util__x",
        "#set($s = '{0.__class__}')$s.format($input)",
        "$input.json.__globals__",
        "#set($t = '$input.__class__')#evaluate($t)",
    ],
)
def test_a_template_does_not_reach_into_the_emulator(
    world: World, rest, call, template: str
) -> None:
    url = mapped(world, rest, template)
    told = call("POST", f"{url}/x", b"{}", Content_Type=JSON).body.decode()
    assert "class '" not in told
    assert "object" not in told
    assert "builtins" not in told


def test_a_template_sets_status_and_headers(rest, call) -> None:
    rest.mock(
        "POST",
        "/x",
        "#set($context.responseOverride.status = 418)"
        "#set($context.responseOverride.header.X-Tea = 'pot')short",
    )
    answer = call("POST", f"{rest.deploy()}/x", b"{}", Content_Type=JSON)
    assert (answer.status, answer.body, answer.headers["X-Tea"]) == (418, b"short", "pot")


def test_a_mock_answers_by_the_status_its_template_gives(rest, call) -> None:
    where = rest.method(
        "GET",
        "/x",
        {
            "type": "MOCK",
            "requestTemplates": {
                JSON: "#if($input.params('no') == 'y'){\"statusCode\": 404}#else"
                '{"statusCode": 200}#end'
            },
        },
    )
    for status, pattern in (("200", ""), ("404", "404")):
        rest.client.put_method_response(**where, statusCode=status)
        rest.client.put_integration_response(
            **where,
            statusCode=status,
            selectionPattern=pattern,
            responseTemplates={JSON: f'{{"s": {status}}}'},
            responseParameters={"method.response.header.X-Fixed": f"'{status}'"},
        )
    url = rest.deploy()
    assert call("GET", f"{url}/x").body == b'{"s": 200}'
    refused = call("GET", f"{url}/x?no=y")
    assert (refused.status, refused.headers["X-Fixed"]) == (404, "404")


FUNCTION = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError(event["fail"])
    return {"got": event}
"""


def non_proxy(rest: Any, arn: str, template: str = "$input.json('$')") -> None:
    where = rest.method(
        "POST",
        "/x",
        {
            "type": "AWS",
            "integrationHttpMethod": "POST",
            "uri": PATH.format(arn=arn),
            "requestTemplates": {JSON: template},
            "passthroughBehavior": "NEVER",
        },
    )
    for status, pattern, text in (
        ("200", "", "{\"value\": $input.json('$.got')}"),
        ("400", "Bad: .*", "$input.path('$.errorMessage')"),
    ):
        rest.client.put_method_response(**where, statusCode=status)
        rest.client.put_integration_response(
            **where,
            statusCode=status,
            selectionPattern=pattern,
            responseTemplates={JSON: text},
            responseParameters={"method.response.header.X-Seen": "integration.response.body.got.n"}
            if status == "200"
            else {},
        )


def test_a_function_without_proxy_gets_and_gives_what_templates_make(rest, permitted, call) -> None:
    non_proxy(rest, permitted("f", FUNCTION))
    url = rest.deploy()
    answer = call("POST", f"{url}/x", {"n": 7}, Content_Type=JSON)
    assert (answer.status, json.loads(answer.body)) == (200, {"value": {"n": 7}})
    assert answer.headers["X-Seen"] == "7"
    refused = call("POST", f"{url}/x", {"fail": "Bad: thing"}, Content_Type=JSON)
    assert (refused.status, refused.body) == (400, b"Bad: thing")
    other = call("POST", f"{url}/x", {"fail": "else"}, Content_Type=JSON)
    assert other.status == 200  # no pattern fits, so the default response shapes it
    unsupported = call("POST", f"{url}/x", b"<a/>", Content_Type="text/xml")
    assert unsupported.status == 415
    assert json.loads(unsupported.body) == {"message": "Unsupported Media Type"}


def partner(world: World, host: str = "partner.example") -> list[HttpRequest]:
    seen: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        status = 404 if "missing" in request.url else 200
        return HttpResponse(
            status,
            {"Content-Type": "text/x", "X-P": "p", "Server": "partner/1"},
            b'{"from": "partner"}',
        )

    world.cloud.partners.serve(host, answer)
    return seen


def test_http_proxy_passes_request_and_answer_on(world: World, rest, call) -> None:
    seen = partner(world)
    rest.method(
        "ANY",
        "/{proxy+}",
        {
            "type": "HTTP_PROXY",
            "integrationHttpMethod": "ANY",
            "uri": "https://partner.example/base/{proxy}",
            "requestParameters": {
                "integration.request.path.proxy": "method.request.path.proxy",
                "integration.request.header.X-Stage": "context.stage",
            },
        },
        requestParameters={"method.request.path.proxy": True},
    )
    url = rest.deploy()
    answer = call("PUT", f"{url}/a/b?q=1", b"body", X_One="1")
    assert (answer.status, answer.headers["X-P"]) == (200, "p")
    assert (seen[0].method, seen[0].url) == ("PUT", "https://partner.example/base/a/b?q=1")
    assert (seen[0].headers["X-One"], seen[0].headers["X-Stage"]) == ("1", "prod")
    assert seen[0].body == b"body"
    assert seen[0].headers["x-amzn-apigateway-api-id"] == rest.id
    assert answer.headers["x-amzn-Remapped-Server"] == "partner/1"
    call("GET", f"{url}/a%2Bb/c")
    assert seen[1].url == "https://partner.example/base/a%2Bb/c"
    assert call("GET", f"{url}/missing").status == 404


def test_a_host_that_is_not_there_is_504(rest, call) -> None:
    rest.method(
        "GET",
        "/x",
        {
            "type": "HTTP_PROXY",
            "integrationHttpMethod": "GET",
            "uri": "https://nobody.example/x",
        },
    )
    answer = call("GET", f"{rest.deploy()}/x")
    assert answer.status == 504
    told = {"message": "Network error communicating with endpoint"}
    assert json.loads(answer.body) == told


def test_request_validation(rest, call) -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "required": ["from"],
        "properties": {"from": {"type": "string"}, "seats": {"type": "integer", "minimum": 1}},
    }
    rest.client.create_model(
        restApiId=rest.id, name="Ride", schema=json.dumps(schema), contentType=JSON
    )
    validator = rest.client.create_request_validator(
        restApiId=rest.id, name="v", validateRequestBody=True, validateRequestParameters=True
    )
    rest.mock(
        "POST",
        "/x",
        requestValidatorId=validator["id"],
        requestModels={JSON: "Ride"},
        requestParameters={
            "method.request.querystring.q": True,
            "method.request.header.X-Must": True,
            "method.request.querystring.may": False,
        },
    )
    url = rest.deploy()
    good = {"from": "here", "seats": 2}
    assert call("POST", f"{url}/x?q=1", good, X_Must="1").status == 200
    missing = call("POST", f"{url}/x", good)
    assert (missing.status, json.loads(missing.body)["message"]) == (
        400,
        "Missing required request parameters: [q, X-Must]",
    )
    for bad in ({"seats": 2}, {"from": "x", "seats": 0}, [], b""):
        answer = call("POST", f"{url}/x?q=1", bad, X_Must="1", Content_Type=JSON)
        assert (answer.status, json.loads(answer.body)["message"]) == (400, "Invalid request body")


def test_models_may_refer_to_models(rest, call) -> None:
    base = f"https://apigateway.amazonaws.com/restapis/{rest.id}/models"
    models = {
        "Place": {"type": "string", "minLength": 2},
        "Trip": {"type": "object", "properties": {"to": {"$ref": f"{base}/Place"}}},
    }
    for name, schema in models.items():
        rest.client.create_model(
            restApiId=rest.id, name=name, schema=json.dumps(schema), contentType=JSON
        )
    validator = rest.client.create_request_validator(
        restApiId=rest.id, name="v", validateRequestBody=True
    )
    rest.mock("POST", "/x", requestValidatorId=validator["id"], requestModels={JSON: "Trip"})
    url = rest.deploy()
    assert call("POST", f"{url}/x", {"to": "here"}).status == 200
    assert call("POST", f"{url}/x", {"to": "x"}).status == 400


def test_gateway_responses_of_the_api(rest, call) -> None:
    rest.mock("GET", "/x")
    rest.client.put_gateway_response(
        restApiId=rest.id,
        responseType="MISSING_AUTHENTICATION_TOKEN",
        statusCode="404",
        responseParameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
        responseTemplates={JSON: '{"told": $context.error.messageString, "as": '
                           '"$context.error.responseType"}'},
    )  # fmt: skip
    answer = call("GET", f"{rest.deploy()}/nothing")
    assert answer.status == 404
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    told = {"told": "Missing Authentication Token", "as": "MISSING_AUTHENTICATION_TOKEN"}
    assert json.loads(answer.body) == told


def test_default_4xx_stands_for_what_is_not_customised(rest, call) -> None:
    rest.mock("GET", "/x", apiKeyRequired=True)
    rest.client.put_gateway_response(
        restApiId=rest.id,
        responseType="DEFAULT_4XX",
        responseTemplates={JSON: '{"oh": "$context.error.message"}'},
    )
    answer = call("GET", f"{rest.deploy()}/x")
    assert (answer.status, json.loads(answer.body)) == (403, {"oh": "Forbidden"})


def test_a_method_may_be_tested_before_it_is_deployed(rest, permitted) -> None:
    source = (
        "import json\ndef handler(e, c):\n"
        "    return {'statusCode': 200, 'body': json.dumps(e['queryStringParameters'])}\n"
    )
    where = rest.function("GET", "/x", permitted("f", source), apiKeyRequired=True)
    told = rest.client.test_invoke_method(**where, pathWithQueryString="/x?a=1")
    assert (told["status"], json.loads(told["body"])) == (200, {"a": "1"})
    lines = [line.partition(" : ")[2] for line in told["log"].splitlines()[1:]]
    kinds = [line.partition(":")[0] for line in lines]
    assert kinds[1:6] == [
        "HTTP Method",
        "Method request path",
        "Method request query string",
        "Method request headers",
        "Method request body before transformations",
    ]
    assert "Method request query string: {a=1}" in lines
    assert any("Endpoint request body after transformations: {" in line for line in lines)
    sent = next(line for line in lines if line.startswith("Sending request to "))
    assert sent.startswith("Sending request to https://lambda.us-east-1.amazonaws.com/2015-03-31/")
    body = 'Endpoint response body before transformations: {"statusCode": 200'
    assert any(line.startswith(body) for line in lines)
    assert lines[-2:] == ["Successfully completed execution", "Method completed with status: 200"]
