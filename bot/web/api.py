"""The API of docs/api.md: conversations, messages, a WebSocket for the same, and how each part is."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from typing import Any

from aiohttp import WSMsgType, web
from ruamel.yaml import YAML
from sqlalchemy import text as sql

from bot.advice import languages
from bot.i18n.responses import ROOT
from bot.store.conversations import NoConversation
from bot.web.hub import News
from bot.web.incoming import Refused
from bot.web.keys import LIMITS, TALK
from bot.web.limits import TooOften
from bot.web.problems import DATABASE_ERRORS, Problem, from_domain, language_of, sentence
from bot.web.security import same_origin
from bot.web.talk import Turn

routes = web.RouteTableDef()
_ID = re.compile(r"[\w-]{1,36}")
# S2: an answer within two seconds, whatever is down.
_PATIENCE_SECONDS = 1.8
_DOMAIN_ERRORS = (NoConversation, Refused, TooOften, *DATABASE_ERRORS)


@routes.post("/api/conversations", name="begin")
async def begin(request: web.Request) -> web.Response:
    """201 ``{"id", "secret", "language", "messages"}``."""
    wanted = (await _body(request)).get("language")
    language = wanted if isinstance(wanted, str) else language_of(request)
    try:
        await request.app[LIMITS].beginning(request.remote)
        conversation, secret, messages = await request.app[TALK].begin(language)
    except _DOMAIN_ERRORS as error:
        raise from_domain(request, error) from error
    return web.json_response(
        {"id": conversation.id, "secret": secret, "language": conversation.language, "messages": messages}, status=201
    )


@routes.get("/api/conversations/{id}", name="history")
async def history(request: web.Request) -> web.Response:
    """200 ``{"messages", "language"}``."""
    try:
        conversation, messages = await request.app[TALK].history(request.match_info["id"], _secret(request))
    except _DOMAIN_ERRORS as error:
        raise from_domain(request, error) from error
    request.app[TALK].desk.hub.saw(conversation.id)
    return web.json_response({"messages": messages, "language": conversation.language})


@routes.post("/api/conversations/{id}/messages", name="message")
async def message(request: web.Request) -> web.Response:
    """200 ``{"messages", "language", "dir"}``; a repeated id gets the same answer, nothing twice."""
    body = await _body(request)
    return web.json_response(await answer(request, request.match_info["id"], _secret(request), body))


@routes.post("/api/emergency", name="emergency")
async def emergency(request: web.Request) -> web.Response:
    """200 ``{"messages"}``: what is said to a message that no conversation could be begun for. Nothing is stored."""
    body = await _body(request)
    raw, language = body.get("text"), body.get("language")
    if not isinstance(raw, str) or not raw.strip():
        raise Problem(400, sentence(request, "page", "Beskeden kunne ikke læses. Prøv at sende den igen."))
    try:
        limits = request.app[LIMITS]
        await limits.message(limits.pseudonym(request.remote), request.remote)
    except TooOften as error:
        raise from_domain(request, error) from error
    wanted = language if isinstance(language, str) else language_of(request)
    return web.json_response({"messages": await request.app[TALK].emergency(raw, wanted)})


@routes.delete("/api/conversations/{id}", name="delete")
async def delete(request: web.Request) -> web.Response:
    """204, also where there was nothing to delete: whoever asks twice is told the truth, that it is gone."""
    try:
        await request.app[TALK].delete(request.match_info["id"], _secret(request))
    except NoConversation:
        pass
    except DATABASE_ERRORS as error:
        raise from_domain(request, error) from error
    return web.Response(status=204)


@routes.get("/api/conversations/{id}/socket", name="socket")
async def socket(request: web.Request) -> web.WebSocketResponse:
    """First ``{"secret"}``. Then ``{"id", "text"}`` -> ``{"id", "messages", ...}``, and what is said without being asked:
    ``{"messages"}`` of an adviser or the service, ``{"place", "text"}`` in the queue, ``{"gone"}`` when it was deleted elsewhere.
    """
    if not same_origin(request):
        raise Problem(403, sentence(request, "page", "Det kan man ikke her."))
    channel = web.WebSocketResponse(heartbeat=20, max_msg_size=64 * 1024)
    await channel.prepare(request)
    conversation_id, hub = request.match_info["id"], request.app[TALK].desk.hub
    secret = ""
    async with AsyncExitStack() as stack:
        async for frame in channel:
            if frame.type is not WSMsgType.TEXT:
                continue
            try:
                body = _object(frame.data, request)
                if not secret:
                    await request.app[TALK].history(conversation_id, str(body.get("secret", "")))
                    secret = str(body["secret"])
                    stack.enter_context(hub.here(conversation_id))
                    news = stack.enter_context(hub.listening(conversation_id))
                    stack.push_async_callback(_ended, asyncio.create_task(_pass_on(news, channel)))
                    await channel.send_json({"messages": []})
                    with suppress(*DATABASE_ERRORS):
                        await request.app[TALK].desk.push_places(anew=conversation_id)
                    continue
                answered = await answer(request, conversation_id, secret, body)
                await channel.send_json({"id": body.get("id"), **answered})
            except NoConversation as error:
                await channel.send_json({"status": 404, "detail": from_domain(request, error).detail})
                await channel.close(code=4404)
            except Problem as problem:
                await channel.send_json({"status": problem.status, "detail": problem.detail, "messages": problem.messages or []})
    return channel


async def _pass_on(news: asyncio.Queue[News], channel: web.WebSocketResponse) -> None:
    """What the desk says about this conversation, to its page."""
    while not channel.closed:
        heard = await news.get()
        try:
            await channel.send_json(heard)
            if heard.get("gone"):
                await channel.close(code=4404)
        except ConnectionError:
            return


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@routes.get("/healthz", name="health")
async def health(request: web.Request) -> web.Response:
    """Each part ``up`` or ``down``; 200 if all are up, else 503. The page works either way."""
    talk = request.app[TALK]
    parts = {
        "app": "up",
        "rasa": "up" if await talk.rasa.healthy() else "down",
        "database": "up",
        "risk": "up" if talk.safety.complete else "down",
    }
    try:
        async with talk.sessions.reading() as session:
            await session.execute(sql("SELECT 1"))
    except DATABASE_ERRORS:
        parts["database"] = "down"
    status = 200 if set(parts.values()) == {"up"} else 503
    return web.json_response({**parts, "risk_fallbacks": talk.safety.failures}, status=status)


@routes.get("/openapi.json", name="openapi")
async def openapi(request: web.Request) -> web.Response:  # noqa: ARG001
    """The description of this API."""
    return web.json_response(YAML(typ="safe").load((ROOT / "docs" / "openapi.yml").read_text("utf-8")))


async def answer(request: web.Request, conversation_id: str, secret: str, body: dict[str, Any]) -> dict[str, Any]:
    """Answer one message of ``body``; shared by HTTP, WebSocket and the form."""
    talk = request.app[TALK]
    client_id, raw, title = body.get("id") or str(uuid.uuid4()), body.get("text"), body.get("title") or ""
    if not isinstance(raw, str) or not isinstance(client_id, str) or not _ID.fullmatch(client_id) or not isinstance(title, str):
        raise Problem(400, sentence(request, "page", "Beskeden kunne ikke læses. Prøv at sende den igen."))
    try:
        await request.app[LIMITS].message(conversation_id, request.remote)
        turn = await _in_time(request, talk.receive(conversation_id, secret, client_id, raw, title), raw)
    except DATABASE_ERRORS as error:
        # Nothing can be stored, but nobody is left without an answer.
        problem = from_domain(request, error)
        problem.messages = await talk.emergency(raw, language_of(request))
        raise problem from error
    except (NoConversation, Refused, TooOften) as error:
        raise from_domain(request, error) from error
    return {
        "messages": turn.messages,
        "language": turn.language,
        "dir": languages.direction(turn.language),
        **({"deleted": True} if turn.deleted else {}),
    }


async def _in_time(request: web.Request, receiving: Coroutine[Any, Any, Turn], raw: str) -> Turn:
    """The turn, if it comes in time; whatever hangs, nobody waits longer for the safety card (S2).

    A turn that is late is finished all the same: who sends the message again gets its answer.
    """
    task = asyncio.ensure_future(receiving)
    done, _ = await asyncio.wait({task}, timeout=_PATIENCE_SECONDS)
    if done:
        return task.result()
    task.add_done_callback(lambda late: late.cancelled() or late.exception())
    raise Problem(
        503,
        request.app[TALK].book.render("utter_error_service_down", language_of(request)).text,
        messages=await request.app[TALK].emergency(raw, language_of(request)),
    )


def _secret(request: web.Request) -> str:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise Problem(401, sentence(request, "page", "Samtalens nøgle mangler. Begynd en ny samtale."))
    return secret.strip()


async def _body(request: web.Request) -> dict[str, Any]:
    return _object(await request.text() if request.can_read_body else "{}", request)


def _object(data: str, request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(data or "{}")
    except ValueError as error:
        raise Problem(400, sentence(request, "page", "Beskeden kunne ikke læses. Prøv at sende den igen.")) from error
    if not isinstance(body, dict):
        raise Problem(400, sentence(request, "page", "Beskeden kunne ikke læses. Prøv at sende den igen."))
    return body
