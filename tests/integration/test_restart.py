"""The app process is killed and started again: whoever waits keeps the place, whoever is with an adviser keeps the adviser."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import pyotp
import pytest
from sqlalchemy import text

from bot import clock
from bot.advice.escalation import State
from bot.console.signin import COOKIE
from bot.settings import ROOT, Settings
from bot.store import advisers, handoffs, service_hours
from bot.store.handoffs import Handoff
from bot.store.keys import Keyring
from bot.store.sessions import Sessions
from bot.store.tables import Base
from tests.conftest import Site
from tests.integration.browsers import LEAVE, YES, Console, Page, browser, until

pytestmark = [pytest.mark.trained, pytest.mark.timeout(180)]
PASSWORD = "en hest spiser lange gulerødder"
START_SECONDS = 60
# The app keeps time every three seconds: after so many it has looked at every case.
ONE_LOOK = 4.0


@dataclass
class Process:
    """The app as a process of its own, and the store that it works on."""

    settings: Settings
    http: aiohttp.ClientSession
    sessions: Sessions
    running: subprocess.Popen[bytes] | None = None
    lines: list[Page | Console] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    @property
    def console(self) -> str:
        return f"http://127.0.0.1:{self.settings.console_port}"

    async def start(self) -> None:
        """Started, and answering on both sites."""
        environment = {
            **os.environ,
            "VEJVISER_HOME": str(self.settings.home),
            "DATABASE_URL": self.settings.database_url,
            "PORT": str(self.settings.port),
            "CONSOLE_PORT": str(self.settings.console_port),
            "INTERNAL_PORT": str(self.settings.internal_port),
            "RASA_PORT": str(self.settings.rasa_port),
        }
        with (self.settings.home / "app.log").open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "bot.web.app"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        async with asyncio.timeout(START_SECONDS):
            while not (await self._answers(self.base) and await self._answers(f"{self.console}/log-ind")):
                assert self.running.poll() is None, (self.settings.home / "app.log").read_text()[-2000:]
                await asyncio.sleep(0.1)

    async def _answers(self, address: str) -> bool:
        try:
            async with self.http.get(address) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def open(self, one: Page | Console) -> None:
        await one.open()
        self.lines.append(one)

    async def killed_and_started(self) -> None:
        """kill -9, a new process, and every page and console opens its socket again by itself."""
        self.kill()
        for one in self.lines:
            await one.line.cut()
        await self.start()
        for one in self.lines:
            one.line.heard.clear()
            await one.open()

    def kill(self) -> None:
        if self.running is not None:
            self.running.kill()
            self.running.wait(10)

    async def cases(self) -> dict[str, Handoff]:
        async with self.sessions.reading() as session:
            found = await handoffs.every(session, State.QUEUED, State.ADVISER)
        return {row.conversation_id: row for row in found}


@pytest.fixture(params=["sqlite", "postgresql"])
async def process(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Process]:
    if request.param == "postgresql":
        object.__setattr__(settings, "database_url", request.getfixturevalue("postgres"))
    sessions = Sessions.to(settings.database_url)
    async with browser() as http:
        process = Process(settings, http, sessions)
        await process.start()
        async with sessions.writing() as session:
            await service_hours.set_rule(session, "", "24/7")
        yield process
        for one in process.lines:
            await one.line.cut()
        process.kill()
    async with sessions.engine.begin() as connection:
        for table in (*reversed(Base.metadata.sorted_tables), "alembic_version"):
            await connection.execute(text(f'DROP TABLE "{table}"'))
    await sessions.close()


async def anna(process: Process) -> Console:
    """Enrols, signs in on the console's own page and says that she is there."""
    now, keyring = clock.now(), Keyring.open(process.settings.home / "master.key")
    async with process.sessions.writing() as session:
        code = await advisers.invite(session, login="anna", name="Anna", role="adviser", languages=["da"], now=now)
    async with process.sessions.writing() as session:
        made = await advisers.enrol(session, keyring, login="anna", code=code, password=PASSWORD, now=now)
        totp = pyotp.TOTP(pyotp.parse_uri(made.totp_uri).secret)
        await advisers.confirm(session, keyring, login="anna", code=code, totp=totp.at(now), now=now)
    fields = {"login": "anna", "password": PASSWORD, "code": totp.at(now + timedelta(seconds=30))}
    async with process.http.post(f"{process.console}/log-ind", data=fields, allow_redirects=False) as answer:
        assert answer.status == 303, await answer.text()
        console = Console(process.console, process.http, answer.cookies[COOKIE].value, name="Anna")
    assert await console.sends("/til-stede", present="yes", capacity="3")
    await process.open(console)
    return console


