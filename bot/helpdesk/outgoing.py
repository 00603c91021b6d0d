"""Brings the helpdesk up to date with what is stored here; from wherever it was, so that a crash or a broken line loses nothing."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Set

from sqlalchemy.exc import IntegrityError

from bot.advice.escalation import LEVELS, State
from bot.helpdesk import wording
from bot.helpdesk.interface import Helpdesk, HelpdeskDown, NotThere, Person, Place, Refused
from bot.store import conversations, handoffs
from bot.store import helpdesk as links
from bot.store.conversations import NoConversation
from bot.store.handoffs import Handoff
from bot.store.helpdesk import Link
from bot.web.desk import DESK
from bot.web.talk import Talk

log = logging.getLogger(__name__)
_ON_THE_WAY = (State.QUEUED, State.ADVISER)


class Outgoing:
    """Only conversations that wait for an adviser or have one are there; what is deleted here is deleted there first of all."""

    def __init__(self, talk: Talk, helpdesk: Helpdesk) -> None:
        self._talk = talk
        self._helpdesk = helpdesk
        # Notes to agents about their own messages. A restart loses them and nothing else.
        self._owed: defaultdict[str, list[str]] = defaultdict(list)

    def owe(self, thread: str, text: str) -> None:
        """Agents are to read ``text`` there, soon."""
        self._owed[thread].append(text)
        self._talk.desk.hub.tell(DESK, {"changed": ""})

    async def carry(self, which: Set[str] | None) -> None:
        """Hand over whatever the helpdesk has not got, of the conversations in ``which`` or of all.

        Raises:
            HelpdeskDown: it does not answer; what was handed over is remembered.
        """
        async with self._talk.sessions.reading() as session:
            gone = await links.orphans(session)
            on_the_way = await handoffs.every(session, *_ON_THE_WAY)
            lingering = await links.open_ones(session)
        down: HelpdeskDown | None = None
        for link in gone:
            try:
                await self._forget(link)
            except HelpdeskDown as error:
                # Tried again; whoever waits must not wait for it.
                down = error
                break
        on_the_way.sort(key=lambda row: LEVELS.index(row.case.level), reverse=True)
        for conversation_id in dict.fromkeys([*(row.conversation_id for row in on_the_way), *lingering]):
            if which is None or conversation_id in which:
                await self._bring(conversation_id)
        await self._pay()
        if down is not None:
            raise down

    async def _forget(self, link: Link) -> None:
        try:
            await self._helpdesk.forgot(link.token, contact=link.contact, thread=link.thread)
        except Refused as refused:
            log.error("the helpdesk would not delete a conversation: %s", refused.code)
            return
        async with self._talk.sessions.writing() as session:
            await links.forget(session, link.token)

    async def _bring(self, conversation_id: str) -> None:
        async with self._talk.sessions.reading() as session:
            try:
                handoff = await handoffs.of(session, conversation_id)
            except NoConversation:
                return
            link = await links.of(session, conversation_id)
        try:
            if handoff.case.state in _ON_THE_WAY:
                await self._bring_up_to_date(handoff, link)
            elif link is not None and link.open:
                await self._end(link, handoff.case.state)
        except NotThere:
            if link is None or link.thread is None:
                # Not this conversation but the inbox or the account is unknown there.
                raise
            # Somebody deleted it there, while the person still waits: it is begun anew.
            await self._keep(link, contact=None, source=None, thread=None, sent=0, level="none", open=False)
        except Refused as refused:
            log.error("the helpdesk refused a conversation: %s", refused.code)
        except IntegrityError:
            # The person left while it was begun.
            return

    async def _bring_up_to_date(self, handoff: Handoff, link: Link | None) -> None:
        if link is None:
            async with self._talk.sessions.writing() as session:
                link = await links.begin(session, handoff.conversation_id)
        place = await self._place(link)
        if LEVELS.index(handoff.case.level) > LEVELS.index(link.level):
            await self._helpdesk.raised(place, handoff.case.level)
            await self._keep(link, level=handoff.case.level)
        if not link.open and link.sent:
            await self._helpdesk.reopened(place)
        if await self._hand_over(handoff.conversation_id, link, place) and not link.open:
            await self._introduce(handoff, link, place)

    async def _place(self, link: Link) -> Place:
        if link.contact is None or link.source is None:
            person = await self._helpdesk.arrived(link.token)
            await self._keep(link, contact=person.contact, source=person.source)
        else:
            person = Person(link.contact, link.source)
        if link.thread is not None:
            return Place(person, link.thread)
        place = await self._helpdesk.opened(person)
        await self._keep(link, thread=place.thread)
        return place

    async def _hand_over(self, conversation_id: str, link: Link, place: Place) -> bool:
        """Whether all of it is there now; not where the person left or went back to the bot meanwhile."""
        try:
            async with self._talk.sessions.reading() as session:
                opened = await conversations.opened(session, self._talk.keyring, conversation_id)
                waiting = await links.unsent(session, opened, after=link.sent)
            for message in waiting:
                if (await self._talk.desk.of(conversation_id)).case.state not in _ON_THE_WAY:
                    return False
                if message.body["from"] == "citizen":
                    await self._helpdesk.wrote(place, message.body["text"])
                elif not message.own and (line := wording.line(message.body)):
                    await self._helpdesk.noted(place, line)
                await self._keep(link, sent=message.position)
        except NoConversation:
            return False
        return True

    async def _introduce(self, handoff: Handoff, link: Link, place: Place) -> None:
        try:
            async with self._talk.sessions.reading() as session:
                opened = await conversations.opened(session, self._talk.keyring, handoff.conversation_id)
                everything = [message.body for message in await conversations.messages(session, opened)]
        except NoConversation:
            return
        await self._helpdesk.noted(place, wording.summary(handoff, everything))
        await self._keep(link, open=True)

    async def _end(self, link: Link, state: State) -> None:
        place = await self._place(link)
        await self._helpdesk.noted(place, wording.ended(state))
        await self._helpdesk.ended(place)
        await self._keep(link, open=False)

    async def _pay(self) -> None:
        for thread in list(self._owed):
            async with self._talk.sessions.reading() as session:
                link = await links.by_thread(session, thread)
            # Nothing is sent after the person left.
            if link is not None and link.conversation_id is not None and link.contact is not None and link.source is not None:
                try:
                    while self._owed[thread]:
                        await self._helpdesk.noted(Place(Person(link.contact, link.source), thread), self._owed[thread][0])
                        self._owed[thread].pop(0)
                except (NotThere, Refused) as refused:
                    log.warning("a note to an agent was not taken: %s", refused.code)
            self._owed.pop(thread, None)

    async def _keep(self, link: Link, **columns: object) -> None:
        async with self._talk.sessions.writing() as session:
            await links.change(session, link.token, **columns)
