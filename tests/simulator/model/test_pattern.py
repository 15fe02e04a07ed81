"""Event patterns: EventBridge User Guide, "Comparison operators for use in event patterns"."""

import json

import pytest

from simulator.model.pattern import InvalidPattern, compile_pattern, flatten, parse


def matches(pattern, event):
    return compile_pattern(json.dumps(pattern)).matches(event)


def refusal(text):
    with pytest.raises(InvalidPattern) as caught:
        compile_pattern(text if isinstance(text, str) else json.dumps(text))
    return str(caught.value)


@pytest.mark.parametrize(
    ("wanted", "accepted", "refused"),
    [
        (["a"], ["a", ["b", "a"]], ["b", None, 1, []]),
        ([1], [1, 1.0], ["1", True, 2]),
        ([None], [None], ["", 0, []]),
        ([True], [True], ["true", 1]),
        (["10.0.0.1"], ["10.0.0.1"], ["10.0.0.2"]),
        (["2001:db8::1"], ["2001:0db8:0:0::0001"], ["2001:db8::2"]),
        ([{"prefix": "ab"}], ["abc", "ab"], ["Abc", 12, None]),
        ([{"prefix": {"equals-ignore-case": "AB"}}], ["abc", "aBX"], ["xab"]),
        ([{"suffix": "yz"}], ["xyz"], ["xYZ", "yzx"]),
        ([{"suffix": {"equals-ignore-case": ".PNG"}}], ["a.png", "a\n.PnG"], ["a.pngx"]),
        ([{"equals-ignore-case": "straße"}], ["STRAßE", "STRASSE"], ["strase"]),
        ([{"anything-but": "a"}], ["b", 1, None, ["a", "b"]], ["a", ["a"]]),
        ([{"anything-but": [1, 2]}], [3, "1", None], [1, 2.0]),
        ([{"anything-but": {"prefix": ["a", "b"]}}], ["c", 1], ["ax", "bx"]),
        ([{"anything-but": {"suffix": "z"}}], ["za"], ["az"]),
        ([{"anything-but": {"equals-ignore-case": ["Stop"]}}], ["go"], ["STOP"]),
        ([{"anything-but": {"wildcard": "*/x/*"}}], ["a/y/b"], ["a/x/b"]),
        ([{"numeric": ["=", 3.018e2]}], [301.8], [301, "301.8", True]),
        ([{"numeric": [">", 0, "<=", 5]}], [1, 5, 0.001], [0, 5.1]),
        ([{"cidr": "10.0.0.7/24"}], ["10.0.0.0", "10.0.0.255"], ["10.0.1.0", "::1", 3]),
        ([{"cidr": "2001:db8::/64"}], ["2001:db8::abcd"], ["2001:db9::1"]),
        ([{"wildcard": "a*b*c"}], ["abc", "a--b--c", "abbcc"], ["ac", "abcd", "acb"]),
        ([{"wildcard": "a\\*b"}], ["a*b"], ["axb"]),
        ([{"exists": True}], ["a", None, 0], [[], {}]),
        ([{"exists": False}], [[], {}], ["a", None]),
        (["x", {"prefix": "y"}, {"numeric": ["<", 0]}], ["x", "yes", -1], ["z", 1]),
    ],
)
def test_a_field_is_what_its_pattern_says(wanted, accepted, refused):
    for value in accepted:
        assert matches({"detail": {"f": wanted}}, {"detail": {"f": value}}), value
    for value in refused:
        assert not matches({"detail": {"f": wanted}}, {"detail": {"f": value}}), value


def test_a_missing_field_matches_only_its_absence():
    for wanted in (["a"], [{"anything-but": "a"}], [{"exists": True}], [None]):
        assert not matches({"f": wanted}, {"g": "a"})
    assert matches({"f": [{"exists": False}], "g": ["a"]}, {"g": "a"})
    assert matches({"f": ["x", {"exists": False}]}, {})


def test_dots_join_names():
    assert matches({"detail": {"a.b": ["x"]}}, {"detail": {"a": {"b": "x"}}})
    assert matches({"detail": {"a": {"b": ["x"]}}}, {"detail": {"a.b": "x"}})


def test_fields_of_one_array_element_belong_together():
    pattern = {"songs": {"by": ["Paul"], "name": ["Paint It Black"]}}
    songs = [{"name": "Paint It Black", "by": "Mick"}, {"name": "Paperback Writer", "by": "Paul"}]
    assert not matches(pattern, {"songs": songs})
    assert matches(pattern, {"songs": [*songs, {"name": "Paint It Black", "by": "Paul"}]})
    # an absence, too, is that of the element chosen so far
    assert not matches({"d": {"a": [1], "b": [{"exists": False}]}}, {"d": [{"a": 1, "b": 2}]})
    assert matches({"d": {"a": [1], "b": [{"exists": False}]}}, {"d": [{"a": 1}, {"b": 2}]})


