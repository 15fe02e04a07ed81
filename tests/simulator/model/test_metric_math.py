"""Metric math over time series."""

import pytest

from simulator.model.metric_math import Expression, InvalidExpression, TimeSeries, Value

KNOWN: dict[str, TimeSeries] = {
    "m1": {0: 10.0, 60: 20.0, 120: 30.0},
    "m2": {0: 2.0, 120: 3.0},
    "zero": {0: 0.0},
}


def value_of(text: str) -> Value:
    return Expression(text).over(KNOWN, period_s=60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("m1", KNOWN["m1"]),
        ("m1 * 2 + 1", {0: 21.0, 60: 41.0, 120: 61.0}),
        ("m1 / m2", {0: 5.0, 120: 10.0}),
        ("-m2", {0: -2.0, 120: -3.0}),
        ("m2 ^ 2", {0: 4.0, 120: 9.0}),
        ("m1 / zero", {}),
        ("SUM(m1)", 60.0),
        ("100 * m2 / SUM(m2)", {0: 40.0, 120: 60.0}),
        ("SUM([m1, m2])", {0: 12.0, 60: 20.0, 120: 33.0}),
        ('MAX(METRICS("m"))', {0: 10.0, 60: 20.0, 120: 30.0}),
        ("m1 > 15", {0: 0.0, 60: 1.0, 120: 1.0}),
        ("m1 > 15 && m1 < 25", {0: 0.0, 60: 1.0, 120: 0.0}),
        ("m1 < 15 OR m1 > 25", {0: 1.0, 60: 0.0, 120: 1.0}),
        ("IF(m1 > 15, m1, 0)", {0: 0.0, 60: 20.0, 120: 30.0}),
        ("IF(m1 > 15, m1)", {60: 20.0, 120: 30.0}),
        ("FILL(m2, 0)", {0: 2.0, 60: 0.0, 120: 3.0}),
        ("FILL(m2, REPEAT)", {0: 2.0, 60: 2.0, 120: 3.0}),
        ("FILL(m2, LINEAR)", {0: 2.0, 60: 2.5, 120: 3.0}),
        ("DIFF(m1)", {60: 10.0, 120: 10.0}),
        ("RATE(m1)", {60: 10 / 60, 120: 10 / 60}),
        ("RUNNING_SUM(m1)", {0: 10.0, 60: 30.0, 120: 60.0}),
        ("m1 / PERIOD(m1)", {0: 10 / 60, 60: 20 / 60, 120: 0.5}),
        ("CEIL(m1 / 15)", {0: 1.0, 60: 2.0, 120: 2.0}),
    ],
)
def test_expressions(text: str, expected: Value) -> None:
    """CloudWatch User Guide, "Using math expressions with CloudWatch metrics"."""
    assert value_of(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text",
    ["m1 +", "", "unknown + 1", "__import__('os')", "m1.real", "m1[0]", "(lambda: 1)()",
     "ANOMALY_DETECTION_BAND(m1, 2)", "SUM()", "'text'", "m1 if 1 else m2", "RATE(3)"],
)  # fmt: skip
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(InvalidExpression):
        value_of(text)


def test_an_expression_names_what_it_needs() -> None:
    names = Expression("IF(m1 > 1, e2, FILL(m3, REPEAT))").names()
    assert sorted(names) == ["e2", "m1", "m3"]
