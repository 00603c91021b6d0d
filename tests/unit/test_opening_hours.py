"""Open or closed at this minute in Copenhagen: nights, holidays, half holidays, summer time."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bot.advice import opening_hours
from bot.advice.opening_hours import COPENHAGEN, OpenState

OFFICE = "Mo-Fr 09:00-15:00; PH off"
NIGHT = "Mo-Su 11:00-05:00"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COPENHAGEN)


@pytest.mark.parametrize(
    ("hours", "now", "is_open", "changes"),
    [
        pytest.param("24/7", "2026-12-24 23:59", True, None, id="around the clock, also on Christmas Eve"),
        pytest.param(OFFICE, "2026-11-20 14:59", True, "2026-11-20 15:00", id="Friday, a minute before closing"),
        pytest.param(OFFICE, "2026-11-20 15:00", False, "2026-11-23 09:00", id="Friday at closing: opens on Monday"),
        pytest.param(OFFICE, "2026-12-23 16:00", False, "2026-12-28 09:00", id="over Christmas: 24, 25, 26 closed, then a weekend"),
        pytest.param(OFFICE, "2027-06-04 16:00", False, "2027-06-07 09:00", id="Grundlovsdag falls on a Saturday"),
        pytest.param(OFFICE, "2028-06-05 10:00", False, "2028-06-06 09:00", id="Grundlovsdag on a Monday: closed"),
        pytest.param(OFFICE, "2027-04-23 10:00", True, "2027-04-23 15:00", id="Store bededag is a holiday no more"),
        pytest.param(OFFICE, "2026-05-01 10:00", True, "2026-05-01 15:00", id="1 May counts as open"),
        pytest.param(NIGHT, "2026-11-21 04:59", True, "2026-11-21 05:00", id="past midnight, still yesterday's hours"),
        pytest.param(NIGHT, "2026-11-21 05:00", False, "2026-11-21 11:00", id="Livslinien closes from five to eleven"),
        pytest.param("Mo-Su 00:00-03:30", "2027-03-28 01:30", True, "2027-03-28 03:30", id="the night the clock springs forward"),
    ],
)
def test_state(hours: str, now: str, is_open: bool, changes: str | None) -> None:
    assert opening_hours.state(hours, at(now)) == OpenState(is_open, at(changes) if changes else None)


def test_unknown_hours_are_not_guessed() -> None:
    assert opening_hours.state("", at("2026-11-20 10:00")) is None


def test_a_moment_from_another_time_zone_is_read_in_copenhagen() -> None:
    utc = datetime.fromisoformat("2026-11-20T08:30:00+00:00")
    assert opening_hours.state(OFFICE, utc) == OpenState(True, at("2026-11-20 15:00"))


def test_half_holidays_close_offices() -> None:
    assert [opening_hours.office_closed(date(2026, 12, day)) for day in (23, 24, 25, 26, 31)] == [False, True, True, True, True]


def test_unreadable_hours_are_named() -> None:
    with pytest.raises(opening_hours.UnreadableHours, match="hverdage 9-15"):
        opening_hours.check("hverdage 9-15")
