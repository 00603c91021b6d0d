"""The way to a human as the service goes it: moves of ``bot.advice.escalation``, stored, said to the person, told to the consoles.

The words to the person are responses of domain/handoff.yml, from ``system``: neither the bot nor an adviser says them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.advice import lines
from bot.advice.escalation import Case, Event, Happening, NotNow, Patience, Reason, State
from bot.store import advisers, conversations, figures, handoffs, service_hours
from bot.store.conversations import NoConversation
from bot.store.handoffs import Handoff
from bot.store.keys import Keyring
from bot.store.sessions import Sessions
from bot.web.hub import Hub
from bot.web.messages import Composer, noted

log = logging.getLogger(__name__)
DESK = "desk"
_ANSWERS = ("yes", "no", "leave", "stay")
_CLOSED = {
    "closed": "utter_handoff_closed_hours",
    "holiday": "utter_handoff_holiday",
    "nobody": "utter_handoff_nobody",
    "stopped": "utter_handoff_stopped",
}

Body = dict[str, Any]


@dataclass(frozen=True)
class Available:
    """Whether an adviser can take a conversation: ``open``, or why not; ``none`` where this kommune has no advisers here."""

    code: str
    opens: datetime | None = None


@dataclass
class Desk:
    """Hand-offs of this process."""

    sessions: Sessions
    keyring: Keyring
    hub: Hub
    composer: Callable[[str], Awaitable[Composer]]
    now: Callable[[], datetime]
    patience: Patience = field(default_factory=Patience)
    # Advisers answer from a helpdesk, where nobody here sees who is at work: the hours alone count.
    helpdesk: bool = False
    _places: dict[str, int] = field(default_factory=dict)
    _pushing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _push_is_due: bool = False
    _unanswered: dict[str, datetime] = field(default_factory=dict)

    # ---- the person ---------------------------------------------------------------------------------------------------------

    async def of(self, conversation_id: str) -> Handoff:
        """Where that conversation stands.

        Raises:
            NoConversation: it is gone.
        """
        async with self.sessions.reading() as session:
            return await handoffs.of(session, conversation_id)

    async def available(self, language: str) -> Available:
        """Whether somebody can take a conversation in ``language`` at this moment."""
        async with self.sessions.reading() as session:
            team = await advisers.working(session)
            hours = await service_hours.state(session, language, now=self.now())
        if not any(adviser.role in advisers.AT_THE_DESK for adviser in team) and not self.helpdesk:
            return Available("none")
        if hours.code != "open":
            return Available(hours.code, hours.opens)
        return Available("open" if await self.somebody_is_here() else "nobody", hours.opens)

    async def offer(self, handoff: Handoff, reason: Reason, level: str, topic: str, composer: Composer) -> list[Body]:
        """Offer a human, or say why there is none now; nothing where one has been offered or is on the way."""
        if handoff.case.state in (State.OFFERED, State.QUEUED, State.ADVISER) and reason is not Reason.ASKED:
            return []
        if handoff.case.state in (State.QUEUED, State.ADVISER):
            return await self.kept(handoff.conversation_id, composer)
        available = await self.available(composer.language)
        if available.code == "none":
            return []
        if available.code != "open":
            if reason is not Reason.ASKED:
                return []
            await self._count("closed", handoff.case.level, composer.language)
            return [self._closed(composer, available, topic)]
        if handoff.case.state in (State.CLOSED, State.LOST, State.EXPIRED):
            await self.move(handoff.conversation_id, Event.COME_BACK)
        await self.move(handoff.conversation_id, Event.OFFER, reason=reason, level=level, topic=topic)
        danger = level in ("serious", "acute")
        return [self.said(composer, "utter_handoff_offer_danger" if danger else "utter_handoff_offer")]

    async def answer(self, handoff: Handoff, answer: str, composer: Composer) -> list[Body]:
        """What a button of these texts, or a yes or no in words, brings about."""
        if answer not in _ANSWERS:
            return []
        try:
            if answer == "yes":
                return await self._connect(handoff, composer)
            if answer == "leave":
                await self.move(handoff.conversation_id, Event.LEAVE_QUEUE)
                return [self.said(composer, "utter_handoff_left_queue")]
            if answer == "no":
                await self.move(handoff.conversation_id, Event.DECLINE)
                return [self.said(composer, "utter_handoff_declined")]
        except NotNow:
            # A button from further up the page: say where things stand instead.
            handoff = await self.of(handoff.conversation_id)
        if handoff.case.state is State.QUEUED:
            return [self.said(composer, "utter_handoff_stays")]
        if handoff.case.state not in (State.BOT, State.CLOSED, State.LOST, State.EXPIRED):
            return []
        return [self.said(composer, "utter_handoff_declined" if answer == "no" else "utter_handoff_left_queue")]

    async def _connect(self, handoff: Handoff, composer: Composer) -> list[Body]:
        if handoff.case.state is State.LOST:
            # She said yes before, and has just said it again.
            case = handoff.case
            await self.move(handoff.conversation_id, Event.COME_BACK)
            await self.move(
                handoff.conversation_id, Event.OFFER, reason=case.reason or Reason.ASKED, level=case.level, topic=handoff.topic
            )
            handoff = await self.of(handoff.conversation_id)
        if handoff.case.state is not State.OFFERED:
            return await self.offer(handoff, Reason.ASKED, handoff.case.level, handoff.topic, composer)
        available = await self.available(composer.language)
        if available.code != "open":
            await self.move(handoff.conversation_id, Event.DECLINE)
            return await self.offer(await self.of(handoff.conversation_id), Reason.ASKED, "none", handoff.topic, composer)
        if (await self.move(handoff.conversation_id, Event.ACCEPT)).level == "acute":
            self.hub.tell(DESK, {"alarm": "acute", "conversation": handoff.conversation_id})
        await self._count("queued", handoff.case.level, composer.language)
        self.hub.saw(handoff.conversation_id)
        place = await self.place(handoff.conversation_id)
        self._places[handoff.conversation_id] = place
        return [self.said(composer, "utter_handoff_queued", position=place)]

    async def place(self, conversation_id: str) -> int:
        """The place in the queue, 1 is first; 0 where it does not wait."""
        async with self.sessions.reading() as session:
            waiting = [row.conversation_id for row in await handoffs.queue(session)]
        return waiting.index(conversation_id) + 1 if conversation_id in waiting else 0

    async def kept(self, conversation_id: str, composer: Composer) -> list[Body]:
        """What is said to words that are for the adviser, while the person waits."""
        place = await self.place(conversation_id)
        return [self.said(composer, "utter_handoff_kept", position=place)] if place else []

    async def danger(self, conversation_id: str, level: str) -> None:
        """More danger was seen in a conversation that is on its way to a human, or with one: sort anew, and alarm."""
        case = None
        with suppress(NotNow):
            # The adviser may have closed it in the same moment; the card has been shown.
            case = await self.move(conversation_id, Event.RAISE, level=level)
        if case is not None and case.state in (State.QUEUED, State.ADVISER):
            self.hub.tell(DESK, {"alarm": level, "conversation": conversation_id})

    def wrote(self, conversation_id: str) -> None:
        """The person wrote something that is for the adviser."""
        self._unanswered.setdefault(conversation_id, self.now())
        self.hub.tell(DESK, {"changed": conversation_id, "wrote": conversation_id})

    def unanswered_since(self, conversation_id: str) -> datetime | None:
        """Since when the person has waited for the adviser's next words; None where she does not, or it is not known."""
        return self._unanswered.get(conversation_id)

    async def left(self, conversation_id: str) -> None:
        """The person is gone for good: quick exit, or deleted. Nothing is sent after this."""
        self.hub.tell(conversation_id, {"gone": True})
        self.hub.tell(DESK, {"left": conversation_id})
        self.hub.forget(conversation_id)
        self._places.pop(conversation_id, None)
        self._unanswered.pop(conversation_id, None)
        await self.push_places()

    # ---- the adviser --------------------------------------------------------------------------------------------------------

    async def claim(self, conversation_id: str, adviser: advisers.Adviser) -> Case:
        """Take the conversation.

        Raises:
            NotNow: ``taken`` with who has it, or ``full``.
            NoConversation: the person has left.
        """
        return await self.with_words(
            conversation_id,
            Event.CLAIM,
            "utter_handoff_claimed",
            by=adviser.id,
            room=adviser.capacity,
            name=adviser.name,
            counted=True,
        )

    async def assign(self, conversation_id: str, coordinator_id: str, to: advisers.Adviser) -> Case:
        """A coordinator gives the conversation to the adviser ``to``.

        Raises:
            NotNow: ``full``, or ``to_nobody`` where it is that adviser's already.
        """
        waited = (await self.of(conversation_id)).case.state is State.QUEUED
        case = await self.with_words(
            conversation_id,
            Event.ASSIGN,
            "utter_handoff_claimed" if waited else "utter_handoff_transferred",
            by=coordinator_id,
            to=to.id,
            room=to.capacity,
            name=to.name,
            counted=waited,
        )
        self.hub.tell(to.id, {"given": conversation_id})
        return case

    async def give_back(self, conversation_id: str, adviser_id: str) -> Case:
        """Back to the bot."""
        return await self.with_words(conversation_id, Event.RETURN, "utter_handoff_returned", by=adviser_id)

    async def close(self, conversation_id: str, adviser_id: str, outcome: str) -> Case:
        """End it, with an outcome code."""
        return await self.with_words(conversation_id, Event.CLOSE, "utter_handoff_closed", by=adviser_id, outcome=outcome)

    async def propose(self, conversation_id: str, by: str, to: str, *, warm: bool) -> Case:
        """Ask the colleague ``to`` to take over."""
        case = await self.move(conversation_id, Event.PROPOSE, by=by, to=to, warm=warm)
        self.hub.tell(to, {"asked": conversation_id})
        return case

    async def take_over(self, conversation_id: str, adviser: advisers.Adviser) -> Case:
        """The colleague who was asked takes it.

        Raises:
            NotNow: ``not_asked``, ``not_proposed`` or ``full``.
        """
        return await self.with_words(
            conversation_id,
            Event.TAKE_OVER,
            "utter_handoff_transferred",
            by=adviser.id,
            room=adviser.capacity,
            name=adviser.name,
        )

    async def join(self, conversation_id: str, adviser: advisers.Adviser) -> Case:
        """The colleague who was asked comes in beside the one who asked; the person is told."""
        return await self.with_words(conversation_id, Event.JOIN, "utter_handoff_joined", by=adviser.id, name=adviser.name)

    async def refuse(self, conversation_id: str, colleague: advisers.Adviser | None) -> Case:
        """The colleague who was asked cannot, or (None) has not answered; who asked reads it in the talk."""
        text = f"{colleague.name} tager ikke over." if colleague else "Kollegaen svarede ikke i tide. Samtalen er stadig din."

        async def also(session: AsyncSession, case: Case) -> None:  # noqa: ARG001
            opened = await conversations.opened(session, self.keyring, conversation_id)
            await conversations.add(session, opened, [noted("Bordet", text)], now=self.now())

        return await self.move(conversation_id, Event.REFUSE, by=colleague and colleague.id, also=also)

    async def say(self, conversation_id: str, adviser: advisers.Adviser, bodies: list[Body], *, sent_as: str | None = None) -> None:
        """Send ``bodies`` to the person.

        Args:
            sent_as: the sender's own id of a single message; the same again is an ``IntegrityError``.

        Raises:
            NotNow: the conversation is not this adviser's.
            NoConversation: the person has left; nothing was sent.
        """
        async with self.sessions.writing() as session:
            case = (await handoffs.of(session, conversation_id)).case
            if adviser.id not in (case.adviser, case.proposed_to if case.joined else None):
                raise NotNow("not_yours")
            opened = await conversations.opened(session, self.keyring, conversation_id)
            added = await conversations.add(session, opened, bodies, client_id=sent_as, now=self.now())
        if sent := [message.body for message in added if message.body["from"] != "note"]:
            self._unanswered.pop(conversation_id, None)
            self.hub.tell(conversation_id, {"messages": sent})
        self.hub.tell(DESK, {"changed": conversation_id})

    async def stopped(self) -> None:
        """A coordinator has closed the service by hand: everybody who waits is told, running conversations go on."""
        async with self.sessions.reading() as session:
            waiting = await handoffs.queue(session)
        for row in waiting:
            with suppress(NotNow, NoConversation):
                await self.shut(row, Available("stopped"))

    async def shut(self, row: Handoff, available: Available) -> None:
        """Tell somebody who waits that nobody will come now, and when somebody will; the place is gone."""
        composer = await self.composer(row.language)
        await self.with_body(row.conversation_id, Event.SHUT, self._closed(composer, available, row.topic))

    # ---- together -----------------------------------------------------------------------------------------------------------

    async def move(
        self, conversation_id: str, event: Event, *, topic: str = "", room: int | None = None, also: Any = None, **more: Any
    ) -> Case:
        """One move of the conversation, told to the open consoles."""
        happening = Happening(event, self.now(), **more)
        case = await handoffs.move(self.sessions, conversation_id, happening, topic=topic, room=room, also=also)
        if case.state not in (State.QUEUED, State.ADVISER):
            self._unanswered.pop(conversation_id, None)
        self.hub.tell(DESK, {"changed": conversation_id})
        await self.push_places()
        return case

    async def with_words(
        self,
        conversation_id: str,
        event: Event,
        response: str,
        *,
        room: int | None = None,
        name: str = "",
        counted: bool = False,
        **more: Any,
    ) -> Case:
        """A move that the person is told of in the words of ``response``."""
        async with self.sessions.reading() as session:
            language = (await conversations.opened(session, self.keyring, conversation_id)).language
        body = self.said(await self.composer(language), response, name=name)
        return await self.with_body(conversation_id, event, body, room=room, counted=counted, **more)

    async def with_body(
        self, conversation_id: str, event: Event, body: Body, *, room: int | None = None, counted: bool = False, **more: Any
    ) -> Case:
        """A move that the person is told of: the words are stored with it, or neither is.

        Args:
            counted: the wait that ends here counts among today's.
        """
        told: list[Body] = []

        async def also(session: AsyncSession, case: Case) -> None:
            # If another move was first, this is done again from the beginning.
            opened = await conversations.opened(session, self.keyring, conversation_id)
            told[:] = [message.body for message in await conversations.add(session, opened, [body], now=self.now())]
            if counted and case.waiting_since:
                waited = self.now() - case.waiting_since
                await figures.picked_up(session, waited, level=case.level, language=opened.language, now=self.now())

        case = await self.move(conversation_id, event, room=room, also=also, **more)
        self.hub.tell(conversation_id, {"messages": told})
        return case

    async def push_places(self, *, anew: str = "") -> None:
        """Tell those whose place in the queue has changed.

        Args:
            anew: a conversation whose page was opened again; its place may have changed unheard.
        """
        if not anew:
            if self._push_is_due:
                # Whoever waits for the lock reads the queue after this.
                return
            self._push_is_due = True
        # One after the other: what was read first must be told first.
        try:
            await self._pushing.acquire()
        finally:
            self._push_is_due = False
        try:
            await self._tell_places(anew)
        finally:
            self._pushing.release()

    async def _tell_places(self, anew: str) -> None:
        async with self.sessions.reading() as session:
            waiting = await handoffs.queue(session)
        for place, row in enumerate(waiting, 1):
            if row.conversation_id == anew or self._places.get(row.conversation_id) not in (None, place):
                said = self.said(await self.composer(row.language), "utter_handoff_position", position=place)
                self.hub.tell(row.conversation_id, {"place": place, "text": said["text"]})
        self._places = {row.conversation_id: place for place, row in enumerate(waiting, 1)}

    async def _count(self, what: str, level: str, language: str) -> None:
        async with self.sessions.writing() as session:
            await figures.count(session, what, level=level, language=language, now=self.now())

    async def somebody_is_here(self) -> bool:
        """Whether an adviser who takes conversations has a console open."""
        if self.helpdesk:
            return True
        async with self.sessions.reading() as session:
            return any(adviser.present and self.hub.is_here(adviser.id) for adviser in await advisers.working(session))

    def _closed(self, composer: Composer, available: Available, topic: str) -> Body:
        """Why nobody can take over now, and when somebody can; where that is weeks away, or nobody knows, without a time."""
        response, opens = _CLOSED[available.code], composer.moment(available.opens) if available.opens else ""
        if available.code == "nobody" and opens:
            response = "utter_handoff_nobody_until"
        if available.code in ("closed", "holiday") and not opens:
            response = _CLOSED["stopped"]
        return self.said(composer, response, also=self.lines(composer, topic), opens=opens)

    def lines(self, composer: Composer, topic: str) -> list[str]:
        """Up to three lines beside the adviser, by topic, those open now first."""
        return lines.to_talk(topic, composer.offers, now=self.now())[:3]

    @staticmethod
    def said(composer: Composer, response: str, *, also: Iterable[str] = (), **arguments: str | int) -> Body:
        """A message of the service itself: neither the bot nor an adviser says it."""
        return {**composer.own(response, risk=None, show=None, also=also, **arguments), "from": "system"}
