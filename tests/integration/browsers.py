"""Citizens and advisers as their browsers act: real HTTP, sockets, cookies and form tokens."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
from yarl import URL

from bot.console.signin import COOKIE, form_token
from bot.store import keys
from bot.store.sessions import Sessions
from bot.store.tables import AdviserRow, SignInRow
from tests.conftest import Citizen

YES, LEAVE = '/handoff{"answer":"yes"}', '/handoff{"answer":"leave"}'
_TAKE = re.compile(r"/samtale/([0-9a-f-]{36})/tag")
_PATIENCE = 20
_TRIES = 5
News = dict[str, Any]


def browser() -> aiohttp.ClientSession:
    """Everybody's HTTP: as many sockets at once as there are people; each sends its own cookie."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar())


async def until(true: Callable[[], bool]) -> None:
    """Wait until it is so; fails where it never is."""
    async with asyncio.timeout(_PATIENCE):
        while not true():
            await asyncio.sleep(0.005)


@dataclass
class Line:
    """A WebSocket that is opened, listened to and cut, again and again; ``heard`` is all that ever came."""

    heard: list[News] = field(default_factory=list)
    socket: aiohttp.ClientWebSocketResponse | None = None
    listening: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        return self.socket is not None and not self.socket.closed

    async def open(self, socket: aiohttp.ClientWebSocketResponse, first: News | None = None) -> None:
        """Begin to listen; where ``first`` is sent, the server has answered it afterwards."""
        before = len(self.heard)
        self.socket, self.listening = socket, asyncio.create_task(self._listen(socket))
        if first is not None:
            await socket.send_json(first)
        await until(lambda: len(self.heard) > before)

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            self.heard.append(frame.json())

    async def cut(self) -> None:
        """Gone, and nothing said: the cable is out, the laptop closed."""
        if self.socket is None:
            return
        if (wire := self.socket.get_extra_info("socket")) is not None and not self.socket.closed:
            wire.shutdown(socket.SHUT_RDWR)
        assert self.listening is not None
        await asyncio.wait({self.listening})
        await self.socket.close()
        self.socket = None


@dataclass
class Page:
    """A citizen's page."""

    citizen: Citizen
    language: str
    again: int = 0
    line: Line = field(default_factory=Line)

    @property
    def id(self) -> str:
        return self.citizen.id

    async def open(self) -> None:
        """Open the socket; there is no more to be had before it has answered."""
        address = f"{self.citizen.site.base}/api/conversations/{self.id}/socket"
        await self.line.open(await self.citizen.site.http.ws_connect(address), {"secret": self.citizen.secret})

    async def says(self, text: str) -> list[News]:
        """Send a message; what the service is too busy to answer (503) is sent again under the same id, as the page does."""
        self.citizen.sent += 1
        body = {"id": f"m-{self.citizen.sent}", "text": text}
        address = f"{self.citizen.site.base}/api/conversations/{self.id}/messages"
        for _ in range(_TRIES):
            async with self.citizen.site.http.post(address, json=body, headers=self.citizen.headers) as answer:
                content = await answer.json()
            if answer.status != 503:
                break
            self.again += 1
        assert answer.status == 200, content
        messages: list[News] = content["messages"]
        return messages

    async def history(self) -> list[News]:
        """The talk as the page shows it after a reload."""
        address = f"{self.citizen.site.base}/api/conversations/{self.id}"
        async with self.citizen.site.http.get(address, headers=self.citizen.headers) as answer:
            assert answer.status == 200, await answer.text()
            messages: list[News] = (await answer.json())["messages"]
            return messages

    async def exits(self) -> None:
        """Quick exit; asked for again where the database was too busy."""
        address = f"{self.citizen.site.base}/api/conversations/{self.id}"
        for _ in range(_TRIES):
            async with self.citizen.site.http.delete(address, headers=self.citizen.headers) as answer:
                if answer.status != 503:
                    break
            self.again += 1
        assert answer.status == 204


@dataclass
class Console:
    """An adviser's browser, signed in."""

    base: str
    http: aiohttp.ClientSession
    token: str
    id: str = ""
    name: str = ""
    reads: tuple[str, ...] = ()
    capacity: int = 1
    line: Line = field(default_factory=Line)

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.token}"}

    async def open(self) -> None:
        """Open the console; it has been told that something changed: that it is here."""
        await self.line.open(await self.http.ws_connect(f"{self.base}/live", headers=self.headers))

    async def waiting(self) -> list[str]:
        """Who waits, as this adviser sees them."""
        async with self.http.get(f"{self.base}/del/bordet", headers=self.headers) as answer:
            assert answer.status == 200
            return _TAKE.findall(await answer.text())

    async def reads_talk(self, conversation: str) -> str:
        """The talk as HTML; empty where it is not to be seen."""
        async with self.http.get(f"{self.base}/samtale/{conversation}/del", headers=self.headers) as answer:
            return await answer.text()

    async def does(self, conversation: str, act: str, **fields: str) -> bool | None:
        """Send one of the console's forms; whether it was done, None where the database was too busy to say."""
        return await self.sends(f"/samtale/{conversation}/{act}", **fields)

    async def sends(self, path: str, **fields: str) -> bool | None:
        """Send a form to ``path``; whether it was done, or refused with words; None as above."""
        form = {"form": form_token(self.token), **fields}
        address = URL(self.base + path)
        async with self.http.post(address, data=form, headers=self.headers, allow_redirects=False) as answer:
            assert answer.status in (303, 409, 410, 422, 500, 503), f"{path}: {answer.status}"
            return None if answer.status >= 500 else answer.status == 303


async def at_the_desk(sessions: Sessions, console: Console, *, now: datetime) -> Console:
    """Has enrolled and is signed in; written into the store, as argon2 takes its time on purpose."""
    async with sessions.writing() as session:
        session.add(
            AdviserRow(
                id=console.id,
                login=console.id,
                name=console.name,
                role="adviser",
                languages=" ".join(console.reads),
                capacity=console.capacity,
                present=True,
                totp_used=0,
                failed=0,
            )
        )
        await session.flush()
        session.add(SignInRow(token_hash=keys.hash_of(console.token), adviser_id=console.id, begun_at=now, seen_at=now))
    return console
