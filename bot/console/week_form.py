"""The form with the opening hours: what was typed, kept as typed, and the week that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import holidays
from babel.dates import format_date

from bot.advice import opening_hours
from bot.advice.service_week import Interval, UnreadableWeek, Week, intervals, shown

DAYS = ("Mandag", "Tirsdag", "Onsdag", "Torsdag", "Fredag", "Lørdag", "Søndag")
_AHEAD = timedelta(days=28)
_AS_TYPED = ("%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y")
_UNREADABLE = "”{}” kan ikke læses. Skriv for eksempel 9-12, 13-16."


@dataclass(frozen=True)
class SpecialDay:
    """A row of the form: a date, intervals (empty: closed), and whether the row is to go."""

    day: str
    intervals: str
    gone: bool = False


@dataclass(frozen=True)
class WeekForm:
    """What stands in the fields; ``faults`` says by the field's id what is wrong."""

    days: tuple[str, ...]
    closed_on_holidays: bool
    special: tuple[SpecialDay, ...]
    faults: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, week: Week, today: date) -> WeekForm:
        """The fields of ``week``, without the special days that are past, with an empty row for one more."""
        rows = [SpecialDay(day.isoformat(), shown(found)) for day, found in sorted(week.special.items()) if day >= today]
        return cls(tuple(map(shown, week.days)), week.closed_on_holidays, (*rows, SpecialDay("", "")))

    @classmethod
    def typed(cls, fields: Mapping[str, str]) -> WeekForm:
        """The fields as they were sent."""
        count = sum(1 for name in fields if name.startswith("special-day-"))
        return cls(
            tuple(fields.get(f"day-{at}", "") for at in range(7)),
            "holidays" in fields,
            tuple(
                SpecialDay(
                    fields.get(f"special-day-{at}", "").strip(),
                    fields.get(f"special-open-{at}", ""),
                    f"special-gone-{at}" in fields,
                )
                for at in range(count)
            ),
        )

    def week(self, today: date) -> Week | None:
        """The week that the fields make; None where there are faults, which then stand in ``faults``."""
        days = tuple(self._intervals(f"day-{at}", text) for at, text in enumerate(self.days))
        special: dict[date, tuple[Interval, ...]] = {}
        for at, row in enumerate(self.special):
            if row.gone or not (row.day or row.intervals.strip()):
                continue
            day = _date(row.day)
            if day is None:
                self.faults[f"special-day-{at}"] = "Vælg en dato." if not row.day else "Datoen kan ikke læses."
            elif day < today:
                self.faults[f"special-day-{at}"] = "Dagen er gået. Fjern den, eller vælg en anden."
            elif day in special:
                self.faults[f"special-day-{at}"] = "Dagen står her to gange."
            found = self._intervals(f"special-open-{at}", row.intervals)
            if day is not None:
                special[day] = found
        return None if self.faults else Week(days, self.closed_on_holidays, special)

    def _intervals(self, where: str, text: str) -> tuple[Interval, ...]:
        try:
            return intervals(text, where)
        except UnreadableWeek as fault:
            self.faults[where] = _UNREADABLE.format(fault.text)
            return ()


@dataclass(frozen=True)
class Exceptional:
    """A day of the coming weeks that is not as usual."""

    day: str
    name: str
    hours: str


def coming(week: Week, today: date) -> list[Exceptional]:
    """Holidays and special days of the coming four weeks, as they will be."""
    days = (today + timedelta(days=at) for at in range(_AHEAD.days))
    return [_exceptional(week, day) for day in days if day in week.special or opening_hours.office_closed(day)]


def name_of(day: date) -> str:
    """What the holiday is called, or the date."""
    known = holidays.country_holidays("DK", years=day.year, categories=("public", "optional"), language="da")
    return str(known.get(day) or format_date(day, "d. MMMM", locale="da"))


def _exceptional(week: Week, day: date) -> Exceptional:
    holiday = opening_hours.office_closed(day)
    found = week.special.get(day, () if holiday and week.closed_on_holidays else week.days[day.weekday()])
    hours = shown(found) or "lukket"
    return Exceptional(format_date(day, "EEEE d. MMMM", locale="da"), name_of(day) if holiday else "særlig dag", hours)


def _date(text: str) -> date | None:
    for form in _AS_TYPED:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None
