"""One turn of a conversation: everything between a person's message and the answer, whoever answers.

The order is the promise: mask, judge, store, safety card, then the engine. A part that is down is stepped over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy.exc import IntegrityError

from bot.advice import knowledge, languages, mentions, redaction
from bot.advice.escalation import Reason, State
from bot.advice.risk import NO_RISK, Risk, Signs
from bot.i18n.catalogs import Catalogs
from bot.i18n.responses import ResponseBook
from bot.store import advisers, conversations, figures, handoffs
from bot.store.conversations import Conversation, Message
from bot.store.handoffs import Handoff
from bot.store.keys import Keyring
from bot.store.sessions import Sessions
from bot.store.shelf import Shelf
from bot.web import safety
from bot.web.desk import Desk
from bot.web.incoming import LONGEST, Tongue, cleaned, language_choices, payload, tongue
from bot.web.messages import Composer, said_by_citizen
from bot.web.rasa import Rasa, RasaDown
from bot.web.safety import SafetyNet

log = logging.getLogger(__name__)
_TRACES = "utter_risk_traces"
_DOWN = "utter_error_service_down"
# What the bot says when it did not understand: somebody who waits for a human is not asked back.
_NOT_UNDERSTOOD = ("utter_did_you_mean", "utter_fallback_human", "utter_out_of_scope")
_DECLINED = "utter_handoff_declined"
_OFFERS = ("utter_handoff_offer", "utter_handoff_offer_danger", "utter_handoff_lost")


@dataclass(frozen=True)
class Turn:
    """What is sent back for one message."""

    messages: list[dict[str, Any]]
    language: str
    deleted: bool = False


@dataclass(frozen=True)
class _Incoming:
    """A message, judged and stored; ``text`` is redacted, ``masked`` the kinds of what was."""

    client_id: str
    text: str
    masked: tuple[str, ...]
    tongue: Tongue
    risk: Risk
    safety: str | None
    """How the safe question was answered: ``yes``, ``no``, ``unsaid``; None where this is something else."""
    handoff: str | None
    """What was answered to the offer of a human, or pressed while waiting; None where this is something else."""


@dataclass(frozen=True)
class Talk:
    """The conversations of this process. Holds no words between turns."""

    sessions: Sessions
    keyring: Keyring
    shelf: Shelf
    rasa: Rasa
    safety: SafetyNet
    desk: Desk
    book: ResponseBook
    catalogs: Catalogs
    now: Callable[[], datetime]
    _locks: WeakValueDictionary[str, asyncio.Lock]

    async def begin(self, language: str | None) -> tuple[Conversation, str, list[dict[str, Any]]]:
        """A new conversation, its secret, and the welcome."""
        composer = await self.composer(self.catalogs.best([language or "da"]))
        async with self.sessions.writing() as session:
            conversation, secret = await conversations.begin(session, self.keyring, language=composer.language, now=self.now())
            added = await conversations.add(session, conversation, [composer.own("utter_welcome")], now=self.now())
        return conversation, secret, [message.body for message in added]

    async def history(self, conversation_id: str, secret: str) -> tuple[Conversation, list[dict[str, Any]]]:
        """All messages of a conversation."""
        async with self.sessions.reading() as session:
            conversation = await conversations.find(session, self.keyring, conversation_id, secret)
            past = await conversations.messages(session, conversation)
            return conversation, [_for_page(message) for message in past if message.body["from"] != "note"]

    async def delete(self, conversation_id: str, secret: str) -> None:
        """Delete at once, here and in Rasa."""
        async with self.sessions.writing() as session:
            conversation = await conversations.find(session, self.keyring, conversation_id, secret)
            await conversations.destroy(session, conversation_id, language=conversation.language, now=self.now())
        await self.desk.left(conversation_id)
        await self.rasa.forget(conversation_id)

    async def receive(self, conversation_id: str, secret: str, client_id: str, raw: str, title: str = "") -> Turn:
        """Answer one message; the same ``client_id`` again gets the same answer.

        Args:
            title: what the person saw on the button, where ``raw`` is a button's payload.

        Raises:
            NoConversation: there is none, or the secret is another's.
            Refused: the message is empty or too long.
        """
        lock = self._locks.setdefault(conversation_id, asyncio.Lock())
        async with lock:
            async with self.sessions.reading() as session:
                conversation = await conversations.find(session, self.keyring, conversation_id, secret)
                known = await conversations.answers_to(session, conversation, client_id)
                past = await conversations.messages(session, conversation)
                handoff = await handoffs.of(session, conversation_id)
            if known:
                return Turn([message.body for message in known], conversation.language)
            text = cleaned(raw)
            ids = payload(text)
            pressed = ids is not None
            masked = redaction.redact(
                cleaned(title) if pressed and title.strip() else text, known_numbers=await self._known_numbers()
            )
            spoken = self._tongue(text, ids, conversation.language, past)
            language = spoken.language
            signs = self.safety.signs(text, conversation.language)
            answered = safety.answer_to_question(ids, text, signs, past)
            # The words as written, in memory; what was written before is read as it is kept, masked.
            risk = NO_RISK if pressed else await self.safety.judge(text, () if answered else safety.unanswered(past))
            if handoff.case.state is State.ADVISER and not (pressed and answered == "yes"):
                # Her words answer the adviser (S7); they are judged as any others.
                if answered and not pressed:
                    risk = await self.safety.judge(text, safety.unanswered(past))
                answered = None
            if answered == "no" and risk.at_least("serious"):
                # "I don't think I'm safe" is no answer but danger.
                answered = None
            if known is None:
                async with self.sessions.writing() as session:
                    said = said_by_citizen(masked.text, language) | ({} if pressed else {"judged": safety.marked(risk)})
                    await conversations.add(session, conversation, [said], client_id=client_id, now=self.now())
                    # Meanwhile somebody may have claimed it, or gone.
                    handoff = await handoffs.of(session, conversation_id)
            wish = None if answered else _wish(ids, text, signs, past, handoff)
            turn = _Incoming(client_id, text if pressed else masked.text, masked.kinds, spoken, risk, answered, wish)
            return await self._answer(conversation, turn, past, handoff)

    async def emergency(self, raw: str, language: str) -> list[dict[str, Any]]:
        """What is said when nothing can be stored: the numbers, and the safety card where there is danger (S2)."""
        text = raw[:LONGEST]
        found = languages.identify(text, so_far=language)
        composer = await self.composer(self.catalogs.best([found.code, language]))
        risk = await self.safety.judge(text)
        cards = [composer.safety_card(risk)] if risk.at_least("serious") else []
        return [*cards, composer.own("utter_error_service_down")]

    async def forget_silent(self, silent_since: datetime) -> int:
        """Delete what has been silent since then; how many that were. The desk's figures and log go with their age."""
        async with self.sessions.writing() as session:
            gone = await conversations.destroy_silent(session, silent_since=silent_since, now=self.now())
        for conversation_id in gone:
            await self.desk.left(conversation_id)
            await self.rasa.forget(conversation_id)
        async with self.sessions.writing() as session:
            await figures.forget(session, now=self.now())
            await advisers.forget_log(session, before=self.now() - advisers.LOG_KEPT)
        return len(gone)

    def _tongue(self, text: str, ids: dict[str, str] | None, so_far: str, past: list[Message]) -> Tongue:
        if ids is not None:
            return Tongue(self.catalogs.best([ids.get("language", ""), so_far]))
        first = not any(message.body["from"] == "citizen" for message in past)
        return tongue(text, so_far, self.catalogs, first=first, said=[str(message.body.get("response")) for message in past])

    async def _answer(self, conversation: Conversation, incoming: _Incoming, past: list[Message], handoff: Handoff) -> Turn:
        risk, language = incoming.risk, incoming.tongue.language
        composer = await self.composer(language)
        audience = _audience([incoming.text, *safety.unanswered(past)])
        with_adviser = handoff.case.state is State.ADVISER
        commands: list[dict[str, Any]] = []
        if incoming.safety:
            risk, said = _after_question(incoming.safety, composer, past, audience)
        elif incoming.handoff:
            said = await self.desk.answer(handoff, incoming.handoff, composer)
        elif with_adviser and not incoming.text.startswith("/delete_conversation"):
            # The bot is silent, whatever it is asked (S7); the numbers still come first where a life is in danger.
            said = _cards(risk, composer, past, audience) if risk.level == "acute" else []
        else:
            risk, language, said, commands = await self._from_bot(conversation, incoming, past, handoff, audience)
            if reason := _escalates(risk, commands, said, past):
                topic = _topic(said)
                said += await self.desk.offer(handoff, reason, risk.level, topic, composer)
        if risk.at_least("serious") and handoff.case.state in (State.OFFERED, State.QUEUED, State.ADVISER):
            await self.desk.danger(conversation.id, risk.level)
        if incoming.tongue.ask and not with_adviser and language == composer.language:
            said.append(composer.own("utter_which_language", choices=language_choices(incoming.tongue.ask)))
        if any(c["command"] == "delete_conversation" for c in commands):
            await self._destroy(conversation)
            return Turn(said, language, deleted=True)
        try:
            async with self.sessions.writing() as session:
                if not with_adviser and await handoffs.claimed(session, conversation.id):
                    # Claimed while Rasa thought: from the claim on the bot is silent (S7).
                    said = [b for b in said if b["from"] == "system" or (b.get("risk") and b["response"] != safety.ASKS)]
                if language != conversation.language:
                    await conversations.set_language(session, conversation, language)
                added = await conversations.add(session, conversation, said, answers=incoming.client_id, now=self.now())
                if risk.level != "none":
                    await conversations.count(session, f"risk {risk.level}", language=language, now=self.now())
        except IntegrityError as error:
            # The person left or deleted while the answer was being made.
            raise conversations.NoConversation from error
        if handoff.case.state in (State.QUEUED, State.ADVISER) and incoming.handoff is None:
            self.desk.wrote(conversation.id)
        return Turn([message.body for message in added], language)

    async def _from_bot(
        self, conversation: Conversation, incoming: _Incoming, past: list[Message], handoff: Handoff, audience: str
    ) -> tuple[Risk, str, list[dict[str, Any]], list[dict[str, Any]]]:
        """What the app and Rasa say: the risk in the end, the language, the messages, and Rasa's commands to the app."""
        text, risk, language = incoming.text, incoming.risk, incoming.tongue.language
        composer = await self.composer(language)
        commands: list[dict[str, Any]] = []
        said = _cards(risk, composer, past, audience) if risk.at_least("serious") else []
        if incoming.masked:
            said.append(composer.own("utter_redacted"))
        if not any(c.isalnum() for c in text):
            said.append(composer.own("utter_error_only_emoji"))
        else:
            shown = [card["id"] for message in said for card in message["cards"]]
            try:
                spoken = await self.rasa.say(conversation.id, text, {"language": language, "risk": _plain(risk)})
                commands = spoken.commands
                # Switching is said in the language that was switched to.
                language = next((c["language"] for c in commands if c["command"] == "set_language"), language)
                seen = safety.from_engine(commands, risk)
                if seen is not risk:
                    risk, said = seen, [*_cards(seen, composer, past, audience), *said]
                for response in spoken.responses:
                    if handoff.case.state is State.QUEUED and response["response"] in _NOT_UNDERSTOOD:
                        said += await self.desk.kept(conversation.id, composer)
                    elif language != composer.language and response["response"] in self.book:
                        said.append((await self.composer(language)).own(response["response"]))
                    else:
                        said.append(composer.shown(response, without=shown))
            except RasaDown as reason:
                log.warning("rasa did not answer: %s", reason)
                if risk.level == "acute":
                    said.append(composer.own("utter_risk_next"))
                said.append(composer.own(_DOWN))
        if risk.unsure and safety.may_ask(past):
            said.append(composer.own(safety.ASKS, risk=risk))
        elif risk.level == "concern" and not safety.shown_before(risk, past):
            said.append(composer.concern(risk, audience=audience))
        return risk, language, said, commands

    async def _destroy(self, conversation: Conversation) -> None:
        async with self.sessions.writing() as session:
            await conversations.destroy(session, conversation.id, language=conversation.language, now=self.now())
        await self.desk.left(conversation.id)
        await self.rasa.forget(conversation.id)

    async def composer(self, language: str) -> Composer:
        """Makes messages in ``language``, as of now."""
        return Composer(self.book, self.catalogs, await self.shelf.every(), language, now=self.now())

    async def _known_numbers(self) -> set[str]:
        return {offer.phone_digits for offer in (await self.shelf.every()).values() if offer.phone}


