"""An adviser's word on how the machine judged a message: too high, too low. Counted by language, category and rule, no words."""

from __future__ import annotations

from typing import Any

from bot.store import conversations
from bot.store.advisers import Adviser
from bot.web.messages import noted
from bot.web.talk import Talk

VERDICTS = {"high": "for højt", "low": "for lavt"}


class NothingToJudge(Exception):
    """There is no such message, or it has been judged already."""


def given(messages: list[dict[str, Any]]) -> dict[str, str]:
    """Verdicts by the message's id."""
    return {str(m["judges"]): str(m["verdict"]) for m in messages if m.get("judges")}


async def judge(talk: Talk, adviser: Adviser, conversation_id: str, message_id: str, verdict: str) -> dict[str, Any]:
    """The note that says so; what the machine saw is counted once.

    Raises:
        NothingToJudge: it cannot be judged, or no longer.
    """
    async with talk.sessions.writing() as session:
        opened = await conversations.opened(session, talk.keyring, conversation_id)
        messages = [message.body for message in await conversations.messages(session, opened)]
        judged = next((m["judged"] for m in messages if m["id"] == message_id and "judged" in m), None)
        if judged is None or message_id in given(messages) or verdict not in VERDICTS:
            raise NothingToJudge
        language = next(m["language"] for m in messages if m["id"] == message_id)
        seen = [*(judged["categories"] or ["none"]), *(f"rule {rule}" for rule in judged.get("rules", ()))]
        for name in dict.fromkeys(seen):
            await conversations.count(session, f"too {verdict}: {name}"[:80], language=language, now=talk.now())
    text = f"{adviser.name} mener, at maskinen vurderede en besked {VERDICTS[verdict]}."
    return noted("Bordet", text, judges=message_id, verdict=verdict)
