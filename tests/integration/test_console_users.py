"""Users and the log: inviting, a lost phone, leaving, one's own password. The real app, without a browser."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.console.log import ACTS, in_danish
from bot.store import advisers, audit, users
from bot.store.advisers import Refused
from bot.store.tables import AuditRow
from bot.store.users import LastAdministrator
from tests.conftest import Site
from tests.integration.colleague import PASSWORD, Colleague, colleague, enrolled, signed_in

pytestmark = pytest.mark.trained
ANOTHER = "to katte sover i solen"
CODE = re.compile(r'<code id="once">([a-z2-7-]{19})</code>')


@pytest.fixture
async def ea(site_without_rasa: Site) -> Colleague:
    """An administrator."""
    return await colleague(site_without_rasa, "ea", "administrator")


@pytest.fixture
async def carl(site_without_rasa: Site) -> Colleague:
    """A coordinator."""
    return await colleague(site_without_rasa, "carl", "coordinator")


@pytest.fixture
async def anna(site_without_rasa: Site) -> Colleague:
    """An adviser."""
    return await colleague(site_without_rasa, "anna", "adviser")


async def everybody(site: Site) -> dict[str, users.User]:
    async with site.talk.sessions.reading() as session:
        return {user.adviser.login: user for user in await users.everybody(session)}


async def test_an_invitation_shows_a_code_once_that_lets_her_in(site_without_rasa: Site, carl: Colleague) -> None:
    page = await carl.sends("/brugere", login=" Bo ", name="Bo", role="adviser", languages=["da", "ar"])
    assert page.status == 200
    (code,) = CODE.findall(page.text)
    bo = (await everybody(site_without_rasa))["bo"]
    assert (bo.adviser.name, bo.adviser.role, bo.adviser.languages, bo.enrolled) == ("Bo", "adviser", ("da", "ar"), False)
    listed = (await carl.opens("/brugere")).text
    assert "har ikke oprettet sig endnu" in listed
    assert code not in listed
    _, recovery = await enrolled(site_without_rasa, "bo", code)
    assert await signed_in(site_without_rasa, "bo", recovery[0])
    bo = (await everybody(site_without_rasa))["bo"]
    assert bo.enrolled
    assert bo.last_day == site_without_rasa.talk.now().date()
    with pytest.raises(Refused):
        await enrolled(site_without_rasa, "bo", code)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"login": "Æbler og pærer"}, "login"),
        ({"login": "b"}, "login"),
        ({"login": "carl"}, "login"),
        ({"name": " "}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"languages": ["da", "tlh"]}, "languages"),
        ({"role": "administrator"}, "role"),
        ({"role": "king"}, "role"),
    ],
)
async def test_an_invitation_with_a_fault_keeps_what_was_typed(
    site_without_rasa: Site, carl: Colleague, fields: dict[str, object], wrong: str
) -> None:
    typed = {"login": "bo", "name": "Bo", "role": "adviser", "languages": ["da", "pl"], **fields}
    page = await carl.sends("/brugere", **typed)
    assert page.status == 422
    assert list(await everybody(site_without_rasa)) == ["carl"]
    assert re.findall(r'id="([\w-]+)-wrong"', page.text) == [wrong]
    assert re.search(rf'aria-describedby="{wrong}-wrong"', page.text)
    kept = dict(re.findall(r'name="(login|name)" value="([^"]*)"', page.text))
    assert kept == {"login": str(typed["login"]).strip().lower(), "name": str(typed["name"]).strip()}
    assert ('value="pl" checked' in page.text) == (wrong != "languages")


async def test_a_coordinator_manages_advisers_only(
    site_without_rasa: Site, carl: Colleague, anna: Colleague, ea: Colleague
) -> None:
    other = await colleague(site_without_rasa, "clara", "coordinator")
    assert (await carl.opens(f"/brugere/{anna.adviser.id}")).status == 200
    for them in (other, ea):
        assert (await carl.opens(f"/brugere/{them.adviser.id}")).to == "/brugere"
        for act in ("ret", "ny-kode", "slut"):
            page = await carl.sends(f"/brugere/{them.adviser.id}/{act}", name="X", role="adviser", sikker="ja")
            assert (page.status, page.to) == (303, "/brugere")
        assert await them.is_in()
    raised = await carl.sends(f"/brugere/{anna.adviser.id}/ret", name="Anna", role="coordinator", languages=["da"])
    assert raised.status == 422
    assert {login: user.adviser.role for login, user in (await everybody(site_without_rasa)).items()} == {
        "anna": "adviser",
        "carl": "coordinator",
        "clara": "coordinator",
        "ea": "administrator",
    }


async def test_nobody_ends_his_own_access_or_gives_himself_a_role(site_without_rasa: Site, ea: Colleague, carl: Colleague) -> None:
    for them in (ea, carl):
        for act in ("ret", "ny-kode", "slut"):
            page = await them.sends(f"/brugere/{them.adviser.id}/{act}", name="X", role="adviser", sikker="ja")
            assert (page.status, page.to) == (303, "/mig")
        assert await them.is_in()
    found = await everybody(site_without_rasa)
    assert (found["ea"].adviser, found["carl"].adviser) == (ea.adviser, carl.adviser)


async def test_the_last_administrator_stays(site_without_rasa: Site, ea: Colleague) -> None:
    """Two who end each other's access at the same moment: the second is refused."""
    site, now = site_without_rasa, site_without_rasa.talk.now()
    other = await colleague(site, "eva", "administrator")
    async with site.talk.sessions.writing() as session:
        await users.end_access(session, other.adviser.id, now=now)
    with pytest.raises(LastAdministrator):
        async with site.talk.sessions.writing() as session:
            await users.end_access(session, ea.adviser.id, now=now)
    with pytest.raises(LastAdministrator):
        async with site.talk.sessions.writing() as session:
            await users.change(session, ea.adviser.id, name="Ea", role="editor", languages=["da"])
    assert await ea.is_in()


