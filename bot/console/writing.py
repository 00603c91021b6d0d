"""What an adviser sends: words, an approved phrase in the person's language, or an offer's card."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.advice import knowledge, languages
from bot.console.labels import SLOTS
from bot.store.advisers import Adviser
from bot.web.messages import noted, said_by_adviser
from bot.web.talk import Talk

LONGEST = 2000
_SLOT = re.compile(r"\{(\w+)\}")


class NothingToSend(Exception):
    """The form was empty, too long, or a phrase lacks what belongs in it; the text says what to do."""


async def body(talk: Talk, adviser: Adviser, language: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """The message that the form describes.

    Raises:
        NothingToSend: there is nothing in it, or too much.
    """
    text = text_da = fields.get("text", "").strip()
    shown: list[dict[str, Any]] = []
    spoken = "da"
    composer = await talk.composer(language)
    if phrase := knowledge.phrases().get(fields.get("phrase", "")):
        values = {name: fields.get(name, "").strip() for name in _SLOT.findall(phrase.da)}
        if missing := [name for name, value in values.items() if not value]:
            raise NothingToSend(f"Sætningen mangler: {', '.join(SLOTS.get(name, name) for name in missing)}.")
        translated = talk.catalogs.translate(language, f"phrase {phrase.id}", phrase.da)
        text, text_da, spoken = _filled(translated, values), _filled(phrase.da, values), language
    elif text:
        spoken = languages.identify(text, so_far="da").code
    if (offer := fields.get("offer", "")) in dict(await sendable(talk)):
        shown = composer.contacts([offer])
    if not text and not shown:
        raise NothingToSend("Skriv noget, vælg en sætning, eller vælg et tilbud.")
    if len(text) > LONGEST:
        raise NothingToSend(f"Der er plads til {LONGEST} tegn. Del beskeden i to.")
    buttons = _yes_no(talk, language) if phrase and phrase.answers == "yes_no" else ()
    return said_by_adviser(adviser.name, text, text_da=text_da, language=spoken, cards=shown, buttons=buttons)


def note(adviser: Adviser, fields: Mapping[str, str]) -> dict[str, Any]:
    """A note for colleagues; it is never sent and goes with the conversation.

    Raises:
        NothingToSend: it is empty.
    """
    text = fields.get("text", "").strip()[:LONGEST]
    if not text:
        raise NothingToSend("Noten er tom.")
    return noted(adviser.name, text)


async def sendable(talk: Talk) -> list[tuple[str, str]]:
    """(id, Danish name) of what may be sent as a card, by name."""
    today = talk.now().date()
    offers = (await talk.composer("da")).offers
    shown = ((i, o.name_da) for i, o in offers.items() if o.shown_as_open(today) and o.access != "professionals")
    return sorted(shown, key=lambda row: row[1].casefold())


def _yes_no(talk: Talk, language: str) -> list[dict[str, str]]:
    """Buttons for a question that has been approved with them; pressed, they are words to the adviser."""
    return [
        {"title": talk.catalogs.translate(language, "button", title), "title_da": title, "payload": payload}
        for title, payload in (("Ja", "/affirm"), ("Nej", "/deny"))
    ]


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _SLOT.sub(lambda match: values.get(match[1], match[0]), text)
