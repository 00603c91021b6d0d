"""Opening hours as filled in and as stored: nothing is lost between them, and what cannot be read is named."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.advice import opening_hours
from bot.advice.service_week import UnreadableWeek, Week, intervals, shown

quarter = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
interval = st.tuples(quarter, quarter).filter(lambda pair: pair[0] != pair[1])
some = st.lists(interval, max_size=3).map(tuple)
weeks = st.builds(
    Week,
    st.tuples(*[some] * 7),
    st.booleans(),
    st.dictionaries(st.dates(date(2026, 1, 1), date(2028, 12, 31)), some, max_size=3),
)


@given(weeks)
def test_what_is_stored_reads_as_it_was_filled_in(week: Week) -> None:
    assert Week.of(week.rule()) == week
    opening_hours.check(week.rule())


@given(some)
def test_what_is_shown_can_be_typed_again(found: tuple[tuple[time, time], ...]) -> None:
    assert intervals(shown(found), "Mo") == found


@pytest.mark.parametrize("text", ["9", "9-9", "25-26", "9.75-10", "ni til ti", "9-12;13-16", "24-3"])
def test_what_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(UnreadableWeek) as fault:
        intervals(text, "Tirsdag")
    assert fault.value.where == "Tirsdag"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=opening_hours.COPENHAGEN)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (at(21, 10), True),
        (at(21, 12, 30), False),
        (at(21, 15), True),
        (at(22, 10), False),
        (at(24, 10), False),
        (at(25, 10), False),
        (at(27, 11), True),
        (at(26, 1), False),
    ],
)
def test_a_week_with_christmas(moment: datetime, is_open: bool) -> None:
    morning, afternoon = (time(9), time(12)), (time(13), time(16))
    week = Week(
        ((morning, afternoon), (), (morning,), (morning,), ((time(22), time(2)),), (), ()),
        closed_on_holidays=True,
        special={date(2026, 12, 27): ((time(10), time(14)),)},
    )
    state = opening_hours.state(week.rule(), moment)
    assert state is not None
    assert state.open is is_open
