"""Hand-offs as stored: who has which conversation. Every move is one conditional write, so of two at the same moment one wins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timezone

from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.advice import escalation
from bot.advice.escalation import Case, Happening, NotNow, Reason, State, step
from bot.store.conversations import NoConversation
from bot.store.sessions import Sessions
from bot.store.tables import ConversationRow, HandoffRow

# A move that lost to another is tried again on what that one left; more often than this it is not chance.
_TRIES = 20
_BUSY = 3
Also = Callable[[AsyncSession, Case], Awaitable[None]]


@dataclass(frozen=True)
class Handoff:
    """A conversation's case, with what is needed to sort and show it."""

    conversation_id: str
    language: str
    case: Case
    topic: str = ""
    told_waiting: bool = False
    version: int = 0


async def of(session: AsyncSession, conversation_id: str) -> Handoff:
    """The hand-off of that conversation; with the bot where there never was one.

    Raises:
        NoConversation: there is no such conversation.
    """
    row = (await session.execute(_every().where(ConversationRow.id == conversation_id))).one_or_none()
    if row is None:
        raise NoConversation
    return _read(row.HandoffRow, conversation_id, row.language)


async def every(session: AsyncSession, *states: State) -> list[Handoff]:
    """All hand-offs in one of ``states``; the longest in it first."""
    rows = await session.execute(
        _every()
        .where(HandoffRow.state.in_([state.value for state in states]))
        .order_by(HandoffRow.since, HandoffRow.conversation_id)
    )
    return [_read(row.HandoffRow, row.HandoffRow.conversation_id, row.language) for row in rows]


async def queue(session: AsyncSession) -> list[Handoff]:
    """Who waits, as their places are counted: by danger, then time."""
    return sorted(
        await every(session, State.QUEUED), key=lambda waiting: (escalation.urgency(waiting.case), waiting.conversation_id)
    )


async def move(
    sessions: Sessions,
    conversation_id: str,
    happening: Happening,
    *,
    topic: str = "",
    room: int | None = None,
    also: Also | None = None,
) -> Case:
    """The case after ``happening``; nothing has changed if this raises.

    Args:
        room: how many conversations the adviser who gets this one takes at a time.
        also: writes in the same transaction, such as what the person is told.

    Raises:
        NotNow: it does not fit, or somebody was faster; ``full`` where the adviser has no room.
        NoConversation: it has been deleted.
    """
    busy = 0
    for _ in range(_TRIES):
        async with sessions.reading() as session:
            known = await of(session, conversation_id)
        after = step(known.case, happening)
        try:
            async with sessions.writing() as session:
                if known.version == 0:
                    written = await _insert(session, conversation_id, after, topic)
                else:
                    written = await _update(session, known, after, topic, room)
                if written:
                    if also is not None:
                        await also(session, after)
                    return after
        except OperationalError:
            # SQLite lets one write at a time, and whoever waits longer than a second fails: nothing was written, so once more.
            busy += 1
            if busy > _BUSY:
                raise
            continue
        if room is not None:
            async with sessions.reading() as session:
                if await _load(session, after.adviser) >= room and (await of(session, conversation_id)).version == known.version:
                    raise NotNow("full", by=after.adviser)
    raise NotNow("busy")


async def claimed(session: AsyncSession, conversation_id: str) -> bool:
    """Whether an adviser has it; no claim gets in between until this transaction ends."""
    # A write that changes nothing takes the row, in PostgreSQL and in SQLite.
    mine = update(HandoffRow).where(HandoffRow.conversation_id == conversation_id).values(version=HandoffRow.version)
    statement = mine.returning(HandoffRow.state).execution_options(synchronize_session=False)
    return await session.scalar(statement) == State.ADVISER.value


async def load(session: AsyncSession) -> dict[str, int]:
    """How many conversations each adviser has."""
    rows = await session.execute(
        select(HandoffRow.adviser_id, func.count()).where(HandoffRow.adviser_id.is_not(None)).group_by(HandoffRow.adviser_id)
    )
    return {adviser_id: count for adviser_id, count in rows.all() if adviser_id is not None}


async def set_told(session: AsyncSession, conversation_id: str) -> None:
    """The person has been told that nobody has answered yet."""
    await session.execute(update(HandoffRow).where(HandoffRow.conversation_id == conversation_id).values(told_waiting=True))


def _every() -> Select[HandoffRow, str]:
    return select(HandoffRow, ConversationRow.language).select_from(ConversationRow).outerjoin(HandoffRow)


async def _load(session: AsyncSession, adviser_id: str | None) -> int:
    return (await load(session)).get(adviser_id or "", 0)


async def _insert(session: AsyncSession, conversation_id: str, case: Case, topic: str) -> bool:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    columns = {"conversation_id": conversation_id, "version": 1, "told_waiting": False, "topic": topic, **_columns(case)}
    done = await session.execute(insert(HandoffRow).values(columns).on_conflict_do_nothing().returning(HandoffRow.version))
    return done.first() is not None


async def _update(session: AsyncSession, known: Handoff, case: Case, topic: str, room: int | None) -> bool:
    here = (HandoffRow.conversation_id == known.conversation_id, HandoffRow.version == known.version)
    statement = update(HandoffRow).where(*here)
    if room is not None:
        others = HandoffRow.__table__.alias()
        count = select(func.count()).select_from(others).where(others.c.adviser_id == case.adviser).scalar_subquery()
        statement = statement.where(count < room)
    told = known.told_waiting and case.state in (State.QUEUED, State.ADVISER)
    columns = {"version": known.version + 1, "told_waiting": told, "topic": topic or known.topic, **_columns(case)}
    done = await session.execute(
        statement.values(columns).returning(HandoffRow.version).execution_options(synchronize_session=False)
    )
    return done.first() is not None


def _columns(case: Case) -> dict[str, object]:
    return {
        "state": case.state.value,
        "since": _stored(case.since),
        "reason": case.reason.value if case.reason else None,
        "level": case.level,
        "waiting_since": _stored(case.waiting_since),
        "adviser_id": case.adviser,
        "proposed_to": case.proposed_to,
        "proposed_at": _stored(case.proposed_at),
        "warm": case.warm,
        "joined": case.joined,
        "outcome": case.outcome,
    }


def _read(row: HandoffRow | None, conversation_id: str, language: str) -> Handoff:
    if row is None:
        return Handoff(conversation_id, language, Case())
    case = Case(
        state=State(row.state),
        since=_utc(row.since),
        reason=Reason(row.reason) if row.reason else None,
        level=row.level,
        waiting_since=_utc(row.waiting_since),
        adviser=row.adviser_id,
        proposed_to=row.proposed_to,
        proposed_at=_utc(row.proposed_at),
        warm=row.warm,
        joined=row.joined,
        outcome=row.outcome,
    )
    return Handoff(conversation_id, language, case, row.topic, row.told_waiting, row.version)


def _stored(moment: datetime | None) -> datetime | None:
    return moment and moment.astimezone(timezone.utc)


def _utc(moment: datetime | None) -> datetime | None:
    """SQLite keeps no time zone; what is written here is UTC."""
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=timezone.utc)
