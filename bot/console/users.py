"""Users: who may sign in, inviting, changing, a new enrolment for a lost phone, and the end of access."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from babel import Locale
from babel.dates import format_date

from bot.console import rights
from bot.console.rendering import html, redirect
from bot.console.signin import ADVISER, signed_in
from bot.store import advisers, users
from bot.store.users import LastAdministrator, User
from bot.web.desk import DESK
from bot.web.keys import TALK

routes = web.RouteTableDef()
FAULTS = {
    "login": "Brug små bogstaver uden æ, ø og å, tal, punktum og bindestreg; mindst to tegn.",
    "name": "Skriv et fornavn på 1 til 40 tegn. Borgerne ser det.",
    "languages": "Vælg blandt sprogene.",
    "role": "Den rolle kan du ikke give.",
}
_DONE = {
    "rettet": "Rettelsen er gemt.",
    "slut": "Adgangen er slut. Alle sessioner er lukket.",
}
_LAST = "Det er den sidste administrator. Giv en anden rollen først."


@routes.get("/brugere", name="users")
async def every(request: web.Request) -> web.Response:
    """Everybody with access or an invitation, and the form to invite."""
    return await _list(request, done=_DONE.get(request.query.get("ok", ""), ""))


@routes.post("/brugere", name="users_form")
async def invite(request: web.Request) -> web.Response:
    """Invites, and shows the one-time code once."""
    fields = await request.post()
    talk, me = request.app[TALK], request[ADVISER]
    typed: dict[str, Any] = {
        "login": str(fields.get("login", "")).strip().lower(),
        "name": str(fields.get("name", "")).strip(),
        "role": str(fields.get("role", "")),
        "languages": [str(code) for code in fields.getall("languages", [])],
    }
    faults = _faults(request, **typed)
    if not faults:
        try:
            async with talk.sessions.writing() as session:
                code = await advisers.invite(session, now=talk.now(), **typed)
                invited = next(user.adviser for user in await users.everybody(session) if user.adviser.login == typed["login"])
                await advisers.note(session, me.id, "invited", invited.id, now=talk.now())
            return _code(request, invited.name, invited.login, code)
        except advisers.TakenLogin:
            faults["login"] = "Brugernavnet er i brug, eller har været det. Vælg et andet."
    return await _list(request, typed=typed, faults=faults, status=422)


@routes.get("/brugere/{id}", name="user")
async def user(request: web.Request) -> web.Response:
    """One user, for whoever may manage that role."""
    return _one(request, await _managed(request))


@routes.post("/brugere/{id}/{act}", name="user_form")
async def act(request: web.Request) -> web.Response:
    """Changes, enrols anew, or ends the access."""
    fields = await request.post()
    talk, me, them, what = request.app[TALK], request[ADVISER], await _managed(request), request.match_info["act"]
    adviser = them.adviser
    match what:
        case "ret":
            typed: dict[str, Any] = {
                "name": str(fields.get("name", "")).strip(),
                "role": str(fields.get("role", "")),
                "languages": [str(code) for code in fields.getall("languages", [])],
            }
            if faults := _faults(request, **typed):
                return _one(request, them, typed=typed, faults=faults)
            try:
                async with talk.sessions.writing() as session:
                    await users.change(session, adviser.id, **typed)
                    did = "role changed" if typed["role"] != adviser.role else "user changed"
                    await advisers.note(session, me.id, did, adviser.id, now=talk.now())
            except LastAdministrator:
                return _one(request, them, typed=typed, faults={"role": _LAST})
        case "ny-kode":
            async with talk.sessions.writing() as session:
                code = await users.renew(session, adviser.id, now=talk.now())
                await advisers.note(session, me.id, "enrolled anew", adviser.id, now=talk.now())
            talk.desk.hub.tell(DESK, {"changed": ""})
            return _code(request, adviser.name, adviser.login, code)
        case "slut":
            if fields.get("sikker") != "ja":
                return _one(request, them, faults={"sure": "Sæt hak her, hvis adgangen skal slutte. Den er ikke slut endnu."})
            try:
                async with talk.sessions.writing() as session:
                    await users.end_access(session, adviser.id, now=talk.now())
                    await advisers.note(session, me.id, "access ended", adviser.id, now=talk.now())
            except LastAdministrator:
                return _one(request, them, faults={"sure": _LAST})
        case _:
            raise web.HTTPNotFound
    talk.desk.hub.tell(DESK, {"changed": ""})
    raise web.HTTPSeeOther(str(request.app.router["users"].url_for().with_query(ok="slut" if what == "slut" else "rettet")))


def language_names(request: web.Request) -> list[tuple[str, str]]:
    """(code, Danish name) of what can be read here."""
    return [(code, str(Locale("da").languages[code])) for code in request.app[TALK].catalogs.languages]


async def _managed(request: web.Request) -> User:
    """The user in the address. Not oneself: nobody ends his own access or gives himself a role."""
    async with request.app[TALK].sessions.reading() as session:
        everybody = await users.everybody(session)
    found = next((user for user in everybody if user.adviser.id == request.match_info["id"]), None)
    if found is None:
        raise redirect("users", request)
    if not _may_manage(request, found):
        raise redirect("me" if found.adviser.id == request[ADVISER].id else "users", request)
    return found


def _may_manage(request: web.Request, them: User) -> bool:
    me = request[ADVISER]
    return them.adviser.id != me.id and them.adviser.role in rights.MANAGES.get(me.role, ())


def _faults(request: web.Request, *, name: str, role: str, languages: list[str], login: str | None = None) -> dict[str, str]:
    unfit = users.unfit(login=login, name=name, languages=languages, known=request.app[TALK].catalogs.languages)
    if role not in rights.MANAGES.get(request[ADVISER].role, ()):
        unfit.add("role")
    return {field: text for field, text in FAULTS.items() if field in unfit}


async def _list(
    request: web.Request,
    *,
    typed: dict[str, Any] | None = None,
    faults: dict[str, str] | None = None,
    done: str = "",
    status: int = 200,
) -> web.Response:
    async with request.app[TALK].sessions.reading() as session:
        everybody = await users.everybody(session)
    names = dict(language_names(request))
    return html(
        request,
        "users.html",
        status=status,
        title="Fejl: Brugere" if faults else "Brugere",
        section="users",
        rows=[
            {
                "id": row.adviser.id,
                "name": row.adviser.name,
                "login": row.adviser.login,
                "role": rights.ROLE_NAMES.get(row.adviser.role, row.adviser.role),
                "languages": ", ".join(names.get(code, code) for code in row.adviser.languages),
                "enrolled": row.enrolled,
                "last": format_date(row.last_day, "d. MMMM y", locale="da") if row.last_day else "",
                "managed": _may_manage(request, row),
                "me": row.adviser.id == request[ADVISER].id,
            }
            for row in everybody
        ],
        typed=typed or {"login": "", "name": "", "role": "adviser", "languages": ["da"]},
        faults=faults or {},
        done=done,
        roles=_roles(request),
        languages=language_names(request),
        **signed_in(request),
    )


def _one(
    request: web.Request, them: User, *, typed: dict[str, Any] | None = None, faults: dict[str, str] | None = None
) -> web.Response:
    adviser = them.adviser
    return html(
        request,
        "user.html",
        status=422 if faults else 200,
        title=f"Fejl: {adviser.name}" if faults else adviser.name,
        section="users",
        them=adviser,
        enrolled=them.enrolled,
        typed=typed or {"name": adviser.name, "role": adviser.role, "languages": adviser.languages},
        faults=faults or {},
        roles=_roles(request),
        languages=language_names(request),
        **signed_in(request),
    )


def _code(request: web.Request, name: str, login: str, code: str) -> web.Response:
    values = signed_in(request)
    return html(request, "user_code.html", title="Engangskode", section="users", name=name, login=login, code=code, **values)


def _roles(request: web.Request) -> list[tuple[str, str]]:
    return [(role, rights.ROLE_NAMES[role]) for role in rights.MANAGES.get(request[ADVISER].role, ())]