def test_large_arrays_are_matched_without_trying_all_combinations():
    rows = [{"a": {"x": i}, "b": i % 2, "c": [{"d": j} for j in range(20)]} for i in range(200)]
    pattern = {"r": {"a": {"x": [{"exists": True}]}, "b": [7], "c": {"d": [{"exists": True}]}}}
    assert not matches(pattern, {"r": rows})


def test_or_multiplies_the_alternatives():
    pattern = {"source": ["s"], "detail": {"$or": [{"a": [1]}, {"b": [2], "c": [3]}]}}
    assert matches(pattern, {"source": "s", "detail": {"a": 1}})
    assert matches(pattern, {"source": "s", "detail": {"b": 2, "c": 3}})
    assert not matches(pattern, {"source": "s", "detail": {"b": 2}})
    assert not matches(pattern, {"source": "t", "detail": {"a": 1}})
    assert compile_pattern(json.dumps(pattern)).only_strings("source") == {"s"}
    assert compile_pattern(json.dumps(pattern)).only_strings("detail.a") is None


def test_the_later_of_two_equal_names_counts_and_others_stay():
    text = '{"d": {"a": [1]}, "d": {"b": [2]}, "d": {"b": [3]}}'
    assert compile_pattern(text).matches({"d": {"a": 1, "b": 3}})
    assert not compile_pattern(text).matches({"d": {"b": 3}})
    assert not compile_pattern(text).matches({"d": {"a": 1, "b": 2}})
    assert flatten(parse('{"a": 1, "a": 2}')) == {"a": [(1, ()), (2, ())]}


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ([1], "Filter is not an object"),
        ({}, "Empty objects are not allowed"),
        ({"a": {}}, "Empty objects are not allowed"),
        ({"a": []}, "Empty arrays are not allowed"),
        ({"a": 42}, '"a" must be an object or an array'),
        ({"a": [[1]]}, "Match value must be String, number, true, false, or null"),
        ({"a": [{"EXISTS": True}]}, "Unrecognized match type EXISTS"),
        ({"a": [{"exists": "yes"}]}, "exists match pattern must be either true or false."),
        ({"a": [{"prefix": 1}]}, "prefix match pattern must be a string"),
        ({"a": [{"prefix": "a", "b": 1}]}, "Only one key allowed in match expression"),
        ({"a": [{"anything-but": {"prefix": ""}}]}, "Null prefix/suffix not allowed"),
        ({"a": [{"numeric": ["<", 1, ">", 0]}]}, "Too many elements in numeric expression"),
        ({"a": [{"numeric": [">", 1, "<", 1]}]}, "Bottom must be less than top"),
        ('{"a": [{"numeric": ["=", 1E309]}]}', "Cannot compare number : 1E309"),
        ({"a": [{"cidr": "foo"}]}, "Malformed CIDR, one '/' required"),
        ({"a": [{"cidr": "10.0.0.0/32"}]}, "IPv4 mask bits must be < 32"),
        ({"a": [{"wildcard": "a**b"}]}, "Consecutive wildcard characters at pos 2"),
        ({"a": [{"wildcard": "a\\b"}]}, "Invalid escape character at pos 2"),
        ({"$or": [{"a": [1]}]}, "There must have at least 2 Objects in $or relationship."),
        (
            {"$or": [{"a": {"prefix": ["b"]}}, {"c": [1]}]},
            "prefix is Ruler reserved fieldName which cannot be used inside $or.",
        ),
    ],
)
def test_what_eventbridge_refuses(pattern, reason):
    assert refusal(pattern) == reason


def test_a_wildcard_too_complex_is_refused():
    # User guide, "Wildcard matching": the first is its example of one too complex
    assert refusal({"a": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}).startswith("Rule is too")
    assert matches(
        {"a": [{"wildcard": "/U/*/dir/dir/dir/dir/dir/x"}]}, {"a": "/U/m/dir/dir/dir/dir/dir/x"}
    )


@pytest.mark.parametrize("text", ['{"a": [NaN]}', '{"a": [1}', "", "[" * 100_000])
def test_what_is_no_json_is_refused(text):
    assert refusal(text).startswith(("Invalid JSON", "Filter"))
