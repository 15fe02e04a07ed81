"""How one fact reads: a glyph, a source, a subject and a few words, and how much it matters."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.journal import Fact
from tui.folds import REFUSALS, entry_text

STORY, CALLS, ALL = 0, 1, 2
"""How much the timeline shows: what happened; with every call; with logs and small print."""
LEVEL_NAMES = ("story", "calls", "all")


@dataclass(frozen=True, slots=True)
class Told:
    """One fact as a line. `tone` is ok, bad, warn, info, mark or quiet; never colour alone."""

    glyph: str
    tone: str
    source: str
    subject: str
    text: str


_LEVELS: dict[str, int] = {
    "call": CALLS,
    "sqs.deleted": CALLS,
    "sns.delivered": CALLS,
    "lambda.started": CALLS,
    "lambda.log": ALL,
}
_STATES_STORY = ("StateEntered", "Failed", "TimedOut", "Aborted", "Retried")
_PUBLISHED = re.compile(r'"Message"\s*:\s*')
_ENDINGS = {"ok": "ok", "error": "failed", "timeout": "timed out", "exit": "exited"}


def level_of(fact: Fact) -> int:
    """The least view in which a fact shows: STORY, CALLS or ALL."""
    what = fact.what
    if what.startswith("states."):
        if what.endswith(_STATES_STORY) or what.startswith("states.Execution"):
            return STORY
        return ALL
    if what == "call" and fact.data.get("error"):
        return STORY
    if what == "lambda.ended" and fact.data.get("outcome") == "ok":
        return CALLS
    return _LEVELS.get(what, STORY)


def clock_text(at_s: float) -> str:
    """Virtual seconds as people read them: 00:03:20.250, or 2d 00:03:20.250."""
    millis = round(at_s * 1000)
    days, millis = divmod(millis, 86_400_000)
    hours, millis = divmod(millis, 3_600_000)
    minutes, millis = divmod(millis, 60_000)
    seconds, millis = divmod(millis, 1000)
    text = f"{hours:02}:{minutes:02}:{seconds:02}.{millis:03}"
    return f"{days}d {text}" if days else text


def span_text(seconds: float) -> str:
    """A length of time in the unit that suits it: 85 ms, 3.0 s, 2 min, 1 h 30 min."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds % 1 else f"{seconds:.0f} s"
    minutes, hours = round(seconds / 60), round(seconds / 60) // 60
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"


def _get(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key, "")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.split())


def _number(data: Mapping[str, Any], key: str) -> float:
    try:
        return float(data.get(key, 0))
    except (TypeError, ValueError):
        return 0.0


def _rest(data: Mapping[str, Any], *known: str) -> str:
    return " ".join(f"{key}={_get(data, key)}" for key in data if key not in known)


def _actor(fact: Fact) -> str:
    """Who did it, without what kind of thing they are: `states:fares` is fares."""
    return fact.who.partition(":")[2] or fact.who


def _tell_call(fact: Fact) -> Told:
    data = fact.data
    error = _get(data, "error")
    target = f"{_get(data, 'service')} {_get(data, 'action')}"
    if error:
        message = _get(data, "message")
        return Told("✗", "bad", "call", _actor(fact), f"{target}: {error} {message}".rstrip())
    return Told("→", "quiet", "call", _actor(fact), target)


def _tell_sqs(fact: Fact) -> Told:
    data, event = fact.data, fact.what[4:]
    queue = _get(data, "queue")
    if event == "sent":
        delay_s = _number(data, "delay_s")
        later = f"in {span_text(delay_s)}: " if delay_s else ""
        return Told("▸", "info", "sqs", queue, f"sent {later}{_body(data)}")
    if event == "received":
        count = _get(data, "receive_count")
        return Told("◂", "info", "sqs", queue, f"received, time {count}" if count else "received")
    if event == "deleted":
        return Told("·", "quiet", "sqs", queue, "deleted")
    return Told("·", "warn", "sqs", queue, f"{event} {_rest(data, 'queue')}".rstrip())


def _body(data: Mapping[str, Any]) -> str:
    """A message's body; of one that SNS has wrapped, what was published.

    Journals cut bodies, so that the wrapping may be open at its end.
    """
    body = str(data.get("body", ""))
    found = _PUBLISHED.search(body) if '"MessageId"' in body else None
    if found:
        with contextlib.suppress(ValueError):
            body, _ = json.JSONDecoder().raw_decode(body, found.end())
    return " ".join(str(body).split())


def _tell_sns(fact: Fact) -> Told:
    data, topic = fact.data, _get(fact.data, "topic")
    if fact.what == "sns.published":
        subject = _get(data, "subject")
        text = f"published {subject + ': ' if subject else ''}{_get(data, 'message')}"
        return Told("▸", "info", "sns", topic, text)
    text = f"{fact.what[4:]} to {_get(data, 'protocol')} {_get(data, 'endpoint')}"
    return Told("▸", "quiet", "sns", topic, text)


