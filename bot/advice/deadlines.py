"""Dates people type ("i går", "3. november", "14/11") and the last days that follow from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateparser.search import search_dates

# Forvaltningens afgørelser: four weeks from the day the decision was received (facts 2.5).
COMPLAINT_PERIOD = timedelta(weeks=4)
# Påkrav about rent: at least fourteen days from arrival (facts 3.3).
DEMAND_PERIOD = timedelta(days=14)
# A letter older than this is more likely a misread date than an old letter.
_OLDEST = timedelta(days=550)
_FILLER = re.compile(r"\b(sidste|forrige|last|this|den|d\.|on|kom|came|the)\b")


class DateNotUnderstood(ValueError):
    """The text holds no date in the past year and a half."""


@dataclass(frozen=True)
class Deadline:
    """The last day to act, counted from the day a letter was received."""

    received: date
    last_day: date
    days_left: int

    @property
    def passed(self) -> bool:
        return self.days_left < 0

    @property
    def today(self) -> bool:
        return self.days_left == 0


def deadline(received: date, period: timedelta, *, today: date) -> Deadline:
    """The last day of ``period`` after ``received``, seen from ``today``."""
    last_day = received + period
    return Deadline(received, last_day, (last_day - today).days)


def received_on(text: str, *, today: date, languages: tuple[str, ...] = ("da", "en")) -> date:
    """The day that ``text`` names, read as a day on which a letter came: never in the future.

    Raises:
        DateNotUnderstood: there is none, or it lies in the future or too far back.
    """
    settings = {
        "RELATIVE_BASE": datetime(today.year, today.month, today.day, 12),
        "PREFER_DATES_FROM": "past",
        "DATE_ORDER": "DMY",
        "RETURN_AS_TIMEZONE_AWARE": False,
    }
    plain = _FILLER.sub(" ", text.lower())
    plain = re.sub(r"\bi (man|tirs|ons|tors|fre|lør|søn)dags\b", r"\1dag", plain)
    found = search_dates(plain, languages=list(languages), settings=settings) or []
    for words, moment in found:
        # "november" or "14" alone name no day.
        names_a_day = re.search(r"\d\D+\w|dag|day|går|uge|week|\d{1,2}[./-]\d", words)
        if names_a_day and today - _OLDEST <= moment.date() <= today:
            day: date = moment.date()
            return day
    raise DateNotUnderstood
