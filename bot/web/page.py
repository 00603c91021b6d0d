"""The citizen's page: HTML first, so that it works without JavaScript; chat.js then takes over the forms."""

from __future__ import annotations

import hashlib
import mimetypes
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from bot.advice import languages
from bot.advice.risk import Risk
from bot.i18n.catalogs import Catalogs
from bot.store.conversations import NoConversation
from bot.web.api import answer
from bot.web.incoming import LONGEST
from bot.web.keys import LIMITS, SETTINGS, TALK
from bot.web.limits import TooOften
from bot.web.problems import DATABASE_ERRORS, Problem, from_domain, language_of, sentence

routes = web.RouteTableDef()
_HERE = Path(__file__).resolve().parent
STATIC = _HERE / "static"


_READING = timedelta(minutes=10)


@dataclass(frozen=True)
class Held:
    """The conversation as the page's hidden fields carry it: there is no cookie."""

    id: str
    secret: str


@routes.get("/", name="page")
async def page(request: web.Request) -> web.Response:
    """The empty page, in the language asked for."""
    return await _render(request, language_of(request))


@routes.post("/", name="form")
async def form(request: web.Request) -> web.Response:
    """A message sent without JavaScript: the whole conversation comes back."""
    fields = {key: str(value) for key, value in (await request.post()).items()}
    talk = request.app[TALK]
    language = talk.catalogs.best([fields.get("lang", ""), language_of(request)])
    held = Held(fields["conversation"], fields["secret"]) if fields.get("conversation") and fields.get("secret") else None
    text = fields.get("payload") or fields.get("text", "")
    messages: list[dict[str, Any]] = []
    error, draft = None, ""
    try:
        if held is None and (text or "text" in fields):
            await request.app[LIMITS].beginning(request.remote)
            conversation, secret, _ = await talk.begin(language)
            held = Held(conversation.id, secret)
        if held and (text or "text" in fields):
            body = {"id": fields.get("id"), "text": text, "title": fields.get("title", "")}
            turn = await answer(request, held.id, held.secret, body)
            language = turn["language"]
            if turn.get("deleted"):
                return await _render(request, language, messages=turn["messages"])
        if held:
            _, messages = await talk.history(held.id, held.secret)
            # A page without scripts says nothing by itself: who reads, waits.
            talk.desk.hub.saw(held.id, lasting=_READING)
    except Problem as problem:
        error, draft = problem.detail, fields.get("text", "")
        messages = problem.messages or []
        if problem.status == 404:
            held = None
        elif held and not messages:
            messages = await _history(request, held)
    except (NoConversation, TooOften, *DATABASE_ERRORS) as domain:
        known = from_domain(request, domain, language)
        error, draft = known.detail, fields.get("text", "")
        held = None if known.status == 404 else held
        if known.status >= 500 and fields.get("text", "").strip():
            messages = await talk.emergency(fields["text"], language)
    return await _render(request, language, held=held, messages=messages, error=error, draft=draft)


@routes.post("/delete", name="delete_form")
async def delete(request: web.Request) -> web.Response:
    """Delete without JavaScript; the empty page comes back and says so."""
    fields = await request.post()
    language = request.app[TALK].catalogs.best([str(fields.get("lang", "")), "da"])
    try:
        await request.app[TALK].delete(str(fields.get("conversation", "")), str(fields.get("secret", "")))
    except NoConversation:
        pass
    except DATABASE_ERRORS as error:
        return await _render(request, language, error=from_domain(request, error, language).detail)
    return await _render(request, language, error=sentence(request, "page", "Samtalen er slettet.", language))


@routes.get("/static/{version}/{name}", name="static")
async def static(request: web.Request) -> web.StreamResponse:
    """A file of the page; its address changes with its content."""
    path = STATIC / request.match_info["name"]
    if path.parent != STATIC or not path.is_file():
        raise web.HTTPNotFound
    return _compressed(path)


@routes.get("/words/{version}/{language}.json", name="words")
async def words(request: web.Request) -> web.StreamResponse:
    """The words by which the page sees danger when this server is gone (``bot.advice.risk.compact``)."""
    path = request.app[SETTINGS].page_words / f"{request.match_info['language']}.json"
    if path.parent != request.app[SETTINGS].page_words or not path.is_file():
        raise web.HTTPNotFound
    return _compressed(path)


def _compressed(path: Path) -> web.Response:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    response = web.Response(body=path.read_bytes(), content_type=kind, charset="utf-8")
    response.enable_compression()
    return response


async def error_page(request: web.Request, status: int, text: str) -> web.Response:
    """A page that says what is wrong, in the reader's language, with the numbers to call."""
    language = language_of(request)
    try:
        shown = (await request.app[TALK].composer(language)).page_lines()
    except DATABASE_ERRORS:
        shown = []
    html = (
        _environment(language)
        .get_template("error.html")
        .render(
            language=language,
            dir=languages.direction(language),
            exit_url=request.app[SETTINGS].exit_url,
            asset=asset,
            title=sentence(request, "page", "Siden kan ikke vises", language),
            sentence=sentence(request, "page", text, language),
            lines=shown,
        )
    )
    return web.Response(text=html, status=status, content_type="text/html")


async def _history(request: web.Request, held: Held) -> list[dict[str, Any]]:
    try:
        _, messages = await request.app[TALK].history(held.id, held.secret)
    except (NoConversation, *DATABASE_ERRORS):
        return []
    return messages


async def _render(
    request: web.Request,
    language: str,
    *,
    held: Held | None = None,
    messages: list[dict[str, Any]] | None = None,
    error: str | None = None,
    draft: str = "",
) -> web.Response:
    talk = request.app[TALK]
    composer = await talk.composer(language)
    text = (
        _environment(language)
        .get_template("chat.html")
        .render(
            language=language,
            dir=languages.direction(language),
            languages=[
                {"code": code, "name": languages.name(code), "dir": languages.direction(code)} for code in talk.catalogs.languages
            ],
            exit_url=request.app[SETTINGS].exit_url,
            reviewed=talk.catalogs.reviewed(language),
            conversation=held,
            messages=messages or [],
            lines=composer.page_lines(),
            danger=composer.safety_card(Risk("acute", (), 1.0, ())),
            words=_words_address(request.app[SETTINGS].page_words, language),
            error=error,
            draft=draft,
            next_id=str(uuid.uuid4()),
            limit=LONGEST,
            asset=asset,
        )
    )
    response = web.Response(text=text, content_type="text/html")
    if held is None:
        # A page that holds the secret beside reflected words is not compressed: its size could tell them (BREACH).
        response.enable_compression()
    return response


def _words_address(folder: Path, language: str) -> str:
    """Where the page's words lie, with a piece of their hash; empty where there are none."""
    path = folder / f"{language}.json"
    return f"/words/{_digest(path)}/{language}.json" if path.is_file() else ""


@lru_cache(maxsize=64)
def _environment(language: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        trim_blocks=True,
    )
    environment.install_gettext_translations(Catalogs.installed().for_templates(language), newstyle=True)  # type: ignore[attr-defined]
    return environment


@lru_cache(maxsize=16)
def asset(name: str) -> str:
    """The address of a static file, with a piece of its content's hash; scripts import each other, so theirs is of all of them."""
    files = sorted(STATIC.glob("*.js")) if name.endswith(".js") else [STATIC / name]
    return f"/static/{hashlib.sha256(b''.join(map(Path.read_bytes, files))).hexdigest()[:12]}/{name}"


@lru_cache(maxsize=64)
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
