"""SNS filter policies: what they let through and what is refused as one.

Expectations: Amazon SNS Developer Guide, "String value matching", "Numeric value matching", "Key
matching in Amazon SNS", "AND/OR logic", "Filter policy constraints in Amazon SNS", and verdicts
recorded from AWS.
"""

import json
from typing import Any

import pytest

from simulator.model.filter_policy import (
    ATTRIBUTES,
    BODY,
    InvalidFilter,
    NestedFilter,
    NumberTooLarge,
    compile_filter,
)


def text(value: str) -> dict[str, str]:
    return {"Type": "String", "Value": value}


def number(value: str) -> dict[str, str]:
    return {"Type": "Number", "Value": value}


def array(*values: Any) -> dict[str, str]:
    return {"Type": "String.Array", "Value": json.dumps(values)}


@pytest.mark.parametrize(
    ("rule", "attribute", "wanted"),
    [
        (["rugby", "tennis"], text("tennis"), True),
        (["rugby", "tennis"], text("Tennis"), False),
        (["rugby"], array("rugby", "hockey"), True),
        (["rugby"], array("hockey"), False),
        ([{"anything-but": ["rugby", "tennis"]}], text("baseball"), True),
        ([{"anything-but": ["rugby", "tennis"]}], text("rugby"), False),
        ([{"anything-but": ["rugby", "tennis"]}], array("rugby", "baseball"), True),
        ([{"anything-but": ["rugby", "tennis"]}], array("rugby"), False),
        ([{"anything-but": {"prefix": "order-"}}], text("data-entry"), True),
        ([{"anything-but": {"prefix": "order-"}}], text("order-cancelled"), False),
        ([{"anything-but": {"wildcard": "*ball"}}], text("hockey"), True),
        ([{"anything-but": {"wildcard": "*ball"}}], text("baseball"), False),
        ([{"anything-but": [100, 500]}], number("101"), True),
        ([{"anything-but": [100, 500]}], number("100.0"), False),
        ([{"equals-ignore-case": "TENNIS"}], text("tennis"), True),
        ([{"equals-ignore-case": "TENNIS"}], text("table tennis"), False),
        ([{"prefix": "bas"}], text("baseball"), True),
        ([{"prefix": "bas"}], text("rugby"), False),
        ([{"suffix": "ball"}], text("baseball"), True),
        ([{"suffix": "ball"}], text("ballet"), False),
        ([{"wildcard": "*/src/*.js"}], text("a/src/b.js"), True),
        ([{"wildcard": "*/src/*.js"}], text("a/lib/b.js"), False),
        ([{"cidr": "10.0.0.0/24"}], text("10.0.0.255"), True),
        ([{"cidr": "10.0.0.0/24"}], text("10.0.1.1"), False),
        ([{"numeric": ["=", 301.5]}], number("3.015e2"), True),
        ([{"numeric": [">", 0, "<=", 150]}], number("150"), True),
        ([{"numeric": [">", 0, "<=", 150]}], number("0"), False),
        ([{"numeric": ["=", 100]}], text("100"), False),
        ([100.123456789], number("100.1234567"), True),
        ([100], text("100"), False),
        (["100"], number("100"), False),
        ([True], array(True), True),
        ([True], text("true"), False),
        ([{"exists": True}], array(), False),
        (["x"], {"Type": "String.Array", "Value": "['x']"}, False),
        (["AgME"], {"Type": "Binary", "Value": "AgME"}, False),
        ([{"exists": True}], {"Type": "Binary", "Value": "AgME"}, False),
        (["v"], {"Type": "String.own", "Value": "v"}, True),
        ([42], {"Type": "Number.java.lang.Long", "Value": "42"}, True),
    ],
)
def test_an_attribute_against_a_rule(rule: Any, attribute: dict[str, str], wanted: bool) -> None:
    policy = compile_filter(json.dumps({"key": rule}))
    assert policy.matches({"key": attribute}, "ignored") is wanted


@pytest.mark.parametrize(
    ("rule", "attributes", "wanted"),
    [
        ([{"exists": True}], {"other": text("x")}, False),
        ([{"exists": False}], {"other": text("x")}, True),
        ([{"exists": False}], {"key": text("x")}, False),
        ([{"exists": False}], {}, False),  # "An empty set of attributes results in no match"
        ([{"anything-but": "x"}], {"other": text("x")}, False),
        ([None, {"anything-but": "x"}], {}, True),  # recorded: null stands for absence
    ],
)
def test_an_absent_attribute(rule: Any, attributes: dict[str, Any], wanted: bool) -> None:
    assert compile_filter(json.dumps({"key": rule})).matches(attributes, "") is wanted


def test_all_keys_must_match_and_any_value_of_each() -> None:
    policy = compile_filter('{"store": ["a", "b"], "price": [{"numeric": [">=", 100]}]}')
    assert policy.matches({"store": text("b"), "price": number("100")}, "")
    assert not policy.matches({"store": text("b"), "price": number("99")}, "")
    assert not policy.matches({"store": text("b")}, "")


def test_or_wants_one_of_its_choices_beside_the_rest() -> None:
    policy = compile_filter('{"a": ["1"], "$or": [{"b": ["2"]}, {"c": ["3"], "d": ["4"]}]}')
    assert policy.matches({"a": text("1"), "b": text("2")}, "")
    assert policy.matches({"a": text("1"), "c": text("3"), "d": text("4")}, "")
    assert not policy.matches({"a": text("1"), "c": text("3")}, "")
    assert not policy.matches({"b": text("2")}, "")


def test_an_empty_policy_takes_everything() -> None:
    assert compile_filter("{}").matches({}, "")
    assert compile_filter("{}", BODY).matches({}, "no JSON")


