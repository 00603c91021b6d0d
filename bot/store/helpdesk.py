"""Which conversation is which at the helpdesk, and how much of it has got there. No words."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.conversations import Conversation
from bot.store.tables import HelpdeskRow, MessageRow

# No page's id of a message holds a colon.
_OWN = "helpdesk:"


def id_of(message: str, part: int) -> str:
    """Under which ``client_id`` a helpdesk's message is kept: delivered again, it is known."""
    return f"{_OWN}{message}:{part}"


@dataclass(frozen=True)
class Link:
    """A conversation at the helpdesk. Without ``conversation_id`` it is deleted here, and is to be deleted there."""

    token: str
    conversation_id: str | None
    contact: str | None = None
    source: str | None = None
    thread: str | None = None
    sent: int = 0
    level: str = "none"
    open: bool = False


@dataclass(frozen=True)
class Unsent:
    """A message at ``position`` or before that was not handed over; ``own`` where it came from the helpdesk itself."""

    position: int
    own: bool
    body: dict[str, Any]


async def of(session: AsyncSession, conversation_id: str) -> Link | None:
    """The link of that conversation."""
    return _read(await session.scalar(select(HelpdeskRow).where(HelpdeskRow.conversation_id == conversation_id)))


async def by_thread(session: AsyncSession, thread: str) -> Link | None:
    """The link of what the helpdesk calls ``thread``."""
    return _read(await session.scalar(select(HelpdeskRow).where(HelpdeskRow.thread == thread)))


async def begin(session: AsyncSession, conversation_id: str) -> Link:
    """A new link, under a random token; written before the helpdesk is asked, so that nothing there is ever without one."""
    row = HelpdeskRow(token=str(uuid.uuid4()), conversation_id=conversation_id, sent=0, level="none", open=False)
    session.add(row)
    await session.flush()
    return Link(row.token, conversation_id)


async def change(session: AsyncSession, token: str, **columns: object) -> None:
    """Set ``columns`` of that link."""
    await session.execute(update(HelpdeskRow).where(HelpdeskRow.token == token).values(columns))


async def orphans(session: AsyncSession) -> list[Link]:
    """Links whose conversation is gone."""
    rows = await session.scalars(select(HelpdeskRow).where(HelpdeskRow.conversation_id.is_(None)))
    return [link for row in rows if (link := _read(row))]


async def open_ones(session: AsyncSession) -> list[str]:
    """The conversations that are open at the helpdesk."""
    rows = await session.scalars(
        select(HelpdeskRow.conversation_id).where(HelpdeskRow.open.is_(True), HelpdeskRow.conversation_id.is_not(None))
    )
    return [conversation_id for conversation_id in rows if conversation_id]


async def forget(session: AsyncSession, token: str) -> None:
    """The helpdesk has deleted it."""
    await session.execute(delete(HelpdeskRow).where(HelpdeskRow.token == token))


async def unsent(session: AsyncSession, conversation: Conversation, *, after: int) -> list[Unsent]:
    """The messages from position ``after`` on, without it, in order."""
    rows = await session.scalars(
        select(MessageRow)
        .where(MessageRow.conversation_id == conversation.id, MessageRow.position > after)
        .order_by(MessageRow.position)
    )
    return [
        Unsent(row.position, (row.client_id or "").startswith(_OWN), json.loads(conversation.key.decrypt(row.body))) for row in rows
    ]


async def is_kept(session: AsyncSession, conversation_id: str, client_id: str) -> bool:
    """Whether that message was received before."""
    found = await session.scalar(
        select(MessageRow.id).where(MessageRow.conversation_id == conversation_id, MessageRow.client_id == client_id)
    )
    return found is not None


def _read(row: HelpdeskRow | None) -> Link | None:
    if row is None:
        return None
    return Link(row.token, row.conversation_id, row.contact, row.source, row.thread, row.sent, row.level, row.open)
