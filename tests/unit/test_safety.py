"""What follows a judgement: the safe question, its answers, and what is not said twice."""

from __future__ import annotations

from typing import Any

import pytest

from bot.advice.risk import Risk, RiskDetector, Signs, word_lists
from bot.store.conversations import Message
from bot.web import safety

DETECTOR = RiskDetector(word_lists(), None)


def signs(text: str, language: str = "da") -> Signs:
    return DETECTOR.signs(text, language)


def bot(response: str, level: str | None = None, *categories: str) -> Message:
    risk: dict[str, Any] | None = {"level": level, "categories": list(categories)} if level else None
    return Message("x", None, {"from": "bot", "response": response, "risk": risk})


def citizen(text: str, level: str = "none") -> Message:
    return Message("x", "1", {"from": "citizen", "text": text, "response": None, "judged": {"level": level}})


CARD = bot("utter_risk_acute_honour", "acute", "honour")
QUESTION = bot(safety.ASKS, "concern", "honour", "confinement")
ANSWER = bot("utter_rights_guidance")


def test_what_was_written_since_the_last_card_is_read_together() -> None:
    assert safety.unanswered([citizen("a"), CARD, citizen("b"), ANSWER, citizen("c")]) == ["b", "c"]
    assert safety.unanswered([citizen("a"), bot(safety.SAFE), citizen("b")]) == ["b"]
    assert safety.unanswered([citizen("a"), QUESTION]) == ["a"]


def test_the_question_is_never_put_twice_in_a_row() -> None:
    assert safety.may_ask([citizen("a"), ANSWER])
    assert not safety.may_ask([citizen("a"), ANSWER, QUESTION, citizen("b"), ANSWER])
    later = [citizen("a"), QUESTION, *[citizen("b"), ANSWER] * 4]
    assert safety.may_ask(later)


def test_who_says_that_they_are_safe_is_not_asked_again() -> None:
    assert not safety.may_ask([citizen("a"), QUESTION, citizen("nej"), bot(safety.SAFE), *[citizen("b"), ANSWER] * 9])


ANSWERS = [
    ("da", "ja", "yes"),
    ("da", "Ja!", "yes"),
    ("da", "nej", "no"),
    ("da", "nej ikke nu", "no"),
    ("da", "hvad er en bisidder", None),
    ("en", "yes", "yes"),
    ("en", "no nothing like that", "no"),
    ("ar", "لا", "no"),
    ("ar", "نعم", "yes"),
    ("pl", "tak", "yes"),
    ("da", "tak", None),
    ("tr", "evet", "yes"),
    ("tr", "hayır", "no"),
    ("so", "haa", "yes"),
    ("uk", "ні", "no"),
]


@pytest.mark.parametrize(("language", "text", "answer"), ANSWERS)
def test_the_question_is_answered_in_words(language: str, text: str, answer: str | None) -> None:
    past = [citizen("a"), ANSWER, QUESTION]
    assert safety.answer_to_question(None, text, signs(text, language), past) == answer


def test_yes_to_something_else_is_no_answer() -> None:
    assert safety.answer_to_question(None, "ja", signs("ja"), [citizen("a"), QUESTION, citizen("b"), ANSWER]) is None


def test_the_buttons_answer() -> None:
    for answer in ("yes", "no", "unsaid"):
        assert safety.answer_to_question({"safety": answer}, "", signs("hej"), []) == answer


@pytest.mark.parametrize(("language", "text"), [("da", "jeg er i sikkerhed"), ("en", "no i am safe"), ("ar", "انا بخير")])
def test_safe_after_a_card_is_believed_and_before_any_is_only_a_sentence(language: str, text: str) -> None:
    assert safety.answer_to_question(None, text, signs(text, language), [citizen("a"), CARD]) == "no"
    assert safety.answer_to_question(None, text, signs(text, language), [citizen("a"), ANSWER]) is None


def test_a_long_story_is_no_answer() -> None:
    text = "nej jeg er i sikkerhed nu men han ringer hele tiden og står nede på gaden"
    assert safety.answer_to_question(None, text, signs(text), [QUESTION]) is None


def test_yes_means_an_acute_danger_of_the_kind_that_was_asked_about() -> None:
    found = safety.asked_about([citizen("a"), QUESTION, citizen("ja")])
    assert (found.level, found.categories) == ("acute", ("honour", "confinement"))
    assert safety.asked_about([]).level == "acute"


def test_a_card_of_a_higher_level_is_new_and_one_of_the_same_or_lower_is_not() -> None:
    serious = bot("utter_risk_serious_honour", "serious", "honour")
    assert not safety.shown_before(Risk("acute", (), 1.0, ()), [serious])
    assert safety.shown_before(Risk("serious", (), 1.0, ()), [serious])
    assert safety.shown_before(Risk("serious", (), 1.0, ()), [CARD])
    assert not safety.shown_before(Risk("serious", (), 1.0, ()), [QUESTION])


def test_the_second_net_adds_and_never_takes_away() -> None:
    command = {"command": "danger", "level": "acute", "categories": ["honour"], "confidence": 0.8}
    assert safety.from_engine([command], Risk("none", (), 1.0, ())).level == "acute"
    serious = Risk("serious", ("honour",), 0.7, ())
    assert safety.from_engine([{**command, "level": "concern"}], serious) is serious
    assert safety.from_engine([{"command": "set_language", "language": "da"}], serious) is serious