async def test_who_leaves_is_out_in_every_browser_at_once(site_without_rasa: Site, carl: Colleague, anna: Colleague) -> None:
    second = await anna.signs_in_again()
    assert second
    address = f"/brugere/{anna.adviser.id}/slut"
    assert (await carl.sends(address)).status == 422
    assert await anna.is_in()
    assert (await carl.sends(address, sikker="ja")).status == 303
    for token in (anna.token, second):
        anna.token = token
        assert (await anna.opens("/")).to == "/log-ind"
    assert await anna.signs_in_again() is None
    assert "anna" not in await everybody(site_without_rasa)
    assert "anna" not in (await carl.opens("/brugere")).text


async def test_after_a_lost_phone_only_the_new_code_opens(site_without_rasa: Site, carl: Colleague, anna: Colleague) -> None:
    page = await carl.sends(f"/brugere/{anna.adviser.id}/ny-kode")
    (code,) = CODE.findall(page.text)
    assert not await anna.is_in()
    assert await anna.signs_in_again() is None
    assert await signed_in(site_without_rasa, "anna", anna.totp.at(site_without_rasa.talk.now())) is None
    old = anna.recovery[-1]
    _, recovery = await enrolled(site_without_rasa, "anna", code)
    assert await signed_in(site_without_rasa, "anna", old) is None
    assert await signed_in(site_without_rasa, "anna", recovery[0])


async def test_another_role_ends_what_is_open_and_presence(site_without_rasa: Site, ea: Colleague, anna: Colleague) -> None:
    assert (await anna.sends("/til-stede", present="yes", capacity="1")).status == 303
    named = await ea.sends(f"/brugere/{anna.adviser.id}/ret", name="Annika", role="adviser", languages=["so"])
    assert named.status == 303
    assert await anna.is_in()
    assert (await ea.sends(f"/brugere/{anna.adviser.id}/ret", name="Annika", role="editor", languages=["so"])).status == 303
    assert not await anna.is_in()
    found = (await everybody(site_without_rasa))["anna"].adviser
    assert (found.name, found.role, found.languages, found.present) == ("Annika", "editor", ("so",), False)


