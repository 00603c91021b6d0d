"""What came in: words or a button, cleaned; and which language it is answered in."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from bot.advice import knowledge, languages
from bot.i18n.catalogs import Catalogs

LONGEST = 3000
_PAYLOAD = re.compile(r"/([a-z_]+)(\{[^{}]{0,200}\})?")
# What buttons may send beside topics: saying the last answer again, answering the safe question (``bot.web.safety``), and what
# belongs to the way to a human (``bot.web.desk``).
_COMMANDS = ("repeat", "safety", "handoff")
# Words needed before a message may change the language of the conversation, and how sure it must be.
_ENOUGH_WORDS = 3
_SURE = 0.9
# The first message may be short.
_VERY_SURE = 0.97
# From here on it is worth asking.
_PERHAPS = 0.5
_ASKS = "utter_which_language"


class Refused(Exception):
    """The message cannot be taken; ``response`` is the sentence that says why."""

    def __init__(self, response: str, status: int, **arguments: object) -> None:
        super().__init__(response)
        self.response, self.status, self.arguments = response, status, arguments


@dataclass(frozen=True)
class Tongue:
    """The ``language`` to answer in, and what to ask about: the languages it may be, or none."""

    language: str
    ask: tuple[str, ...] = ()


def cleaned(raw: str) -> str:
    """The message without control characters and outer space.

    Raises:
        Refused: nothing is left, or it is too long.
    """
    text = "".join(c for c in raw if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn")).strip()
    if all(unicodedata.category(c)[0] in "CZ" for c in text):
        raise Refused("utter_error_empty", 422)
    if len(text) > LONGEST:
        raise Refused("utter_error_too_long", 413, limit=LONGEST)
    return text


def payload(text: str) -> dict[str, str] | None:
    """The ids in what a button sends, for a topic we know; None for anything else, which is a person's words."""
    match = _PAYLOAD.fullmatch(text)
    if match is None or (match[1] not in knowledge.topics() and match[1] not in _COMMANDS):
        return None
    try:
        values = json.loads(match[2] or "{}")
    except ValueError:
        return None
    return values if all(isinstance(v, str) and re.fullmatch(r"[\w+-]{0,60}", v) for v in values.values()) else None


def tongue(text: str, so_far: str, catalogs: Catalogs, *, first: bool, said: Iterable[str]) -> Tongue:
    """The language to answer ``text`` in: the message's once it says enough, else the one ``so_far``.

    Args:
        first: nothing was written before, so ``so_far`` is only the page's.
        said: names of the responses of the conversation; the question which language it is, is asked once.
    """
    found = languages.identify(text, so_far=so_far)
    if found.code == so_far:
        return Tongue(so_far)
    enough = len(text.split()) >= _ENOUGH_WORDS
    if found.confidence >= (_SURE if enough else _VERY_SURE) and (enough or first):
        return Tongue(catalogs.best([found.code]))
    if enough and found.confidence >= _PERHAPS and _ASKS not in said:
        likely = dict.fromkeys(code for code in (found.code, *found.rivals, so_far) if code in catalogs.languages)
        # Where nothing was written before, the page's language is no more than a guess.
        return Tongue(catalogs.best([found.code]) if first else so_far, ask=tuple(likely))
    return Tongue(so_far)


def language_choices(codes: Iterable[str]) -> list[dict[str, str]]:
    """A button for each language, by its own name; it says the last answer again in that language."""
    return [{"title": languages.name(code), "payload": f'/repeat{{"language":"{code}"}}', "context": "language"} for code in codes]
