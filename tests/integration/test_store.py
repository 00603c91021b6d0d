"""The store, on SQLite and on a real PostgreSQL alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from bot.advice import knowledge, offers
from bot.store import conversations
from bot.store import offers as stored
from bot.store.keys import Keyring
from bot.store.sessions import Sessions
from bot.store.tables import Base

NOW = datetime(2026, 11, 21, 22, 7, 3, tzinfo=timezone.utc)
KEYS = Keyring(b"k" * 32)


@pytest.fixture(params=["sqlite", "postgresql"])
async def sessions(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Sessions]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'x.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres")
    opened = Sessions.to(url)
    await opened.migrate()
    yield opened
    async with opened.engine.begin() as connection:
        for table in (*reversed(Base.metadata.sorted_tables), "alembic_version"):
            await connection.execute(text(f'DROP TABLE "{table}"'))
    await opened.close()


async def begun(sessions: Sessions) -> tuple[conversations.Conversation, str]:
    async with sessions.writing() as session:
        return await conversations.begin(session, KEYS, language="da", now=NOW)


async def test_migrations_make_exactly_the_tables_of_the_code_and_can_run_again(sessions: Sessions) -> None:
    await sessions.migrate()
    async with sessions.engine.connect() as connection:
        made = await connection.run_sync(
            lambda c: {t: {col["name"] for col in inspect(c).get_columns(t)} for t in inspect(c).get_table_names()}
        )
    made.pop("alembic_version")
    assert made == {table.name: {column.name for column in table.columns} for table in Base.metadata.sorted_tables}


async def test_messages_come_back_in_order_and_only_with_the_secret(sessions: Sessions) -> None:
    conversation, secret = await begun(sessions)
    async with sessions.writing() as session:
        await conversations.add(session, conversation, [{"text": "a"}], client_id="1", now=NOW)
        await conversations.add(session, conversation, [{"text": "b"}, {"text": "c"}], answers="1", now=NOW)
    async with sessions.reading() as session:
        found = await conversations.find(session, KEYS, conversation.id, secret)
        assert [m.body["text"] for m in await conversations.messages(session, found)] == ["a", "b", "c"]
        answers = await conversations.answers_to(session, found, "1")
        assert answers is not None
        assert [m.body["text"] for m in answers] == ["b", "c"]
        assert await conversations.answers_to(session, found, "2") is None
        with pytest.raises(conversations.NoConversation):
            await conversations.find(session, KEYS, conversation.id, secret + "x")


async def test_one_message_of_one_id_however_often_it_is_sent(sessions: Sessions) -> None:
    conversation, _ = await begun(sessions)
    async with sessions.writing() as session:
        await conversations.add(session, conversation, [{"text": "a"}], client_id="1", now=NOW)
    with pytest.raises(IntegrityError):
        async with sessions.writing() as session:
            await conversations.add(session, conversation, [{"text": "again"}], client_id="1", now=NOW)


async def test_what_is_silent_goes_and_what_is_not_stays(sessions: Sessions) -> None:
    old, _ = await begun(sessions)
    async with sessions.writing() as session:
        young, _ = await conversations.begin(session, KEYS, language="en", now=NOW + timedelta(hours=2))
        gone = await conversations.destroy_silent(session, silent_since=NOW + timedelta(hours=1), now=NOW)
    assert gone == [old.id]
    async with sessions.reading() as session:
        assert (await session.execute(text("select id from conversation"))).scalars().all() == [young.id]
        assert (await session.execute(text("select name, language, count from counter order by name, language"))).all() == [
            ("conversations", "da", 1),
            ("conversations", "en", 1),
            ("deleted", "da", 1),
        ]


async def test_counting_at_the_same_time_loses_nothing(sessions: Sessions) -> None:
    async def once() -> None:
        async with sessions.writing() as session:
            await conversations.count(session, "x", language="da", now=NOW)

    await asyncio.gather(*(once() for _ in range(20)))
    async with sessions.reading() as session:
        assert await session.scalar(text("select count from counter")) == 20


async def test_offers_are_imported_once_and_replaced_as_a_whole(sessions: Sessions) -> None:
    source = knowledge.OFFERS.read_text("utf-8")
    rows = offers.read(source, topics=knowledge.topics(), audiences=knowledge.audiences())
    async with sessions.writing() as session:
        assert await stored.bring_up_to_date(session, rows, source)
        assert not await stored.bring_up_to_date(session, rows, source)
    async with sessions.reading() as session:
        assert await stored.every(session) == rows
    async with sessions.writing() as session:
        assert await stored.bring_up_to_date(session, rows[:3], source + "changed")
        assert len(await stored.every(session)) == 3


async def test_an_import_that_breaks_leaves_the_old_rows(sessions: Sessions) -> None:
    source = knowledge.OFFERS.read_text("utf-8")
    rows = offers.read(source, topics=knowledge.topics(), audiences=knowledge.audiences())
    async with sessions.writing() as session:
        await stored.bring_up_to_date(session, rows, source)
    with pytest.raises(IntegrityError):
        async with sessions.writing() as session:
            await stored.bring_up_to_date(session, [rows[0], rows[0]], "broken")
    async with sessions.reading() as session:
        assert len(await stored.every(session)) == 138
