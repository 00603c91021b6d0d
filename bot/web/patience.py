"""What time does at the desk: places freed, transfers nobody answered, silent consoles, the honest word after five minutes."""

from __future__ import annotations

import asyncio
import logging

from bot.advice import escalation
from bot.advice.escalation import Event, NotNow, State
from bot.store import conversations, handoffs
from bot.store.conversations import NoConversation
from bot.store.handoffs import Handoff
from bot.web.desk import Available, Desk

log = logging.getLogger(__name__)


async def keep_time(desk: Desk) -> None:
    """Whatever time has done, is done; once. Errors of one conversation do not stop the others."""
    async with desk.sessions.reading() as session:
        open_cases = await handoffs.every(session, State.OFFERED, State.QUEUED, State.ADVISER, State.LOST)
    languages = {row.language for row in open_cases if row.case.state is State.QUEUED}
    available = {language: await desk.available(language) for language in languages}
    here = not languages or (not desk.helpdesk and await desk.somebody_is_here())
    for row in open_cases:
        try:
            await _keep_time_of(desk, row, None if here else available.get(row.language))
        except (NotNow, NoConversation):
            continue
    await desk.push_places()


async def _keep_time_of(desk: Desk, row: Handoff, available: Available | None) -> None:
    """``available`` where no adviser is at a console."""
    now, case = desk.now(), row.case
    seen = desk.hub.seen(case.adviser) if case.adviser else None
    event = escalation.due(case, now, page_seen=desk.hub.seen(row.conversation_id), adviser_seen=seen, patience=desk.patience)
    if event is Event.RELEASE:
        await desk.with_words(row.conversation_id, event, "utter_handoff_broken")
        await desk.push_places(anew=row.conversation_id)
    elif event is Event.VANISH:
        await desk.with_words(row.conversation_id, event, "utter_handoff_lost")
    elif event is Event.REFUSE:
        await desk.refuse(row.conversation_id, None)
    elif event is not None:
        await desk.move(row.conversation_id, event)
    elif case.state is State.QUEUED and available and available.code in ("closed", "holiday", "stopped"):
        # The day has ended while she waited, and the last adviser has gone.
        await desk.shut(row, available)
    elif case.state is State.QUEUED and not row.told_waiting and case.since and now - case.since > desk.patience.answer:
        await _tell_waiting(desk, row)


async def _tell_waiting(desk: Desk, row: Handoff) -> None:
    composer = await desk.composer(row.language)
    body = desk.said(composer, "utter_handoff_wait", also=desk.lines(composer, row.topic))
    async with desk.sessions.writing() as session:
        await handoffs.set_told(session, row.conversation_id)
        opened = await conversations.opened(session, desk.keyring, row.conversation_id)
        added = await conversations.add(session, opened, [body], now=desk.now())
    desk.hub.tell(row.conversation_id, {"messages": [message.body for message in added]})


async def keep_time_for_ever(desk: Desk, seconds: float) -> None:
    """Keep time until cancelled."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await keep_time(desk)
        except Exception as error:
            # The database may be away for a while; the queue must go on when it is back.
            log.error("could not keep time: %s", type(error).__name__)
