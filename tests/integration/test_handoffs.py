"""Hand-offs in a real SQLite and a real PostgreSQL: one winner each time, places in order, nothing left behind.

``ROUNDS=200`` takes minutes; it is run before a release.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.advice.escalation import Case, Event, Happening, NotNow, Reason, State
from bot.store import conversations, handoffs
from bot.store.keys import Keyring
from bot.store.sessions import Sessions
from bot.store.tables import AdviserRow, Base

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=timezone.utc)
KEYS = Keyring(bytes(32))
ADVISERS = [f"adviser-{number}" for number in range(50)]


@pytest.fixture(params=["sqlite", "postgresql"])
async def sessions(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Sessions]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'x.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres")
    opened = Sessions.to(url)
    await opened.migrate()
    async with opened.writing() as session:
        session.add_all(
            AdviserRow(id=a, login=a, name=a, role="adviser", languages="da", capacity=1, present=True, totp_used=0, failed=0)
            for a in ADVISERS
        )
    yield opened
    async with opened.engine.begin() as connection:
        for table in (*reversed(Base.metadata.sorted_tables), "alembic_version"):
            await connection.execute(text(f'DROP TABLE "{table}"'))
    await opened.close()


async def queued(sessions: Sessions, *, level: str = "none", at: datetime = NOW) -> str:
    async with sessions.writing() as session:
        conversation, _ = await conversations.begin(session, KEYS, language="da", now=at)
    await handoffs.move(sessions, conversation.id, Happening(Event.OFFER, at, reason=Reason.ASKED, level=level))
    await handoffs.move(sessions, conversation.id, Happening(Event.ACCEPT, at))
    return conversation.id


async def claims(sessions: Sessions, conversation_id: str, by: str, room: int = 50) -> str:
    """Who has it afterwards, as the one who tried is told."""
    try:
        case = await handoffs.move(sessions, conversation_id, Happening(Event.CLAIM, NOW, by=by), room=room)
    except NotNow as refused:
        return f"{refused.code} by {refused.by}"
    return f"won by {case.adviser}"


@pytest.mark.timeout(600)
async def test_s9_fifty_claims_at_once_have_one_winner(sessions: Sessions) -> None:
    for _ in range(int(os.environ.get("ROUNDS", "15"))):
        case = await queued(sessions)
        told = Counter(await asyncio.gather(*(claims(sessions, case, by) for by in ADVISERS)))
        (won,) = (answer for answer in told if answer.startswith("won"))
        winner = won.removeprefix("won by ")
        assert told == {won: 1, f"taken by {winner}": 49}
        await handoffs.move(sessions, case, Happening(Event.CLOSE, NOW, by=winner, outcome="answered"))


async def test_an_adviser_takes_no_more_than_there_is_room_for(sessions: Sessions) -> None:
    first, second = await queued(sessions), await queued(sessions)
    assert await claims(sessions, first, "adviser-1", room=1) == "won by adviser-1"
    with pytest.raises(NotNow, match="full"):
        await handoffs.move(sessions, second, Happening(Event.CLAIM, NOW, by="adviser-1"), room=1)
    assert await claims(sessions, second, "adviser-2", room=1) == "won by adviser-2"


async def test_places_are_by_danger_then_time(sessions: Sessions) -> None:
    late = await queued(sessions, at=NOW + timedelta(minutes=2))
    early = await queued(sessions, at=NOW)
    acute = await queued(sessions, level="acute", at=NOW + timedelta(minutes=3))
    async with sessions.reading() as session:
        assert [row.conversation_id for row in await handoffs.queue(session)] == [acute, early, late]


async def test_a_case_is_read_as_it_was_written(sessions: Sessions) -> None:
    conversation = await queued(sessions, level="serious", at=datetime(2026, 7, 1, 12, 0, 7, tzinfo=timezone.utc))
    await handoffs.move(sessions, conversation, Happening(Event.CLAIM, NOW, by="adviser-1"), room=1)
    await handoffs.move(sessions, conversation, Happening(Event.PROPOSE, NOW, by="adviser-1", to="adviser-2", warm=True))
    async with sessions.reading() as session:
        stored = (await handoffs.of(session, conversation)).case
    assert stored == Case(
        state=State.ADVISER,
        since=NOW,
        reason=Reason.ASKED,
        level="serious",
        waiting_since=datetime(2026, 7, 1, 12, 0, 7, tzinfo=timezone.utc),
        adviser="adviser-1",
        proposed_to="adviser-2",
        proposed_at=NOW,
        warm=True,
    )


async def test_what_belongs_to_a_move_is_written_with_it_or_not_at_all(sessions: Sessions) -> None:
    conversation = await queued(sessions)

    async def breaks(session: AsyncSession, case: Case) -> None:
        raise RuntimeError("the words could not be written")

    with pytest.raises(RuntimeError):
        await handoffs.move(sessions, conversation, Happening(Event.CLAIM, NOW, by="adviser-1"), also=breaks)
    async with sessions.reading() as session:
        assert (await handoffs.of(session, conversation)).case.state is State.QUEUED


async def test_a_deleted_conversation_leaves_no_hand_off(sessions: Sessions) -> None:
    conversation = await queued(sessions)
    async with sessions.writing() as session:
        await conversations.destroy(session, conversation, language="da", now=NOW)
    async with sessions.reading() as session:
        assert await handoffs.queue(session) == []
        with pytest.raises(conversations.NoConversation):
            await handoffs.of(session, conversation)
