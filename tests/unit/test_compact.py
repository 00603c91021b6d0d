"""The words that go into the page: small, of the same lists, and silent where the lists are told to be."""

from __future__ import annotations

import json
import os

import pytest

from bot.advice import languages
from bot.advice.risk import compact, word_lists
from bot.advice.risk.patterns import loosened
from bot.advice.risk.terms import Terms, fit, found
from bot.settings import Settings
from tools.evaluate_risk import PageNet

LISTS = word_lists()


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings.read({**os.environ, "DATABASE_URL": ""})


@pytest.mark.trained
@pytest.mark.parametrize("language", languages.CODES)
def test_the_words_of_a_page_are_at_most_15_kilobytes_and_speak_its_language(settings: Settings, language: str) -> None:
    words = json.loads((settings.page_words / f"{language}.json").read_text("utf-8"))
    assert len(compact.packed(words)) <= compact.MOST_BYTES
    assert len(words["patterns"]) > 50
    assert len(words["terms"]) == len({language, "da", "en"})


@pytest.mark.trained
@pytest.mark.parametrize("language", languages.CODES)
def test_the_page_sees_most_of_what_the_authors_of_the_lists_said_must_be_seen(settings: Settings, language: str) -> None:
    net = PageNet(settings, language)
    acute = [sentence for entry in LISTS[language].entries if entry.level == "acute" for sentence in entry.fires]
    harmless = [sentence for entry in LISTS[language].entries for sentence in entry.silent]
    assert sum(map(net.sees, acute)) / len(acute) > 0.6
    # The look-alikes: without their exceptions many fire, and a card too many costs little where the server is gone.
    assert sum(map(net.sees, harmless)) / len(harmless) < 0.35


def test_a_pattern_reads_as_in_the_lists() -> None:
    fires = compact.expression("slar|slog ... mig")
    assert fires.search(f" {loosened('Han slår altid på mig')} ")
    assert not fires.search(f" {loosened('slår en to tre fire fem mig')} ")
    assert compact.expression("*drab* mig").search(" han vil selvdrabe mig ")
    assert not compact.expression("a.c mig").search(" abc mig ")


def test_terms_are_words_their_beginnings_and_pairs() -> None:
    assert found("Han SLÅR børnene") == {"han", "slar", "bornene", "borne*", "han slar", "slar bornene"}


def test_terms_learn_what_stands_in_danger() -> None:
    texts = ["han slår mig", "hun slår mig", "de slår mig", "jeg vil slå græs", "vi slår græsset", "hvem slår græsset"] * 3
    terms = fit(texts, ["serious", "acute", "serious", "none", "none", "none"] * 3)
    assert terms.score("min far slår mig") > 0 > terms.score("hvem slår græsset")
    assert isinstance(terms, Terms)
