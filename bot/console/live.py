"""Tells an open console that something has changed; the console then fetches the part anew. No words travel here."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web

from bot.console.signin import ADVISER, TOKEN
from bot.store import advisers
from bot.web.desk import DESK
from bot.web.hub import News
from bot.web.keys import TALK
from bot.web.security import same_origin

routes = web.RouteTableDef()
# So often the session is looked at again: who has left is gone at once.
_CHECK_SECONDS = 10


@routes.get("/live", name="live")
async def live(request: web.Request) -> web.WebSocketResponse:
    """A WebSocket that says ``{"changed", "wrote", "alarm", "left"}`` with ids of conversations, never words."""
    if not same_origin(request):
        raise web.HTTPForbidden
    channel = web.WebSocketResponse(heartbeat=15)
    await channel.prepare(request)
    talk, adviser = request.app[TALK], request[ADVISER]
    hub, loop = talk.desk.hub, asyncio.get_running_loop()
    check_at = loop.time() + _CHECK_SECONDS
    with hub.here(adviser.id), hub.listening(DESK, adviser.id) as news:
        hub.tell(DESK, {"changed": ""})
        closing = asyncio.create_task(_until_closed(channel))
        try:
            while not closing.done():
                heard = asyncio.create_task(news.get())
                await asyncio.wait({heard, closing}, timeout=_CHECK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if loop.time() >= check_at:
                    check_at = loop.time() + _CHECK_SECONDS
                    async with talk.sessions.writing() as session:
                        if await advisers.recognise(session, request[TOKEN], now=talk.now(), acts=False) is None:
                            break
                if heard.done():
                    for one in _piled_up(heard.result(), news):
                        await channel.send_json(one)
                else:
                    heard.cancel()
        finally:
            closing.cancel()
            with contextlib.suppress(ConnectionError):
                await channel.close()
    return channel


def _piled_up(first: News, more: asyncio.Queue[News]) -> list[News]:
    """Everything that has piled up; mere changes as one, for a console that is behind fetches once."""
    heard = [first]
    while not more.empty():
        heard.append(more.get_nowait())
    return [news for news in heard if news.keys() != {"changed"}] or heard[-1:]


async def _until_closed(channel: web.WebSocketResponse) -> None:
    async for _ in channel:
        pass
