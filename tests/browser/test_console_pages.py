"""The console's own pages in a real browser: for every eye and hand, small screens, large text, a keyboard alone, no script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from bot.advice.escalation import Event, Happening, Reason
from bot.console import rights
from bot.console.signin import COOKIE
from bot.store import advisers, handoffs, service_hours
from tests.browser.conftest import Visitor, Visits
from tests.browser.pictures import keep
from tests.browser.test_access import SMALLEST, font_size, tab_to, too_wide, violations
from tests.conftest import Site
from tests.integration.colleague import PASSWORD, Colleague, colleague

pytestmark = [pytest.mark.browser, pytest.mark.trained]
DESK = {"width": 1100, "height": 800}
# What each role opens; the coordinator's log is the page that says whom it is not for.
PAGES = {
    "coordinator": ["/", "/tal", "/tider", "/tider?sprog=ar", "/brugere", "/mig", "/log"],
    "editor": ["/tekster", "/tekster?sprog=ar&slags=response", "/tekster?sprog=ti&soeg=hej"],
    "administrator": ["/brugere", "/log", "/mig"],
}
OPEN = ["/log-ind", "/velkommen"]


@dataclass
class Team:
    """Somebody of every role, at a desk where something has happened."""

    site: Site
    by_role: dict[str, Colleague]
    conversation: str


@pytest.fixture
async def team(site_without_rasa: Site) -> Team:
    site, talk = site_without_rasa, site_without_rasa.talk
    logins = {"coordinator": "carl", "editor": "dina", "administrator": "ea", "adviser": "anna"}
    people = {role: await colleague(site, login, role, languages="da en ar") for role, login in logins.items()}
    citizen, now = await site.begin("ar"), talk.now()
    for event in (Happening(Event.OFFER, now, reason=Reason.ASKED, level="serious"), Happening(Event.ACCEPT, now)):
        await handoffs.move(talk.sessions, citizen.id, event)
    await handoffs.move(talk.sessions, citizen.id, Happening(Event.CLAIM, now, by=people["adviser"].adviser.id), room=3)
    special = (now + timedelta(days=8)).strftime("%Y %b %d")
    async with talk.sessions.writing() as session:
        await service_hours.set_rule(session, "", f"Mo 09:00-12:00,13:00-16:00; We 09:00-18:00; PH off; {special} off")
        await service_hours.set_rule(session, "ar", "Tu 10:00-14:00; PH off")
        await advisers.invite(session, login="bo", name="Bo", role="adviser", languages=["da", "so"], now=now)
        for act in ("tag", "skriv", "skriv", "afslut"):
            await advisers.note(session, people["adviser"].adviser.id, act, citizen.id, now=now)
        await advisers.note(session, people["coordinator"].adviser.id, "invited", people["adviser"].adviser.id, now=now)
    return Team(site, people, citizen.id)


async def at_the_console(team: Team, visit: Visits, role: str, **options: object) -> Visitor:
    """A browser in which that role is signed in."""
    visitor = await visit(team.site, **{"viewport": DESK, **options})  # type: ignore[arg-type]
    cookie = {"name": COOKIE, "value": team.by_role[role].token, "url": team.site.console}
    await visitor.context.add_cookies([cookie])  # type: ignore[list-item]
    # The browser notes every 422, and sockets that close because the page is left.
    visitor.breaks_things = True
    return visitor


async def shows_faults(page: Page, site: Site, role: str) -> str:
    """A form with faults, as it comes back; what it was."""
    if role == "coordinator":
        await page.goto(f"{site.console}/tider")
        await page.locator("#day-1").fill("ni til fire")
        await page.locator("#special-open-1").fill("10-25")
        await page.get_by_role("button", name="Gem tiderne").click()
    else:
        await page.goto(f"{site.console}/brugere")
        await page.locator("#login").fill("Æ")
        await page.get_by_role("button", name="Inviter").click()
    await expect(page.locator(".wrong").first).to_be_visible()
    return f"faults of {role}"


async def shows_code(page: Page, site: Site) -> None:
    """Invites somebody; the page with the code."""
    await page.goto(f"{site.console}/brugere")
    await page.locator("#login").fill("gry")
    await page.locator("#name").fill("Gry")
    await page.get_by_role("button", name="Inviter").click()
    await expect(page.locator("#once")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("role", sorted(PAGES))
async def test_axe_finds_nothing_on_any_page(team: Team, visit: Visits, role: str, scheme: str) -> None:
    visitor = await at_the_console(team, visit, role, color_scheme=scheme, bypass_csp=True)
    page, site = visitor.page, team.site
    more = [f"/brugere/{team.by_role['adviser'].adviser.id}"] if rights.may(role, "users") else []
    for path in (*PAGES[role], *more, *([f"/samtale/{team.conversation}"] if rights.may(role, "every_talk") else [])):
        await page.goto(f"{site.console}{path}")
        assert await violations(page) == [], path
    if rights.may(role, "users"):
        what = await shows_faults(page, site, role)
        assert await violations(page) == [], what
        await shows_code(page, site)
        assert await violations(page) == [], "code"
        await visitor.context.clear_cookies()
        for path in OPEN:
            await page.goto(f"{site.console}{path}")
            assert await violations(page) == [], path


async def test_nobody_scrolls_sideways_on_the_smallest_phone(team: Team, visit: Visits) -> None:
    for role, paths in PAGES.items():
        visitor = await at_the_console(team, visit, role, viewport=SMALLEST)
        for path in paths:
            await visitor.page.goto(f"{team.site.console}{path}")
            assert await too_wide(visitor.page) == [], path
        if rights.may(role, "users"):
            await visitor.page.goto(f"{team.site.console}/brugere/{team.by_role['adviser'].adviser.id}")
            assert await too_wide(visitor.page) == []
            await shows_faults(visitor.page, team.site, role)
            assert await too_wide(visitor.page) == []
    await shows_code(visitor.page, team.site)
    assert await too_wide(visitor.page) == []


async def test_text_of_twice_the_size_fits(team: Team, visit: Visits) -> None:
    for role, paths in PAGES.items():
        visitor = await at_the_console(team, visit, role)
        page = visitor.page
        await page.goto(f"{team.site.console}/mig")
        usual = await font_size(page)
        browser = await visitor.context.new_cdp_session(page)
        await browser.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
        assert await font_size(page) == 2 * usual
        for path in paths:
            await page.goto(f"{team.site.console}{path}")
            assert await too_wide(page) == [], path


async def test_a_keyboard_is_enough_for_the_hours(team: Team, visit: Visits) -> None:
    """A fault, found from the summary, mended, saved: no mouse."""
    page = (await at_the_console(team, visit, "coordinator")).page
    keys = page.keyboard
    await page.goto(f"{team.site.console}/tider")
    await tab_to(page, "#day-1")
    await keys.type("ni til fire")
    await keys.press("Enter")
    summary = page.get_by_role("alert").filter(has_text="Intet er gemt")
    await expect(summary).to_be_focused()
    await keys.press("Tab")
    await expect(page.get_by_role("link", name="Tirsdag")).to_be_focused()
    await keys.press("Enter")
    await expect(page.locator("#day-1")).to_be_focused()
    await expect(page.locator("#day-1")).to_have_value("ni til fire")
    await keys.press("Control+a")
    await keys.type("9-12, 13.30-16")
    await keys.press("Enter")
    await expect(page.get_by_role("status").filter(has_text="gemt")).to_be_visible()
    await expect(page.locator("#day-1")).to_have_value("9.00-12.00, 13.30-16.00")
    await tab_to(page, "summary")
    await keys.press("Enter")
    await tab_to(page, "#sure")
    await keys.press("Space")
    await tab_to(page, "button.end")
    await keys.press("Enter")
    await expect(page.get_by_text("Der er lukket i hånden.")).to_be_visible()


async def test_a_keyboard_is_enough_for_the_users(team: Team, visit: Visits) -> None:
    page = (await at_the_console(team, visit, "administrator")).page
    keys = page.keyboard
    await page.goto(f"{team.site.console}/brugere")
    await tab_to(page, "#login")
    await keys.type("gry")
    await tab_to(page, "#name")
    await keys.type("Gry")
    await tab_to(page, "[name=languages][value=pl]")
    await keys.press("Space")
    await keys.press("Enter")
    await expect(page.locator("#once")).to_be_visible()
    await tab_to(page, "main a.button")
    await keys.press("Enter")
    await expect(page.get_by_text("Læser dansk, polsk.")).to_be_visible()
    anna = f"main a[href$='{team.by_role['adviser'].adviser.id}']"
    await tab_to(page, anna)
    await keys.press("Enter")
    await expect(page.get_by_role("heading", name="Slut adgangen")).to_be_visible()
    await tab_to(page, "#sure")
    await keys.press("Space")
    await keys.press("Enter")
    await expect(page.get_by_role("status").filter(has_text="Adgangen er slut")).to_be_visible()
    await expect(page.locator(anna)).to_have_count(0)


async def test_everything_works_without_a_script(team: Team, visit: Visits) -> None:
    page = (await at_the_console(team, visit, "coordinator", script=False)).page
    await page.goto(f"{team.site.console}/tider")
    await page.locator("#day-4").fill("10-11")
    await page.get_by_role("button", name="Gem tiderne").click()
    await expect(page.locator("#day-4")).to_have_value("10.00-11.00")
    await shows_code(page, team.site)
    await page.goto(f"{team.site.console}/mig")
    await page.locator("#codes-password").fill(PASSWORD)
    await page.locator("#codes-code").fill(team.by_role["coordinator"].recovery[0])
    await page.get_by_role("button", name="Lav nye nødkoder").click()
    await expect(page.locator(".codes li")).to_have_count(8)


async def test_the_pages_as_they_look(team: Team, visit: Visits) -> None:
    """Kept for people to look at; each holds what it is for."""
    for role, name, path, seen in (
        ("coordinator", "hours", "/tider", "Mandag"),
        ("coordinator", "figures", "/tal", "Venter nu"),
        ("administrator", "users", "/brugere", "Inviter en ny"),
        ("administrator", "log", "/log", "tog samtalen"),
        ("editor", "texts", "/tekster?sprog=ar", "modersmålslæser"),
        ("coordinator", "me", "/mig", "Mine sprog"),
    ):
        visitor = await at_the_console(team, visit, role)
        await visitor.page.goto(f"{team.site.console}{path}")
        await expect(visitor.page.locator("main")).to_contain_text(seen)
        await keep(visitor.page, name)
