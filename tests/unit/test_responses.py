"""Every sentence the bot can say: short, plain, sourced, complete; every button leads somewhere."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from bot.advice import knowledge, offers
from bot.i18n.catalogs import Catalogs
from bot.i18n.responses import ROOT, Rendered, ResponseBook, UnknownResponse, read_responses
from bot.web.incoming import payload
from tools import catalogs as tool

RESPONSES = read_responses(ROOT)
BOOK = ResponseBook.of_the_project()
OFFERS = {o.id: o for o in offers.of_the_project()}
ANSWERS = [name for name in RESPONSES if not name.startswith(("utter_risk", "utter_error", "utter_about"))]
_MOST_WORDS = 80
# Some languages say in eight words what Danish says in five: Urdu writes its cases and tenses apart.
_MOST_WORDS_ELSEWHERE = 125
_MOST_WORDS_IN_A_SENTENCE = 13
_MOST_LIX = 35


def danish(name: str) -> Rendered:
    return BOOK.render(name, "da")


@pytest.mark.parametrize("topic", list(knowledge.topics()))
def test_every_topic_has_an_answer(topic: str) -> None:
    own = {
        "find_offer": "utter_offers_found",
        "ask_contact": "utter_ask_contact_which",
        "affirm": "utter_affirm_nothing",
        "deny": "utter_deny_nothing",
        "delete_conversation": "utter_delete_confirm",
        "change_language": "utter_change_language_ask",
    }
    assert own.get(topic, f"utter_{topic}") in RESPONSES


@pytest.mark.parametrize("language", Catalogs.installed().languages)
def test_no_answer_is_long(language: str) -> None:
    most = _MOST_WORDS if language in ("da", "en") else _MOST_WORDS_ELSEWHERE
    lengths = {name: len(BOOK.render(name, language).text.split()) for name in RESPONSES}
    assert {name: length for name, length in lengths.items() if length > most} == {}


@pytest.mark.parametrize("language", Catalogs.installed().languages)
def test_sentences_are_short_in_every_language(language: str) -> None:
    """LIX is made for Danish; the length of sentences can be compared."""
    texts = [BOOK.render(name, language).text for name in RESPONSES]
    sentences = [s for text in texts for s in re.split(r"[.!?:؟۔።፧]+(?:\s|$)|\n+", text) if s.strip()]
    assert sum(len(s.split()) for s in sentences) / len(sentences) <= _MOST_WORDS_IN_A_SENTENCE


def lix(text: str) -> float:
    """Läsbarhetsindex: words per sentence plus the share of words longer than six letters (Björnsson 1968)."""
    words = re.findall(r"\w+", text)
    sentences = max(1, len(re.findall(r"[.!?:](?:\s|$)", text)))
    return len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / len(words)


def test_danish_is_plain_on_the_whole_and_nowhere_hard() -> None:
    scores = {name: lix(danish(name).text) for name in RESPONSES if len(danish(name).text.split()) >= 15}
    assert sum(scores.values()) / len(scores) < _MOST_LIX
    assert {name: round(score) for name, score in scores.items() if score >= 45 and not name.startswith("utter_about")} == {}


@pytest.mark.parametrize("name", list(RESPONSES))
def test_numbers_addresses_and_links_are_never_typed_into_a_text(name: str) -> None:
    text = danish(name).text
    assert not re.search(r"(\d\d[ .]?){4}|\d{8}", text)
    assert not re.search(r"www\.|https?:|\w\.dk\b|@", text)
    assert not re.search(r"\bkl\. ?\d", text)


@pytest.mark.parametrize("name", list(RESPONSES))
def test_every_button_leads_to_an_answer(name: str) -> None:
    for button in danish(name).buttons:
        match = re.fullmatch(r"/([a-z_]+)(\{.*\})?", button.payload)
        assert match, button
        assert match[1] in knowledge.topics() or payload(button.payload) is not None, button
        values = json.loads(match[2] or "{}")
        if situation := values.get("situation"):
            known = f"utter_{match[1]}_{situation}" in RESPONSES or (match[1], situation) == ("delete_conversation", "now")
            assert known, button
        assert values.get("topic", "debt_loans") in knowledge.topics(), button
        assert len(button.title) <= 34, button


@pytest.mark.parametrize("name", list(RESPONSES))
def test_cards_are_offers_that_exist_today(name: str) -> None:
    for i in danish(name).cards:
        assert OFFERS[i].status in ("current", "unclear"), i
        if name.startswith("utter_risk"):
            assert OFFERS[i].phone_confirmed, i


@pytest.mark.parametrize(
    "name", [n for n in ANSWERS if any(n.startswith(f"utter_{t.id}") for t in knowledge.topics().values() if t.group != "service")]
)
def test_facts_have_a_source_and_the_date_they_were_checked(name: str) -> None:
    metadata = RESPONSES[name][0]["metadata"]
    assert metadata.get("facts"), name
    assert date.fromisoformat(metadata["checked"])


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in RESPONSES
        if any(n.startswith(f"utter_{t.id}") for t in knowledge.topics().values() if t.group in ("control", "violence"))
    ],
)
def test_s6_nobody_is_told_to_mediate_confront_or_report_first(name: str) -> None:
    text = danish(name).text.lower()
    for forbidden in (
        "mægling",
        "konfrontér ham",
        "konfronter ham",
        "tal med dine forældre om det",
        "100 %",
        "fuldt fortroligt",
        "du er et offer",
    ):
        assert forbidden not in text, forbidden


@pytest.mark.parametrize("name", [n for n in RESPONSES if n.startswith("utter_residence_violence")])
def test_s6_no_permit_is_promised_or_threatened(name: str) -> None:
    text = danish(name).text.lower()
    assert not re.search(r"du (mister|beholder) (din|dit) ophold", text) or "kan jeg ikke" in text or "ved jeg ikke" in text


def test_arguments_are_filled_in_both_languages() -> None:
    shown = BOOK.render("utter_debt_rent_deadline", "en", received="2026-11-20", deadline="2026-12-04", days_left="13")
    assert "4 December 2026" in shown.text
    assert "4. december 2026" in shown.text_da
    assert "{" not in shown.text + shown.text_da


def test_unknown_response_is_named() -> None:
    with pytest.raises(UnknownResponse, match="utter_nothing"):
        BOOK.render("utter_nothing", "da")


def test_catalogs_are_complete_and_fresh() -> None:
    source = tool.template()
    assert [fault for language in tool.languages() for fault in tool.faults(language, source)] == []


def test_a_lost_argument_in_a_translation_is_found() -> None:
    source = tool.template()
    catalog = tool.updated("en", source)
    message = next(m for m in catalog if m.id and "{deadline}" in str(m.id))
    assert set(tool._ARGUMENT.findall(str(message.id))) == set(tool._ARGUMENT.findall(str(message.string)))