def _wish(ids: dict[str, str] | None, text: str, signs: Signs, past: list[Message], handoff: Handoff) -> str | None:
    """What was pressed on the way to a human; or yes or no in few words, where one has just been offered."""
    if ids is not None:
        return ids.get("answer") if "answer" in ids else None
    offered = handoff.case.state in (State.OFFERED, State.LOST) and safety.said_last(past, _OFFERS)
    if offered and len(text.split()) <= safety.ANSWER_WORDS and signs.yes != signs.no:
        return "yes" if signs.yes else "no"
    return None


def _escalates(risk: Risk, commands: list[dict[str, Any]], said: list[dict[str, Any]], past: list[Message]) -> Reason | None:
    """Why a human is to be offered now; None where there is no reason."""
    if any(c["command"] == "offer_human" for c in commands):
        return Reason(next(c["reason"] for c in commands if c["command"] == "offer_human"))
    declined = any(message.body.get("response") == _DECLINED for message in past)
    if risk.at_least("serious") and not (declined and safety.shown_before(risk, past)):
        return Reason.RISK
    if declined:
        # Nobody is asked twice who said no, unless there is more danger than before.
        return None
    if any(body.get("response") == _DOWN for body in said) and safety.said_last(past, (_DOWN,)):
        return Reason.BOT_FAILED
    topic = knowledge.topics().get(_topic(said))
    return Reason.NOT_FOR_BOT if topic and topic.human else None


