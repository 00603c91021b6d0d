"""What is the same at every console: fifty of them fetch their lists at the same news, and one reads for all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from bot.advice.escalation import State
from bot.store import advisers, calls, handoffs
from bot.store.advisers import Adviser
from bot.store.handoffs import Handoff
from bot.web.desk import DESK, Available
from bot.web.talk import Talk

_FRESH = timedelta(seconds=1)


@dataclass(frozen=True)
class Seen:
    """Hand-offs that wait, run or have ended, who works here, the ids of those who call for a colleague, whether it is open."""

    found: list[Handoff]
    team: list[Adviser]
    calling: list[str]
    available: Available


class Overview:
    """Reads once for everybody who asks between two pieces of news, and at most a second old."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._said, self._at = -1, datetime.min
        self._reading: asyncio.Task[Seen] | None = None

    async def seen(self) -> Seen:
        """As it is after the latest news."""
        said, now = self._talk.desk.hub.told[DESK], self._talk.now().replace(tzinfo=None)
        failed = self._reading is not None and self._reading.done() and self._reading.exception() is not None
        if self._reading is None or failed or said != self._said or now - self._at > _FRESH:
            self._said, self._at = said, now
            self._reading = asyncio.create_task(self._read())
        # One console that goes away must not take the reading from the others.
        return await asyncio.shield(self._reading)

    async def _read(self) -> Seen:
        async with self._talk.sessions.reading() as session:
            found = await handoffs.every(session, State.QUEUED, State.ADVISER, State.CLOSED)
            team = await advisers.working(session)
            calling = await calls.every(session)
        return Seen(found, team, calling, await self._talk.desk.available("da"))


OVERVIEW = web.AppKey("overview", Overview)
