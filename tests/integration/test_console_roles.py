"""Who sees what in the console: each role its own pages and no others. The real app, without a browser."""

from __future__ import annotations

import re

import pytest
from aiohttp import web

from bot.advice.escalation import Event, Happening, Reason
from bot.console import rights, signin
from bot.console.app import console_application
from bot.store import conversations, handoffs
from tests.conftest import Site
from tests.integration.colleague import PASSWORD, Colleague, colleague

pytestmark = pytest.mark.trained
every_role = pytest.mark.parametrize("role", sorted(rights.RIGHTS))
WORDS = "marsvinet hedder Torben"


async def routes(site: Site) -> list[tuple[str, str, str]]:
    """(method, path with ids that nothing has, name) of every route of the console."""
    app = await console_application(site.settings, site.talk)
    return [
        (route.method, re.sub(r"\{\w+\}", "x", resource.canonical), route.name or "")
        for route in app.router.routes()
        if isinstance(resource := route.resource, web.Resource) and route.method in ("GET", "POST")
    ]


async def test_every_route_needs_a_right_or_is_open_on_purpose(site_without_rasa: Site) -> None:
    """A new page that nobody thought of is shown to nobody; here it gets noticed."""
    names = {name for _, _, name in await routes(site_without_rasa)}
    assert names - set(signin._OPEN) == set(rights.ROUTES)
    assert set(rights.ROUTES.values()) <= {rights.EVERYBODY}.union(*rights.RIGHTS.values())


@every_role
async def test_a_role_gets_its_own_pages_and_no_others(site_without_rasa: Site, role: str) -> None:
    them = await colleague(site_without_rasa, "kim", role)
    first = (await them.opens("/mig")).text
    checked = 0
    for method, path, name in await routes(site_without_rasa):
        if name in signin._OPEN:
            continue
        if rights.may(role, rights.ROUTES[name]):
            # What changes something is done in the tests of its page.
            if method == "GET":
                assert (await them.opens(path)).status != 403, path
            continue
        page = await (them.opens(path) if method == "GET" else them.sends(path))
        if name == "desk":
            assert (page.status, page.to) == (303, {"editor": "/tekster", "administrator": "/brugere"}[role])
        else:
            assert page.status == 403, path
            assert "ikke for din rolle" in page.text or name in signin._BY_ITSELF, path
        checked += 1
    assert checked
    assert first


@every_role
async def test_the_navigation_leads_where_the_role_may_go_and_says_where_one_is(site_without_rasa: Site, role: str) -> None:
    them = await colleague(site_without_rasa, "kim", role)
    page = (await them.opens("/mig")).text
    links = re.findall(r'href="([^"]+)"', page[page.index("<nav") : page.index("</nav>")])
    assert '<a href="/mig" aria-current="page">' in page
    expected = {
        "adviser": ["/", "/mig"],
        "coordinator": ["/", "/tider", "/brugere", "/mig"],
        "editor": ["/tekster", "/mig"],
        "administrator": ["/brugere", "/log", "/mig"],
    }[role]
    assert [link for link in links if link != "/tal"] == expected
    for link in links:
        assert (await them.opens(link)).status == 200


@pytest.mark.parametrize(
    ("role", "first"), [("adviser", "/"), ("coordinator", "/"), ("editor", "/tekster"), ("administrator", "/brugere")]
)
async def test_after_sign_in_each_role_begins_on_its_own_page(site_without_rasa: Site, role: str, first: str) -> None:
    them = await colleague(site_without_rasa, "kim", role)
    fields = {"login": "kim", "password": PASSWORD, "code": them.recovery.pop()}
    address = f"{site_without_rasa.console}/log-ind"
    async with site_without_rasa.http.post(address, data=fields, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, first)
        assert signin.COOKIE in answer.cookies


async def talk_with(site: Site, adviser: Colleague) -> str:
    """A conversation that this adviser has, with words in it."""
    talk, now = site.talk, site.talk.now()
    citizen = await site.begin()
    for event in (Happening(Event.OFFER, now, reason=Reason.ASKED, level="none"), Happening(Event.ACCEPT, now)):
        await handoffs.move(talk.sessions, citizen.id, event)
    await handoffs.move(talk.sessions, citizen.id, Happening(Event.CLAIM, now, by=adviser.adviser.id), room=3)
    async with talk.sessions.writing() as session:
        opened = await conversations.opened(session, talk.keyring, citizen.id)
        body = {**citizen.welcome[0], "from": "citizen", "text": WORDS, "text_da": WORDS}
        await conversations.add(session, opened, [body], now=now)
    return citizen.id


async def test_words_are_for_whoever_has_the_talk_and_for_coordinators(site_without_rasa: Site) -> None:
    has = await colleague(site_without_rasa, "anna", "adviser")
    conversation = await talk_with(site_without_rasa, has)
    read = {"anna": WORDS in (await has.opens(f"/samtale/{conversation}")).text}
    for login, role in (("bo", "adviser"), ("carl", "coordinator"), ("dina", "editor"), ("ea", "administrator")):
        them = await colleague(site_without_rasa, login, role)
        pages = [await them.opens(path) for path in (f"/samtale/{conversation}", f"/samtale/{conversation}/del", "/")]
        read[login] = any(WORDS in page.text for page in pages)
    assert read == {"anna": True, "bo": False, "carl": True, "dina": False, "ea": False}


async def test_a_wrong_address_is_not_there_rather_than_forbidden(site_without_rasa: Site) -> None:
    them = await colleague(site_without_rasa, "dina", "editor")
    assert (await them.opens("/findes-ikke")).status == 404
    assert "http" not in (await them.opens("/")).to


async def test_a_form_from_elsewhere_changes_nothing_for_any_role(site_without_rasa: Site) -> None:
    them = await colleague(site_without_rasa, "ea", "administrator")
    headers = {"Cookie": f"{signin.COOKIE}={them.token}"}
    fields = {"login": "mallory", "name": "Mallory", "role": "administrator", "form": "0" * 32}
    async with site_without_rasa.http.post(f"{site_without_rasa.console}/brugere", data=fields, headers=headers) as answer:
        assert answer.status == 403
    assert "mallory" not in (await them.opens("/brugere")).text
