"""What is said before a human takes over, in every language (A6, S8)."""

from __future__ import annotations

import unicodedata

import pytest

from bot.i18n.catalogs import Catalogs
from bot.i18n.responses import ResponseBook

LANGUAGES = Catalogs.installed().languages
BOOK = ResponseBook.of_the_project()
CONSENT = ("utter_handoff_offer", "utter_handoff_offer_danger")
CLOSED = ("utter_handoff_closed_hours", "utter_handoff_holiday", "utter_handoff_nobody", "utter_handoff_stopped")


@pytest.mark.parametrize("response", CONSENT)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a6_the_offer_has_a_yes_a_no_and_the_limits(language: str, response: str) -> None:
    payloads = [button["payload"] for button in BOOK.render(response, language).as_dict()["buttons"]]
    assert payloads[:2] == ['/handoff{"answer":"yes"}', '/handoff{"answer":"no"}']
    assert '/ask_anonymity{"situation":"limits"}' in payloads


@pytest.mark.parametrize("response", CONSENT)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a6_the_duty_about_everybody_under_18_is_said_before_the_yes(language: str, response: str) -> None:
    text = BOOK.render(response, language).as_dict()["text"]
    digits = "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in text)
    assert "18" in digits
    assert "100" not in digits


@pytest.mark.parametrize("response", [*CLOSED, "utter_handoff_wait", "utter_handoff_queued", "utter_handoff_broken"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_s8_nobody_waits_or_finds_it_closed_without_112(language: str, response: str) -> None:
    rendered = BOOK.render(response, language, opens="[tid]", position=3).as_dict()
    assert "112" in rendered["text"]
    assert "alarm-112" in rendered["cards"]


@pytest.mark.parametrize("response", CLOSED[:2])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_closed_text_says_when_it_opens(language: str, response: str) -> None:
    assert "[tid]" in BOOK.render(response, language, opens="[tid]").as_dict()["text"]