@pytest.mark.parametrize(
    ("policy", "body", "wanted"),
    [
        ({"a": {"b": {"c": ["x"]}}}, {"a": {"b": {"c": "x"}}}, True),
        ({"a": {"b": {"c": ["x"]}}}, {"a": [{"b": [{"c": "y"}, {"c": ["z", "x"]}]}]}, True),
        ({"a": {"b": {"c": ["x"]}}}, {"a": [[{"b": {"c": "x"}}]]}, True),
        ({"a": {"b": {"c": ["x"]}}}, {"a": {"c": "x"}}, False),
        ({"a": {"b": ["x"], "c": ["y"]}}, {"a": [{"b": "x"}, {"c": "y"}]}, False),
        ({"a": {"b": ["x"], "c": ["y"]}}, {"a": [{"b": "x", "c": "y"}]}, True),
        ({"a.b": ["x"]}, {"a": {"b": "x"}}, True),
        ({"a.b": ["x"]}, {"a.b": "x"}, True),
        ({"a": {"b": ["x"]}}, {"a.b": "x"}, True),
        ({"a.b.c": ["x"]}, {"a": {"b.c": "x"}}, True),
        ({"a.b": ["x"], "a": {"c": ["y"]}}, {"a": {"b": "x", "c": "y"}}, True),
        ({"a.b": ["x"]}, {"a.b": "x", "a": {"b": "y"}}, True),
        ({"a": [None]}, {"a": None}, True),
        ({"a": [None]}, {"b": 1}, False),
        ({"a": {"b": [{"exists": False}]}}, {"a": 5}, True),
        ({"a": [{"exists": False}]}, {}, False),
        ({"a": [True]}, {"a": 1}, False),
        ({"d": {"$or": [{"a": [1]}, {"b": [2]}]}}, {"d": {"b": 2}}, True),
        ({"d": {"$or": [{"a": [1]}, {"b": [2]}]}}, {"b": 2}, False),
    ],
)
def test_a_body_against_a_policy(policy: Any, body: Any, wanted: bool) -> None:
    compiled = compile_filter(json.dumps(policy), BODY)
    assert compiled.matches({}, json.dumps(body)) is wanted


@pytest.mark.parametrize("body", ["no JSON", "[1]", '"text"', "", "[" * 100_000])
def test_a_body_that_is_no_object_is_not_wanted(body: str) -> None:
    assert not compile_filter('{"a": ["x"]}', BODY).matches({}, body)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("x", '"key" must be an object or an array'),
        ([["x"]], "Match value must be String, number, true, false, or null"),
        ([{"suffix": "a", "prefix": "b"}], "Only one key allowed in match expression"),
        ([{"regex": "a"}], "Unrecognized match type regex"),
        ([{"suffix": 1}], "suffix match pattern must be a string"),
        ([{"prefix": {"equals-ignore-case": "a"}}], "prefix match pattern must be a string"),
        ([{"exists": None}], "exists match pattern must be either true or false."),
        ([{"anything-but": {"suffix": "a"}}], "Unsupported anything-but pattern: suffix"),
        ([{"anything-but": {"prefix": False}}], "prefix match pattern must be a string"),
        ([{"numeric": []}], "Invalid member in numeric match: ]"),
        ([{"numeric": [">", 3, "<", 1]}], "Bottom must be less than top"),
        ([{"cidr": "10.0.0.7"}], "Malformed CIDR, one '/' required"),
        ([{"wildcard": "*a*b*c*"}], "wildcard match pattern can have at most 3 wildcards"),
        ([], "Empty arrays are not allowed"),
    ],
)
def test_what_is_no_rule(rule: Any, reason: str) -> None:
    with pytest.raises(InvalidFilter) as refused:
        compile_filter(json.dumps({"key": rule}))
    assert str(refused.value) == reason


def test_attributes_have_no_depth() -> None:
    with pytest.raises(NestedFilter):
        compile_filter('{"a": {"b": ["x"]}}', ATTRIBUTES)
    compile_filter('{"a": {"b": ["x"]}}', BODY)


@pytest.mark.parametrize(
    ("policy", "scope"),
    [
        ({"a": [*range(151)]}, ATTRIBUTES),
        ({"a": [*range(13)], "b": [*range(12)]}, ATTRIBUTES),
        # "3 x 4 x 2 x 3 x 1 x 3 = 216" (the guide's own example)
        ({"a": {"b": {"c": [1, 2, 3, 4]}}, "d": {"e": [1, 2, 3]}, "f": [1, 2, 3]}, BODY),
        ({"a": [{"wildcard": f"*{n}"} for n in range(11)]}, ATTRIBUTES),
    ],
)
def test_a_policy_has_so_many_combinations(policy: Any, scope: str) -> None:
    with pytest.raises(InvalidFilter, match="Filter policy is too complex"):
        compile_filter(json.dumps(policy), scope)


def test_the_largest_policies_that_are_taken() -> None:
    compile_filter(json.dumps({"a": [*range(10)], "b": [*range(15)]}))
    compile_filter(json.dumps({name: ["x"] for name in "abcde"}))
    compile_filter(json.dumps({"a": [{"wildcard": f"*{n}"} for n in range(10)]}))
    with pytest.raises(InvalidFilter, match="can not have more than 5 keys"):
        compile_filter(json.dumps({name: ["x"] for name in "abcdef"}))


def test_numbers_reach_a_billion() -> None:
    compile_filter('{"a": [1000000000]}')
    with pytest.raises(NumberTooLarge):
        compile_filter('{"a": [1000000001]}')
