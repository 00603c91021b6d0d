"""The app with a helpdesk in place of the console: Rasa down, the fake Chatwoot on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import text as sql

from bot.advice.escalation import State
from bot.settings import Settings
from bot.store import service_hours
from tests.conftest import Citizen, Site, free_port, started
from tests.helpdesk.fake_chatwoot import Conversation, FakeChatwoot, running

YES = '/handoff{"answer":"yes"}'


@dataclass
class Served:
    """The app with Rasa down, and the helpdesk that it uses."""

    site: Site
    chatwoot: FakeChatwoot

    async def waits(self, language: str = "da", *, first: str = "") -> Citizen:
        """Somebody who wrote ``first``, asked for a human and said yes."""
        citizen = await self.site.begin(language)
        if first:
            await citizen.says(first)
        if not await self.is_in(citizen, State.OFFERED):
            await citizen.says(YES, title="Tal med et menneske")
        queued = await citizen.says(YES, title="Ja, forbind mig")
        assert queued[-1]["response"] == "utter_handoff_queued"
        return citizen

    async def shown(self) -> Conversation:
        """The one conversation there, once its summary is there too."""
        await until(
            lambda: any("venter på et menneske" in note for c in self.chatwoot.conversations.values() for note in c.notes())
        )
        return self.chatwoot.only

    async def is_in(self, citizen: Citizen, state: State) -> bool:
        return (await self.site.talk.desk.of(citizen.id)).case.state is state

    async def heard(self, citizen: Citizen, *who: str) -> list[dict[str, Any]]:
        """What ``who`` has said, as the person's page gets it."""
        async with self.site.http.get(f"{self.site.base}/api/conversations/{citizen.id}", headers=citizen.headers) as answer:
            return [message for message in (await answer.json())["messages"] if message["from"] in who]

    async def gets(self, citizen: Citizen, text: str) -> None:
        """Wait until the person has got ``text``."""
        for _ in range(200):
            if any(text in message["text"] for message in await self.heard(citizen, "adviser", "system")):
                return
            await asyncio.sleep(0.05)
        pytest.fail(f"the person never got {text!r}")

    async def leaves(self, citizen: Citizen) -> None:
        """What the quick exit does."""
        async with self.site.http.delete(f"{self.site.base}/api/conversations/{citizen.id}", headers=citizen.headers) as answer:
            assert answer.status == 204

    async def links(self) -> int:
        async with self.site.talk.sessions.reading() as session:
            return await session.scalar(sql("select count(*) from helpdesk")) or 0


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what happens in the background."""
    for _ in range(400):
        if holds():
            return
        await asyncio.sleep(0.05)
    pytest.fail("it did not happen")


async def settled(chatwoot: FakeChatwoot) -> None:
    """Wait until the helpdesk has heard nothing new for a while."""
    before = -1
    while before != len(chatwoot.heard):
        before = len(chatwoot.heard)
        await asyncio.sleep(0.4)


@pytest.fixture
async def served(settings: Settings) -> AsyncIterator[Served]:
    address = f"http://127.0.0.1:{settings.console_port}/helpdesk/chatwoot"
    async with running(free_port(), address) as chatwoot, AsyncExitStack() as stack:
        site = await started(replace(settings, helpdesk=chatwoot.settings), stack)
        async with site.talk.sessions.writing() as session:
            await service_hours.set_rule(session, "", "24/7")
        yield Served(site, chatwoot)
