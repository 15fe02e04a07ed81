"""Schedule expressions: EventBridge User Guide, "Setting a schedule pattern for scheduled rules";
Scheduler User Guide, "Schedule types"."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from simulator.model.schedule import InvalidSchedule, parse, parse_cron, parse_rate

BERLIN = ZoneInfo("Europe/Berlin")


def times(text, start, count=3, zone=UTC):
    """The first times of a schedule after `start`, in UTC, as text."""
    expression = parse(text, zone)
    moment = origin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    found = []
    for _ in range(count):
        moment = expression.next_after(moment, origin)
        if moment is None:
            break
        found.append(f"{moment:%Y-%m-%dT%H:%M}")
    return found


@pytest.mark.parametrize(
    ("text", "start", "wanted"),
    [
        ("cron(0 10 * * ? *)", "2026-01-01T10:00", ["2026-01-02T10:00", "2026-01-03T10:00"]),
        ("cron(15 12 * * ? *)", "2026-01-01T00:00", ["2026-01-01T12:15", "2026-01-02T12:15"]),
        ("cron(0 18 ? * MON-FRI *)", "2026-01-02T18:00", ["2026-01-05T18:00"]),
        ("cron(0 8 1 * ? *)", "2026-01-15T00:00", ["2026-02-01T08:00", "2026-03-01T08:00"]),
        ("cron(0/15 * * * ? *)", "2026-01-01T00:01", ["2026-01-01T00:15", "2026-01-01T00:30"]),
        ("cron(5,35 14 * * ? *)", "2026-01-01T14:05", ["2026-01-01T14:35", "2026-01-02T14:05"]),
        ("cron(15 10 ? * 6L 2026)", "2026-01-01T00:00", ["2026-01-30T10:15", "2026-02-27T10:15"]),
        ("cron(0 2 ? * SAT#3 *)", "2026-01-01T00:00", ["2026-01-17T02:00", "2026-02-21T02:00"]),
        ("cron(0 0 L * ? *)", "2026-02-01T00:00", ["2026-02-28T00:00", "2026-03-31T00:00"]),
        ("cron(0 0 1W * ? *)", "2026-07-15T00:00", ["2026-08-03T00:00", "2026-09-01T00:00"]),
        ("cron(0 0 15W 8 ? *)", "2026-01-01T00:00", ["2026-08-14T00:00", "2027-08-16T00:00"]),
        ("cron(0 0 LW * ? *)", "2026-01-20T00:00", ["2026-01-30T00:00", "2026-02-27T00:00"]),
        ("cron(0 0 29 2 ? *)", "2026-01-01T00:00", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("cron(0 0 ? * FRI-MON *)", "2026-01-06T00:00", ["2026-01-09T00:00", "2026-01-10T00:00"]),
        ("cron(0 0 1 1 ? 2024-2025)", "2026-01-01T00:00", []),
        ("rate(5 minutes)", "2026-01-01T00:00", ["2026-01-01T00:05", "2026-01-01T00:10"]),
        ("at(2026-01-01T01:00:00)", "2026-01-01T00:00", ["2026-01-01T01:00"]),
        ("at(2025-01-01T01:00:00)", "2026-01-01T00:00", []),
    ],
)
def test_schedules_fire_when_they_say(text, start, wanted):
    assert times(text, start, max(2, len(wanted)))[: max(1, len(wanted))] == wanted


def test_cron_follows_the_clocks_of_its_zone():
    spring = times("cron(30 2 * * ? *)", "2026-03-27T12:00", 3, BERLIN)
    # On 29 March 2026 there is no 02:30 in Berlin: that invocation is skipped.
    assert spring == ["2026-03-28T01:30", "2026-03-30T00:30", "2026-03-31T00:30"]
    autumn = times("cron(30 2 * * ? *)", "2026-10-24T12:00", 2, BERLIN)
    # On 25 October 02:30 comes twice; it fires once.
    assert autumn == ["2026-10-25T00:30", "2026-10-26T01:30"]
    assert times("at(2026-07-01T12:00:00)", "2026-01-01T00:00", 1, BERLIN) == ["2026-07-01T10:00"]


def test_a_rate_counts_from_its_origin():
    hourly = parse_rate("rate(1 hour)", strict=True)
    origin = datetime(2026, 1, 1, 0, 20, tzinfo=UTC)
    assert hourly.next_after(origin - timedelta(days=1), origin) == origin
    assert hourly.next_after(origin, origin) == origin + timedelta(hours=1)
    assert hourly.next_after(origin + timedelta(minutes=90), origin) == origin + timedelta(hours=2)


@pytest.mark.parametrize(
    "text",
    [
        *("rate()", "rate(10)", "rate(10 seconds)", "rate(0 minutes)", "rate(-1 minutes)"),
        *("rate(10 MINUTES)", "rate( 10 minutes )", "rate(1 minutes)", "rate(10 minute)"),
    ],
)
def test_what_is_no_rate_of_a_rule(text):
    with pytest.raises(InvalidSchedule):
        parse_rate(text, strict=True)


@pytest.mark.parametrize(
    "text",
    [
        *("cron()", "cron(INVALID)", "cron(0 1 * * * *)", "cron(0 1 ? * ? *)", "cron(0 1 1 * 1 *)"),
        *("cron(7 20 * * NOT *)", "cron(0 dummy ? * MON-FRI *)", "cron(71 8 1 * ? *)"),
        *(
            "cron(0 0 32 * ? *)",
            "cron(0 0 ? * 8 *)",
            "cron(0 0 ? * MON#6 *)",
            "cron(*/0 * * * ? *)",
        ),
    ],
)
def test_what_is_no_cron(text):
    with pytest.raises(InvalidSchedule):
        parse_cron(text)


@pytest.mark.parametrize("text", ["at(2026-13-01T00:00:00)", "at(2026-01-01)", "at(x)", "soon"])
def test_what_is_no_time(text):
    with pytest.raises(InvalidSchedule):
        parse(text)