async def waits(process: Process, site: Site) -> Page:
    """Writes twice while the machine is down, is offered a human, and says yes."""
    citizen = await site.begin()
    await citizen.says("hvad er jeres åbningstider")
    offered = await citizen.says("hallo, er der nogen")
    assert offered[-1]["response"] == "utter_handoff_offer"
    page = Page(citizen, "da")
    await process.open(page)
    (queued,) = await citizen.says(YES)
    assert queued["response"] == "utter_handoff_queued"
    return page


async def test_a_killed_app_comes_back_with_every_place_and_every_talk(process: Process) -> None:
    """One is with an adviser, two wait. Afterwards nothing has been said, nothing is lost, and the machine is still silent."""
    console = await anna(process)
    site = Site(process.base, process.console, None, process.http, process.settings)  # type: ignore[arg-type]  # another process
    talking, first, second = [await waits(process, site) for _ in range(3)]
    assert await console.does(talking.id, "tag")
    assert await console.does(talking.id, "skriv", text="Hej, jeg hedder Anna.")
    assert await talking.citizen.says("tak fordi du er der") == []
    before, talks = await process.cases(), [await page.history() for page in (talking, first, second)]

    await process.killed_and_started()
    await asyncio.sleep(ONE_LOOK)

    assert await process.cases() == before
    assert [await page.history() for page in (talking, first, second)] == talks
    for page in (talking, first, second):
        assert not [news for news in page.line.heard if news.get("messages") or news.get("gone")], "something was said"
    # The same cookie still opens the console, and the order is what it was.
    assert await console.waiting() == [first.id, second.id]
    assert "tak fordi du er der" in await console.reads_talk(talking.id)
    assert await talking.citizen.says("er du her endnu") == []
    assert await console.does(talking.id, "skriv", text="Ja, jeg er her.")
    await until(lambda: any(m["text"] == "Ja, jeg er her." for news in talking.line.heard for m in news.get("messages", ())))
    await first.citizen.says(LEAVE)
    await until(lambda: any(news.get("place") == 1 for news in second.line.heard))


async def test_who_moves_up_right_after_the_restart_is_told(process: Process) -> None:
    """Before the new process has looked at the queue once: what it last told whom is not in its memory."""
    await anna(process)
    site = Site(process.base, process.console, None, process.http, process.settings)  # type: ignore[arg-type]  # another process
    first, second = [await waits(process, site) for _ in range(2)]
    await process.killed_and_started()
    await first.citizen.says(LEAVE)
    await until(lambda: any(news.get("place") == 1 for news in second.line.heard))


async def test_a_message_that_was_cut_off_by_the_kill_can_be_sent_again(process: Process) -> None:
    """Whether it had been stored or not, it stands in the talk once."""
    console = await anna(process)
    site = Site(process.base, process.console, None, process.http, process.settings)  # type: ignore[arg-type]  # another process
    talking = await waits(process, site)
    assert await console.does(talking.id, "tag")
    sending = asyncio.create_task(talking.citizen.says("det her må ikke blive væk"))
    await asyncio.sleep(0.01)
    process.kill()
    cut_off = isinstance((await asyncio.gather(sending, return_exceptions=True))[0], aiohttp.ClientError)
    await process.killed_and_started()
    if cut_off:
        talking.citizen.sent -= 1
        assert await talking.citizen.says("det her må ikke blive væk") == []
    texts = [message["text"] for message in await talking.history() if message["from"] == "citizen"]
    assert texts.count("det her må ikke blive væk") == 1
