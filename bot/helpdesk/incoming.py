"""What agents of a helpdesk do, done at the desk: claim, say, hand on, close. The gate is the desk's; told twice is done once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from weakref import WeakValueDictionary

from sqlalchemy.exc import IntegrityError

from bot.advice import languages
from bot.advice.escalation import NotNow, State
from bot.helpdesk import wording
from bot.helpdesk.interface import Agent, Heard, Resolved, Wrote
from bot.store import advisers
from bot.store import helpdesk as links
from bot.store.advisers import Adviser
from bot.store.conversations import NoConversation
from bot.store.helpdesk import Link
from bot.web.messages import said_by_adviser
from bot.web.talk import Talk

_TRIES = 5
# As an adviser's message from the console; longer ones become two.
_LONGEST = 2000
# Refused because an adviser in the console has the conversation, or had it first.
_ELSEWHERE = ("elsewhere", "taken", "not_yours")
# How it ended is not asked for there.
_OUTCOME = "other"


class Guests:
    """Agents as advisers: without a password, never in the console, always there while the helpdesk is on."""

    def __init__(self, talk: Talk, stack: ExitStack) -> None:
        self._talk = talk
        self._stack = stack
        self._here: set[str] = set()

    async def come(self) -> None:
        """Whoever was an agent before a restart is there again, and keeps the conversations."""
        async with self._talk.sessions.reading() as session:
            for guest in await advisers.guests(session):
                self._stay(guest)

    async def of(self, agent: Agent) -> Adviser:
        """The adviser that ``agent`` is here."""
        async with self._talk.sessions.writing() as session:
            guest = await advisers.guest(session, login=f"helpdesk:{agent.id}", name=agent.name)
        self._stay(guest)
        return guest

    def _stay(self, guest: Adviser) -> None:
        if guest.id not in self._here:
            self._stack.enter_context(self._talk.desk.hub.here(guest.id))
            self._here.add(guest.id)


class Incoming:
    """Does what the helpdesk tells; ``owe(thread, text)`` leaves agents a note."""

    def __init__(self, talk: Talk, guests: Guests, owe: Callable[[str, str], None]) -> None:
        self._talk = talk
        self._guests = guests
        self._owe = owe
        # One after the other, or two messages of an agent would overtake each other.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        # Messages without words are kept nowhere: what was answered with a note is remembered here.
        self._answered: set[str] = set()

    async def hear(self, heard: Heard) -> None:
        """Do it, if that conversation is still known and the desk agrees; else the agent reads why not."""
        lock = self._locks.setdefault(heard.thread, asyncio.Lock())
        async with lock:
            async with self._talk.sessions.reading() as session:
                link = await links.by_thread(session, heard.thread)
            if link is None or link.conversation_id is None:
                return
            try:
                if isinstance(heard, Wrote):
                    await self._wrote(link.conversation_id, heard)
                else:
                    await self._resolved(link, link.conversation_id, heard)
            except NoConversation:
                return

    async def _wrote(self, conversation_id: str, heard: Wrote) -> None:
        parts = [heard.text[at : at + _LONGEST] for at in range(0, len(heard.text), _LONGEST)]
        try:
            for number, part in enumerate(parts):
                await self._say(conversation_id, heard.agent, part, links.id_of(heard.message, number))
        except NotNow as refused:
            self._answer(heard, wording.ELSEWHERE if refused.code in _ELSEWHERE else wording.NOT_WAITING)
            return
        if heard.attachments:
            self._answer(heard, wording.FILE_NOT_SENT if parts else wording.ONLY_A_FILE)

    async def _say(self, conversation_id: str, agent: Agent, text: str, sent_as: str) -> None:
        for _ in range(_TRIES):
            async with self._talk.sessions.reading() as session:
                if await links.is_kept(session, conversation_id, sent_as):
                    return
            adviser = await self._take(conversation_id, agent)
            body = said_by_adviser(adviser.name, text, language=languages.identify(text, so_far="da").code)
            try:
                await self._talk.desk.say(conversation_id, adviser, [body], sent_as=sent_as)
            except IntegrityError:
                # The person wrote at this moment, or another process got the same delivery: look again.
                continue
            return
        raise NotNow("busy")

    async def _take(self, conversation_id: str, agent: Agent) -> Adviser:
        """The conversation is this agent's: from the queue, or from a colleague at the helpdesk."""
        desk = self._talk.desk
        case = (await desk.of(conversation_id)).case
        if case.state not in (State.QUEUED, State.ADVISER):
            raise NotNow("not_waiting")
        if case.adviser is not None and not await self._is_guest(case.adviser):
            raise NotNow("elsewhere")
        adviser = await self._guests.of(agent)
        if case.state is State.QUEUED:
            await desk.claim(conversation_id, adviser)
        elif case.adviser is not None and case.adviser != adviser.id:
            await desk.assign(conversation_id, case.adviser, adviser)
        return adviser

    async def _resolved(self, link: Link, conversation_id: str, heard: Resolved) -> None:
        case = (await self._talk.desk.of(conversation_id)).case
        if case.state is State.ADVISER and case.adviser is not None and await self._is_guest(case.adviser):
            await self._talk.desk.close(conversation_id, case.adviser, _OUTCOME)
        elif case.state is State.QUEUED:
            # Nobody who waits is put out of the queue without a word from a human.
            async with self._talk.sessions.writing() as session:
                await links.change(session, link.token, open=False)
            self._owe(heard.thread, wording.STILL_WAITS)

    async def _is_guest(self, adviser_id: str) -> bool:
        async with self._talk.sessions.reading() as session:
            adviser = await advisers.by_id(session, adviser_id)
        return adviser is not None and adviser.role == advisers.GUEST

    def _answer(self, heard: Wrote, text: str) -> None:
        if heard.message not in self._answered:
            self._answered.add(heard.message)
            self._owe(heard.thread, text)
