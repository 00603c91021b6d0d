"""The texts, to read: the phrase book and the machine's answers, Danish beside another language, and who has read them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache

from aiohttp import web
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot.advice import knowledge, languages
from bot.console.rendering import html
from bot.console.signin import signed_in
from bot.i18n import reviews
from bot.i18n.catalogs import SOURCE, po_path
from bot.i18n.responses import ROOT, read_responses
from bot.web.keys import TALK

routes = web.RouteTableDef()
_A_PAGE = 25
KINDS = {"phrase": "Rådgivernes sætninger", "response": "Maskinens svar"}
STATES = {
    "fresh": "læst af modersmålslæser",
    "unread": "ikke læst af modersmålslæser",
    "missing": "ikke oversat: vises på dansk",
}


@dataclass(frozen=True)
class Row:
    """A Danish text and its translation; ``state`` is one of ``STATES``, empty for Danish alone."""

    id: str
    danish: str
    translated: str
    state: str


@routes.get("/tekster", name="texts")
async def texts(request: web.Request) -> web.Response:
    """The texts of one kind in one language, searched and sorted out as the address says."""
    known = request.app[TALK].catalogs.languages
    asked = request.query
    language = asked.get("sprog", "") if asked.get("sprog", "") in known else SOURCE
    kind = asked.get("slags", "") if asked.get("slags", "") in KINDS else "phrase"
    state = asked.get("status", "") if asked.get("status", "") in STATES and language != SOURCE else ""
    search = asked.get("soeg", "").strip()[:100]
    rows = await asyncio.to_thread(_rows, kind, language)
    found = [row for row in rows if (not state or row.state == state) and _matches(row, search)]
    typed = asked.get("side", "1")
    pages = max(1, -(-len(found) // _A_PAGE))
    page = min(max(int(typed) if len(typed) < 7 and typed.isascii() and typed.isdigit() else 1, 1), pages)
    address = request.app.router["texts"].url_for()
    kept = {"sprog": language, "slags": kind, "status": state, "soeg": search}
    return html(
        request,
        "texts.html",
        title="Tekster",
        section="texts",
        rows=found[(page - 1) * _A_PAGE : page * _A_PAGE],
        count=len(found),
        page=page,
        pages=pages,
        newer=str(address.with_query(**kept, side=str(page - 1))) if page > 1 else "",
        older=str(address.with_query(**kept, side=str(page + 1))) if page < pages else "",
        language=language,
        dir=languages.direction(language),
        language_name=str(Locale("da").languages[language]),
        languages=[(code, str(Locale("da").languages[code])) for code in known],
        kind=kind,
        kinds=KINDS,
        state=state,
        states=STATES,
        search=search,
        **signed_in(request),
    )


def _matches(row: Row, search: str) -> bool:
    text = f"{row.id} {row.danish} {row.translated}".casefold()
    return all(word in text for word in search.casefold().split())


def _rows(kind: str, language: str) -> list[Row]:
    danish = _danish(kind)
    if language == SOURCE:
        return [Row(name, text, "", "") for name, text in danish.items()]
    path = po_path(language)
    catalog = _catalog(language, path.stat().st_mtime_ns)
    return [_row(catalog, kind, name, text) for name, text in danish.items()]


def _row(catalog: Catalog, kind: str, name: str, danish: str) -> Row:
    message = catalog.get(danish, f"{kind} {name}")
    if message is None or not message.string or message.fuzzy:
        return Row(name, danish, "", "missing")
    read = len(reviews.readers(message)) >= reviews.wanted(message)
    return Row(name, danish, str(message.string), "fresh" if read else "unread")


def _danish(kind: str) -> dict[str, str]:
    if kind == "phrase":
        return {phrase.id: phrase.da for phrase in knowledge.phrases().values()}
    return _responses()


@lru_cache(maxsize=1)
def _responses() -> dict[str, str]:
    return {name: text for name, variations in read_responses(ROOT).items() if (text := str(variations[0].get("text", "")).strip())}


@lru_cache(maxsize=16)
def _catalog(language: str, changed: int) -> Catalog:  # noqa: ARG001 -- what is kept is dropped when the file has changed
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)
