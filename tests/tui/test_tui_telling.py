"""How facts read, and which command causes them."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulator.journal import Fact
from tui.awscli import NoCommandError, command_for
from tui.details import details
from tui.telling import ALL, CALLS, STORY, clock_text, level_of, mentions, span_text, tell


def fact(what: str, **data: Any) -> Fact:
    return Fact(200.25, "lab", what, data)


def call(service: str, action: str, **params: Any) -> Fact:
    return fact("call", service=service, action=action, account="123456789012",
                region="us-east-1", params=params, status=200, latency_s=0.01)  # fmt: skip


# As SNS wraps what it delivers to a queue, and as a journal cuts it.
WRAPPED = '{ "Type" : "Notification", "MessageId" : "x", "Message" : "{\\"a\\": 1}", "Sig'


@pytest.mark.parametrize(
    ("at_s", "words"),
    [
        (0, "00:00:00.000"),
        (200.25, "00:03:20.250"),
        (86_400, "1d 00:00:00.000"),
        (59.9996, "00:01:00.000"),
    ],
)
def test_the_clock_reads_as_people_read_clocks(at_s: float, words: str) -> None:
    assert clock_text(at_s) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.085, "85 ms"), (3, "3 s"), (2.5, "2.5 s"), (600, "10 min"), (5400, "1 h 30 min")],
)
def test_a_span_is_told_in_the_unit_that_suits_it(seconds: float, words: str) -> None:
    assert span_text(seconds) == words


@pytest.mark.parametrize(
    ("what", "data", "level", "glyph", "says"),
    [
        ("sqs.sent", {"queue": "q", "body": "a\nb"}, STORY, "▸", "sent a b"),
        ("sqs.deleted", {"queue": "q"}, CALLS, "·", "deleted"),
        ("lambda.log", {"function": "f", "text": "hi"}, ALL, "·", "hi"),
        ("lambda.ended", {"function": "f", "outcome": "ok", "duration_s": 1}, CALLS, "✓",
         "ok in 1 s"),
        ("lambda.ended", {"function": "f", "outcome": "timeout", "duration_s": 3}, STORY, "✗",
         "timed out after 3 s"),
        ("states.Retried", {"state": "Pay", "attempt": 3, "wait_s": 40}, STORY, "↻",
         "retry 3, in 40 s"),
        ("states.LambdaFunctionScheduled", {"machine": "m"}, ALL, "·", "LambdaFunctionScheduled"),
        ("states.TaskStateEntered", {"state": "Pay"}, STORY, "▸", "enters task"),
        ("partner.charge", {"partner": "bank", "outcome": "declined"}, STORY, "✗",
         "charge declined"),
        ("sqs.sent", {"queue": "q", "body": WRAPPED}, STORY, "▸", 'sent {"a": 1}'),
        ("sqs.sent", {"queue": "q", "body": '{"MessageId": 1, "Message": "cut'}, STORY, "▸",
         'sent {"MessageId": 1, "Message": "cut'),
        ("fault.injected", {"name": "no power", "where": {"actor": "a", "service": "sqs"}}, STORY,
         "!", "injected: no power"),
        ("fiber.failed", {"name": "poller", "error": "boom"}, STORY, "✗", "failed error=boom"),
        ("apigateway.answered", {"name": "rides", "method": "GET", "path": "/x", "status": 200,
                                 "latency_s": 0.25}, STORY, "✓", "GET /x  200 in 250 ms"),
        ("apigateway.answered", {"name": "rides", "method": "GET", "path": "/x", "status": 500,
                                 "latency_s": 0, "why": "no permission"}, STORY, "✗",
         "GET /x  500 in 0 ms  no permission"),
        ("apigateway.message", {"name": "chat", "direction": "in", "route": "say", "bytes": 3,
                                "status": 200}, STORY, "▸", "message say, 3 bytes"),
        ("apigateway.connected", {"name": "chat", "status": 403}, STORY, "✗",
         "connection refused, 403"),
        ("apigateway.disconnected", {"name": "chat", "code": 1000}, STORY, "·",
         "connection ended, 1000"),
        ("moon.rose", {"name": "moon", "by": 3}, STORY, "·", "rose by=3"),
    ],
)  # fmt: skip
def test_a_fact_reads_as_one_line(
    what: str, data: dict[str, Any], level: int, glyph: str, says: str
) -> None:
    told = tell(fact(what, **data))
    assert (level_of(fact(what, **data)), told.glyph, told.text) == (level, glyph, says)


def test_a_call_that_fails_belongs_to_the_story() -> None:
    assert level_of(call("sqs", "SendMessage")) == CALLS
    failed = fact("call", service="sqs", action="SendMessage", error="QueueDoesNotExist")
    assert level_of(failed) == STORY
    assert "QueueDoesNotExist" in tell(failed).text


def test_a_fact_without_any_of_its_fields_still_reads() -> None:
    families = ("call", "sqs.sent", "sns.published", "sns.delivered", "lambda.started",
                "lambda.ended", "lambda.retried", "states.Retried", "partner.x", "fault.hit",
                "step.begun", "apigateway.answered", "apigateway.message")  # fmt: skip
    for what in families:
        assert tell(fact(what)).source


def test_a_fact_mentions_its_actor_its_kind_and_its_values() -> None:
    sent = fact("sqs.sent", queue="Fares")
    assert mentions(sent, "fares")
    assert mentions(sent, "lab")
    assert mentions(sent, "sqs")
    assert not mentions(sent, "moon")


def test_details_open_json_inside_strings_and_hold_the_command() -> None:
    words = details(fact("sqs.sent", queue="q", body='{"ride": 1}'), "aws sqs …").plain
    assert '"ride": 1' in words
    assert words.endswith("aws sqs …")


COMMANDS = [
    call("sqs", "SendMessage", QueueUrl="http://h/1/q", MessageBody="it's", DelaySeconds=3),
    call("sqs", "CreateQueue", QueueName="q", Attributes={"VisibilityTimeout": "5"}),
    call("dynamodb", "GetItem", TableName="t", Key={"id": {"S": "1"}}, ConsistentRead=True),
    call("lambda", "Invoke", FunctionName="f", Payload='{"a": 1}'),
    call("sns", "Publish", TopicArn="arn:aws:sns:us-east-1:123456789012:t", Message="hé"),
    call("stepfunctions", "StartExecution", stateMachineArn="arn:aws:x", input='{"a": 1}'),
    call("logs", "DescribeLogGroups", limit=5),
]


def test_a_command_quotes_its_words_for_the_shell() -> None:
    words = shlex.split(command_for(COMMANDS[0]))
    assert words[:3] == ["aws", "sqs", "send-message"]
    assert words[words.index("--message-body") + 1] == "it's"
    assert words[words.index("--delay-seconds") + 1] == "3"


def test_a_flag_and_a_structure_are_spelt_as_the_cli_wants_them() -> None:
    words = shlex.split(command_for(COMMANDS[2]))
    assert "--consistent-read" in words
    assert json.loads(words[words.index("--key") + 1]) == {"id": {"S": "1"}}


def test_another_account_is_named() -> None:
    other = fact("call", service="sqs", action="ListQueues", account="111122223333", params={})
    assert command_for(other) == "AWS_ACCESS_KEY_ID=111122223333 aws sqs list-queues"


def test_what_nobody_asked_for_has_no_command() -> None:
    with pytest.raises(NoCommandError, match=r"states\.Retried"):
        command_for(fact("states.Retried"))


@pytest.mark.process
@pytest.mark.parametrize("asked", COMMANDS, ids=lambda asked: str(asked.data["action"]))
def test_the_aws_cli_takes_the_command(asked: Fact, tmp_path: Path) -> None:
    # Nobody listens there: that it tries to call says that it has understood every option.
    line = command_for(asked).replace("aws ", f"{shlex.quote(sys.executable)} -m awscli ", 1)
    environment = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1",
        "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "HOME": str(tmp_path),
        "AWS_CONFIG_FILE": str(tmp_path / "none"), "PATH": "/usr/bin:/bin",
    }  # fmt: skip
    ended = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True)
    assert "Could not connect to the endpoint URL" in ended.stderr
