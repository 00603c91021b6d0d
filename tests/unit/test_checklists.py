"""The advisers' check lists: one for every danger, only approved phrases and confirmed cards, in an order that is safe."""

from __future__ import annotations

import re
from datetime import date

import pytest
from ruamel.yaml import YAML

from bot.advice import knowledge, offers
from bot.advice.knowledge import Check
from bot.advice.risk import CATEGORIES

TODAY = date(2026, 11, 23)
LISTS = knowledge.checklists()
CHECKS = [pytest.param(check, id=check.id) for found in LISTS.values() for check in found.items]
WITH_PHRASE = [pytest.param(check, id=check.id) for found in LISTS.values() for check in found.items if check.phrase]
WITH_LINE = [pytest.param(check, id=check.id) for found in LISTS.values() for check in found.items if check.line]
OFFERS = {offer.id: offer for offer in offers.of_the_project()}
# The person must know these before anything that leans on them is sent; the notes of the phrase book name them.
FIRST = ("safe_can_you_write", "anon_child_duty")


def test_every_danger_has_a_list_and_so_has_a_talk_without_one() -> None:
    written = [row["category"] for row in YAML(typ="safe").load((knowledge.ROOT / "checklists.yml").read_text("utf-8"))]
    assert sorted(written) == sorted([*CATEGORIES, "general"])
    assert list(LISTS) == written


def test_no_id_stands_twice() -> None:
    ids = [check.id for found in LISTS.values() for check in found.items]
    assert len(ids) == len(set(ids))


def test_no_misspelt_key_is_passed_over() -> None:
    """``phrase`` and ``line`` may be left out, so a typing error in their name would go unnoticed."""
    rows = YAML(typ="safe").load((knowledge.ROOT / "checklists.yml").read_text("utf-8"))
    keys = {key for row in rows for item in row["items"] for key in item}
    assert keys == {"id", "da", "phrase", "line", "source"}


@pytest.mark.parametrize("category", LISTS)
def test_a_list_can_be_worked_through_in_a_talk(category: str) -> None:
    assert 4 <= len(LISTS[category].items) <= 7
    assert all(check.id.startswith(f"{category}_") for check in LISTS[category].items)


@pytest.mark.parametrize("category", LISTS)
def test_a_list_begins_with_whether_it_is_safe_to_write_and_has_112_and_the_duty(category: str) -> None:
    """A6: the duty about children is said openly, whatever the talk is about."""
    checks = LISTS[category].items
    assert checks[0].phrase == "safe_can_you_write"
    assert "anon_child_duty" in [check.phrase for check in checks]
    assert any(check.line == "alarm-112" and "112" in check.da for check in checks)


@pytest.mark.parametrize("category", LISTS)
def test_nothing_is_asked_before_what_the_phrase_book_says_must_come_first(category: str) -> None:
    said: list[str] = []
    for check in LISTS[category].items:
        note = knowledge.phrases()[check.phrase].note if check.phrase else ""
        assert [phrase for phrase in FIRST if phrase in note and phrase not in said] == [], check.id
        said.append(check.phrase)


@pytest.mark.parametrize("category", LISTS)
def test_a_list_ends_with_someone_who_takes_over(category: str) -> None:
    """112 is for danger now; the talk must also lead on where the danger is not now."""
    lines = {check.line for check in LISTS[category].items[-2:]} - {"", "alarm-112"}
    assert lines
    assert any(OFFERS[line].opening_hours == "24/7" for line in lines)


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_is_short_and_types_no_number_but_112(check: Check) -> None:
    """Numbers stand on the cards, with their hours and their review date (S3)."""
    assert 0 < len(check.da) <= 110
    assert set(re.findall(r"\d{3,}|\d\d(?: \d\d)+", check.da)) <= {"112"}
    assert re.fullmatch(r"method|facts \d(\.\d\d?)?", check.source)


@pytest.mark.parametrize("check", WITH_PHRASE)
def test_a_phrase_is_approved_and_can_be_sent_as_it_is(check: Check) -> None:
    assert check.phrase in knowledge.phrases()
    assert "{" not in knowledge.phrases()[check.phrase].da


@pytest.mark.parametrize("check", WITH_LINE)
def test_a_line_is_open_to_the_person_and_confirmed(check: Check) -> None:
    """S3: never an unconfirmed number; and never one that is for professionals only."""
    offer = OFFERS[check.line]
    assert offer.shown_as_open(TODAY)
    assert offer.status == "current"
    assert offer.phone_confirmed
    assert offer.confidence == "verified"
    assert offer.access == "open"


@pytest.mark.parametrize(
    "category",
    ["violence_partner", "violence_family", "threat_to_life", "honour", "forced_marriage", "taken_abroad", "fgm", "stalking"],
)
def test_where_family_or_a_known_person_is_the_danger_mediation_is_ruled_out(category: str) -> None:
    """S6."""
    assert any("Foreslå ikke mægling" in check.da for check in LISTS[category].items)
