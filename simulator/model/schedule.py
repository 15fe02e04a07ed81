"""When a schedule fires: rate, cron and at expressions, time zones, windows of chance.

Behaviour: Amazon EventBridge User Guide, "Setting a schedule pattern for scheduled rules", and
EventBridge Scheduler User Guide, "Schedule types".
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

_LAST_YEAR = 2199
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")  # 1 to 7
_RATE = re.compile(r"rate\((\d+) (minute|minutes|hour|hours|day|days)\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")


class InvalidSchedule(ValueError):
    """An expression that is no schedule."""


@dataclass(frozen=True)
class Rate:
    """Every so many seconds, counted from where the schedule begins."""

    every_s: int

    def next_after(self, moment: datetime, origin: datetime) -> datetime | None:
        """The first time after `moment`, of those counted from `origin` (which is one)."""
        if moment < origin:
            return origin
        passed_s = (moment - origin) / timedelta(seconds=1)
        return origin + timedelta(seconds=(int(passed_s // self.every_s) + 1) * self.every_s)


@dataclass(frozen=True)
class At:
    """Once, at a time of the zone's clocks."""

    when: datetime
    zone: tzinfo = UTC

    def next_after(self, moment: datetime, origin: datetime) -> datetime | None:  # noqa: ARG002
        """That time, or None if it has passed."""
        when = self.when.replace(tzinfo=self.zone).astimezone(UTC)
        return when if when > moment else None


