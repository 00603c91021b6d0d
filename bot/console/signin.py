"""Signing in, out and enrolling; and the gate: nothing of the console is shown to anybody else."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

import segno
from aiohttp import web

from bot.console import rights
from bot.console.rendering import html, redirect
from bot.store import advisers
from bot.store.advisers import Adviser, Refused, WeakPassword
from bot.web.keys import LIMITS, TALK
from bot.web.limits import TooOften
from bot.web.security import same_origin

routes = web.RouteTableDef()
COOKIE = "console"
ADVISER = web.RequestKey("adviser", Adviser)
TOKEN = web.RequestKey("token", str)
_OPEN = ("sign_in", "sign_in_form", "enrol", "enrol_form", "confirm_form", "console_static", "helpdesk_webhook")
# What the console does by itself, without anybody at the keyboard.
_BY_ITSELF = ("live", "part", "part_conversation")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Who is not signed in gets the sign-in page; what changes something needs this site's own form."""
    name = request.match_info.route.name
    if request.method == "POST" and not _from_here(request):
        raise web.HTTPForbidden
    if name in _OPEN:
        return await handler(request)
    token = request.cookies.get(cookie_name(request), "")
    talk = request.app[TALK]
    async with talk.sessions.writing() as session:
        adviser = await advisers.recognise(session, token, now=talk.now(), acts=name not in _BY_ITSELF) if token else None
    if adviser is None:
        if name in _BY_ITSELF or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
            raise web.HTTPUnauthorized
        raise redirect("sign_in", request)
    request[ADVISER], request[TOKEN] = adviser, token
    if request.method == "POST":
        sent = str((await request.post()).get("form", ""))
        if not hmac.compare_digest(sent.encode(), form_token(token).encode()):
            raise web.HTTPForbidden
    # A wrong address and a wrong method are answered as such.
    if request.match_info.http_exception is None and not rights.may_open(adviser.role, name):
        return _refused(request, adviser, name)
    return await handler(request)


def _refused(request: web.Request, adviser: Adviser, name: str | None) -> web.StreamResponse:
    """A page that says so, with the way back; the bare address of the console leads each role to its own first page."""
    if name in _BY_ITSELF:
        raise web.HTTPForbidden
    first = rights.first_place(adviser.role)
    if name == "desk":
        raise redirect(first, request)
    return html(request, "not_yours.html", title="Ikke din side", status=403, first=first, **signed_in(request))


def signed_in(request: web.Request) -> dict[str, Any]:
    """What every page needs to know of who is signed in."""
    return {"me": request[ADVISER], "form": form_token(request[TOKEN])}


def _from_here(request: web.Request) -> bool:
    """Whether the form stood on this site. Browsers say so; with no-referrer they keep the Origin of a form to themselves."""
    site = request.headers.get("Sec-Fetch-Site")
    return site == "same-origin" if site else same_origin(request)


def cookie_name(request: web.Request) -> str:
    """The session's cookie. Anywhere but on this very machine it is sent over TLS only, and bound to the host."""
    return COOKIE if _is_local(request) else f"__Host-{COOKIE}"


def _is_local(request: web.Request) -> bool:
    return request.url.host in ("127.0.0.1", "localhost", "::1")


def form_token(token: str) -> str:
    """What every form of the session carries (CSRF): derived from the cookie, which scripts cannot read."""
    return hashlib.sha256(b"form " + token.encode()).hexdigest()[:32]


@routes.get("/log-ind", name="sign_in")
async def sign_in(request: web.Request) -> web.Response:
    """The sign-in page."""
    return html(request, "sign_in.html", title="Log ind")


