"""The first safety net: every message is judged here, before Rasa and without it. Also what the safe question's answers mean."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.advice.risk import Risk, RiskDetector, Signs
from bot.store.conversations import Message

# The classifier has this long; then the words judge alone, and Rasa's own check comes after.
PATIENCE_SECONDS = 0.2
ASKS = "utter_risk_ask"
SAFE = "utter_deny_safe"
# Having asked, the bot lets so many of the person's messages pass before it may ask again.
_ASKS_AGAIN_AFTER = 4
# Longer than this is a story, not an answer to "are you safe?".
ANSWER_WORDS = 6


class SafetyNet:
    """Judges messages in time; counts what failed or came late, by part."""

    def __init__(self, detector: RiskDetector, patience: float = PATIENCE_SECONDS) -> None:
        self._detector = detector
        self._patience = patience
        # Threads of its own: the safety of one person must not wait for the files of another.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="safety")
        self._late = 0

    @property
    def complete(self) -> bool:
        """Whether words and classifier both are there."""
        return self._detector.complete

    @property
    def failures(self) -> dict[str, int]:
        """How often since the start: ``words`` or ``classifier`` broke, the classifier was ``late``."""
        return {**Counter(self._detector.failures), "late": self._late}

    async def warm(self) -> None:
        """Load what is loaded at the first message: the first person must not pay for it."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._detector.assess, "hej")

    async def judge(self, text: str, before: Sequence[str] = ()) -> Risk:
        """The risk of ``text``, after the person's own words ``before`` that no card answered. Never raises."""
        loop = asyncio.get_running_loop()
        judged = loop.run_in_executor(self._threads, lambda: self._detector.assess(text, before=before))
        try:
            return await asyncio.wait_for(judged, self._patience)
        except TimeoutError:
            self._late += 1
        except Exception:
            self._detector.failures["classifier"] += 1
        return self._detector.by_words(text)

    def signs(self, text: str, language: str) -> Signs:
        """The signs in ``text``, in a conversation in ``language``: of yes, no and "I am safe", among others."""
        return self._detector.signs(text, language)


def marked(risk: Risk) -> dict[str, Any]:
    """What is kept of a judgement beside the person's message, sealed with it: for the adviser, and for the next judgement."""
    return {"level": risk.level, "categories": list(risk.categories), "why": list(risk.why), "rules": list(risk.rules)}


def unanswered(past: Iterable[Message]) -> list[str]:
    """What the person has written since the last safety card or "I am safe"."""
    words: list[str] = []
    for message in past:
        body = message.body
        if _is_card(body) or body.get("response") == SAFE:
            words = []
        elif body["from"] == "citizen" and "judged" in body:
            words.append(str(body["text"]))
    return words


def shown_before(risk: Risk, past: Iterable[Message]) -> bool:
    """Whether a card of this level, or a worse one, has gone out in this conversation: then it is not repeated whole."""
    shown = [body["risk"]["level"] for message in past if (body := message.body)["from"] == "bot" and body.get("risk")]
    return any(Risk(level, (), 1.0, ()).at_least(risk.level) for level in shown)


def may_ask(past: Sequence[Message]) -> bool:
    """Whether the safe question may be put: not twice in a row, and not to somebody who has said that they are safe."""
    since = 0
    for message in reversed(past):
        since += message.body["from"] == "citizen"
        if message.body.get("response") == SAFE or (message.body.get("response") == ASKS and since < _ASKS_AGAIN_AFTER):
            return False
    return True


def answer_to_question(ids: dict[str, str] | None, text: str, signs: Signs, past: Sequence[Message]) -> str | None:
    """``yes``, ``no`` or ``unsaid`` where the safe question or a card is being answered, by button or in few words."""
    if ids is not None:
        return ids.get("safety")
    if len(text.split()) > ANSWER_WORDS:
        return None
    asked = _said_last(past)
    if signs.safe and not signs.yes and any(_is_card(body) or body.get("response") == ASKS for body in (m.body for m in past)):
        return "no"
    if any(body.get("response") == ASKS for body in asked) and signs.yes != signs.no:
        return "yes" if signs.yes else "no"
    return None


def asked_about(past: Sequence[Message]) -> Risk:
    """What the safe question was about: an acute danger of the categories it was put for."""
    for message in reversed(past):
        if message.body.get("response") == ASKS and message.body.get("risk"):
            return Risk(
                "acute", tuple(message.body["risk"]["categories"]), 1.0, ("svarede ja til, om nogen gør ondt eller truer nu",)
            )
    return Risk("acute", (), 1.0, ("svarede ja til, om nogen gør ondt eller truer nu",))


def from_engine(commands: Iterable[dict[str, Any]], seen: Risk) -> Risk:
    """The risk after the second net: Rasa's own judgement where the first did not see as much."""
    for command in commands:
        if command["command"] == "danger" and not seen.at_least(command["level"]):
            return Risk(
                command["level"], tuple(command["categories"]), float(command["confidence"]), ("set af Rasas egen kontrol",)
            )
    return seen


def said_last(past: Sequence[Message], responses: Sequence[str]) -> bool:
    """Whether one of ``responses`` was said since the person's latest message."""
    return any(body.get("response") in responses for body in _said_last(past))


def _is_card(body: dict[str, Any]) -> bool:
    return body["from"] == "bot" and (body.get("risk") or {}).get("level") in ("serious", "acute") and body.get("response") != ASKS


def _said_last(past: Sequence[Message]) -> list[dict[str, Any]]:
    """The bot's messages since the person's latest."""
    said: list[dict[str, Any]] = []
    for message in reversed(past):
        if message.body["from"] == "citizen":
            break
        said.append(message.body)
    return said