async def test_my_own_languages(site_without_rasa: Site, anna: Colleague) -> None:
    assert (await anna.sends("/mig/sprog", languages=["da", "ti"])).status == 303
    assert (await everybody(site_without_rasa))["anna"].adviser.languages == ("da", "ti")
    assert (await anna.sends("/mig/sprog", languages=["xx"])).status == 422
    assert (await everybody(site_without_rasa))["anna"].adviser.languages == ("da", "ti")


async def test_my_password_needs_the_old_one_and_a_code_and_ends_my_other_sessions(
    site_without_rasa: Site, anna: Colleague
) -> None:
    other = Colleague(site_without_rasa, anna.adviser, await anna.signs_in_again() or "", anna.totp, [])
    for fields in (
        {"old": "wrong wrong wrong", "new": ANOTHER, "again": ANOTHER, "code": anna.recovery[0]},
        {"old": PASSWORD, "new": ANOTHER, "again": ANOTHER, "code": "000000"},
        {"old": PASSWORD, "new": ANOTHER, "again": "something else", "code": anna.recovery[0]},
        {"old": PASSWORD, "new": "short", "again": "short", "code": anna.recovery[0]},
    ):
        page = await anna.sends("/mig/adgangskode", **fields)
        assert page.status == 422
        for secret in fields.values():
            assert f'value="{secret}"' not in page.text
    assert await other.is_in()
    right = {"old": PASSWORD, "new": ANOTHER, "again": ANOTHER, "code": anna.recovery.pop(0)}
    assert (await anna.sends("/mig/adgangskode", **right)).status == 303
    assert await anna.is_in()
    assert not await other.is_in()
    assert await signed_in(site_without_rasa, "anna", anna.recovery[0]) is None
    assert await signed_in(site_without_rasa, "anna", anna.recovery[0], password=ANOTHER)


async def test_an_open_console_is_no_place_to_guess_a_password(site_without_rasa: Site, anna: Colleague) -> None:
    for _ in range(5):
        fields = {"old": "wrong wrong wrong", "new": ANOTHER, "again": ANOTHER, "code": "000000"}
        assert (await anna.sends("/mig/adgangskode", **fields)).status == 422
    right = {"old": PASSWORD, "new": ANOTHER, "again": ANOTHER, "code": anna.recovery[0]}
    assert (await anna.sends("/mig/adgangskode", **right)).status == 422


async def test_new_recovery_codes_replace_the_old_ones(site_without_rasa: Site, anna: Colleague) -> None:
    assert (await anna.sends("/mig/noedkoder", password="wrong wrong wrong", code=anna.recovery[0])).status == 422
    page = await anna.sends("/mig/noedkoder", password=PASSWORD, code=anna.recovery[0])
    codes = re.findall(r"<li><code>([a-z2-7-]{19})</code></li>", page.text)
    assert len(codes) == 8
    assert codes[0] not in (await anna.opens("/mig")).text
    assert await signed_in(site_without_rasa, "anna", anna.recovery[1]) is None
    assert await signed_in(site_without_rasa, "anna", codes[0])


async def test_the_log_says_who_did_what_and_never_which_person(site_without_rasa: Site, ea: Colleague, anna: Colleague) -> None:
    site, conversation = site_without_rasa, "0123456789abcdef-not-a-word-of-hers"
    async with site.talk.sessions.writing() as session:
        await advisers.note(session, anna.adviser.id, "tag", conversation, now=site.talk.now())
        await advisers.note(session, anna.adviser.id, "tag refused", conversation, now=site.talk.now())
    await ea.sends(f"/brugere/{anna.adviser.id}/ret", name="Anna", role="adviser", languages=["da"])
    page = (await ea.opens("/log")).text
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in re.findall(r"<tr><td>(.*?)</tr>", page)]
    assert [" ".join(row[4:]) for row in rows][:3] == [
        "Ea rettede Anna",
        "Anna kunne ikke: tog samtalen (samtale 0123 …)",
        "Anna tog samtalen (samtale 0123 …)",
    ]
    assert "01234" not in page
    only = (await ea.opens(f"/log?hvem={anna.adviser.id}&hvad=tag")).text
    assert only.count("<tr><td>") == 1
    assert (await ea.opens("/log?hvem=x&side=nul")).status == 200


