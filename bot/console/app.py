"""The console as an aiohttp application."""

from __future__ import annotations

import logging
import mimetypes
from functools import partial

from aiohttp import web

from bot.advice import translation
from bot.console import conversation, desk, figures, hours, live, log, me, rendering, signin, texts, users
from bot.console.overview import OVERVIEW, Overview
from bot.console.translating import TRANSLATION, Translation
from bot.helpdesk import relay, webhook
from bot.settings import Settings
from bot.web import security
from bot.web.keys import LIMITS, TALK
from bot.web.limits import Limits
from bot.web.problems import DATABASE_ERRORS
from bot.web.talk import Talk

_log = logging.getLogger(__name__)
routes = web.RouteTableDef()
# A quarter of it are the sign-ins from one address in a minute: a whole office may be behind it.
_SIGN_INS = 240


@web.middleware
async def _last_resort(request: web.Request, handler: signin.Handler) -> web.StreamResponse:
    """Nobody is shown how something broke, and no log holds what was asked; who writes may send it again."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except DATABASE_ERRORS as error:
        _log.error("the database did not answer: %s", type(error).__name__)
        status, text = 503, "Databasen svarer ikke lige nu. Intet er gået tabt. Gå tilbage, og prøv igen."
    except Exception as error:
        _log.error("the console could not answer: %s", type(error).__name__)
        status, text = 500, "Noget gik galt hos os. Gå tilbage, og prøv igen."
    return rendering.html(request, "trouble.html", title="Fejl", fault=text, status=status)


async def console_application(settings: Settings, talk: Talk) -> web.Application:
    """The site that advisers see."""
    app = web.Application(middlewares=[_last_resort, signin.gate], client_max_size=64 * 1024)
    security.protect(app, settings, framed=False)
    app[TALK], app[LIMITS] = talk, Limits(settings.message_rate, _SIGN_INS)
    app[OVERVIEW] = Overview(talk)
    app[TRANSLATION] = Translation(translation.load(settings.translation_service))
    for table in (routes, signin.routes, live.routes, desk.routes, conversation.routes, figures.routes):
        app.add_routes(table)
    for page in (hours, users, me, log, texts):
        app.add_routes(page.routes)
    if settings.helpdesk is not None:
        app[webhook.CHATWOOT] = settings.helpdesk
        app.add_routes(webhook.routes)
        app.cleanup_ctx.append(partial(relay.relaying, settings=settings.helpdesk))
    return app


@routes.get("/static/{version}/{name}", name="console_static")
async def static(request: web.Request) -> web.Response:
    """A file of the console; its address changes with its content."""
    path = rendering.STATIC / request.match_info["name"]
    if path.parent != rendering.STATIC or not path.is_file():
        raise web.HTTPNotFound
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    response = web.Response(body=path.read_bytes(), content_type=kind, charset="utf-8")
    response.enable_compression()
    return response
