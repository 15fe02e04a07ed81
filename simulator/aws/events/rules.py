"""Rules with compiled patterns, buses that know their rules by index, and what targets must be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.events import models as moto
from moto.events.exceptions import InvalidEventPatternException, ValidationException

from simulator.aws.events.exceptions import Constraints, LimitExceeded
from simulator.model.bus import RuleIndex
from simulator.model.pattern import InvalidPattern, Pattern, compile_pattern
from simulator.model.schedule import Cron, InvalidSchedule, Rate, parse_cron, parse_rate
from simulator.model.transform import RESERVED, is_path, placeholders

MOST_TARGETS = 5
"""Targets a rule may have (EventBridge User Guide, "Amazon EventBridge quotas")."""

_ARN = re.compile(r"arn:[\d\w:\-/]*")


def compiled(text: str) -> Pattern:
    """A pattern, or EventBridge's refusal of it."""
    try:
        return compile_pattern(text)
    except InvalidPattern as error:
        raise InvalidEventPatternException(str(error)) from error


def _rule_pattern(text: str) -> Pattern:
    """As `compiled`; but an empty object, which moto takes for any event, is let through."""
    return Pattern(((),), text) if text.strip() == "{}" else compiled(text)


class Rule(moto.Rule):
    """A rule that matches by its compiled pattern and fires by its schedule."""

    targets: list[dict[str, Any]]

    def __init__(self, *, event_pattern: str | None, **options: Any) -> None:
        self.pattern = _rule_pattern(event_pattern) if event_pattern else None
        super().__init__(event_pattern=None, **options)
        if event_pattern:
            source, _ = json.JSONDecoder().raw_decode(event_pattern.lstrip())
            self.event_pattern = moto.EventPattern(event_pattern, source)
        self.schedule = parse_schedule(self.scheduled_expression)

    def send_to_targets(self, *_: Any, **__: Any) -> None:
        """moto's delivery, which is not used."""
        raise NotImplementedError("events reach rules through Deliveries")


class EventBus(moto.EventBus):
    """A bus that finds the rules of an event without trying them all."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.rules: _Rules = _Rules()  # type: ignore[assignment]

    @property
    def index(self) -> RuleIndex[Rule]:
        """The rules that have patterns, indexed; made anew after a rule was put or deleted."""
        rules = self.rules
        if rules.index is None:
            rules.index = RuleIndex(
                (rule, rule.pattern) for rule in rules.values() if rule.pattern is not None
            )
        return rules.index


class _Rules(dict[str, Rule]):
    """The rules of a bus by name; a change drops the index."""

    index: RuleIndex[Rule] | None = None

    def __setitem__(self, name: str, rule: Rule) -> None:
        self.index = None
        super().__setitem__(name, rule)

    def __delitem__(self, name: str) -> None:
        self.index = None
        super().__delitem__(name)

    def pop(self, name: str, *default: Any) -> Any:
        self.index = None
        return super().pop(name, *default)


def parse_schedule(text: str | None) -> Rate | Cron | None:
    """The schedule of a rule. Raises ValidationException as PutRule does."""
    if not text:
        return None
    try:
        return parse_rate(text, strict=True) if text.startswith("rate") else parse_cron(text)
    except InvalidSchedule as error:
        raise ValidationException("Parameter ScheduleExpression is not valid.") from error


def check_targets(targets: Sequence[Mapping[str, Any]]) -> None:
    """Refuse targets as PutTargets does."""
    constraints = Constraints()
    for number, target in enumerate(targets, start=1):
        constraints.text(target.get("Id"), f"targets.{number}.member.id", 64, lenient="/")
        at = f"targets.{number}.member.retryPolicy"
        policy = target.get("RetryPolicy") or {}
        constraints.number(
            policy.get("MaximumEventAgeInSeconds"), f"{at}.maximumEventAgeInSeconds", 60, 86_400
        )
        constraints.number(policy.get("MaximumRetryAttempts"), f"{at}.maximumRetryAttempts", 0, 185)
    constraints.check()
    for target in targets:
        _check_target(target)


def check_quota(rule: Rule, targets: Sequence[Mapping[str, Any]]) -> None:
    """Refuse more targets than a rule may have.

    Those in other accounts are not counted, which differs from AWS: moto's own tests, which have
    to pass, put six of them on one rule.
    """
    places = {target["Id"]: str(target["Arn"]) for target in (*rule.targets, *targets)}
    if sum(arn.split(":")[4:5] == [rule.account_id] for arn in places.values()) > MOST_TARGETS:
        raise LimitExceeded


def check_archive_pattern(text: str | None) -> None:
    """Refuse an archive's pattern: in moto's words what moto refuses, in AWS's the rest."""
    if not text:
        return
    try:
        an_object = isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        an_object = True  # moto says what is wrong with it
    if an_object:
        moto.EventPattern.load(text)
    _rule_pattern(text)


def check_policy(text: str) -> None:
    """Refuse a bus's policy that is none."""
    try:
        statements = json.loads(text)["Statement"]
        whole = all(
            isinstance(statement, dict)
            and {"Sid", "Effect", "Principal", "Action", "Resource"} <= set(statement)
            for statement in statements
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise ValidationException("This policy contains invalid Json")


def _check_target(target: Mapping[str, Any]) -> None:
    identifier, arn = target["Id"], str(target["Arn"])
    if not _ARN.match(arn):
        raise ValidationException(
            f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
        )
    if ":sqs:" in arn and arn.endswith(".fifo") and not target.get("SqsParameters"):
        raise ValidationException(
            f"Parameter(s) SqsParameters must be specified for target: {identifier}."
        )
    inputs = [target.get(name) for name in ("Input", "InputPath", "InputTransformer")]
    if sum(given is not None for given in inputs) > 1:
        raise ValidationException(
            "Only one of Input, InputPath, or InputTransformer must be provided "
            f"for target {identifier}."
        )
    for reason in _broken_input(target):
        raise ValidationException(reason)


def _broken_input(target: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a target's input, if anything."""
    identifier = target["Id"]
    text, path = target.get("Input"), target.get("InputPath")
    if text is not None:
        try:
            json.loads(text)
        except ValueError:
            yield f"JSON syntax error in input for target {identifier}"
    if path and not is_path(path):
        yield f"Invalid InputPath for target {identifier}."
    transformer = target.get("InputTransformer")
    if not transformer:
        return
    paths = transformer.get("InputPathsMap") or {}
    for name, where in paths.items():
        if name.startswith("AWS"):
            yield f"InputPathsMap key {name} is reserved for target {identifier}."
        if not is_path(where):
            yield f"Invalid InputPathsMap for target {identifier}."
    for name in placeholders(str(transformer.get("InputTemplate", ""))):
        if name not in paths and name not in RESERVED:
            yield f"InputTemplate for target {identifier} contains invalid placeholder {name}."