async def test_a_hundred_a_page_newest_first(site_without_rasa: Site, ea: Colleague) -> None:
    talk = site_without_rasa.talk
    async with talk.sessions.writing() as session:
        for at in range(150):
            await advisers.note(session, ea.adviser.id, f"act {at}", "", now=talk.now())
    first, second = (await ea.opens("/log?hvem=&hvad=&side=1")).text, (await ea.opens("/log?side=2")).text
    acts = [re.findall(r"<td>(act \d+)</td>", page) for page in (first, second)]
    assert acts == [[f"act {at}" for at in range(149, 49, -1)], [f"act {at}" for at in range(49, -1, -1)]]
    assert "Ældre" in first
    assert "Ældre" not in second


async def test_the_log_is_forgotten(site_without_rasa: Site, ea: Colleague) -> None:
    talk, now = site_without_rasa.talk, site_without_rasa.talk.now()
    async with talk.sessions.writing() as session:
        await advisers.note(session, ea.adviser.id, "old", "", now=now - advisers.LOG_KEPT - timedelta(minutes=1))
        await advisers.note(session, ea.adviser.id, "young", "", now=now - advisers.LOG_KEPT + timedelta(minutes=1))
        await advisers.forget_log(session, before=now - advisers.LOG_KEPT)
    async with talk.sessions.reading() as session:
        assert {"signed in", "young"} == set(await audit.acts(session))


async def test_whatever_was_done_in_these_pages_has_danish_words(site_without_rasa: Site, ea: Colleague, anna: Colleague) -> None:
    await ea.sends("/brugere", login="bo", name="Bo", role="adviser", languages=["da"])
    await ea.sends(f"/brugere/{anna.adviser.id}/ret", name="Anna", role="editor", languages=["da"])
    await ea.sends(f"/brugere/{anna.adviser.id}/ny-kode")
    await ea.sends(f"/brugere/{anna.adviser.id}/slut", sikker="ja")
    await ea.sends("/mig/sprog", languages=["da"])
    async with site_without_rasa.talk.sessions.reading() as session:
        done = set(await audit.acts(session))
        assert await session.scalar(select(func.count()).select_from(AuditRow))
    assert {"invited", "role changed", "enrolled anew", "access ended", "own languages"} <= done <= set(ACTS)
    assert all(in_danish(act) != act for act in done)


async def test_texts_stand_beside_each_other_and_can_be_searched(site_without_rasa: Site) -> None:
    dina = await colleague(site_without_rasa, "dina", "editor")
    page = (await dina.opens("/tekster?sprog=ar&slags=phrase&soeg=godt+at+du+skriver")).text
    assert re.findall(r'<h2 class="id">([\w-]+)</h2>', page) == ["greeting_hello"]
    assert '<p class="text" lang="da">Hej. Godt, at du skriver.</p>' in page
    translated = site_without_rasa.talk.catalogs.translate("ar", "phrase greeting_hello", "Hej. Godt, at du skriver.")
    shown = re.search(r'lang="ar" dir="rtl">([^<]+)<', page)
    assert shown
    assert shown[1].strip("\u2066\u2067\u2068\u2069") in translated
    assert "Ikke læst af modersmålslæser" in page
    assert "0 tekster" in (await dina.opens("/tekster?sprog=ar&status=fresh&soeg=godt+at+du+skriver")).text
    assert "utter_handoff_offer" in (await dina.opens("/tekster?slags=response&soeg=handoff_offer")).text
    assert (await dina.opens("/tekster?sprog=xx&slags=y&status=z&side=-4")).status == 200
