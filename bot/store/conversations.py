"""Conversations and their messages. Every word goes in and out through the conversation's own key."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store import keys
from bot.store.keys import ConversationKey, Keyring
from bot.store.tables import ConversationRow, CounterRow, HandoffRow, MessageRow


class NoConversation(Exception):
    """There is none of that id with that secret: never was, deleted, or forgotten. The three look alike on purpose."""


@dataclass(frozen=True)
class Conversation:
    """A conversation that the caller has shown the secret of."""

    id: str
    language: str
    owner: str
    key: ConversationKey


@dataclass(frozen=True)
class Message:
    """A message as the page gets it: ``body`` is the JSON object of docs/api.md."""

    id: str
    client_id: str | None
    body: dict[str, Any]


async def begin(session: AsyncSession, keyring: Keyring, *, language: str, now: datetime) -> tuple[Conversation, str]:
    """A new conversation and its secret, which is told once and kept nowhere."""
    conversation_id, secret = str(uuid.uuid4()), keys.new_secret()
    row = ConversationRow(
        id=conversation_id,
        secret_hash=keys.hash_of(secret),
        wrapped_key=keyring.new_key(conversation_id),
        language=language,
        owner="bot",
        active_at=_quarter(now),
    )
    session.add(row)
    await session.flush()
    await count(session, "conversations", language=language, now=now)
    return _opened(row, keyring), secret


async def find(session: AsyncSession, keyring: Keyring, conversation_id: str, secret: str) -> Conversation:
    """The conversation of that id, if ``secret`` is its own.

    Raises:
        NoConversation: there is none, or the secret is another's.
    """
    row = await session.get(ConversationRow, conversation_id)
    if row is None or not keys.matches(secret, row.secret_hash):
        raise NoConversation
    return _opened(row, keyring)


async def opened(session: AsyncSession, keyring: Keyring, conversation_id: str) -> Conversation:
    """The conversation for an adviser, who has no secret of it: the caller has checked that it may be seen.

    Raises:
        NoConversation: it is gone.
    """
    row = await session.get(ConversationRow, conversation_id)
    if row is None:
        raise NoConversation
    return _opened(row, keyring)


async def messages(session: AsyncSession, conversation: Conversation) -> list[Message]:
    """All messages, in order."""
    rows = await session.scalars(
        select(MessageRow).where(MessageRow.conversation_id == conversation.id).order_by(MessageRow.position)
    )
    return [_read(row, conversation.key) for row in rows]


async def answers_to(session: AsyncSession, conversation: Conversation, client_id: str) -> list[Message] | None:
    """What was answered to the page's message ``client_id``; ``None`` where that was never received."""
    mine = MessageRow.conversation_id == conversation.id
    if await session.scalar(select(MessageRow.id).where(mine, MessageRow.client_id == client_id)) is None:
        return None
    rows = await session.scalars(select(MessageRow).where(mine, MessageRow.answers == client_id).order_by(MessageRow.position))
    return [_read(row, conversation.key) for row in rows]


async def add(
    session: AsyncSession,
    conversation: Conversation,
    bodies: Sequence[dict[str, Any]],
    *,
    client_id: str | None = None,
    answers: str | None = None,
    now: datetime,
) -> list[Message]:
    """Append ``bodies`` in order; each gets an id."""
    # First of all, so that whoever writes at the same moment waits here and not with the same position.
    await session.execute(update(ConversationRow).where(ConversationRow.id == conversation.id).values(active_at=_quarter(now)))
    last = await session.scalar(select(func.max(MessageRow.position)).where(MessageRow.conversation_id == conversation.id))
    added = []
    for position, body in enumerate(bodies, (last or 0) + 1):
        message_id = str(uuid.uuid4())
        sealed = conversation.key.encrypt(json.dumps({**body, "id": message_id}, ensure_ascii=False))
        session.add(
            MessageRow(
                id=message_id,
                conversation_id=conversation.id,
                position=position,
                client_id=client_id,
                answers=answers,
                body=sealed,
            )
        )
        added.append(Message(message_id, client_id, {**body, "id": message_id}))
    return added


async def set_language(session: AsyncSession, conversation: Conversation, language: str) -> None:
    """Answer in ``language`` from now on."""
    await session.execute(update(ConversationRow).where(ConversationRow.id == conversation.id).values(language=language))


async def destroy(session: AsyncSession, conversation_id: str, *, language: str, now: datetime) -> None:
    """Delete the conversation and, with its key, every copy of its words. What is left is a counter."""
    for table in (MessageRow, HandoffRow):
        await session.execute(delete(table).where(table.conversation_id == conversation_id))
    await session.execute(delete(ConversationRow).where(ConversationRow.id == conversation_id))
    await count(session, "deleted", language=language, now=now)


async def destroy_silent(session: AsyncSession, *, silent_since: datetime, now: datetime) -> list[str]:
    """Delete every conversation without a message since ``silent_since``; the ids of those deleted."""
    rows = (
        await session.execute(select(ConversationRow.id, ConversationRow.language).where(ConversationRow.active_at < silent_since))
    ).all()
    for conversation_id, language in rows:
        await destroy(session, conversation_id, language=language, now=now)
    return [row.id for row in rows]


async def count(session: AsyncSession, name: str, *, language: str, now: datetime) -> None:
    """Add one to this week's counter."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    monday: date = now.date() - timedelta(days=now.weekday())
    statement = insert(CounterRow).values(week=monday, name=name, language=language, count=1)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["week", "name", "language"], set_={"count": CounterRow.count + 1})
    )


async def counted(session: AsyncSession, prefix: str, *, since: date) -> Counter[tuple[str, str]]:
    """How often things whose name begins so have happened, in weeks that began at ``since`` or later, by name and language."""
    rows = await session.execute(
        select(CounterRow.name, CounterRow.language, func.sum(CounterRow.count))
        .where(CounterRow.name.startswith(prefix), CounterRow.week >= since)
        .group_by(CounterRow.name, CounterRow.language)
    )
    return Counter({(name, language): int(count) for name, language, count in rows.all()})


def _opened(row: ConversationRow, keyring: Keyring) -> Conversation:
    return Conversation(row.id, row.language, row.owner, keyring.unwrap(row.wrapped_key, row.id))


def _read(row: MessageRow, key: ConversationKey) -> Message:
    return Message(row.id, row.client_id, json.loads(key.decrypt(row.body)))


def _quarter(moment: datetime) -> datetime:
    """The quarter of an hour that ``moment`` ends in: rounded up, so that nothing is forgotten early."""
    utc = moment.astimezone(timezone.utc)
    begun = utc.replace(minute=utc.minute - utc.minute % 15, second=0, microsecond=0)
    return begun if begun == utc else begun + timedelta(minutes=15)
