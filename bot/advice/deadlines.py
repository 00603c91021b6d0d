"""Dates people type ("i går", "3. november", "14/11") and the last days that follow from them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import get_day_names, get_month_names
from dateparser.search import search_dates

from bot.advice import knowledge, languages, mentions

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


def received_on(text: str, *, today: date, language: str = "da") -> date:
    """The day that ``text`` names, in Danish, English or ``language``, as a day on which a letter came: never in the future.

    Raises:
        DateNotUnderstood: there is none, or it lies in the future or too far back.
    """
    for day in (*_in_danish_or_english(text, today), *_in(language, text, today)):
        if today - _OLDEST <= day <= today:
            return day
    raise DateNotUnderstood


def _in_danish_or_english(text: str, today: date) -> Iterator[date]:
    plain = _FILLER.sub(" ", text.lower())
    # "5.11" is a day here, and no time.
    plain = re.sub(r"(?<![\d.])(\d{1,2})\.(0?[1-9]|1[0-2])(?![\d.:]|\.\d)", r"\1/\2", plain)
    plain = re.sub(r"\bi (man|tirs|ons|tors|fre|lør|søn)dags\b", r"\1dag", plain)
    for words, moment in search_dates(plain, languages=["da", "en"], settings=_settings(today)) or []:
        # "november" or "14" alone name no day.
        if re.search(r"\d\D+\w|dag|day|går|uge|week|\d{1,2}[./-]\d", words):
            yield moment.date()


def _in(language: str, text: str, today: date) -> Iterator[date]:
    """Days in other languages: dateparser's, what it does not know (knowledge/languages.yml), days and months by CLDR's names."""
    row = knowledge.languages().get(language) or {}
    codes = row.get("dates", [language])
    if language not in ("da", "en") and codes:
        plain = mentions.fold(text) if text.isascii() else text
        for written in dict.fromkeys((text, plain)):
            for _, moment in search_dates(written, languages=codes, settings={**_settings(today), "REQUIRE_PARTS": ["day"]}) or []:
                yield moment.date()
    folded = f" {mentions.fold(text)} "
    for days, phrases in (row.get("days_ago") or {}).items():
        if any(f" {mentions.fold(phrase)} " in folded for phrase in phrases):
            yield today - timedelta(days=days)
    for number, word in re.findall(r"(?<!\d)(\d{1,2}) (\D\S+)", folded):
        for month, name in get_month_names("wide", locale=languages.locale(language)).items():
            if _same_month(word, mentions.fold(name)):
                yield from _latest(int(number), month, today)
    for weekday, name in get_day_names("wide", locale=languages.locale(language)).items():
        if mentions.fold(name) in folded.split():
            yield today - timedelta(days=(today.weekday() - weekday) % 7)


def _same_month(word: str, name: str) -> bool:
    """Whether ``word`` is the month ``name``, in whatever case: endings differ, the first letters do not."""
    sure = max(3, len(name) - 3)
    return len(word) >= sure and word[:sure] == name[:sure]


def _latest(day: int, month: int, today: date) -> Iterator[date]:
    for year in (today.year, today.year - 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= today:
            yield found
            return


def _settings(today: date) -> dict[str, Any]:
    return {
        "RELATIVE_BASE": datetime(today.year, today.month, today.day, 12),
        "PREFER_DATES_FROM": "past",
        "DATE_ORDER": "DMY",
        "RETURN_AS_TIMEZONE_AWARE": False,
    }
