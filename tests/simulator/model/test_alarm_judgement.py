"""What alarms make of their data points: AWS's own examples, row by row."""

import json

import pytest

from simulator.model.alarm import Point, Rule
from simulator.model.alarm_rule import InvalidRule, compile_rule

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
KEEP = None


def points(row: str) -> list[Point]:
    """AWS's notation: 0 within the threshold, X beyond it, - missing; the newest stands last."""
    known = {"0": 0.0, "X": 9.0, "-": None}
    return [Point(60 * index, known[mark], 1.0) for index, mark in enumerate(row)]


@pytest.mark.parametrize(
    ("to_alarm", "row", "states"),
    [
        (3, "0-X-X", ["OK", "OK", "OK", "OK"]),
        (3, "----0", ["OK", "OK", "OK", "OK"]),
        (3, "-----", ["INSUFFICIENT_DATA", KEEP, "ALARM", "OK"]),
        (3, "0XX-X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        (3, "--X--", ["ALARM", KEEP, "ALARM", "OK"]),
        (2, "0-X-X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        (2, "00X0X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        (2, "0-X--", ["OK", "OK", "ALARM", "OK"]),
        (2, "----0", ["OK", "OK", "ALARM", "OK"]),
        (2, "---X-", ["ALARM", KEEP, "ALARM", "OK"]),
    ],
)
def test_the_tables_of_the_user_guide(to_alarm: int, row: str, states: list[str | None]) -> None:
    """CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data"."""
    judged = [
        Rule("GreaterThanThreshold", 1.0, 3, to_alarm, treatment).judge(points(row))
        for treatment in TREATMENTS
    ]
    assert judged == states


@pytest.mark.parametrize("row", ["----X", "---X-"])
def test_an_alarm_does_not_go_off_prematurely(row: str) -> None:
    """The same page, "Avoiding premature transitions to alarm state"."""
    assert Rule("GreaterThanThreshold", 1.0, 3).judge(points(row)) is KEEP


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", [False, False, True]),
        ("GreaterThanOrEqualToThreshold", [False, True, True]),
        ("LessThanThreshold", [True, False, False]),
        ("LessThanOrEqualToThreshold", [True, True, False]),
    ],
)
def test_comparisons(comparison: str, breaching: list[bool]) -> None:
    rule = Rule(comparison, 5.0, 1)
    assert [rule.breaches(value) for value in (4.0, 5.0, 6.0)] == breaching


def test_a_percentile_of_too_few_samples_changes_nothing() -> None:
    few = [Point(0, 9.0, 3.0, too_few=True)]
    assert Rule("GreaterThanThreshold", 1.0, 1).judge(few) is KEEP


@pytest.mark.parametrize(
    ("rule", "row", "state", "reason"),
    [
        (
            Rule("GreaterThanThreshold", 2.0, 1),
            "--X",
            "ALARM",
            "Threshold Crossed: 1 datapoint [9.0 (01/01/70 00:02:00)] was greater than the "
            "threshold (2.0).",
        ),
        (
            Rule("GreaterThanThreshold", 2.0, 2, None, "breaching"),
            "----",
            "ALARM",
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints "
            "were treated as [Breaching].",
        ),
        (
            Rule("GreaterThanThreshold", 2.0, 1, None, "notBreaching"),
            "---",
            "OK",
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint "
            "was treated as [NonBreaching].",
        ),
        (
            Rule("GreaterThanThreshold", 2.0, 5),
            "-------",
            "INSUFFICIENT_DATA",
            "Insufficient Data: 5 datapoints were unknown.",
        ),
        (
            Rule("GreaterThanOrEqualToThreshold", 5.0, 3, 2),
            "00X0X",
            "ALARM",
            "Threshold Crossed: 2 out of the last 3 datapoints [9.0 (01/01/70 00:04:00), "
            "9.0 (01/01/70 00:02:00)] were greater than or equal to the threshold (5.0) "
            "(minimum 2 datapoints for OK -> ALARM transition).",
        ),
    ],
)
def test_reasons_are_in_cloudwatchs_words(rule: Rule, row: str, state: str, reason: str) -> None:
    assert rule.judge(points(row)) == state
    assert rule.reason(points(row), state) == reason


def test_reason_data_names_the_newest_point_first() -> None:
    rule = Rule("GreaterThanThreshold", 2.0, 2)
    told = json.loads(rule.reason_data(points("-X-X"), 240.0, {"period": 60}))

    assert told == {
        "version": "1.0",
        "queryDate": "1970-01-01T00:04:00.000+0000",
        "startDate": "1970-01-01T00:01:00.000+0000",
        "period": 60,
        "recentDatapoints": [9.0, 9.0],
        "threshold": 2.0,
        "evaluatedDatapoints": [
            {"timestamp": "1970-01-01T00:03:00.000+0000", "sampleCount": 1.0, "value": 9.0},
            {"timestamp": "1970-01-01T00:01:00.000+0000", "sampleCount": 1.0, "value": 9.0},
        ],
    }


STATES = {"hot": "ALARM", "cold": "OK", "new one": "INSUFFICIENT_DATA"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("ALARM(hot)", True),
        ("ALARM(cold) OR ALARM(hot)", True),
        ("ALARM(hot) AND NOT OK(cold)", False),
        ('ALARM(hot) AND INSUFFICIENT_DATA("new one")', True),
        ("NOT ALARM(cold) AND FALSE", False),
        ("TRUE OR FALSE AND FALSE", True),
        ("(TRUE OR FALSE) AND FALSE", False),
        ("alarm(hot) and not alarm(cold)", True),
        ("OK(arn:aws:cloudwatch:us-east-1:123456789012:alarm:cold)", False),
        ("AT_LEAST(1, ALARM, (hot, cold))", True),
        ("AT_LEAST(100%, ALARM, (hot, cold))", False),
    ],
)
def test_rules_of_composite_alarms(text: str, holds: bool) -> None:
    """CloudWatch API Reference, PutCompositeAlarm, AlarmRule."""
    assert compile_rule(text).holds(STATES.get) is holds


@pytest.mark.parametrize(
    "text",
    ["", "ALARM", "ALARM(hot", "ALARM(hot) ALARM(cold)", "BAD(hot)", "ALARM(hot) AND", "()",
     "NOT", "(" * 80 + "TRUE" + ")" * 80, "ALARM(hot))", 'ALARM("hot)'],
)  # fmt: skip
def test_broken_rules_are_refused(text: str) -> None:
    with pytest.raises(InvalidRule):
        compile_rule(text)


def test_a_rule_knows_its_children_once_each() -> None:
    assert compile_rule("ALARM(b) OR OK(a) AND ALARM(b)").children == ("b", "a")
