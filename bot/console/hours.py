"""Opening hours: the week and the special days, for everybody and by language; and the switch that closes at once."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from babel import Locale
from babel.dates import format_datetime

from bot.advice import languages, opening_hours
from bot.advice.service_week import UnreadableWeek, Week
from bot.console import week_form
from bot.console.rendering import html
from bot.console.signin import ADVISER, signed_in
from bot.console.week_form import WeekForm
from bot.store import advisers, audit, handoffs, service_hours
from bot.web.desk import DESK
from bot.web.keys import TALK

routes = web.RouteTableDef()
_NOW = {
    "open": "Der er åbent for nye samtaler.",
    "closed": "Der er lukket: uden for åbningstiden.",
    "holiday": "Der er lukket: helligdag.",
    "stopped": "Der er lukket i hånden.",
}
_TEXTS = {
    "utter_handoff_closed_hours": "Uden for åbningstiden",
    "utter_handoff_holiday": "På helligdage",
    "utter_handoff_nobody": "Når ingen er ved bordet",
    "utter_handoff_stopped": "Når der er lukket i hånden",
}
_DONE = {
    "gemt": "Tiderne er gemt og gælder fra nu af.",
    "lukket": "Der er lukket for nye samtaler. Samtaler, der er i gang, fortsætter.",
    "åbnet": "Der er åbnet igen. Åbningstiderne gælder.",
    "tilføjet": "Sproget har nu sine egne tider. Ret dem, og gem.",
    "fjernet": "Sproget følger igen de fælles tider.",
}


@routes.get("/tider", name="hours")
async def hours(request: web.Request) -> web.Response:
    """The hours of everybody, or of the language in ``sprog``."""
    return await _page(request, request.query.get("sprog", ""), done=_DONE.get(request.query.get("ok", ""), ""))


@routes.post("/tider", name="hours_form")
async def hours_form(request: web.Request) -> web.Response:
    """Sets the week, or shows what was typed with the faults beside the fields."""
    fields = {key: str(value) for key, value in (await request.post()).items()}
    talk, language, form = request.app[TALK], fields.get("sprog", ""), WeekForm.typed(fields)
    week = form.week(talk.now().astimezone(opening_hours.COPENHAGEN).date())
    if week is None:
        return await _page(request, language, form=form, status=422)
    async with talk.sessions.writing() as session:
        if language not in await service_hours.every(session):
            raise web.HTTPNotFound
        await service_hours.set_rule(session, language, week.rule())
        await advisers.note(session, request[ADVISER].id, "hours set", "", now=talk.now())
    talk.desk.hub.tell(DESK, {"changed": ""})
    raise _back(request, language, "gemt")


@routes.post("/tider/sprog", name="hours_language")
async def hours_language(request: web.Request) -> web.Response:
    """Gives a language hours of its own, the same as everybody's to begin with; or takes them away."""
    fields = await request.post()
    talk, language = request.app[TALK], str(fields.get("sprog", ""))
    if language not in talk.catalogs.languages:
        raise web.HTTPNotFound
    removes = fields.get("gør") == "fjern"
    async with talk.sessions.writing() as session:
        rules = await service_hours.every(session)
        await service_hours.set_rule(session, language, "" if removes else rules.get(language, rules[""]))
        await advisers.note(session, request[ADVISER].id, "hours set", "", now=talk.now())
    talk.desk.hub.tell(DESK, {"changed": ""})
    raise _back(request, "" if removes else language, "fjernet" if removes else "tilføjet")


@routes.post("/tider/luk", name="hours_switch")
async def hours_switch(request: web.Request) -> web.Response:
    """Closes for new conversations at once, telling everybody who waits; or lets the hours count again."""
    fields = await request.post()
    talk, adviser = request.app[TALK], request[ADVISER]
    closes = fields.get("gør") == "luk"
    if closes and fields.get("sikker") != "ja":
        return await _page(request, "", unsure=True, status=422)
    async with talk.sessions.writing() as session:
        if closes:
            await service_hours.stop(session, by=adviser.id, now=talk.now())
        else:
            await service_hours.start(session)
        await advisers.note(session, adviser.id, "hours closed" if closes else "hours opened", "", now=talk.now())
    if closes:
        await talk.desk.stopped()
    talk.desk.hub.tell(DESK, {"changed": ""})
    raise _back(request, "", "lukket" if closes else "åbnet")


def _back(request: web.Request, language: str, done: str) -> web.HTTPSeeOther:
    query = {"ok": done, **({"sprog": language} if language else {})}
    return web.HTTPSeeOther(str(request.app.router["hours"].url_for().with_query(query)))


async def _page(
    request: web.Request, language: str, *, form: WeekForm | None = None, unsure: bool = False, done: str = "", status: int = 200
) -> web.Response:
    talk = request.app[TALK]
    async with talk.sessions.reading() as session:
        rules = await service_hours.every(session)
        stop = await service_hours.stopped(session)
        names = await audit.names(session)
        waiting = len(await handoffs.queue(session))
        state = await service_hours.state(session, language or "da", now=talk.now())
    if language not in rules:
        raise web.HTTPNotFound
    today = talk.now().astimezone(opening_hours.COPENHAGEN).date()
    week, unread = _week(rules[language])
    opens = opening_hours.opens_next(rules[language], talk.now())
    return html(
        request,
        "hours.html",
        status=status,
        title="Fejl: Åbningstider" if status != 200 else "Åbningstider",
        section="hours",
        language=language,
        form_=form or WeekForm.of(week, today),
        days=week_form.DAYS,
        unread=unread,
        own=[(code, _name(code)) for code in talk.catalogs.languages if code in rules],
        others=[(code, _name(code)) for code in talk.catalogs.languages if code not in rules],
        language_name=_name(language),
        now=_NOW[state.code],
        opens=(await talk.composer("da")).moment(opens) if opens else "",
        coming=[] if unread else week_form.coming(week, today),
        stop=stop and {"since": _moment(stop.since), "by": names.get(stop.by, "en kollega")},
        waiting=waiting,
        unsure=unsure,
        done=done,
        previews=await _previews(request, language or "da", rules[language]),
        **signed_in(request),
    )


def _week(rule: str) -> tuple[Week, str]:
    """The week of ``rule``; where the form has no fields for it, an empty one and the rule."""
    try:
        return Week.of(rule), ""
    except UnreadableWeek:
        return Week(), rule


async def _previews(request: web.Request, language: str, rule: str) -> list[dict[str, str]]:
    """The texts that citizens get when it is closed, in Danish and in ``language``."""
    talk = request.app[TALK]
    opens = opening_hours.opens_next(rule, talk.now())
    moments = {code: (await talk.composer(code)).moment(opens) if opens else "" for code in ("da", language)}
    found = []
    for name, when in _TEXTS.items():
        theirs, danish = (talk.book.render(name, code, opens=moments[code]) for code in (language, "da"))
        # The Danish of the Danish text: in the other one's, the date is written as the other language writes it.
        text = theirs.text if language != "da" else ""
        found.append(
            {"when": when, "danish": danish.text, "text": text, "language": language, "dir": languages.direction(language)}
        )
    return found


def _name(language: str) -> str:
    return str(Locale("da").languages[language]) if language else "alle sprog"


def _moment(at: datetime) -> str:
    return format_datetime(at, "EEEE d. MMMM 'kl.' HH.mm", tzinfo=opening_hours.COPENHAGEN, locale="da")
