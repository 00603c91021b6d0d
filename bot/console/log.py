"""The log: who did what, when, and with which conversation, by the beginning of its id alone. Nobody's words."""

from __future__ import annotations

from aiohttp import web
from babel.dates import format_datetime

from bot.advice import opening_hours
from bot.console.rendering import html
from bot.console.signin import signed_in
from bot.store import advisers, audit
from bot.web.keys import TALK

routes = web.RouteTableDef()
# As they are stored -> as they are read.
ACTS = {
    "signed in": "loggede ind",
    "refused": "log ind eller kode blev afvist",
    "present": "gik til bordet",
    "away": "gik fra bordet",
    "looked": "så samtalen",
    "tag": "tog samtalen",
    "skriv": "skrev til personen",
    "note": "skrev en note",
    "spoerg": "spurgte en kollega om at tage over",
    "overtag": "tog samtalen over",
    "afvis": "sagde nej til at tage over",
    "tilbage": "gav samtalen tilbage til maskinen",
    "afslut": "afsluttede samtalen",
    "flyt": "flyttede samtalen",
    "kom": "kom med i samtalen",
    "vurder": "vurderede maskinens vurdering",
    "called": "kaldte på en kollega",
    "came": "kom til",
    "hours set": "ændrede åbningstiderne",
    "hours closed": "lukkede for nye samtaler",
    "hours opened": "åbnede igen",
    "invited": "inviterede",
    "user changed": "rettede",
    "role changed": "ændrede rollen for",
    "enrolled anew": "lavede en ny engangskode til",
    "access ended": "sluttede adgangen for",
    "own languages": "ændrede egne sprog",
    "own password": "skiftede egen adgangskode",
    "own recovery codes": "lavede nye nødkoder til sig selv",
}
_REFUSED = " refused"


@routes.get("/log", name="log")
async def log(request: web.Request) -> web.Response:
    """A page of the log, newest first; of one adviser or one act where ``hvem`` or ``hvad`` say so."""
    who, what, typed = request.query.get("hvem", ""), request.query.get("hvad", ""), request.query.get("side", "1")
    page = min(int(typed), 100_000) if len(typed) < 7 and typed.isascii() and typed.isdigit() and typed.strip("0") else 1
    async with request.app[TALK].sessions.reading() as session:
        entries, older = await audit.entries(session, adviser=who, act=what, page=page)
        names, acts = await audit.names(session), await audit.acts(session)
    return html(
        request,
        "log.html",
        title="Log",
        section="log",
        rows=[
            {
                "at": format_datetime(entry.at, "d. MMM y HH.mm.ss", tzinfo=opening_hours.COPENHAGEN, locale="da"),
                "by": entry.by or "Ukendt",
                "act": in_danish(entry.act),
                "whom": entry.whom,
                "conversation": entry.conversation,
            }
            for entry in entries
        ],
        names=names,
        acts=sorted(((act, in_danish(act)) for act in acts), key=lambda row: row[1].casefold()),
        who=who,
        what=what,
        page=page,
        newer=_address(request, who, what, page - 1) if page > 1 else "",
        older=_address(request, who, what, page + 1) if older else "",
        days=advisers.LOG_KEPT.days,
        **signed_in(request),
    )


def in_danish(act: str) -> str:
    """What the code of an act means; the code itself where nobody has said it here."""
    if act.endswith(_REFUSED):
        return f"kunne ikke: {ACTS.get(act.removesuffix(_REFUSED), act.removesuffix(_REFUSED))}"
    return ACTS.get(act, act)


def _address(request: web.Request, who: str, what: str, page: int) -> str:
    return str(request.app.router["log"].url_for().with_query(hvem=who, hvad=what, side=str(page)))
