"""Requests that nobody should send: answered in AWS's shape, and the refused ones change nothing.

What an error looks like in each protocol is read with botocore's own parsers.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from botocore.parsers import ResponseParserError, create_parser
from botocore.session import get_session
from hypothesis import Phase, given, settings
from moto.core.responses import method_names_from_class
from moto.core.utils import camelcase_to_underscores
from moto.ec2.responses import EC2Response

from simulator.http import HttpRequest, HttpResponse
from tests.simulator.aws.endpoint.furnished import Furnished
from tests.simulator.aws.endpoint.hostile import requests

REQUESTS = 500  # of each protocol, no two alike
DRAWS = 700  # hypothesis repeats itself
# Of each service: its protocols, the widest first.
SERVICES = {
    "json": ("sqs", "events", "dynamodb"),
    "query": ("sns", "sqs"),
    "ec2": ("ec2",),
    "rest-json": ("scheduler", "schemas", "lambda"),
    "rest-xml": ("s3",),
}
CODE = re.compile(r"[A-Za-z][\w.:#-]*")


def _actions(service: str) -> tuple[str, ...]:
    names = sorted(get_session().get_service_model(service).operation_names)
    if service == "ec2":  # most of EC2 is not built, and one refusal is like the other
        built = method_names_from_class(EC2Response)
        names = [name for name in names if camelcase_to_underscores(name) in built]
    return tuple(names)


def check(furnished: Furnished, service: str, request: HttpRequest) -> None:
    """Fails unless the request is answered as AWS would, and changes nothing where refused."""
    response, changed = furnished.answer(request)
    if response.status >= 400:
        assert response.status < 500 or response.status == 501, response.body
        try:
            check_error(service, request, response)
        except ResponseParserError as error:
            raise AssertionError(response) from error
        assert not changed, response


def check_error(service: str, request: HttpRequest, response: HttpResponse) -> None:
    """Fails unless an error is one that the service's SDK can read."""
    if request.method == "HEAD" or (service == "sqs" and b"UnknownOperationEx" in response.body):
        return  # a HEAD has no body; SQS answers with an element alone where no action is named
    spoken = [protocol for protocol, services in SERVICES.items() if service in services]
    is_json = response.body.lstrip()[:1] == b"{"
    fitting = [protocol for protocol in spoken if ("json" in protocol) == is_json]
    assert fitting, f"{service} does not speak what it answers"
    told = {"status_code": response.status, "headers": _lower(response), "body": response.body}
    parsed = create_parser(fitting[0]).parse(told, None)
    error = parsed["Error"]
    assert CODE.fullmatch(str(error["Code"])), parsed
    assert error["Message"], parsed


def _lower(response: HttpResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


@pytest.mark.parametrize("protocol", SERVICES)
def test_malformed_requests_are_refused_and_change_nothing(
    protocol: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # a thousand, in every new world
    services = tuple((name, _actions(name)) for name in SERVICES[protocol])
    furnished = Furnished(SERVICES[protocol], tmp_path / "journal.jsonl")

    passed: set[int] = set()

    @settings(
        max_examples=DRAWS,
        phases=[Phase.generate, Phase.shrink],  # to explain a failure it would trace every line
        report_multiple_bugs=False,
    )
    @given(requests(protocol, services))
    def answer(what: tuple[str, HttpRequest]) -> None:
        if (asked := hash(str(what))) not in passed:
            check(furnished, *what)
            passed.add(asked)

    answer()
    assert len(passed) >= REQUESTS
