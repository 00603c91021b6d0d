"""When a line or an office is open, in Copenhagen, on this minute.

The hours are written as OpenStreetMap's ``opening_hours`` (https://wiki.openstreetmap.org/wiki/Key:opening_hours).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from opening_hours import OpeningHours, ParserError  # type: ignore[attr-defined]

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
# Half holidays on which offices that close on public holidays are closed too (facts 8): Grundlovsdag, 24 and 31 December.
# 1 May is left out: treat as open unless the office says otherwise.
_OFFICE_CLOSED = {(6, 5), (12, 24), (12, 31)}
_HORIZON_DAYS = 21
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class UnreadableHours(ValueError):
    """The hours are not written as ``opening_hours``."""


@dataclass(frozen=True)
class OpenState:
    """Whether something is open now, and when that changes (``None``: never, or not known)."""

    open: bool
    changes: datetime | None


def check(hours: str) -> None:
    """Raise ``UnreadableHours`` unless ``hours`` can be read."""
    try:
        OpeningHours(hours)
    except (ParserError, SyntaxError) as error:
        raise UnreadableHours(f"{hours!r} is not an opening_hours value: {error}") from error


def state(hours: str, now: datetime) -> OpenState | None:
    """How it stands at ``now`` (aware); ``None`` where no hours are known.

    ``PH off`` closes on Danish public holidays and on the half holidays on which municipal offices are closed, not on a day that
    the hours name themselves.
    """
    if not hours:
        return None
    parsed = _parsed(hours)
    closed_on_holidays = "PH off" in hours
    on_holidays = hours if closed_on_holidays else ""
    moment = now.astimezone(COPENHAGEN)
    is_open = _open_at(parsed, moment, on_holidays)
    last = moment + timedelta(days=_HORIZON_DAYS)
    while (change := _next_boundary(parsed, moment, closed_on_holidays)) is not None and change < last:
        if _open_at(parsed, change, on_holidays) != is_open:
            return OpenState(is_open, change)
        moment = change
    return OpenState(is_open, None)


def opens_next(hours: str, now: datetime) -> datetime | None:
    """When it opens next after it has closed, or is closed now; None where that is not known."""
    found = state(hours, now)
    if found is not None and found.open and found.changes is not None:
        found = state(hours, found.changes)
    return found.changes if found is not None and not found.open else None


def office_closed(day: date) -> bool:
    """Whether municipal offices are closed on ``day`` for a holiday (weekends are the hours' own matter)."""
    return day in _danish_holidays(day.year) or (day.month, day.day) in _OFFICE_CLOSED


@lru_cache(maxsize=256)
def _parsed(hours: str) -> OpeningHours:
    return OpeningHours(hours, timezone=COPENHAGEN, country="DK")


@lru_cache(maxsize=16)
def _danish_holidays(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("DK", years=year)


def names_day(hours: str, day: date) -> bool:
    """Whether ``hours`` say something of that very day: "2026 Dec 24 09:00-12:00"."""
    return f"{day.year} {MONTHS[day.month - 1]} {day.day:02} " in hours


def _open_at(parsed: OpeningHours, moment: datetime, closed_on_holidays: str) -> bool:
    """``closed_on_holidays``: the hours, where they close on holidays; a day that they name is as they say."""
    day = moment.date()
    if closed_on_holidays and office_closed(day) and not names_day(closed_on_holidays, day):
        return False
    return bool(parsed.is_open(moment))


def _next_boundary(parsed: OpeningHours, moment: datetime, closed_on_holidays: bool) -> datetime | None:
    """The next moment at which the hours, or a holiday's midnight, may change the answer."""
    change: datetime | None = parsed.next_change(moment)
    if closed_on_holidays:
        midnight = datetime.combine(moment.date() + timedelta(days=1), time(), COPENHAGEN)
        change = midnight if change is None else min(change, midnight)
    return change