def _topic(said: list[dict[str, Any]]) -> str:
    """The topic that was answered last, an id; empty where none was."""
    names = sorted(knowledge.topics(), key=len, reverse=True)
    for body in reversed(said):
        response = str(body.get("response") or "").removeprefix("utter_")
        if found := next((name for name in names if response.startswith(name)), ""):
            return found
    return ""


def _cards(risk: Risk, composer: Composer, past: list[Message], audience: str) -> list[dict[str, Any]]:
    """The safety card; with the first one of a conversation, once, how to leave no trace on this phone."""
    repeated = safety.shown_before(risk, past)
    card = composer.safety_card(risk, audience=audience, repeated=repeated)
    first = not any(message.body.get("response") == _TRACES for message in past)
    return [card, composer.own(_TRACES)] if first else [card]


def _after_question(answer: str, composer: Composer, past: list[Message], audience: str) -> tuple[Risk, list[dict[str, Any]]]:
    """What follows the answer to the safe question; who says that they are safe is believed."""
    if answer == "yes":
        risk = safety.asked_about(past)
        return risk, [*_cards(risk, composer, past, audience), composer.own("utter_risk_next")]
    return NO_RISK, [composer.own(safety.SAFE if answer == "no" else "utter_risk_unsaid")]


def _plain(risk: Risk) -> dict[str, Any] | None:
    """For Rasa's pipeline, which judges by itself where this is None: when not all evidence was heard here."""
    if not risk.whole:
        return None
    return {"level": risk.level, "categories": list(risk.categories), "confidence": risk.confidence}


def _for_page(message: Message) -> dict[str, Any]:
    """The message without what is kept for advisers."""
    return {key: value for key, value in message.body.items() if key != "judged"}


def _audience(texts: list[str]) -> str:
    """Who the person said they are (child, young, professional ...), latest first; nobody is asked."""
    for text in texts:
        found: list[mentions.Mention] = knowledge.mention_finder().find(text)
        if audience := next((mention.value for mention in found if mention.kind == "audience"), ""):
            return audience
    return ""
