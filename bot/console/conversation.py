"""One conversation: the whole talk with its account, and everything that can be done with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.advice import knowledge
from bot.advice.escalation import NotNow, State
from bot.console import cases, desk, judging, rights, translating, writing
from bot.console.labels import ELSEWHERE, GONE, LEVELS, OUTCOMES, REFUSALS, YOU_ARE_FULL
from bot.console.rendering import html, redirect
from bot.console.signin import ADVISER, signed_in
from bot.console.translating import TRANSLATION
from bot.store import advisers, conversations, handoffs
from bot.store.advisers import Adviser
from bot.store.conversations import NoConversation
from bot.store.handoffs import Handoff
from bot.web.keys import TALK
from bot.web.talk import Talk

routes = web.RouteTableDef()


@dataclass(frozen=True)
class _Form:
    """Something that is done with a conversation."""

    talk: Talk
    adviser: Adviser
    conversation_id: str
    fields: dict[str, str]


@routes.get("/samtale/{id}", name="conversation")
async def conversation(request: web.Request) -> web.Response:
    """One conversation, for whoever has it, is asked to take it, or coordinates."""
    return await _page(request)


@routes.get("/samtale/{id}/del", name="part_conversation")
async def part(request: web.Request) -> web.Response:
    """What changes by itself: title, talk and account; 204 where it is no longer here to be seen."""
    try:
        values = await _talk(request, noted=False)
    except web.HTTPSeeOther:
        return web.Response(status=204)
    return html(request, "_conversation.html", **values, **await _aids(request))


@routes.post("/samtale/{id}/{act}", name="act")
async def act(request: web.Request) -> web.StreamResponse:
    """Whatever is done with a conversation; back to it, or to the desk where it is no longer one's own.

    409 where somebody was faster or it does not fit; 410 where the person has left; 422 where the form lacks something.
    """
    talk, adviser, conversation_id, what = request.app[TALK], request[ADVISER], request.match_info["id"], request.match_info["act"]
    does = _ACTS.get(what)
    if does is None:
        raise web.HTTPNotFound
    if what == "flyt" and not rights.may(adviser.role, "move"):
        raise web.HTTPForbidden
    fields = {key: str(value) for key, value in (await request.post()).items()}
    fault, status = "", 200
    try:
        await does(_Form(talk, adviser, conversation_id, fields))
    except (writing.NothingToSend, judging.NothingToJudge) as nothing:
        return await _page(request, fault=str(nothing) or ELSEWHERE, draft=fields.get("text", ""), status=422)
    except NotNow as refused:
        fault, status = await _refusal(request, refused), 409
    except NoConversation:
        fault, status = GONE, 410
    async with talk.sessions.writing() as session:
        await advisers.note(session, adviser.id, f"{what} refused" if fault else what, conversation_id, now=talk.now())
        stays = status != 410 and _may_see(adviser, await handoffs.of(session, conversation_id))
    if stays:
        return await _page(request, fault=fault, status=status) if fault else redirect("conversation", request, id=conversation_id)
    return await desk.page(request, fault=fault, status=status) if fault else redirect("desk", request)


async def _claim(form: _Form) -> None:
    await form.talk.desk.claim(form.conversation_id, form.adviser)


async def _write(form: _Form) -> None:
    language = (await form.talk.desk.of(form.conversation_id)).language
    body = await writing.body(form.talk, form.adviser, language, form.fields)
    await form.talk.desk.say(form.conversation_id, form.adviser, [body])


async def _note(form: _Form) -> None:
    await form.talk.desk.say(form.conversation_id, form.adviser, [writing.note(form.adviser, form.fields)])


async def _judge(form: _Form) -> None:
    await _is_ones_own(form)
    body = await judging.judge(
        form.talk, form.adviser, form.conversation_id, form.fields.get("message", ""), form.fields.get("verdict", "")
    )
    await form.talk.desk.say(form.conversation_id, form.adviser, [body])


async def _propose(form: _Form) -> None:
    to = await _somebody(form)
    await form.talk.desk.propose(form.conversation_id, form.adviser.id, to.id, warm=form.fields.get("warm") == "yes")


async def _take_over(form: _Form) -> None:
    await form.talk.desk.take_over(form.conversation_id, form.adviser)


async def _join(form: _Form) -> None:
    await form.talk.desk.join(form.conversation_id, form.adviser)


async def _refuse(form: _Form) -> None:
    await form.talk.desk.refuse(form.conversation_id, form.adviser)


async def _give_back(form: _Form) -> None:
    await form.talk.desk.give_back(form.conversation_id, form.adviser.id)


async def _close(form: _Form) -> None:
    outcome = form.fields.get("outcome", "")
    await form.talk.desk.close(form.conversation_id, form.adviser.id, outcome if outcome in OUTCOMES else "other")


async def _move(form: _Form) -> None:
    await form.talk.desk.assign(form.conversation_id, form.adviser.id, await _somebody(form))


async def _somebody(form: _Form) -> Adviser:
    """Whom the form names; only who talks with people."""
    async with form.talk.sessions.reading() as session:
        team = await advisers.working(session)
    to = next((a for a in team if a.id == form.fields.get("to") and rights.may(a.role, "desk")), None)
    if to is None:
        raise NotNow("to_nobody")
    return to


_ACTS: dict[str, Callable[[_Form], Awaitable[None]]] = {
    "tag": _claim,
    "skriv": _write,
    "note": _note,
    "vurder": _judge,
    "spoerg": _propose,
    "overtag": _take_over,
    "kom": _join,
    "afvis": _refuse,
    "tilbage": _give_back,
    "afslut": _close,
    "flyt": _move,
}


async def _is_ones_own(form: _Form) -> None:
    case = (await form.talk.desk.of(form.conversation_id)).case
    if form.adviser.id not in (case.adviser, case.proposed_to if case.joined else None):
        raise NotNow("not_yours")


async def _refusal(request: web.Request, refused: NotNow) -> str:
    if refused.code == "full" and refused.by == request[ADVISER].id:
        return YOU_ARE_FULL
    async with request.app[TALK].sessions.reading() as session:
        found = await advisers.by_id(session, refused.by or "")
    return REFUSALS.get(refused.code, ELSEWHERE).format(by=found.name if found else "En anden")


async def _page(request: web.Request, *, fault: str = "", draft: str = "", status: int = 200) -> web.Response:
    values = await _talk(request, noted=True)
    adviser, here = request[ADVISER], request.app[TALK].desk.hub.is_here
    return html(
        request,
        "conversation.html",
        title="Samtale",
        fault=fault,
        status=status,
        draft=draft,
        colleagues=[a for a in values["team"] if a.id != adviser.id and a.present and here(a.id)],
        outcomes=OUTCOMES,
        **values,
        **await _aids(request),
    )


async def _aids(request: web.Request) -> dict[str, Any]:
    """What an adviser can say and send."""
    sendable = dict(await writing.sendable(request.app[TALK]))
    return {"phrases": knowledge.phrases(), "sendable": sendable, "levels": LEVELS, **signed_in(request)}


async def _talk(request: web.Request, *, noted: bool) -> dict[str, Any]:
    """The whole talk for whoever may see it; every look goes into the log."""
    talk, adviser, conversation_id = request.app[TALK], request[ADVISER], request.match_info["id"]
    async with talk.sessions.writing() as session:
        try:
            handoff = await handoffs.of(session, conversation_id)
            opened = await conversations.opened(session, talk.keyring, conversation_id)
        except NoConversation:
            raise redirect("desk", request) from None
        may_see = _may_see(adviser, handoff)
        messages = [message.body for message in await conversations.messages(session, opened)]
        if not may_see:
            await advisers.note(session, adviser.id, "looked refused", conversation_id, now=talk.now())
        elif noted or adviser.id not in (handoff.case.adviser, handoff.case.proposed_to if handoff.case.joined else None):
            # Also what is fetched again, where it is not one's own: nobody reads unseen.
            await advisers.note(session, adviser.id, "looked", conversation_id, now=talk.now())
        team = [a for a in await advisers.working(session) if rights.may(a.role, "desk")]
    if not may_see:
        raise redirect("desk", request)
    try:
        translated = await translating.translate(talk, request.app[TRANSLATION], adviser, conversation_id, messages)
    except NoConversation:
        raise redirect("desk", request) from None
    case = handoff.case
    mine, asked = case.adviser == adviser.id, case.proposed_to == adviser.id
    return {
        "id": conversation_id,
        "case": case,
        "row": cases.row(request, handoff, {a.id: a.name for a in team}),
        "mine": mine,
        "asked": asked,
        "writes": mine or (asked and case.joined),
        "state": f"{case.adviser} {case.proposed_to} {case.joined}",
        "messages": [m for m in messages if not m.get("translates")],
        "translated": translated,
        "judged": judging.given(messages),
        "account": cases.account(messages, handoff),
        "checklists": cases.checklists(messages),
        "team": team,
    }


def _may_see(adviser: Adviser, handoff: Handoff) -> bool:
    """Words are shown to the adviser who has the conversation or is asked to take it, and to a coordinator."""
    if handoff.case.state is not State.ADVISER:
        return False
    return adviser.id in (handoff.case.adviser, handoff.case.proposed_to) or rights.may(adviser.role, "every_talk")
