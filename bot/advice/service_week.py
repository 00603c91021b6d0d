"""Opening hours as a coordinator fills them in, and as OpenStreetMap's ``opening_hours`` as they are stored and reckoned with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, time

from bot.advice.opening_hours import MONTHS

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_INTERVAL = re.compile(r"(\d{1,2})(?:[.:](\d\d))?\s*[-–]\s*(\d{1,2})(?:[.:](\d\d))?")
_DAY_RULE = re.compile(rf"({'|'.join(DAYS)}) (\S+)")
_SPECIAL_RULE = re.compile(rf"(\d{{4}}) ({'|'.join(MONTHS)}) (\d\d) (\S+)")
_HOLIDAYS = "PH off"

Interval = tuple[time, time]


class UnreadableWeek(ValueError):
    """What was filled in cannot be read; ``where`` is the field, ``text`` what stood there."""

    def __init__(self, where: str, text: str) -> None:
        super().__init__(f"{where}: {text}")
        self.where, self.text = where, text


@dataclass(frozen=True)
class Week:
    """Intervals of each of the seven days, Monday first; ``special`` days replace the usual ones, empty means closed.

    An interval may end after midnight: 22.00-02.00.
    """

    days: tuple[tuple[Interval, ...], ...] = ((),) * 7
    closed_on_holidays: bool = True
    special: dict[date, tuple[Interval, ...]] = field(default_factory=dict)

    def rule(self) -> str:
        """As ``opening_hours``; ``off`` where nothing is ever open."""
        rules = [f"{name} {_written(intervals)}" for name, intervals in zip(DAYS, self.days) if intervals]
        rules += [_HOLIDAYS] if self.closed_on_holidays else []
        rules += [
            f"{day.year} {MONTHS[day.month - 1]} {day.day:02} {_written(intervals)}"
            for day, intervals in sorted(self.special.items())
        ]
        return "; ".join(rules) or "off"

    @classmethod
    def of(cls, rule: str) -> Week:
        """The week that ``rule`` was made from.

        Raises:
            UnreadableWeek: it was not made by ``rule()`` or uses more of the notation than the form has fields for.
        """
        days: list[tuple[Interval, ...]] = [()] * 7
        special: dict[date, tuple[Interval, ...]] = {}
        holidays = False
        for part in (part.strip() for part in rule.split(";")):
            if part == _HOLIDAYS:
                holidays = True
            elif match := _DAY_RULE.fullmatch(part):
                days[DAYS.index(match[1])] = intervals(match[2], part)
            elif match := _SPECIAL_RULE.fullmatch(part):
                day = date(int(match[1]), MONTHS.index(match[2]) + 1, int(match[3]))
                special[day] = () if match[4] == "off" else intervals(match[4], part)
            elif match := re.fullmatch(r"Mo-Fr (\S+)", part):
                days[:5] = [intervals(match[1], part)] * 5
            elif part not in ("", "off"):
                raise UnreadableWeek("rule", part)
        return cls(tuple(days), holidays, special)


def intervals(text: str, where: str) -> tuple[Interval, ...]:
    """``"9-12, 13.30-16"`` -> intervals; empty for an empty text.

    Raises:
        UnreadableWeek: it cannot be read, or an interval is empty.
    """
    found = []
    for part in (part.strip() for part in text.split(",") if part.strip()):
        match = _INTERVAL.fullmatch(part)
        if match is None:
            raise UnreadableWeek(where, part)
        hours, minutes = (int(match[1]), int(match[3])), (int(match[2] or 0), int(match[4] or 0))
        if max(hours) > 24 or max(minutes) > 59 or hours[0] == 24 or (hours[1] == 24 and minutes[1]):
            raise UnreadableWeek(where, part)
        begins, ends = time(hours[0], minutes[0]), time(hours[1] % 24, minutes[1])
        if begins == ends:
            raise UnreadableWeek(where, part)
        found.append((begins, ends))
    return tuple(found)


def shown(found: tuple[Interval, ...]) -> str:
    """As Danes write it: ``9.00-12.00, 13.30-16.00``."""
    return ", ".join(f"{a.hour}.{a.minute:02}-{b.hour or 24 if b == time() else b.hour}.{b.minute:02}" for a, b in found)


def _written(found: tuple[Interval, ...]) -> str:
    return ",".join(f"{a:%H:%M}-{'24:00' if b == time() else f'{b:%H:%M}'}" for a, b in found) or "off"
