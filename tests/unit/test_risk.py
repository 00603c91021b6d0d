"""Danger is seen, and harmless words with the same letters are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.advice import risk
from bot.advice.risk import LEVELS, Risk, RiskDetector
from bot.advice.risk.patterns import CATEGORIES, Entry, UnreadablePatterns, WordList
from bot.settings import Settings

LISTS = risk.word_lists()
ENTRIES = [
    pytest.param(language, entry, id=f"{language}-{entry.id}") for language, words in LISTS.items() for entry in words.entries
]


@pytest.fixture(scope="module")
def detector() -> RiskDetector:
    model = Settings.read({**os.environ, "DATABASE_URL": ""}).risk_model
    assert model.exists(), "run `make train`"
    return RiskDetector.load(model)


@pytest.mark.parametrize(("language", "entry"), ENTRIES)
def test_every_entry_fires_and_stays_silent_where_its_author_said(language: str, entry: Entry) -> None:
    words = LISTS[language]
    for sentence in entry.fires:
        assert entry.id in {hit.entry.id for hit in words.hits(sentence)}, sentence
    for sentence in entry.silent:
        hits, signs = words.search(sentence)
        found = {hit.entry.id for hit in hits if hit.entry.level in ("serious", "acute")}
        assert not found or signs.general or signs.negation, sentence


# The hard cases of the design, word for word.
HARD_CASES = [
    ("Hvem slår græsset i gården?", "none", ()),
    ("Jeg er dødtræt af at vente på kommunen", "none", ()),
    ("Huslejen slår mig helt ud", "none", ()),
    ("This paperwork is killing me", "none", ()),
    ("Er tvangsægteskab strafbart i Danmark?", "none", ()),
    ("Jeg er lærer og vil gerne have materiale om social kontrol", "none", ()),
    (
        "De siger vi skal på ferie til min bedstemor på lørdag men min kusine kom aldrig hjem",
        "acute",
        ("taken_abroad", "forced_marriage"),
    ),
    ("he has my passport and the door is locked when he leaves for work", "acute", ("confinement",)),
    ("alle ville have det bedre hvis jeg ikke var her mere", "serious", ("suicide_self_harm",)),
    ("my brother said he will make it look like an accident", "acute", ("threat_to_life", "honour")),
    ("Han slår mig ikke længere, men jeg er stadig bange for ham", "serious", ("violence_partner",)),
    ("Min veninde bliver slået af sin mand", "serious", ("violence_partner",)),
    ("Min mand slår mig ikke, vi har bare gæld", "none", ()),
]


@pytest.mark.parametrize(("text", "level", "categories"), HARD_CASES)
def test_hard_case(detector: RiskDetector, text: str, level: str, categories: tuple[str, ...]) -> None:
    found = detector.assess(text)
    assert found.level == level, found
    assert not categories or set(categories) & set(found.categories), found


@pytest.mark.parametrize(("text", "level", "categories"), [case for case in HARD_CASES if case[1] == "none"])
def test_words_alone_raise_no_card_on_harmless_hard_cases(text: str, level: str, categories: tuple[str, ...]) -> None:
    assert risk.by_words(text, LISTS).level in ("none", "concern")


@pytest.mark.parametrize("text", ["", " ", "🙂🙂", "???", "\u0000", "ا", "a" * 3000, "<script>alert(1)</script>", "-", "1234"])
def test_nothing_that_can_be_typed_breaks_the_detector(detector: RiskDetector, text: str) -> None:
    before = detector.failures.total()
    assert detector.assess(text).level in LEVELS
    assert detector.failures.total() == before


@given(st.text(max_size=200))
def test_words_never_raise(text: str) -> None:
    assert risk.by_words(text, LISTS).level in LEVELS


def test_a_broken_model_is_counted_and_does_not_silence_the_words() -> None:
    class Broken:
        def judge(self, *_: object) -> None:
            raise RuntimeError

    broken = RiskDetector(LISTS, Broken())  # type: ignore[arg-type]
    found = broken.assess("min mand slår mig")
    assert found.at_least("serious")
    assert broken.failures["classifier"] == 1


def test_without_a_model_the_words_judge() -> None:
    detector = RiskDetector.load(Path("nowhere") / "risk.npz")
    assert detector.assess("min mand slår mig").at_least("serious")
    assert detector.assess("hvad er en bisidder").level == "none"


def test_the_adviser_learns_why(detector: RiskDetector) -> None:
    found = detector.assess("min mand slår mig")
    assert any(reason.startswith("ord:") for reason in found.why)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"category": "vold"}, "category 'vold'"),
        ({"level": "bad"}, "level 'bad'"),
        ({"fires": ["one"]}, "at least two"),
        ({"patterns": []}, "patterns must be given"),
    ],
)
def test_a_wrong_entry_is_named_with_the_fix(tmp_path: Path, change: dict[str, object], problem: str) -> None:
    from ruamel.yaml import YAML

    entry = {
        "id": "x",
        "meaning": "m",
        "category": "honour",
        "level": "serious",
        "patterns": ["a b"],
        "fires": ["a b", "a b c"],
        "silent": ["c", "d"],
        **change,
    }
    path = tmp_path / "da.yml"
    with path.open("w") as file:
        YAML().dump({"entries": [entry]}, file)
    with pytest.raises(UnreadablePatterns, match=problem):
        WordList.read(path)


def test_levels_are_ordered() -> None:
    assert Risk("serious", (), 1.0, ()).at_least("concern")
    assert not Risk("serious", (), 1.0, ()).at_least("acute")
    assert len(CATEGORIES) == 14


@pytest.mark.parametrize(
    "pieces",
    [
        ("han har taget mit pas", "og døren er altid låst", "når han går på arbejde"),
        (
            "my parents are packing the big suitcases",
            "everyone is suddenly so kind",
            "we fly on saturday and nobody says when we come home",
        ),
    ],
)
def test_what_is_told_in_pieces_is_read_together(detector: RiskDetector, pieces: tuple[str, ...]) -> None:
    levels = [detector.assess(piece, before=pieces[:i]) for i, piece in enumerate(pieces)]
    assert any(found.at_least("serious") for found in levels), levels


def test_a_question_after_a_worry_is_a_question(detector: RiskDetector) -> None:
    before = ("jeg er lidt bange for ham nogle gange",)
    assert not detector.assess("hvornår har Borgerservice åbent på lørdag, jeg skal hente mit pas", before=before).at_least(
        "serious"
    )
