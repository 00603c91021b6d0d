"""What the latest turn says, and which response answers it: used by every action."""

from __future__ import annotations

from rasa_sdk import Tracker

from bot.advice import knowledge
from bot.i18n.responses import ResponseBook

# Said in any topic: they do not change what the conversation is about, and are no answer to "did you mean".
SMALL_TALK = frozenset({"greet", "goodbye", "thank", "affirm", "deny", "not_helped", "out_of_scope"})


def response_for(topic: str, situation: str | None) -> str:
    """The name of the response for ``topic`` in ``situation``; small talk without a context has its own."""
    book = ResponseBook.of_the_project()
    names = (f"utter_{topic}_{situation}", f"utter_{topic}", f"utter_{topic}_nothing")
    return next((name for name in names if name in book), "utter_not_helped")


def entity(tracker: Tracker, kind: str) -> str | None:
    """The first ``kind`` that the latest message names."""
    return next(tracker.get_latest_entity_values(kind), None)


def topic_choices(topics: list[str]) -> list[dict[str, str]]:
    """Buttons that name ``topics``."""
    known = knowledge.topics()
    return [{"title": known[t].name_da, "payload": f"/{t}", "context": "topic"} for t in topics if t in known]


def choice_of(title: str, payload: str) -> dict[str, str]:
    """A button whose Danish ``title`` is collected for translation."""
    return {"title": title, "payload": payload, "context": "button"}
