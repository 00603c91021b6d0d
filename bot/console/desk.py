"""The desk: who waits, what is mine, what the others have; who is there; and the call for a colleague."""

from __future__ import annotations

from aiohttp import web

from bot.console import cases
from bot.console.labels import LEVELS
from bot.console.rendering import html, redirect
from bot.console.signin import ADVISER, signed_in
from bot.store import advisers, calls
from bot.web.desk import DESK
from bot.web.keys import TALK

routes = web.RouteTableDef()
_CAPACITIES = {str(number): number for number in range(1, advisers.MOST_CONVERSATIONS + 1)}


async def page(request: web.Request, *, fault: str = "", status: int = 200) -> web.Response:
    """The desk, with ``fault`` where something could not be done."""
    values = {**await cases.lists(request), **signed_in(request), "levels": LEVELS}
    return html(request, "desk.html", title="Bordet", fault=fault, status=status, **values)


@routes.get("/", name="desk")
async def desk(request: web.Request) -> web.Response:
    """The desk."""
    return await page(request)


@routes.get("/del/bordet", name="part")
async def lists(request: web.Request) -> web.Response:
    """The lists alone, to put in place of the old ones."""
    return html(request, "_lists.html", **await cases.lists(request), **signed_in(request), levels=LEVELS)


@routes.post("/til-stede", name="presence")
async def presence(request: web.Request) -> web.StreamResponse:
    """Takes conversations now or not, and how many at a time."""
    fields = await request.post()
    talk, adviser = request.app[TALK], request[ADVISER]
    present, capacity = fields.get("present") == "yes", str(fields.get("capacity", ""))
    async with talk.sessions.writing() as session:
        await advisers.set_presence(session, adviser.id, present=present, capacity=_CAPACITIES.get(capacity, 1))
        await advisers.note(session, adviser.id, "present" if present else "away", "", now=talk.now())
    talk.desk.hub.tell(DESK, {"changed": ""})
    raise redirect("desk", request)


@routes.post("/kollega", name="call")
async def call(request: web.Request) -> web.StreamResponse:
    """ "I need a colleague": alarms at every open console until somebody comes."""
    talk, adviser = request.app[TALK], request[ADVISER]
    async with talk.sessions.writing() as session:
        await calls.call(session, adviser.id, now=talk.now())
        await advisers.note(session, adviser.id, "called", "", now=talk.now())
    talk.desk.hub.tell(DESK, {"call": adviser.name, "by": adviser.id})
    raise _back(str((await request.post()).get("from", "")), request)


@routes.post("/kollega/{id}", name="come")
async def come(request: web.Request) -> web.StreamResponse:
    """ "I am coming", or the one who called needs nobody any more."""
    talk, adviser, caller = request.app[TALK], request[ADVISER], request.match_info["id"]
    async with talk.sessions.writing() as session:
        called = await calls.answer(session, caller)
        if called:
            await advisers.note(session, adviser.id, "came", caller, now=talk.now())
    if called and caller != adviser.id:
        talk.desk.hub.tell(caller, {"coming": adviser.name})
    talk.desk.hub.tell(DESK, {"changed": ""})
    raise redirect("desk", request)


def _back(conversation_id: str, request: web.Request) -> web.HTTPSeeOther:
    """To the conversation that the form stood in, if it did."""
    return redirect("conversation", request, id=conversation_id) if conversation_id else redirect("desk", request)
