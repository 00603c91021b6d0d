"""What a kommune's own translation service makes of a person's words, for advisers who do not read the language; none is set."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.advice.translation import Translator, translate_for_desk
from bot.store import conversations
from bot.store.advisers import Adviser
from bot.web.messages import noted
from bot.web.talk import Talk


@dataclass(frozen=True)
class Translation:
    """The service, or None where the kommune has named none."""

    translator: Translator | None


TRANSLATION = web.AppKey("translation", Translation)


def known(messages: list[dict[str, Any]]) -> dict[str, str]:
    """Translations by the message's id. They are kept beside the talk, sealed with it, and go with it."""
    return {str(m["translates"]): str(m["text"]) for m in messages if m.get("translates")}


async def translate(
    talk: Talk, translation: Translation, adviser: Adviser, conversation_id: str, messages: list[dict[str, Any]]
) -> dict[str, str]:
    """All translations of ``messages``; what is missing is asked for once."""
    found = known(messages)
    missing = [
        m for m in messages if m["from"] == "citizen" and m["id"] not in found and m["language"] not in ("da", *adviser.languages)
    ]
    if translation.translator is None or not missing:
        return found
    made = await asyncio.gather(*(translate_for_desk(translation.translator, m["text"], m["language"]) for m in missing))
    new = {m["id"]: text for m, text in zip(missing, made) if text}
    async with talk.sessions.writing() as session:
        opened = await conversations.opened(session, talk.keyring, conversation_id)
        notes = [noted("Oversættelse", text, translates=message_id) for message_id, text in new.items()]
        await conversations.add(session, opened, notes, now=talk.now())
    return found | new
