"""What must be true of everybody at the desk, whatever has happened: order, places, owners, words."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot import clock
from bot.advice.escalation import State
from bot.store import handoffs
from bot.store.handoffs import Handoff
from bot.web import patience
from tests.conftest import Site
from tests.integration.browsers import Console, News, Page

SILENT = timedelta(seconds=60)
LEVELS = ("acute", "serious", "none")
HARMLESS = {"da": "jeg har et spørgsmål", "ar": "عندي سؤال", "so": "su'aal baan qabaa", "pl": "mam pytanie"}
MARK = re.compile(r"qx[a-z]{6}")
Place = tuple[str, str | None]
OFFERED: Place = ("offered", None)


@dataclass
class Person(Page):
    """A citizen, with what must be true of her: ``may`` holds where she can be, (state, adviser)."""

    level: str = "none"
    may: set[Place] = field(default_factory=lambda: {("bot", None)})
    results: list[Place] = field(default_factory=list)
    perhaps: list[Place] = field(default_factory=list)
    """Where she may be besides: the service could not say whether it was done."""
    perhaps_read: set[str] = field(default_factory=set)
    was: str = ""
    asked_between: tuple[datetime, datetime] | None = None
    cut_at: datetime | None = None
    wrote: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    """What advisers have sent her: mark -> how often."""
    told: str = ""
    """The latest that she was told of her place."""
    checked: int = 0

    @property
    def place(self) -> Place:
        (place,) = self.may
        return place


class Crowd:
    """The site, and the people of it."""

    real: bool
    chance: random.Random
    site: Site
    started: datetime
    happened: Counter[str]
    people: list[Person]
    gone: list[Person]
    desks: list[Console]
    away: dict[str, datetime]
    answered: list[tuple[Person, list[News]]]

    async def look(self, *, all_of_it: bool = False) -> None:
        """Keep time, and look at everything that was promised."""
        for person in self.people:
            person.may = self.after_silence(person)
            person.results.clear()
            person.perhaps.clear()
        if not self.real:
            await patience.keep_time(self.site.talk.desk)
        for _ in range(10):
            rows = await self.stored()
            desks = self.desks if all_of_it else self.chance.sample(self.desks, 2)
            lists = {desk.id: await desk.waiting() for desk in desks if desk.line.is_open}
            # Where time is real it may have moved somebody in between.
            if rows == await self.stored():
                break
        queue = [row for row in rows.values() if row.case.state is State.QUEUED]
        self.everybody_is_where_they_may_be(rows)
        self.nobody_has_too_many(rows)
        self.lists_are_in_order(queue, lists)
        self.everybody_knows_the_place(queue)
        self.nobody_hears_what_is_not_theirs()
        # To ask for the talk is a sign of life: who has vanished must not be asked.
        there = [person for person in self.people if person.line.is_open]
        for person in self.people if all_of_it else self.chance.sample(there, 3):
            await self.the_talk_is_whole(person)

    async def stored(self) -> dict[str, Handoff]:
        async with self.site.talk.sessions.reading() as session:
            return {row.conversation_id: row for row in await handoffs.every(session, *State)}

    def after_silence(self, person: Person) -> set[Place]:
        """Where she can be now that time has gone on; about the minute, either."""
        found: set[Place] = set()
        # Words that came after the adviser had closed are answered by the machine, and may bring an offer.
        perhaps = set(person.perhaps) - (set() if person.results else {OFFERED})
        for place in (set(person.results) or person.may) | perhaps:
            since = person.cut_at if place[0] == "queued" else self.away.get(place[1] or "")
            silent = clock.now() - max(since, self.started) if since else timedelta(0)
            if silent < SILENT + timedelta(seconds=20 if self.real else 2):
                found.add(place)
            if silent > SILENT - timedelta(seconds=2):
                found.add(("lost" if place[0] == "queued" else "queued", None))
        return found

    def everybody_is_where_they_may_be(self, rows: dict[str, Handoff]) -> None:
        """No one lost, no one double, no one in two states; whoever left is not there."""
        for person in self.people:
            case = rows[person.id].case
            actual: Place = (case.state.value, case.adviser)
            assert actual in person.may, f"{actual}, but can only be {person.may}"
            self.happened["vanished"] += (person.was, actual[0]) == ("queued", "lost")
            self.happened["released"] += (person.was, actual[0]) == ("adviser", "queued")
            person.may, person.was = {actual}, actual[0]
            assert (case.adviser is not None) == (case.state is State.ADVISER)
            assert (case.waiting_since is not None) == (case.state in (State.QUEUED, State.ADVISER))
            if case.state is State.QUEUED:
                assert case.level == person.level
                assert person.asked_between is not None
                assert case.waiting_since is not None
                assert person.asked_between[0] <= case.waiting_since <= person.asked_between[1], "the waiting time was lost"
            else:
                person.told = ""
        assert not {person.id for person in self.gone} & set(rows), "who left is still there"
        assert set(rows) == {person.id for person in self.people}

    def nobody_has_too_many(self, rows: dict[str, Handoff]) -> None:
        having = Counter(row.case.adviser for row in rows.values() if row.case.adviser)
        for desk in self.desks:
            assert having[desk.id] <= desk.capacity, f"{having[desk.id]} conversations, room for {desk.capacity}"

    def lists_are_in_order(self, queue: list[Handoff], lists: dict[str, list[str]]) -> None:
        """Acute, serious, the rest; then what is read; then who came first. Everybody who waits, once."""
        level = {person.id: person.level for person in self.people}
        for desk in self.desks:
            if desk.id in lists:
                expected = sorted(
                    queue,
                    key=lambda row: (
                        LEVELS.index(level[row.conversation_id]),
                        row.language not in desk.reads,
                        row.case.waiting_since,
                    ),
                )
                assert lists[desk.id] == [row.conversation_id for row in expected], "not in the promised order"

    def everybody_knows_the_place(self, queue: list[Handoff]) -> None:
        """What each was told last, is so."""
        level = {person.id: person.level for person in self.people}
        queue = sorted(queue, key=lambda row: (LEVELS.index(level[row.conversation_id]), row.case.waiting_since))
        places = {row.conversation_id: place for place, row in enumerate(queue, 1)}
        for person in self.people:
            for news in person.line.heard[person.checked :]:
                person.told = news["text"] if news.get("place") else person.told
            if person.id in places and person.told and person.line.is_open:
                book, place = self.site.talk.book, places[person.id]
                right = {
                    book.render(name, language, position=place).text
                    for name in ("utter_handoff_queued", "utter_handoff_position")
                    for language in HARMLESS
                }
                assert person.told in right, f"is number {place}, was told: {person.told}"

    def nobody_hears_what_is_not_theirs(self) -> None:
        """And the machine is silent where an adviser talks."""
        for person in (*self.people, *self.gone):
            heard = set(MARK.findall(str(person.line.heard[person.checked :])))
            assert heard <= set(person.wrote) | set(person.read) | person.perhaps_read, "somebody else's words"
            person.checked = len(person.line.heard)
        for person, said in self.answered:
            assert said == [] or person.place[0] != "adviser", "the machine spoke where an adviser does"
        self.answered.clear()

    async def the_talk_is_whole(self, person: Person) -> None:
        """Every accepted message stands in it once, an adviser's was heard at most once, a note never."""
        for who, marks in (("citizen", person.wrote), ("adviser", person.read)):
            stands = Counter(mark for said in await person.history() if said["from"] == who for mark in MARK.findall(said["text"]))
            for mark in person.perhaps_read:
                assert stands.pop(mark, 0) <= 1
            assert stands == marks, f"{who}: stands {stands}, accepted {marks}"
        said = [said["text"] for news in person.line.heard for said in news.get("messages", ())]
        assert max(Counter(MARK.findall(" ".join(said))).values(), default=1) == 1, "heard twice"
