"""Ties a helpdesk to this service's desk, for as long as the console's site runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress

import aiohttp
from aiohttp import web

from bot.helpdesk.chatwoot import Chatwoot
from bot.helpdesk.incoming import Guests, Incoming
from bot.helpdesk.interface import Heard, Helpdesk, HelpdeskDown
from bot.helpdesk.outgoing import Outgoing
from bot.settings import ChatwootSettings
from bot.web.desk import DESK
from bot.web.hub import News
from bot.web.keys import TALK
from bot.web.talk import Talk

log = logging.getLogger(__name__)
# After a failure, doubled each time; the person waits in the queue meanwhile and is told what anybody who waits is told.
_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 60.0
# Everything is looked at again so often, whether there was news or not.
_LOOK_AGAIN_SECONDS = 15


class Relay:
    """Listens to both sides. ``run`` is to be running while ``hear`` is called."""

    def __init__(self, talk: Talk, helpdesk: Helpdesk, stack: ExitStack) -> None:
        self._hub = talk.desk.hub
        self._guests = Guests(talk, stack)
        self._outgoing = Outgoing(talk, helpdesk)
        self._incoming = Incoming(talk, self._guests, self._outgoing.owe)

    async def hear(self, heard: Heard) -> None:
        """Something happened at the helpdesk."""
        await self._incoming.hear(heard)

    async def run(self) -> None:
        """Hand over until cancelled; errors are tried again, later and later."""
        wait, which = _FIRST_WAIT_SECONDS, None
        with self._hub.listening(DESK) as news:
            while True:
                try:
                    await self._guests.come()
                    await self._outgoing.carry(which)
                except Exception as error:
                    log.error("the helpdesk has not got everything yet: %s", _kind(error))
                    await asyncio.sleep(wait)
                    wait, which = min(wait * 2, _LONGEST_WAIT_SECONDS), None
                else:
                    wait, which = _FIRST_WAIT_SECONDS, await _touched(news)


def _kind(error: Exception) -> str:
    return error.code if isinstance(error, HelpdeskDown) else type(error).__name__


async def _touched(news: asyncio.Queue[News]) -> set[str] | None:
    """The conversations that the news is about; None for all of them."""
    try:
        async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
            heard = [await news.get()]
    except TimeoutError:
        return None
    while not news.empty():
        heard.append(news.get_nowait())
    ids = {str(one[key]) for one in heard for key in ("changed", "conversation", "left") if key in one}
    return None if "" in ids else ids


RELAY = web.AppKey("relay", Relay)


async def relaying(app: web.Application, settings: ChatwootSettings) -> AsyncIterator[None]:
    """Runs the relay while ``app`` runs."""
    # No cookies are kept, and the helpdesk learns nothing of the machine that this runs on.
    jar, headers = aiohttp.DummyCookieJar(), {"User-Agent": "vejviser"}
    with ExitStack() as stack:
        async with aiohttp.ClientSession(cookie_jar=jar, headers=headers) as http:
            app[RELAY] = relay = Relay(app[TALK], Chatwoot(http, settings), stack)
            task = asyncio.create_task(relay.run())
            yield
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
