"""What the API takes and refuses of rules, targets and entries: EventBridge API Reference."""

import json

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"


@pytest.fixture
def events(world: World):
    return world.cloud.session().client("events")


def refusal(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def entry(**changes):
    told = {"Source": "s", "DetailType": "d", "Detail": "{}", **changes}
    return {name: value for name, value in told.items() if value is not None}


def test_a_pattern_is_tested_against_an_event(events):
    pattern = '{"source": ["s"], "detail": {"n": [{"numeric": [">", 1]}]}}'
    for number, wanted in ((2, True), (1, False)):
        event = json.dumps({"source": "s", "detail": {"n": number}})
        assert events.test_event_pattern(EventPattern=pattern, Event=event)["Result"] is wanted
    assert refusal(events.test_event_pattern, EventPattern='{"a": 1}', Event="{}") == (
        "InvalidEventPatternException",
        'Event pattern is not valid. Reason: "a" must be an object or an array',
    )
    for event in ("{", "[]", '"x"'):
        code, _ = refusal(events.test_event_pattern, EventPattern='{"a": ["b"]}', Event=event)
        assert code == "ValidationException"


def test_a_rule_keeps_its_targets_when_it_is_put_again(events):
    events.put_rule(Name="r", EventPattern='{"source": ["a"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": QUEUE}])
    events.put_rule(Name="r", EventPattern='{"source": ["b"]}')
    assert events.list_targets_by_rule(Rule="r")["Targets"] == [{"Id": "1", "Arn": QUEUE}]
    assert events.describe_rule(Name="r")["EventPattern"] == '{"source": ["b"]}'


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"EventPattern": '{"a": []}'}, "InvalidEventPatternException"),
        ({"EventPattern": "{"}, "InvalidEventPatternException"),
        ({"ScheduleExpression": "rate(1 minutes)"}, "ValidationException"),
        ({"ScheduleExpression": "cron(0 1 * * * *)"}, "ValidationException"),
        ({"ScheduleExpression": "at(2026-01-01T00:00:00)"}, "ValidationException"),
        ({}, "ValidationException"),
        ({"EventPattern": '{"a": [1]}', "State": "ON"}, "ValidationException"),
        ({"EventPattern": '{"a": [1]}', "EventBusName": "none"}, "ResourceNotFoundException"),
    ],
)
def test_rules_that_are_refused_are_not_there(events, options, code):
    assert refusal(events.put_rule, Name="r", **options)[0] == code
    assert events.list_rules()["Rules"] == []


def test_names_are_checked_all_at_once(events):
    code, message = refusal(events.put_rule, Name="!" * 65, EventPattern='{"a": [1]}')
    assert code == "ValidationException"
    assert message.startswith("2 validation errors detected: Value '!!!")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"Id": "!"}, "1 validation error detected: Value '!' at 'targets.1.member.id' failed"),
        ({"Arn": "q"}, "Parameter q is not valid. Reason: Provided Arn is not in correct format."),
        ({"Arn": f"{QUEUE}.fifo"}, "Parameter(s) SqsParameters must be specified for target: 1."),
        (
            {"Input": "{}", "InputPath": "$.detail"},
            "Only one of Input, InputPath, or InputTransformer must be provided for target 1.",
        ),
        (
            {"InputTransformer": {"InputTemplate": '"<nowhere>"'}},
            "InputTemplate for target 1 contains invalid placeholder nowhere.",
        ),
        ({"RetryPolicy": {"MaximumRetryAttempts": 186}}, "1 validation error detected"),
        ({"Input": "no json"}, "JSON syntax error in input for target 1"),
    ],
)
def test_targets_that_are_refused_are_not_there(events, target, message):
    events.put_rule(Name="r", EventPattern='{"source": ["a"]}')
    target = {"Id": "1", "Arn": QUEUE, **target}
    code, said = refusal(events.put_targets, Rule="r", Targets=[target])
    assert (code, said[: len(message)]) == ("ValidationException", message)
    assert events.list_targets_by_rule(Rule="r")["Targets"] == []


def test_a_rule_has_five_targets_at_most(events):
    events.put_rule(Name="r", EventPattern='{"source": ["a"]}')
    targets = [{"Id": str(n), "Arn": QUEUE} for n in range(6)]
    events.put_targets(Rule="r", Targets=targets[:5])
    assert refusal(events.put_targets, Rule="r", Targets=targets[5:]) == (
        "LimitExceededException",
        "The requested resource exceeds the maximum number allowed.",
    )
    events.put_targets(Rule="r", Targets=targets[:1])  # in place of the first


def test_entries_fail_one_by_one(events):
    answer = events.put_events(
        Entries=[
            entry(Source=None),
            entry(DetailType=""),
            entry(Detail=None),
            entry(Detail="[1]"),
            entry(Detail="{"),
            entry(Source="aws.s3"),
            entry(EventBusName="none"),
            entry(),
        ]
    )
    assert answer["FailedEntryCount"] == 6
    assert [told.get("ErrorCode") for told in answer["Entries"]] == [
        *["InvalidArgument"] * 3,
        *["MalformedDetail"] * 2,
        "NotAuthorizedForSourceException",
        None,  # AWS takes an event for a bus that is not there, and loses it
        None,
    ]


def test_requests_have_their_limits(events):
    code, message = refusal(events.put_events, Entries=[entry()] * 11)
    assert code == "ValidationException"
    assert message.endswith("Member must have length less than or equal to 10")
    large = entry(Detail=json.dumps({"x": "y" * 1_048_576}))
    assert refusal(events.put_events, Entries=[large]) == (
        "ValidationException",
        "Total size of the entries in the request is over the limit.",
    )


def test_an_events_time_may_be_given(world, events):
    world.cloud.session().client("sqs").create_queue(QueueName="q")
    events.put_rule(Name="r", EventPattern='{"source": ["s"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": QUEUE, "InputPath": "$.time"}])
    events.put_events(Entries=[entry(Time="2022-01-01T05:06:07Z")])
    world.run()
    assert [m["body"] for m in world.cloud.peek_queue("q")] == ['"2022-01-01T05:06:07Z"']


def test_a_bus_can_be_changed(events):
    events.create_event_bus(Name="b")
    assert events.update_event_bus(Name="b", Description="d")["Description"] == "d"
    assert events.describe_event_bus(Name="b")["Description"] == "d"
    assert refusal(events.create_event_bus, Name="no blanks")[0] == "ValidationException"
