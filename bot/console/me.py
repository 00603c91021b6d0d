"""One's own page: the languages one reads, the password, the recovery codes."""

from __future__ import annotations

from aiohttp import web

from bot.console import rights
from bot.console.rendering import html
from bot.console.signin import ADVISER, TOKEN, signed_in
from bot.console.users import FAULTS, language_names
from bot.store import advisers, users
from bot.store.advisers import WeakPassword
from bot.web.keys import LIMITS, TALK
from bot.web.limits import TooOften

routes = web.RouteTableDef()
_WRONG = "Adgangskoden eller koden passede ikke. Intet er ændret. Efter fem forkerte forsøg er der lukket i 15 minutter."
_DONE = {
    "sprog": "Dine sprog er gemt.",
    "adgangskode": "Din adgangskode er ændret. Du er logget ud alle andre steder.",
}


@routes.get("/mig", name="me")
async def me(request: web.Request) -> web.Response:
    """What I may change about myself."""
    return _page(request, done=_DONE.get(request.query.get("ok", ""), ""))


@routes.post("/mig/sprog", name="me_languages")
async def me_languages(request: web.Request) -> web.Response:
    """The languages that I read: the queue is sorted by them."""
    talk, adviser = request.app[TALK], request[ADVISER]
    wanted = [str(code) for code in (await request.post()).getall("languages", [])]
    if users.unfit(name=adviser.name, languages=wanted, known=talk.catalogs.languages):
        return _page(request, faults={"languages": FAULTS["languages"]})
    async with talk.sessions.writing() as session:
        await users.set_languages(session, adviser.id, wanted)
        await advisers.note(session, adviser.id, "own languages", "", now=talk.now())
    raise _back(request, "sprog")


@routes.post("/mig/adgangskode", name="me_password")
async def me_password(request: web.Request) -> web.Response:
    """Another password, for the old one and a code."""
    talk, adviser = request.app[TALK], request[ADVISER]
    fields = {key: str(value) for key, value in (await request.post()).items()}
    if fields.get("new") != fields.get("again"):
        return _page(request, faults={"again": "De to nye adgangskoder er ikke ens."})
    if await _too_often(request):
        return _page(request, faults={"old": "For mange forsøg. Vent et minut."}, status=429)
    try:
        async with talk.sessions.writing() as session:
            done = await users.change_password(
                session,
                adviser.id,
                talk.keyring,
                old=fields.get("old", ""),
                code=fields.get("code", "").strip(),
                new=fields.get("new", ""),
                keep=request[TOKEN],
                now=talk.now(),
            )
            if done:
                await advisers.note(session, adviser.id, "own password", "", now=talk.now())
    except WeakPassword:
        short = f"Den nye adgangskode skal have mindst {advisers.SHORTEST_PASSWORD} tegn og må ikke være dit brugernavn."
        return _page(request, faults={"new": short})
    if not done:
        return _page(request, faults={"old": _WRONG})
    raise _back(request, "adgangskode")


@routes.post("/mig/noedkoder", name="me_codes")
async def me_codes(request: web.Request) -> web.Response:
    """New recovery codes, shown once, for the password and a code."""
    talk, adviser = request.app[TALK], request[ADVISER]
    fields = {key: str(value) for key, value in (await request.post()).items()}
    if await _too_often(request):
        return _page(request, faults={"codes-password": "For mange forsøg. Vent et minut."}, status=429)
    async with talk.sessions.writing() as session:
        codes = await users.change_recovery_codes(
            session,
            adviser.id,
            talk.keyring,
            password=fields.get("password", ""),
            code=fields.get("code", "").strip(),
            now=talk.now(),
        )
        if codes:
            await advisers.note(session, adviser.id, "own recovery codes", "", now=talk.now())
    return _page(request, codes=codes) if codes else _page(request, faults={"codes-password": _WRONG})


async def _too_often(request: web.Request) -> bool:
    try:
        await request.app[LIMITS].beginning(request.remote)
    except TooOften:
        return True
    return False


def _back(request: web.Request, done: str) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(str(request.app.router["me"].url_for().with_query(ok=done)))


def _page(
    request: web.Request,
    *,
    faults: dict[str, str] | None = None,
    codes: tuple[str, ...] = (),
    done: str = "",
    status: int | None = None,
) -> web.Response:
    adviser = request[ADVISER]
    return html(
        request,
        "me.html",
        status=status or (422 if faults else 200),
        title="Fejl: Mig" if faults else "Mig",
        section="me",
        role=rights.ROLE_NAMES.get(adviser.role, adviser.role),
        languages=language_names(request),
        shortest=advisers.SHORTEST_PASSWORD,
        faults=faults or {},
        codes=codes,
        done=done,
        **signed_in(request),
    )
