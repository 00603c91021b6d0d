"""Districts, audiences, offers and languages, as people write them; and every name of the founding documents."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bot.advice import knowledge
from bot.i18n.responses import ResponseBook

FINDER = knowledge.mention_finder()


def found(text: str) -> list[tuple[str, str]]:
    return [(mention.kind, mention.value) for mention in FINDER.find(text)]


@pytest.mark.parametrize(
    ("text", "district"),
    [
        ("Nørrebro", "noerrebro"),
        ("noget i norebro", "noerrebro"),
        ("noerrebro", "noerrebro"),
        ("jeg bor på Nørrebros bedste gade", "noerrebro"),
        ("2200", "noerrebro"),
        ("2200 kbh n", "noerrebro"),
        ("i nordvest", "bispebjerg"),
        ("tingbjærg", "broenshoej-husum"),
        ("near Tingbjerg", "broenshoej-husum"),
        ("christiania", "indre-by"),
        ("1370", "indre-by"),
        ("sydhavnen", "vesterbro-kongens-enghave"),
        ("2300", "amager-oest+amager-vest"),
        ("amager", "amager-oest+amager-vest"),
        ("frederiksberg", "frederiksberg"),
        ("hele byen", "whole_city"),
        ("وين في مساعدة بنوربرو", "noerrebro"),
        ("کمک در نوربرو", "noerrebro"),
        ("Tingbjerg'de yardım var mı", "broenshoej-husum"),
        ("Norrebroda", "noerrebro"),
        ("pomoc w Tingbjergu", "broenshoej-husum"),
        ("допомога в Норребро", "noerrebro"),
        ("ኣብ ቲንግብየርግ", "broenshoej-husum"),
        ("norrebromi", "noerrebro"),
        ("magaalada oo dhan", "whole_city"),
    ],
)
def test_district(text: str, district: str) -> None:
    assert ("district", district) in found(text)


@pytest.mark.parametrize(
    ("text", "audience"),
    [
        ("jeg er 16 år og bange", "child"),
        ("jeg er lærer på en skole", "professional"),
        ("i am a teacher", "professional"),
        ("jeg er mor til tre", "parent"),
        ("jeg er fra grønland", "greenlander"),
        ("kocam beni dövüyor", "woman"),
        ("عمري 16 وما بعرف شو اعمل", "child"),
        ("kalaaliuvunga", "greenlander"),
    ],
)
def test_audience(text: str, audience: str) -> None:
    assert ("audience", audience) in found(text)


@pytest.mark.parametrize(
    "text", ["min lærer sagde det", "min mand slår mig", "jeg bor i københavn", "hvad kan jeg gøre nu", "1000 kr"]
)
def test_what_names_nobody_and_nothing(text: str) -> None:
    assert not [kind for kind, _ in found(text) if kind in ("offer", "thing", "district") or (kind, text) == ("audience", "")]


@pytest.mark.parametrize(
    ("text", "offer"),
    [
        ("hvad er servicebutikkerne", "servicebutikkerne"),
        ("nummeret til red rådgivning", "red-raadgivning-unge"),
        ("etnisk ung", "etnisk-ung"),
        ("er døgnvagten åben", "den-sociale-doegnvagt"),
        ("kringlebaken", "kringlebakken"),
        ("1888", "lev-uden-vold-1888"),
        ("club angakok", "club-angakok"),
        ("the greenlandic house", "groenlandske-hus-koebenhavn"),
    ],
)
def test_offer(text: str, offer: str) -> None:
    assert ("offer", offer) in found(text)


def test_every_offer_is_found_by_its_own_name() -> None:
    with knowledge.OFFERS.open(encoding="utf-8", newline="") as file:
        missed = [
            row["name_da"] for row in csv.DictReader(file) if not [k for k, _ in found(row["name_da"]) if k in ("offer", "thing")]
        ]
    assert missed == []


# Section 1 of the fact sheet, row by row: whatever the founding documents name can be asked about by name.
SECTION_1 = (Path(__file__).parent / "founding_names.tsv").read_text("utf-8").splitlines()


@pytest.mark.parametrize("row", SECTION_1)
def test_every_name_of_the_founding_documents_is_found_and_answered(row: str) -> None:
    name, _, wanted = row.partition("\t")
    values = {value for kind, value in found(name) if kind in ("offer", "thing")}
    assert wanted in values
    is_thing = ("thing", wanted) in found(name)
    assert not is_thing or f"utter_about_{wanted.replace('-', '_')}" in ResponseBook.of_the_project()


@pytest.mark.parametrize(
    ("text", "code"), [("english please", "en"), ("snakker du arabisk", "ar"), ("Türkçe", "tr"), ("hablas grønlandsk", "kl")]
)
def test_language(text: str, code: str) -> None:
    assert ("language", code) in found(text)
