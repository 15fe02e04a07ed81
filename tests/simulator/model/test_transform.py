"""Input paths and templates: EventBridge User Guide, "Amazon EventBridge input transformation"."""

import json

import pytest

from simulator.model.transform import is_path, placeholders, select, transform

EVENT = {
    "id": "1",
    "resources": ["arn:a", "arn:b"],
    "detail": {"state": 'a "b"', "n": 3, "o": {"k": [1, {"x-y": True}]}, "list": [{"v": 1}, {}]},
}
PATHS = {
    "id": "$.id",
    "state": "$.detail.state",
    "n": "$.detail.n",
    "o": "$.detail.o",
    "none": "$.detail.none",
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", EVENT),
        ("$.detail.n", 3),
        ("$.resources[1]", "arn:b"),
        ("$.resources[2]", None),
        ("$.detail.o.k[1].x-y", True),
        ("$.detail.list[*].v", [1]),
        ("$.detail['n']", 3),
        ("$.detail.state.deeper", None),
    ],
)
def test_paths_select(path, value):
    assert is_path(path)
    assert select(EVENT, path) == value


def test_what_is_no_path():
    assert not any(is_path(path) for path in ("detail", "$detail", "$..x", "$.a[b]", "$.a["))


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ('"<id> is <n>"', '"1 is 3"'),
        ('{"id": <id>, "n": <n>, "o": <o>}', '{"id": "1", "n": 3, "o": {"k":[1,{"x-y":true}]}}'),
        ('{"id": "<id>", "s": "<state>"}', '{"id": "1", "s": "a \\"b\\""}'),
        ('{"s": <state>, "none": <none>}', '{"s": "a \\"b\\"", "none": ""}'),
        ('"\\"<id>\\" <none>!"', '"\\"1\\" !"'),
        ('"all of <o>"', '"all of {k:[1,{x-y:true}]}"'),
        ('{"rule": <aws.events.rule-name>}', '{"rule": "r"}'),
        ('"<unknown>"', '"<unknown>"'),
    ],
)
def test_templates_are_filled(template, result):
    filled = transform(template, PATHS, EVENT, {"aws.events.rule-name": "r"})
    assert filled == result
    json.loads(filled)


def test_placeholders_are_found():
    assert placeholders('{"a": <a>, "b": "<b-c> <d.e>", "c": "1 < 2 > 1"}') == ["a", "b-c", "d.e"]
