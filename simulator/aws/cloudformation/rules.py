"""Rules: what a template asserts of its parameters before anything is made.

Source: AWS CloudFormation User Guide, "CloudFormation template Rules syntax", "Rule functions".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulator.aws.cloudformation.exceptions import invalid
from simulator.aws.cloudformation.intrinsics import Resolver

_LOOKED_UP = ("Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll")


def check(template: Mapping[str, Any], resolver: Resolver) -> None:
    """Raise ValidationError for a rule that does not hold."""
    for name, rule in (template.get("Rules") or {}).items():
        if not isinstance(rule, Mapping) or not isinstance(rule.get("Assertions"), list):
            raise invalid(f"Template format error: Rule {name} must have a list of Assertions")
        if "RuleCondition" in rule and not _holds(rule["RuleCondition"], resolver):
            continue
        for assertion in rule["Assertions"]:
            if not _holds(assertion.get("Assert"), resolver):
                told = assertion.get("AssertDescription") or "Assertion failed"
                raise invalid(f"Template validation error: Rule {name} failed: {told}")


def _holds(test: Any, resolver: Resolver) -> bool:
    if isinstance(test, bool):
        return test
    if not isinstance(test, Mapping) or len(test) != 1:
        raise invalid("Template format error: a rule's test must be one rule function")
    name, argument = next(iter(test.items()))
    if name in _LOOKED_UP:
        raise invalid(f"{name} is not implemented by Paddock: it looks up resources of EC2")
    if name not in _TESTS or not isinstance(argument, list):
        raise invalid(f"Template format error: {name} is no rule function, or wants a list")
    return _TESTS[name](argument, resolver)


def _texts(value: Any, resolver: Resolver) -> list[str]:
    if isinstance(value, Mapping) and next(iter(value), "") in _LOOKED_UP:
        _holds(value, resolver)
    found = resolver.resolve(value)
    return [str(each) for each in (found if isinstance(found, list) else [found])]


def _equals(argument: list[Any], resolver: Resolver) -> bool:
    first, second = (_texts(each, resolver) for each in argument)
    return first == second


def _contains(argument: list[Any], resolver: Resolver) -> bool:
    everything, wanted = (_texts(each, resolver) for each in argument)
    return all(each in everything for each in wanted)


def _each_equals(argument: list[Any], resolver: Resolver) -> bool:
    everything, (wanted, *_) = (_texts(each, resolver) for each in argument)
    return all(each == wanted for each in everything)


def _each_in(argument: list[Any], resolver: Resolver) -> bool:
    everything, allowed = (_texts(each, resolver) for each in argument)
    return all(each in allowed for each in everything)


_TESTS: dict[str, Callable[[list[Any], Resolver], bool]] = {
    "Fn::And": lambda tests, resolver: all(_holds(each, resolver) for each in tests),
    "Fn::Contains": _contains,
    "Fn::EachMemberEquals": _each_equals,
    "Fn::EachMemberIn": _each_in,
    "Fn::Equals": _equals,
    "Fn::Not": lambda tests, resolver: not _holds(tests[0], resolver),
    "Fn::Or": lambda tests, resolver: any(_holds(each, resolver) for each in tests),
}
