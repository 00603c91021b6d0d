"""The day a letter came, as people type it, and the last day that follows."""

from __future__ import annotations

from datetime import date

import pytest

from bot.advice import deadlines

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("i dag", "2026-11-21"),
        ("i går", "2026-11-20"),
        ("den kom i går aftes", "2026-11-20"),
        ("i mandags", "2026-11-16"),
        ("torsdag", "2026-11-19"),
        ("for 3 dage siden", "2026-11-18"),
        ("for en uge siden", "2026-11-14"),
        ("den 5. november", "2026-11-05"),
        ("5/11", "2026-11-05"),
        ("5.11", "2026-11-05"),
        ("5.11.2026", "2026-11-05"),
        ("jeg fik det vist nok den 5/11", "2026-11-05"),
        ("2026-11-01", "2026-11-01"),
        ("24. december", "2025-12-24"),
        ("yesterday", "2026-11-20"),
        ("last monday", "2026-11-16"),
        ("it came on november 5th", "2026-11-05"),
        ("two weeks ago", "2026-11-07"),
    ],
)
def test_day_a_letter_came(text: str, day: str) -> None:
    assert deadlines.received_on(text, today=TODAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("ar", "وصلتني امبارح", "2026-11-20"),
        ("ar", "وصلت يوم الاثنين", "2026-11-16"),
        ("ar", "٥ نوفمبر", "2026-11-05"),
        ("tr", "dun geldi", "2026-11-20"),
        ("tr", "5 kasım", "2026-11-05"),
        ("tr", "5 kasim", "2026-11-05"),
        ("ur", "kal aya tha", "2026-11-20"),
        ("ur", "5 نومبر", "2026-11-05"),
        ("fa", "دیروز آمد", "2026-11-20"),
        ("fa", "3 روز پیش", "2026-11-18"),
        ("so", "shalay", "2026-11-20"),
        ("pl", "to był poniedziałek", "2026-11-16"),
        ("pl", "5 listopada", "2026-11-05"),
        ("pl", "3 dni temu", "2026-11-18"),
        ("uk", "позавчора", "2026-11-19"),
        ("uk", "5 листопада", "2026-11-05"),
        ("bs", "juce", "2026-11-20"),
        ("bs", "5. novembra", "2026-11-05"),
        ("ku", "duh hat", "2026-11-20"),
        ("ku", "5.11", "2026-11-05"),
        ("ti", "ትማሊ", "2026-11-20"),
        ("kl", "ippassaq", "2026-11-20"),
    ],
)
def test_the_day_in_other_languages(language: str, text: str, day: str) -> None:
    assert deadlines.received_on(text, today=TODAY, language=language) == date.fromisoformat(day)


@pytest.mark.parametrize("text", ["", "ja", "hej", "november", "14", "det ved jeg ikke", "hvad er et påkrav", "5/11 2019"])
def test_what_names_no_day_is_not_guessed(text: str) -> None:
    with pytest.raises(deadlines.DateNotUnderstood):
        deadlines.received_on(text, today=TODAY)


def test_four_weeks_end_on_the_same_weekday() -> None:
    found = deadlines.deadline(date(2026, 11, 5), deadlines.COMPLAINT_PERIOD, today=TODAY)
    assert found.last_day == date(2026, 12, 3)
    assert found.last_day.weekday() == date(2026, 11, 5).weekday()
    assert (found.days_left, found.passed, found.today) == (12, False, False)


def test_fourteen_days_for_rent_over_new_year() -> None:
    found = deadlines.deadline(date(2026, 12, 28), deadlines.DEMAND_PERIOD, today=date(2027, 1, 11))
    assert found.last_day == date(2027, 1, 11)
    assert found.today
    assert deadlines.deadline(date(2026, 12, 28), deadlines.DEMAND_PERIOD, today=date(2027, 1, 12)).passed