@routes.post("/log-ind", name="sign_in_form")
async def sign_in_form(request: web.Request) -> web.StreamResponse:
    """Signs in, or says that it did not work and not why."""
    fields = await request.post()
    talk = request.app[TALK]
    login = str(fields.get("login", "")).strip().lower()[:60]
    try:
        await request.app[LIMITS].beginning(request.remote)
    except TooOften:
        return html(request, "sign_in.html", title="Log ind", fault="For mange forsøg. Vent et minut, og prøv igen.", status=429)
    async with talk.sessions.writing() as session:
        token = await advisers.sign_in(
            session,
            talk.keyring,
            login=login,
            password=str(fields.get("password", "")),
            code=str(fields.get("code", "")).strip(),
            now=talk.now(),
        )
        adviser = await advisers.recognise(session, token, now=talk.now()) if token else None
    if token is None or adviser is None:
        fault = "Det virkede ikke. Tjek brugernavn, adgangskode og kode. Efter fem forkerte forsøg er der lukket i 15 minutter."
        return html(request, "sign_in.html", title="Log ind", fault=fault, login=login, status=403)
    response = redirect(rights.first_place(adviser.role), request)
    response.set_cookie(cookie_name(request), token, httponly=True, samesite="Strict", secure=not _is_local(request), path="/")
    return response


@routes.post("/log-ud", name="sign_out")
async def sign_out(request: web.Request) -> web.StreamResponse:
    """Ends this session; running conversations go back to the queue when the console has been silent for a minute."""
    async with request.app[TALK].sessions.writing() as session:
        await advisers.sign_out(session, request[TOKEN])
    response = redirect("sign_in", request)
    response.del_cookie(cookie_name(request), path="/", secure=not _is_local(request))
    return response


@routes.get("/velkommen", name="enrol")
async def enrol(request: web.Request) -> web.Response:
    """Where a new adviser begins, with the one-time code."""
    return html(request, "enrol.html", title="Velkommen")


@routes.post("/velkommen", name="enrol_form")
async def enrol_form(request: web.Request) -> web.Response:
    """Takes the password and shows the second factor and the recovery codes, once."""
    fields = {key: str(value) for key, value in (await request.post()).items()}
    talk = request.app[TALK]
    login, code, password = fields.get("login", "").strip().lower(), fields.get("enrolment", ""), fields.get("password", "")
    kept: dict[str, Any] = {"title": "Velkommen", "login": login, "enrolment": code}
    if password != fields.get("again", ""):
        return html(request, "enrol.html", fault="De to adgangskoder er ikke ens.", status=422, **kept)
    try:
        async with talk.sessions.writing() as session:
            made = await advisers.enrol(session, talk.keyring, login=login, code=code, password=password, now=talk.now())
    except WeakPassword:
        fault = f"Adgangskoden skal have mindst {advisers.SHORTEST_PASSWORD} tegn og må ikke være dit brugernavn."
        return html(request, "enrol.html", fault=fault, status=422, **kept)
    except Refused:
        return html(request, "enrol.html", fault="Koden passer ikke, er brugt eller er for gammel.", status=403, **kept)
    image = await asyncio.to_thread(_qr, made.totp_uri)
    return html(request, "second_factor.html", codes=made.recovery_codes, qr=image, uri=made.totp_uri, **kept)


@routes.post("/velkommen/kode", name="confirm_form")
async def confirm_form(request: web.Request) -> web.StreamResponse:
    """The first code of the authenticator: from now on it counts."""
    fields = {key: str(value) for key, value in (await request.post()).items()}
    talk = request.app[TALK]
    login, code = fields.get("login", ""), fields.get("enrolment", "")
    try:
        async with talk.sessions.writing() as session:
            await advisers.confirm(
                session, talk.keyring, login=login, code=code, totp=fields.get("code", "").strip(), now=talk.now()
            )
    except Refused:
        fault = "Koden fra appen passede ikke. Begynd forfra med den samme engangskode."
        return html(request, "enrol.html", title="Velkommen", fault=fault, login=login, enrolment=code, status=403)
    raise redirect("sign_in", request)


def _qr(uri: str) -> str:
    """``uri`` as an SVG without its own namespace or XML head, to stand in the page."""
    buffer = BytesIO()
    segno.make(uri, error="m").save(buffer, kind="svg", scale=5, xmldecl=False, svgns=False, title="QR-kode til din kode-app")
    return buffer.getvalue().decode()
