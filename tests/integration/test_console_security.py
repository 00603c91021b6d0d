"""What an attacker would try at the console. Found by trying; each stays tried. Real app, real SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot.console import live
from bot.console.signin import COOKIE, form_token
from bot.store import advisers, service_hours
from bot.store.tables import AuditRow, SignInRow
from tests.conftest import Citizen, Site
from tests.integration.colleague import PASSWORD, Colleague, colleague, signed_in


@pytest.fixture
async def anna(site_without_rasa: Site) -> AsyncIterator[Colleague]:
    """An adviser at her desk."""
    async with site_without_rasa.talk.sessions.writing() as session:
        await service_hours.set_rule(session, "", "24/7")
    somebody = await colleague(site_without_rasa, "anna", "adviser")
    with site_without_rasa.talk.desk.hub.here(somebody.adviser.id):
        await somebody.sends("/til-stede", present="yes", capacity="3")
        yield somebody


async def taken(site: Site, by: Colleague) -> Citizen:
    citizen = await site.begin()
    await citizen.says("han vil slå mig ihjel")
    await citizen.says('/handoff{"answer":"yes"}', title="Ja, forbind mig")
    await by.sends(f"/samtale/{citizen.id}/tag")
    return citizen


async def acts_of(site: Site, adviser_id: str) -> list[str]:
    async with site.talk.sessions.reading() as session:
        return list(await session.scalars(select(AuditRow.act).where(AuditRow.adviser_id == adviser_id).order_by(AuditRow.id)))


async def at_once(site: Site, *codes: str, password: str = PASSWORD) -> list[bool]:
    async def attempt(code: str) -> bool:
        try:
            return await signed_in(site, "anna", code, password=password) is not None
        except OperationalError:
            # SQLite was busy for longer than a second: refused, like a wrong code.
            return False

    return list(await asyncio.gather(*(attempt(code) for code in codes)))


async def test_a_recovery_code_opens_one_session_however_many_try_at_once(site_without_rasa: Site, anna: Colleague) -> None:
    code = anna.recovery.pop()
    assert sum(await at_once(site_without_rasa, *[code] * 4)) == 1


async def test_an_authenticators_code_opens_one_session_however_many_try_at_once(
    site_without_rasa: Site, anna: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The code of this half minute was used at the enrolment.
    later = site_without_rasa.talk.now() + timedelta(minutes=2)
    monkeypatch.setattr(site_without_rasa.talk.desk, "now", lambda: later)
    code = anna.totp.at(later)

    async def attempt() -> bool:
        talk = site_without_rasa.talk
        try:
            async with talk.sessions.writing() as session:
                token = await advisers.sign_in(session, talk.keyring, login="anna", password=PASSWORD, code=code, now=later)
        except OperationalError:
            # SQLite was busy for longer than a second: refused, like a wrong code.
            return False
        return token is not None

    assert sum(await asyncio.gather(*(attempt() for _ in range(4)))) == 1


async def test_wrong_passwords_at_once_lock_as_one_by_one(site_without_rasa: Site, anna: Colleague) -> None:
    assert not any(await at_once(site_without_rasa, *["123456"] * 12, password="forkert adgangskode"))
    assert await signed_in(site_without_rasa, "anna", anna.recovery.pop()) is None, "locked"


@pytest.mark.parametrize("code", ["é", "１２３４５６", "", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")])
async def test_an_odd_code_tells_nothing_of_the_password(site_without_rasa: Site, anna: Colleague, code: str) -> None:
    site = site_without_rasa
    statuses = []
    for password in (PASSWORD, "forkert adgangskode"):
        fields = {"login": "anna", "password": password, "code": code}
        headers = {"Origin": site.console}
        async with site.http.post(f"{site.console}/log-ind", data=fields, headers=headers) as answer:
            statuses.append(answer.status)
    assert statuses == [403, 403]
    assert await anna.is_in()


async def test_x1_nobody_reads_unseen(site_without_rasa: Site, anna: Colleague) -> None:
    karen = await colleague(site_without_rasa, "karen", "coordinator")
    bo = await colleague(site_without_rasa, "bo", "adviser")
    citizen = await taken(site_without_rasa, anna)
    assert "ihjel" in (await karen.opens(f"/samtale/{citizen.id}/del")).text
    assert "ihjel" not in (await bo.opens(f"/samtale/{citizen.id}")).text
    assert "looked" in await acts_of(site_without_rasa, karen.adviser.id)
    assert "looked refused" in await acts_of(site_without_rasa, bo.adviser.id)


async def test_a_console_left_open_does_not_keep_the_session(site_without_rasa: Site, anna: Colleague) -> None:
    """Fetching the talk again is what the page does by itself: it is no sign of somebody at the keyboard."""
    site = site_without_rasa
    citizen = await taken(site, anna)
    async with site.talk.sessions.writing() as session:
        rows = await session.scalars(select(SignInRow).where(SignInRow.adviser_id == anna.adviser.id))
        for row in rows:
            row.seen_at = row.seen_at - timedelta(minutes=29)
        seen = row.seen_at
    assert (await anna.opens(f"/samtale/{citizen.id}/del")).status == 200
    async with site.talk.sessions.writing() as session:
        row = (await session.scalars(select(SignInRow).where(SignInRow.adviser_id == anna.adviser.id))).one()
        assert row.seen_at.replace(tzinfo=None) == seen.replace(tzinfo=None)
        row.seen_at = row.seen_at - timedelta(minutes=2)
    assert (await anna.opens(f"/samtale/{citizen.id}/del")).status == 401


async def test_an_open_line_ends_with_the_access_however_much_is_going_on(
    site_without_rasa: Site, anna: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_without_rasa
    monkeypatch.setattr(live, "_CHECK_SECONDS", 0.3)
    headers = {"Cookie": f"{COOKIE}={anna.token}"}
    async with site.http.ws_connect(f"{site.console}/live", headers=headers) as line:
        await line.receive_json(timeout=5)
        async with site.talk.sessions.writing() as session:
            await advisers.end_access(session, anna.adviser.id, now=site.talk.now())
        for _ in range(40):
            site.talk.desk.hub.tell("desk", {"changed": ""})
            if (await line.receive(timeout=5)).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                break
            await asyncio.sleep(0.05)
        assert line.closed


@pytest.mark.parametrize("host", ["bord.kk.example", "127.0.0.1"])
async def test_the_cookie_leaves_this_machine_over_tls_only(site_without_rasa: Site, anna: Colleague, host: str) -> None:
    site = site_without_rasa
    fields = {"login": "anna", "password": PASSWORD, "code": anna.recovery.pop()}
    headers = {"Host": host, "Sec-Fetch-Site": "same-origin"}
    async with site.http.post(f"{site.console}/log-ind", data=fields, headers=headers, allow_redirects=False) as answer:
        assert answer.status == 303
        cookie = answer.headers["Set-Cookie"]
    assert ("Secure" in cookie and cookie.startswith("__Host-")) is (host != "127.0.0.1")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


@pytest.mark.parametrize(("path", "status"), [("/", 303), ("/live", 401), ("/findes-ikke", 303), ("/log-ind", 200)])
async def test_x3_every_answer_has_the_headers(site_without_rasa: Site, path: str, status: int) -> None:
    async with site_without_rasa.http.get(site_without_rasa.console + path, allow_redirects=False) as answer:
        assert answer.status == status
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Server" not in answer.headers


async def test_what_breaks_says_nothing_of_how(
    site_without_rasa: Site, anna: Colleague, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("hemmeligt 7261")

    monkeypatch.setattr("bot.console.cases.lists", breaks)
    page = await anna.opens("/")
    assert (page.status, "Noget gik galt" in page.text) == (500, True)
    assert "7261" not in page.text + caplog.text


async def test_a_talk_is_only_passed_to_who_talks_with_people(site_without_rasa: Site, anna: Colleague) -> None:
    dina = await colleague(site_without_rasa, "dina", "editor")
    citizen = await taken(site_without_rasa, anna)
    for to in (dina.adviser.id, "", "findes ikke"):
        assert (await anna.sends(f"/samtale/{citizen.id}/spoerg", to=to)).status == 409
    assert (await site_without_rasa.talk.desk.of(citizen.id)).case.proposed_to is None


async def test_s3_only_offers_that_are_open_to_citizens_are_sent(site_without_rasa: Site, anna: Colleague) -> None:
    citizen = await taken(site_without_rasa, anna)
    offers = (await site_without_rasa.talk.composer("da")).offers
    closed = next(i for i, offer in offers.items() if not offer.shown_as_open(site_without_rasa.talk.now().date()))
    assert (await anna.sends(f"/samtale/{citizen.id}/skriv", offer=closed)).status == 422


async def test_nobody_but_who_called_is_told_that_somebody_comes(site_without_rasa: Site, anna: Colleague) -> None:
    citizen = await taken(site_without_rasa, anna)
    with site_without_rasa.talk.desk.hub.listening(citizen.id) as news:
        await anna.sends(f"/kollega/{citizen.id}")
        assert news.empty()


@pytest.mark.parametrize("capacity", ["²", "9" * 5000, "-1", "x"])
async def test_an_odd_number_changes_nothing_and_breaks_nothing(site_without_rasa: Site, anna: Colleague, capacity: str) -> None:
    assert (await anna.sends("/til-stede", present="yes", capacity=capacity)).status == 303
    async with site_without_rasa.talk.sessions.reading() as session:
        found = await advisers.by_id(session, anna.adviser.id)
    assert found is not None
    assert found.capacity == 1


async def test_a_form_from_elsewhere_or_without_its_token_does_nothing(site_without_rasa: Site, anna: Colleague) -> None:
    site = site_without_rasa
    headers = {"Cookie": f"{COOKIE}={anna.token}"}
    right, wrong = {"form": form_token(anna.token)}, {"form": "é"}
    for fields, more in (
        (wrong, {}),
        ({}, {}),
        (right, {"Sec-Fetch-Site": "cross-site"}),
        (right, {"Origin": "https://evil.example"}),
    ):
        async with site.http.post(f"{site.console}/kollega", data=fields, headers={**headers, **more}) as answer:
            assert answer.status == 403