def _tell_lambda(fact: Fact) -> Told:
    data, event = fact.data, fact.what[7:]
    function = _get(data, "function")
    if event == "started":
        cold = f"cold start, {span_text(_number(data, 'init_s'))}" if data.get("cold") else "warm"
        return Told("▸", "quiet", "lambda", function, f"started, {cold}")
    if event == "ended":
        took = span_text(_number(data, "duration_s"))
        outcome = _get(data, "outcome")
        if outcome == "ok":
            return Told("✓", "ok", "lambda", function, f"ok in {took}")
        why = f"{_get(data, 'error_type')} {_get(data, 'error')}".strip()
        ended = _ENDINGS.get(outcome, f"failed ({outcome})")
        return Told("✗", "bad", "lambda", function, f"{ended} after {took} {why}".rstrip())
    if event == "retried":
        text = f"retry {_get(data, 'attempt')}, in {span_text(_number(data, 'delay_s'))}"
        return Told("↻", "warn", "lambda", function, text)
    return Told("·", "quiet", "lambda", function, _get(data, "text") or event)


def _tell_states(fact: Fact) -> Told:
    data, event = fact.data, fact.what[7:]
    machine, state = _get(data, "machine"), _get(data, "state")
    why = f"{_get(data, 'error')} {_get(data, 'cause')}".strip()
    if event == "Retried":
        wait = span_text(_number(data, "wait_s"))
        text = f"retry {_get(data, 'attempt')}, in {wait}  {_get(data, 'error')}"
        return Told("↻", "warn", "states", state or machine, text.rstrip())
    if event == "ExecutionSucceeded":
        return Told("✓", "ok", "states", machine, f"succeeded {_get(data, 'output')}".rstrip())
    if event == "ExecutionStarted":
        return Told("◆", "mark", "states", machine, f"started {_get(data, 'input')}".rstrip())
    if event.endswith(("Failed", "TimedOut", "Aborted")):
        return Told("✗", "bad", "states", state or machine, f"{event} {why}".rstrip())
    if event.endswith("StateEntered"):
        kind = event.removesuffix("StateEntered").lower()
        return Told("▸", "info", "states", state or machine, f"enters {kind}".rstrip())
    if event.endswith("StateExited"):
        return Told("◂", "quiet", "states", state or machine, "exits")
    return Told("·", "quiet", "states", state or machine, event)


def _tell_partner(fact: Fact) -> Told:
    data, operation = fact.data, fact.what[8:]
    good = _get(data, "outcome").lower() not in REFUSALS
    text = entry_text(operation, data)
    glyph, tone = ("⌂", "ok") if good else ("✗", "bad")
    return Told(glyph, tone, "partner", _get(data, "partner").partition(".")[0], text)


def _tell_api(fact: Fact) -> Told:
    data, event, api = fact.data, fact.what[11:], _get(fact.data, "name")
    status, why = int(_number(data, "status")), _get(data, "why")
    good = status < 400
    tone, glyph = ("ok", "✓") if good else ("bad", "✗")
    if event == "answered":
        took = span_text(_number(data, "latency_s"))
        asked = f"{_get(data, 'method')} {_get(data, 'path')}".strip()
        text = f"{asked}  {status} in {took}  {why}".rstrip()
        return Told(glyph, tone, "api", api or _get(data, "api"), text)
    if event == "message":
        way = "to the client" if data.get("direction") == "out" else _get(data, "route")
        text = f"message {way}, {_get(data, 'bytes')} bytes  {why}".rstrip()
        return Told(*(("▸", "info") if good else ("✗", "bad")), "api", api, text)
    if event == "connected":
        text = f"connection {'opened' if good else f'refused, {status}'}  {why}".rstrip()
        return Told(glyph, tone, "api", api, text)
    return Told("·", "quiet", "api", api, f"connection ended, {_get(data, 'code')}")


def _tell_fault(fact: Fact) -> Told:
    event = fact.what[6:]
    tone = "quiet" if event == "lifted" else "warn"
    where = fact.data.get("where")
    # The most telling part of where it strikes stands last: actor, service, action.
    places = [str(value) for key, value in where.items() if key != "execution"] if where else []
    subject = places[-1] if places else _actor(fact)
    return Told("!", tone, "fault", subject, f"{event}: {_get(fact.data, 'name')}")


def _tell_step(fact: Fact) -> Told:
    event = fact.what[5:]
    return Told("═", "mark", "step", _get(fact.data, "step"), event)


_TELLERS: dict[str, Callable[[Fact], Told]] = {
    "call": _tell_call,
    "apigateway": _tell_api,
    "sqs": _tell_sqs,
    "sns": _tell_sns,
    "lambda": _tell_lambda,
    "states": _tell_states,
    "partner": _tell_partner,
    "fault": _tell_fault,
    "step": _tell_step,
}


def tell(fact: Fact) -> Told:
    """One fact as a line; a fact of a kind not known yet reads as its own words."""
    family, _, event = fact.what.partition(".")
    teller = _TELLERS.get(family)
    if teller is not None:
        return teller(fact)
    bad = event in {"failed", "error"}
    subject = _get(fact.data, "name") or fact.who
    glyph, tone = ("✗", "bad") if bad else ("·", "info")
    return Told(glyph, tone, family, subject, f"{event} {_rest(fact.data, 'name')}".strip())


def mentions(fact: Fact, needle: str) -> bool:
    """Whether a fact has `needle` (lower case) in its kind, its actor or any of its values."""
    if needle in fact.what.lower() or needle in fact.who.lower():
        return True
    return any(needle in str(value).lower() for value in fact.data.values())