@dataclass(frozen=True)
class Cron:
    """At the minutes that six fields name, on the zone's clocks.

    An hour that the clocks skip in spring is skipped; one that they repeat in autumn counts once.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    years: frozenset[int]
    is_day: Callable[[date], bool]
    zone: tzinfo = UTC

    def next_after(self, moment: datetime, origin: datetime) -> datetime | None:  # noqa: ARG002
        """The first such minute after `moment`, or None if there is none up to the year 2199."""
        local = moment.astimezone(self.zone)
        for day in self._days(local.date()):
            for hour in self.hours:
                for minute in self.minutes:
                    when = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
                    found = when.astimezone(UTC)
                    if found <= moment or found.astimezone(self.zone).hour != hour:
                        continue
                    return found
        return None

    def _days(self, day: date) -> Iterator[date]:
        for year in sorted(year for year in self.years if year >= day.year):
            for month in sorted(self.months):
                if (year, month) < (day.year, day.month):
                    continue
                for number in range(1, calendar.monthrange(year, month)[1] + 1):
                    found = date(year, month, number)
                    if found >= day and self.is_day(found):
                        yield found


Expression = Rate | At | Cron


def parse_rate(text: str, *, strict: bool) -> Rate:
    """`rate(5 minutes)`. With `strict`, one is singular and more are plural, as rules want it."""
    match = _RATE.fullmatch(text)
    if match is None or int(match[1]) < 1:
        raise InvalidSchedule(text)
    if strict and (int(match[1]) == 1) == match[2].endswith("s"):
        raise InvalidSchedule(text)
    unit_s = {"minute": 60, "hour": 3600, "day": 86_400}[match[2].rstrip("s")]
    return Rate(int(match[1]) * unit_s)


def parse_at(text: str, zone: tzinfo = UTC) -> At:
    """`at(2026-01-31T10:00:00)`, on the clocks of `zone`."""
    match = _AT.fullmatch(text)
    if match is None:
        raise InvalidSchedule(text)
    try:
        return At(datetime.fromisoformat(match[1]), zone)
    except ValueError as error:
        raise InvalidSchedule(text) from error


def parse_cron(text: str, zone: tzinfo = UTC) -> Cron:
    """`cron(minutes hours day-of-month month day-of-week year)`, on the clocks of `zone`."""
    match = _CRON.fullmatch(text)
    if match is None:
        raise InvalidSchedule(text)
    minute, hour, day, month, weekday, year = match.groups()
    if (day == "?") == (weekday == "?"):  # exactly one of the two must be left open
        raise InvalidSchedule(text)
    try:
        return Cron(
            tuple(sorted(_numbers(minute, 0, 59))),
            tuple(sorted(_numbers(hour, 0, 23))),
            frozenset(_numbers(month, 1, 12, _MONTHS)),
            frozenset(_numbers(year, 1970, _LAST_YEAR)),
            _weekdays(weekday) if day == "?" else _days_of_month(day),
            zone,
        )
    except ValueError as error:
        raise InvalidSchedule(text) from error


def parse(text: str, zone: tzinfo = UTC) -> Expression:
    """Any expression that EventBridge Scheduler takes. Raises InvalidSchedule for others."""
    if text.startswith("rate("):
        return parse_rate(text, strict=False)
    if text.startswith("at("):
        return parse_at(text, zone)
    return parse_cron(text, zone)


def _numbers(field: str, low: int, high: int, names: tuple[str, ...] = ()) -> set[int]:
    """The numbers a field names: `*`, `5`, `1-5`, `1,2`, `0/15`, `MON-FRI`."""
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step_text = part.partition("/")
        step = int(step_text) if slash else 1
        if step < 1:
            raise ValueError(field)
        if span == "*":
            first, last = low, high
        elif "-" in span:
            first, last = (_number(end, names, low) for end in span.split("-"))
        else:
            first = _number(span, names, low)
            last = high if slash else first
        if not (low <= first <= high and low <= last <= high):
            raise ValueError(field)
        wrapped = last if first <= last else last + high - low + 1  # FRI-MON
        found |= {
            low + (value - low) % (high - low + 1) for value in range(first, wrapped + 1, step)
        }
    return found


def _number(text: str, names: tuple[str, ...], low: int) -> int:
    if text.upper() in names:
        return names.index(text.upper()) + low
    if not text.isdigit():
        raise ValueError(text)
    return int(text)


def _days_of_month(field: str) -> Callable[[date], bool]:
    if field == "L":
        return lambda day: day.day == calendar.monthrange(day.year, day.month)[1]
    if field == "LW":
        return lambda day: (
            day == _nearest_weekday(day.replace(day=calendar.monthrange(day.year, day.month)[1]))
        )
    if field.endswith("W"):
        number = int(field[:-1])
        if not 1 <= number <= 31:
            raise ValueError(field)
        return lambda day: (
            number <= calendar.monthrange(day.year, day.month)[1]
            and day == _nearest_weekday(day.replace(day=number))
        )
    numbers = _numbers(field, 1, 31)
    return lambda day: day.day in numbers


def _weekdays(field: str) -> Callable[[date], bool]:
    if field == "L":
        return lambda day: _weekday(day) == 7
    if field.endswith("L"):
        wanted = _weekday_number(field[:-1])
        return lambda day: (
            _weekday(day) == wanted and day.day + 7 > calendar.monthrange(day.year, day.month)[1]
        )
    if "#" in field:
        name, _, nth_text = field.partition("#")
        wanted, nth = _weekday_number(name), int(nth_text)
        if not 1 <= nth <= 5:
            raise ValueError(field)
        return lambda day: _weekday(day) == wanted and (day.day - 1) // 7 + 1 == nth
    numbers = _numbers(field, 1, 7, _DAYS)
    return lambda day: _weekday(day) in numbers


def _weekday_number(text: str) -> int:
    number = _number(text, _DAYS, 1)
    if not 1 <= number <= 7:
        raise ValueError(text)
    return number


def _weekday(day: date) -> int:
    """1 for Sunday to 7 for Saturday."""
    return day.isoweekday() % 7 + 1


def _nearest_weekday(day: date) -> date:
    """The working day nearest to `day` in the same month."""
    if day.isoweekday() <= 5:
        return day
    last = calendar.monthrange(day.year, day.month)[1]
    if day.isoweekday() == 6:
        return day - timedelta(days=1) if day.day > 1 else day + timedelta(days=2)
    return day + timedelta(days=1) if day.day < last else day - timedelta(days=2)
