"""A desk full of people to whom things happen by seeded chance, and what must be true of all of them after every step."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta

import aiohttp
import pytest
from aiohttp import web

from bot import clock
from bot.console.app import console_application
from bot.settings import Settings
from bot.store import service_hours
from bot.web import app as web_app
from tests.conftest import Citizen, Site
from tests.integration.browsers import LEAVE, YES, Console, News, Page, at_the_desk, browser, until
from tests.integration.queue_promises import HARMLESS, LEVELS, OFFERED, Crowd, Person, Place

STEP = timedelta(seconds=9)
BEGUN = datetime(2026, 11, 23, 10, 0, tzinfo=clock.COPENHAGEN)
# What the danger check sees at once, by its word lists: the level does not hang on how busy this machine is.
DANGER = {
    ("da", "acute"): "min mand slår mig lige nu, han kvæler mig, hjælp",
    ("ar", "acute"): "زوجي عم يضربني هلق وماسك سكين ساعدوني",
    ("so", "acute"): "ninkaygu hadda wuu i garaacayaa mindi ayuu haystaa i caawiya",
    ("da", "serious"): "min eks truer med at sige til min familie at vi var sammen",
    ("pl", "serious"): "sąsiedzi biją dziecko słychać przez ścianę",
    ("so", "serious"): "jaarka ilmahiisa wuu garaacaa",
}
# The others, and nothing where an adviser was faster: a yes that was stored, but whose answer did not come, and was sent again.
_QUEUED = ("utter_handoff_queued", "utter_handoff_stays", "utter_handoff_kept")
_ALIVE = ("queued", "adviser")
_AT_ONCE = 5
_CRASH_EVERY = 22


class Simulation(Crowd):
    """The sites, the people, and chance."""

    def __init__(self, settings: Settings, patch: pytest.MonkeyPatch, *, seed: int, real: bool) -> None:
        self.settings, self.real, self.chance = settings, real, random.Random(seed)
        self.at = BEGUN
        self.happened: Counter[str] = Counter(dict.fromkeys(("crash of the app", "took over", "vanished", "released", "left"), 0))
        self.busy = self.steps = 0
        self.crash_at = self.chance.randrange(_CRASH_EVERY)
        self.crowd = asyncio.Semaphore(_AT_ONCE)
        self.people: list[Person] = []
        self.gone: list[Person] = []
        self.desks: list[Console] = []
        self.away: dict[str, datetime] = {}
        self.answered: list[tuple[Person, list[News]]] = []
        self.started = BEGUN
        if not real:
            patch.setattr(clock, "now", self.now)
            # Time is kept by hand, after every step.
            patch.setattr(web_app, "_KEEP_TIME_EVERY_SECONDS", 1e6)

    @classmethod
    async def prepared(cls, settings: Settings, database: str, patch: pytest.MonkeyPatch, *, seed: int, real: bool) -> Simulation:
        """The app runs on ``database``, and nobody is there."""
        mine = replace(settings, database_url=database, message_rate=10_000, address_rate=1_000_000)
        made = cls(mine, patch, seed=seed, real=real)
        made.http = browser()
        await made.start()
        async with made.site.talk.sessions.writing() as session:
            await service_hours.set_rule(session, "", "24/7")
        return made

    http: aiohttp.ClientSession
    stack: AsyncExitStack

    @property
    def everybody(self) -> list[Page | Console]:
        return [*self.people, *self.desks]

    def now(self) -> datetime:
        """No two moments are the same: what came later is later."""
        self.at += timedelta(milliseconds=1)
        return self.at

    # ---- the app ------------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Both sites as the app composes them; stopping them waits for nobody."""
        self.stack, self.started = AsyncExitStack(), clock.now()
        talk = await web_app.open_talk(self.settings, self.stack)
        for application, port in (
            (await web_app.citizen_application(self.settings, talk), self.settings.port),
            (await console_application(self.settings, talk), self.settings.console_port),
        ):
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.01)
            await runner.setup()
            self.stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", port).start()
        console = f"http://127.0.0.1:{self.settings.console_port}"
        self.site = Site(f"http://127.0.0.1:{self.settings.port}", console, talk, self.http, self.settings)
        for person in self.people:
            person.citizen.site = self.site

    async def crash(self) -> None:
        """The app ends in the middle of requests, nothing is tidied up, and a new one starts on the same database."""
        self.happened["crash of the app"] += 1
        writing = [person for person in self.people if person.line.is_open and person.place[0] in _ALIVE][:5]
        marks = {person.id: self.mark() for person in writing}
        tasks = [asyncio.create_task(self.writes(person, marks[person.id])) for person in writing]
        await asyncio.sleep(self.chance.random() / 30)
        here: list[Page | Console] = [one for one in self.everybody if one.line.is_open]
        for one in here:
            await one.line.cut()
        await self.stack.aclose()
        for task in asyncio.all_tasks():
            # What a dead process would not go on with.
            if getattr(task.get_coro(), "__qualname__", "") == "Talk.receive":
                task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await self.start()
        await asyncio.gather(*(one.open() for one in here))
        for person, how in zip(writing, ended):
            if isinstance(how, BaseException):
                # The page sends what had no answer again, under the same id.
                assert isinstance(how, aiohttp.ClientError), repr(how)
                person.citizen.sent -= 1
                await self.writes(person, marks[person.id])

    async def end(self) -> None:
        """Everybody goes home."""
        for one in self.everybody:
            await one.line.cut()
        await self.stack.aclose()
        await self.http.close()

    # ---- people -------------------------------------------------------------------------------------------------------------

    def mark(self) -> str:
        """A word that nobody else writes."""
        return "qx" + "".join(self.chance.choices("abcdefghijklmnopqrstuvwxyz", k=6))

    async def assemble(self, people: int, advisers: int) -> None:
        """So many wait, so many advisers are at the desk, each reading other languages."""
        for number in range(advisers):
            reads = tuple(self.chance.sample(sorted(HARMLESS), self.chance.randint(1, 3)))
            name = f"A{number}"
            console = Console(
                self.site.console, self.http, f"token-{number}", f"adviser-{number}", name, reads, self.chance.randint(1, 3)
            )
            self.desks.append(await at_the_desk(self.site.talk.sessions, console, now=clock.now()))
            await console.open()
        for _ in range(0, people, _AT_ONCE):
            await asyncio.gather(*(self.joins() for _ in range(_AT_ONCE)))
        await self.look()

    async def joins(self) -> None:
        """Somebody new writes, is offered a human, and says yes."""
        level = self.chance.choices(LEVELS, (1, 2, 5))[0]
        language = (
            self.chance.choice(sorted(HARMLESS)) if level == "none" else self.chance.choice([k[0] for k in DANGER if k[1] == level])
        )
        citizen = await self.begins(language)
        person = Person(citizen, language, level=level)
        self.people.append(person)
        await person.open()
        if level == "none":
            # The machine is down, and says so twice: that is when it offers a human by itself.
            said: list[News] = []
            for _ in range(4):
                if not said or "offer" not in said[-1]["response"]:
                    said = await person.says(HARMLESS[language])
        else:
            said = await person.says(DANGER[language, level])
        expected = "utter_handoff_offer" if level == "none" else "utter_handoff_offer_danger"
        # Where an answer was lost, the offer was made with it, and is not made twice.
        assert said[-1]["response"] == expected or person.again, [m["response"] for m in said]
        await self.says_yes(person)

    async def begins(self, language: str) -> Citizen:
        """A conversation; who is told to try again in a little while does."""
        for _ in range(5):
            try:
                return await self.site.begin(language)
            except AssertionError:
                self.busy += 1
        raise AssertionError("no conversation could be begun")

    async def says_yes(self, person: Person) -> None:
        """Until she waits; an offer of before may have to be made anew."""
        before = clock.now()
        for _ in range(3):
            heard = len(person.line.heard)
            said = await person.says(YES)
            if not said or said[-1]["response"] in _QUEUED:
                break
        assert not said or said[-1]["response"] in _QUEUED, said
        person.asked_between = (before, clock.now())
        person.results.append(("queued", None))
        person.told = said[-1]["text"] if said and said[-1]["response"] == _QUEUED[0] else ""
        if pushed := [news["text"] for news in person.line.heard[heard:] if news.get("place")]:
            person.told = pushed[-1]
        self.happened["waited"] += 1

    async def writes(self, person: Person, mark: str) -> None:
        """Words with a mark; they are accepted where they are answered."""
        talking = person.place[0] == "adviser"
        said = await person.says(f"{HARMLESS[person.language]} {mark}")
        person.wrote[mark] += 1
        person.perhaps.append(OFFERED)
        self.happened["wrote"] += 1
        if talking:
            self.answered.append((person, said))

    async def worsens(self, person: Person) -> None:
        """More danger is seen while she waits or talks."""
        await person.says(DANGER[person.language, "acute"])
        person.level = "acute"
        person.perhaps.append(OFFERED)
        self.happened["more danger"] += 1

    async def leaves(self, person: Person) -> None:
        # Nothing is said where the adviser has closed in the same moment.
        (person.results if await person.says(LEAVE) else person.perhaps).append(("bot", None))
        self.happened["left"] += 1

    async def exits(self, person: Person) -> None:
        await person.exits()
        await person.line.cut()
        self.people.remove(person)
        self.gone.append(person)
        self.happened["quick exit"] += 1

    async def vanishes(self, person: Person) -> None:
        await person.line.cut()
        await until(lambda: not self.site.talk.desk.hub.is_here(person.id))
        person.cut_at = clock.now()
        self.happened["page cut"] += 1

    async def comes_back(self, person: Person) -> None:
        await person.open()
        person.cut_at = None
        self.happened["came back"] += 1

    async def acts(self, person: Person) -> None:
        """What chance has one person do in one step."""
        state, dice = person.place[0], self.chance.random()
        if not person.line.is_open:
            if dice < 0.12:
                await self.comes_back(person)
            return
        if state in _ALIVE:
            often = 4 if state == "adviser" else 1
            for chance, does in (
                (0.012, self.leaves),
                (0.006, self.exits),
                (0.012, self.vanishes),
                (0.006 if (person.language, "acute") in DANGER else 0, self.worsens),
            ):
                if dice < chance:
                    await does(person)
                    return
                dice -= chance
            if dice < 0.02 * often:
                await self.writes(person, self.mark())
        elif dice < 0.05:
            await self.says_yes(person)

    # ---- advisers -----------------------------------------------------------------------------------------------------------

    async def works(self, desk: Console) -> None:
        """What chance has one adviser do in one step."""
        dice = self.chance.random()
        if not desk.line.is_open:
            if dice < 0.1:
                await desk.open()
                del self.away[desk.id]
                self.happened["console back"] += 1
            return
        own = [person for person in self.people if person.place == ("adviser", desk.id)]
        if dice < 0.02:
            await desk.line.cut()
            await until(lambda: not self.site.talk.desk.hub.is_here(desk.id))
            self.away[desk.id] = clock.now()
            self.happened["console cut"] += 1
        elif len(own) < desk.capacity and dice < 0.7:
            await self.takes(desk)
        elif own:
            await self.handles(desk, self.chance.choice(own))

    async def takes(self, desk: Console) -> None:
        """The first in her own list; somebody else may be faster."""
        waiting = await desk.waiting()
        if waiting and self.result(waiting[0], ("adviser", desk.id), await desk.does(waiting[0], "tag")):
            self.happened["took"] += 1
        elif waiting:
            self.happened["too late"] += 1

    async def handles(self, desk: Console, person: Person) -> None:
        what = self.chance.choices(("skriv", "note", "afslut", "tilbage", "spoerg"), (10, 2, 4, 2, 4))[0]
        if what in ("skriv", "note"):
            mark, listening = self.mark(), person.line.is_open and person.line.socket
            done = await desk.does(person.id, what, text=f"Hej igen {mark}")
            if done is None and what == "skriv":
                person.perhaps_read.add(mark)
            if done:
                self.happened[what] += 1
                if what == "skriv":
                    person.read[mark] += 1
                    if listening and listening is person.line.socket and not listening.closed and person in self.people:
                        await until(lambda: person not in self.people or not person.line.is_open or mark in str(person.line.heard))
        elif what == "spoerg":
            others = [other for other in self.desks if other is not desk and other.line.is_open]
            if others and await desk.does(person.id, "spoerg", to=(other := self.chance.choice(others)).id):
                self.happened["asked a colleague"] += 1
                dice = self.chance.random()
                if dice < 0.6 and self.result(person.id, ("adviser", other.id), await other.does(person.id, "overtag")):
                    self.happened["took over"] += 1
                elif 0.6 <= dice < 0.8:
                    await other.does(person.id, "afvis")
        elif self.result(
            person.id, ("closed" if what == "afslut" else "bot", None), await desk.does(person.id, what, outcome="answered")
        ):
            self.happened[what] += 1

    def result(self, conversation: str, place: Place, done: bool | None) -> bool:
        """Note where she is now, if it was ``done``; where nobody knows, that she may be."""
        for person in (*self.people, *self.gone):
            if person.id == conversation and done is not False:
                taken = [result for result in person.results if result[0] == place[0] == "adviser"]
                assert not (done and taken), f"two advisers were given one person: {taken} and {place}"
                (person.results if done else person.perhaps).append(place)
        self.busy += done is None
        return bool(done)

    # ---- time ---------------------------------------------------------------------------------------------------------------

    async def step(self) -> None:
        """Everybody acts at once; then time goes on, and everything is looked at."""
        self.steps += 1
        if self.steps % _CRASH_EVERY == self.crash_at:
            await self.crash()
        acting: list[Awaitable[None]] = [self.works(desk) for desk in self.desks]
        acting += [self.acts(person) for person in list(self.people)]
        acting += [self.joins() for _ in range(self.chance.choice((0, 0, 1, 2)))]
        self.chance.shuffle(acting)
        await asyncio.gather(*(self.one_of_few(act) for act in acting))
        if self.real:
            await asyncio.sleep(STEP.total_seconds())
        else:
            self.at += STEP
        await self.look()

    async def one_of_few(self, act: Awaitable[None]) -> None:
        """People act at the same moment, but not two hundred in the same hundredth of a second."""
        async with self.crowd:
            await act
