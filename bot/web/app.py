"""The composition root of the app process: reads the settings, opens the store, starts both servers, forgets on time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from weakref import WeakValueDictionary

import aiohttp
from aiohttp import web

from bot import clock
from bot.advice import knowledge, offers
from bot.advice.risk import RiskDetector
from bot.console.app import console_application
from bot.i18n.catalogs import Catalogs
from bot.i18n.responses import ResponseBook
from bot.settings import Settings
from bot.store import offers as stored_offers
from bot.store.keys import Keyring
from bot.store.sessions import Sessions
from bot.store.shelf import Shelf
from bot.web import api, internal, page, problems, security
from bot.web.desk import Desk
from bot.web.hub import Hub
from bot.web.keys import ERROR_PAGE, LIMITS, SETTINGS, TALK, ErrorPage
from bot.web.limits import Limits
from bot.web.messages import Composer
from bot.web.patience import keep_time_for_ever
from bot.web.rasa import Rasa
from bot.web.safety import SafetyNet
from bot.web.talk import Talk

log = logging.getLogger(__name__)
_FORGET_EVERY_SECONDS = 300
_TRY_AGAIN_SECONDS = 5
_KEEP_TIME_EVERY_SECONDS = 3
# Room for 3,000 characters of four bytes, form-encoded, and the form's other fields.
_LARGEST_REQUEST = 64 * 1024


async def citizen_application(settings: Settings, talk: Talk) -> web.Application:
    """The site that citizens see."""
    app = web.Application(middlewares=[problems.as_problem_json], client_max_size=_LARGEST_REQUEST)
    security.protect(app, settings)
    app[SETTINGS], app[TALK], app[LIMITS] = settings, talk, Limits(settings.message_rate, settings.address_rate)
    app[ERROR_PAGE] = ErrorPage(page.error_page)
    app.add_routes(page.routes)
    app.add_routes(api.routes)
    app.cleanup_ctx.extend((_forgetting, _keeping_time))
    return app


async def open_talk(settings: Settings, stack: AsyncExitStack) -> Talk:
    """Everything a conversation needs, opened; ``stack`` closes it."""
    settings.home.mkdir(parents=True, exist_ok=True)
    sessions = Sessions.to(settings.database_url)
    stack.push_async_callback(sessions.close)
    try:
        await _prepare(sessions)
    except problems.DATABASE_ERRORS as error:
        # The page, its numbers and the safety cards need no database: serve them, and try again.
        log.error("the database did not answer: %s", type(error).__name__)
        stack.push_async_callback(_end, asyncio.create_task(_prepare_later(sessions)))
    http = await stack.enter_async_context(aiohttp.ClientSession())
    keyring, shelf, hub = Keyring.open(settings.home / "master.key"), Shelf(sessions), Hub(clock.now)
    book, catalogs = ResponseBook.of_the_project(), Catalogs.installed()

    async def composer(language: str) -> Composer:
        return Composer(book, catalogs, await shelf.every(), language, now=clock.now())

    return Talk(
        sessions=sessions,
        keyring=keyring,
        shelf=shelf,
        desk=Desk(sessions, keyring, hub, composer, clock.now, helpdesk=settings.helpdesk is not None),
        rasa=Rasa(http, f"http://127.0.0.1:{settings.rasa_port}"),
        safety=SafetyNet(RiskDetector.load(settings.risk_model)),
        book=book,
        catalogs=catalogs,
        now=clock.now,
        _locks=WeakValueDictionary(),
    )


async def _prepare(sessions: Sessions) -> None:
    await sessions.migrate()
    await import_offers(sessions)


async def _prepare_later(sessions: Sessions) -> None:
    while True:
        await asyncio.sleep(_TRY_AGAIN_SECONDS)
        try:
            await _prepare(sessions)
        except problems.DATABASE_ERRORS:
            continue
        log.info("the database answers")
        return


async def import_offers(sessions: Sessions) -> bool:
    """Bring the offers in the store up to date with ``knowledge/offers.csv``; all of it or nothing."""
    rows, source = offers.of_the_project(), knowledge.OFFERS.read_text("utf-8")
    async with sessions.writing() as session:
        return await stored_offers.bring_up_to_date(session, rows, source)


async def serve(settings: Settings) -> None:
    """Serve until cancelled."""
    async with AsyncExitStack() as stack:
        talk = await open_talk(settings, stack)
        sites = (
            (await citizen_application(settings, talk), settings.host, settings.port),
            (await console_application(settings, talk), settings.host, settings.console_port),
            (internal.application(), "127.0.0.1", settings.internal_port),
        )
        for application, host, port in sites:
            # No access log: it would hold addresses (A2).
            runner = web.AppRunner(application, access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, host, port).start()
        log.info("serving citizens on %s:%d", settings.host, settings.port)
        await talk.safety.warm()
        await asyncio.Event().wait()


async def _forgetting(app: web.Application) -> AsyncIterator[None]:
    async def forever() -> None:
        keep = timedelta(hours=app[SETTINGS].forget_after_hours)
        while True:
            try:
                if gone := await app[TALK].forget_silent(clock.now() - keep):
                    log.info("forgot %d silent conversations", gone)
            except problems.DATABASE_ERRORS as error:
                log.error("could not forget: %s", type(error).__name__)
            await asyncio.sleep(_FORGET_EVERY_SECONDS)

    task = asyncio.create_task(forever())
    yield
    await _end(task)


async def _keeping_time(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(keep_time_for_ever(app[TALK].desk, _KEEP_TIME_EVERY_SECONDS))
    yield
    await _end(task)


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel ``task`` and see it gone: the store it works on is closed next, and would leave it waiting for ever."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def without_address(record: logging.LogRecord) -> bool:
    """aiohttp says whose request it could not read, and what stood in it; neither is anybody's business (A2)."""
    kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "no reason given"
    log.error("a request could not be handled: %s", kind)
    return False


def main() -> None:
    """Run the app process; ``python -m bot.web.app``."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # Libraries speak of requests and connections in detail below this.
    for library in ("aiohttp", "sqlalchemy", "alembic", "rasa_sdk", "asyncio"):
        logging.getLogger(library).setLevel(logging.WARNING)
    logging.getLogger("aiohttp.server").addFilter(without_address)
    try:
        asyncio.run(serve(Settings.read()))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
