"""What is left in a helpdesk when somebody leaves, deletes or is forgotten here: nothing. Against a fake on loopback."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import text as sql

from bot.helpdesk.chatwoot import Chatwoot
from bot.store import conversations
from bot.store import helpdesk as links
from bot.store.keys import Keyring
from bot.store.sessions import Sessions
from bot.store.tables import Base
from tests.helpdesk.served import Served, settled, until


async def test_who_leaves_is_deleted_there_and_nothing_is_sent_after(served: Served) -> None:
    citizen = await served.waits(first="jeg skylder husleje")
    there = await served.shown()
    served.chatwoot.writes(there, "Hej")
    await served.gets(citizen, "Hej")
    await settled(served.chatwoot)
    before = len(served.chatwoot.heard)
    await served.leaves(citizen)
    late = served.chatwoot.writes(there, "Er du der?")
    await until(lambda: not served.chatwoot.conversations and not served.chatwoot.contacts)
    assert await served.chatwoot.deliver(late) == 200
    await settled(served.chatwoot)
    assert {method for method, *_ in served.chatwoot.heard[before:]} == {"DELETE"}
    assert await served.links() == 0


async def test_deleting_is_tried_until_it_worked(served: Served) -> None:
    citizen = await served.waits()
    await served.shown()
    await settled(served.chatwoot)
    await served.chatwoot.down()
    await served.leaves(citizen)
    await asyncio.sleep(0.5)
    assert await served.links() == 1
    async with served.site.talk.sessions.reading() as session:
        assert (await session.execute(sql("select conversation_id from helpdesk"))).scalars().all() == [None]
    await served.chatwoot.up()
    await until(lambda: not served.chatwoot.conversations and not served.chatwoot.contacts)
    for _ in range(100):
        if await served.links() == 0:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the link was kept")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_with_the_conversation_goes_what_ties_it_to_the_helpdesk(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Left is a random token and the helpdesk's own ids, by which all of it is found and deleted there."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'x.db'}" if database == "sqlite" else request.getfixturevalue("postgres")
    sessions, keys, now = Sessions.to(url), Keyring(bytes(32)), datetime(2026, 11, 22, tzinfo=timezone.utc)
    await sessions.migrate()
    try:
        async with sessions.writing() as session:
            conversation, _ = await conversations.begin(session, keys, language="da", now=now)
            link = await links.begin(session, conversation.id)
            await links.change(session, link.token, contact="7", thread="9", open=True)
        async with sessions.writing() as session:
            await conversations.destroy(session, conversation.id, language="da", now=now)
        async with sessions.writing() as session:
            (left,) = await links.orphans(session)
            assert (left.token, left.conversation_id, left.contact, left.thread) == (link.token, None, "7", "9")
            assert await links.open_ones(session) == []
            await links.forget(session, left.token)
            assert await links.orphans(session) == []
    finally:
        async with sessions.engine.begin() as connection:
            for table in (*reversed(Base.metadata.sorted_tables), "alembic_version"):
                await connection.execute(sql(f'DROP TABLE "{table}"'))
        await sessions.close()


async def test_what_is_forgotten_here_after_a_silent_day_is_deleted_there(served: Served) -> None:
    await served.waits()
    await served.shown()
    async with served.site.talk.sessions.reading() as session:
        (at,) = (await session.execute(sql("select max(active_at) from conversation"))).scalars().all()
    assert at
    assert await served.site.talk.forget_silent(served.site.talk.now().replace(year=2100)) == 1
    await until(lambda: not served.chatwoot.conversations and not served.chatwoot.contacts)


async def test_a_contact_whose_making_was_never_answered_is_found_and_deleted(served: Served) -> None:
    chatwoot = served.chatwoot
    async with aiohttp.ClientSession() as http:
        client = Chatwoot(http, chatwoot.settings)
        person = await client.arrived("a-token")
        assert (await client.arrived("a-token")).contact == person.contact
        await client.forgot("a-token", contact=None, thread=None)
        assert chatwoot.contacts == {}
        # Once more: nothing is left, and that is no error.
        await client.forgot("a-token", contact=person.contact, thread="12345")


async def test_no_secret_id_address_or_agent_of_the_person_is_in_anything_that_was_sent(served: Served) -> None:
    marks = {"address": "203.0.113.77", "agent": "Canary-Agent-5519", "referrer": "canary-referrer-8812.example"}
    headers = {"X-Forwarded-For": marks["address"], "User-Agent": marks["agent"], "Referer": f"https://{marks['referrer']}/"}
    async with aiohttp.ClientSession(headers=headers) as http:
        site = replace(served.site, http=http)
        citizen = await Served(site, served.chatwoot).waits(first="mit cpr er 010190-1234 og min mail er fatima@example.com")
        there = await served.shown()
        served.chatwoot.writes(there, "Hej")
        await served.gets(citizen, "Hej")
        await citizen.says("ring til mig på 22 33 44 55")
        await until(lambda: there.said()[-1].startswith("ring til mig"))
        await served.leaves(citizen)
    await until(lambda: not served.chatwoot.contacts)
    everything = repr(served.chatwoot.heard)
    assert len(served.chatwoot.heard) > 8
    forbidden = [citizen.id, citizen.secret, *marks.values(), "010190", "fatima@", "22 33 44 55", served.chatwoot.secret]
    assert [mark for mark in forbidden if mark in everything] == []
    # The canary has teeth: what may be sent is found.
    assert "ring til mig" in everything
