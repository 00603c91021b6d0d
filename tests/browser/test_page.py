"""The page as a citizen meets it, with the trained model behind it: with JavaScript and without, in Danish and in English."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import date, timedelta

import pytest
from playwright.async_api import Request, expect

from bot import clock
from bot.settings import Settings
from tests.browser.conftest import (
    DANGER,
    DESKTOP,
    PHONE,
    QUESTION,
    YESTERDAY,
    Visitor,
    Visits,
    host_of,
    is_gone,
    reply,
    title,
    words,
)
from tests.browser.pictures import keep
from tests.conftest import Site, started

pytestmark = pytest.mark.browser

both_languages = pytest.mark.parametrize("language", ["da", "en"])
with_and_without_script = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
trained = pytest.mark.trained

SECOND_QUESTION = {"da": "jeg kan ikke betale min husleje", "en": "i cannot pay my rent"}
FIND_HELP = {"da": "find hjælp nær Tingbjerg", "en": "where can i get help near Tingbjerg"}
FIRST_LOAD = 60 * 1024


async def goes_to_the_deadline(site: Site, visitor: Visitor) -> None:
    """From the start page by buttons to the question of the date, and then the date in words."""
    language = visitor.language
    await visitor.presses(words(site, language, "Gæld og husleje"))
    await visitor.presses(title(site, language, "Jeg mangler at betale husleje"))
    await visitor.presses(title(site, language, "Ja, jeg har fået et påkrav"))
    await visitor.writes(YESTERDAY[language])


def deadline_text(site: Site, language: str, today: date) -> str:
    """The answer about a demand for rent that came the day before ``today``."""
    received = today - timedelta(days=1)
    last_day = received + timedelta(days=14)
    arguments = {"received": received.isoformat(), "deadline": last_day.isoformat(), "days_left": (last_day - today).days}
    return reply(site, language, "utter_debt_rent_deadline", **arguments)


@trained
@both_languages
@with_and_without_script
async def test_somebody_asks_twice_and_is_answered_twice(site: Site, visit: Visits, language: str, script: bool) -> None:
    visitor = await visit(site, language=language, script=script)
    await visitor.writes(QUESTION[language])
    await expect(visitor.bot.last.locator(".text")).to_have_text(reply(site, language, "utter_rights_companion"))
    await visitor.writes(SECOND_QUESTION[language])
    await expect(visitor.bot.last.locator(".text")).to_have_text(reply(site, language, "utter_debt_rent"))
    await expect(visitor.own).to_have_text([QUESTION[language], SECOND_QUESTION[language]])
    await expect(visitor.page.locator("#text")).to_have_value("")


@both_languages
@with_and_without_script
async def test_the_address_chooses_the_language(site_without_rasa: Site, visit: Visits, language: str, script: bool) -> None:
    """Whatever the browser prefers: a poster's address must open in the poster's language."""
    preferred = {"da": "en-GB", "en": "da-DK"}[language]
    visitor = await visit(site_without_rasa, path=f"?lang={language}", script=script, locale=preferred)
    await expect(visitor.page.locator("html")).to_have_attribute("lang", language)
    await expect(visitor.page.locator("h1")).to_have_text(words(site_without_rasa, language, "Find vej til hjælp"))
    await expect(visitor.page.locator("label[for=text]")).to_have_text(
        words(site_without_rasa, language, "Skriv på dit eget sprog")
    )


@trained
@pytest.mark.parametrize(("language", "script"), [("da", True), ("en", True), ("da", False)])
async def test_rent_goes_by_buttons_and_a_typed_date_to_the_last_day(
    site: Site, visit: Visits, language: str, script: bool
) -> None:
    visitor = await visit(site, language=language, script=script)
    before = clock.now().date()
    await goes_to_the_deadline(site, visitor)
    text = await visitor.bot.last.locator(".text").text_content()
    assert text in {deadline_text(site, language, today) for today in (before, clock.now().date())}
    assert await visitor.own.all_text_contents() == [
        words(site, language, "Gæld og husleje"),
        title(site, language, "Jeg mangler at betale husleje"),
        title(site, language, "Ja, jeg har fået et påkrav"),
        YESTERDAY[language],
    ], "what the buttons said, never what they send"


@trained
@both_languages
async def test_help_near_tingbjerg_is_found_on_cards(site: Site, visit: Visits, language: str) -> None:
    visitor = await visit(site, language=language)
    await visitor.writes(FIND_HELP[language])
    cards = visitor.bot.last.locator(".card")
    assert 1 <= await cards.count() <= 3
    names = [name.strip() for name in await cards.locator(".name").all_text_contents()]
    offers = {
        site.talk.catalogs.translate(language, "offer name", offer.name_da): offer
        for offer in (await site.talk.shelf.every()).values()
    }
    assert set(names) <= set(offers), "every card is an offer of the file"
    assert "Brønshøj" in offers[names[0]].district, f"{names[0]} is the nearest"


@trained
@both_languages
@with_and_without_script
async def test_danger_shows_112_before_everything_else(site: Site, visit: Visits, language: str, script: bool) -> None:
    visitor = await visit(site, language=language, script=script)
    await visitor.writes(DANGER[language])
    first = visitor.page.locator("#messages .from-citizen ~ .from-bot").first
    await expect(first).to_have_class("message from-bot acute")
    calls = first.locator(".call")
    await expect(calls.first).to_have_attribute("href", "tel:112")
    await expect(calls.first).to_be_in_viewport()
    await expect(calls.nth(1)).to_have_attribute("href", "tel:1888")


@both_languages
async def test_every_number_is_called_by_a_tap(site_without_rasa: Site, visit: Visits, language: str) -> None:
    """What is dialled is what stands there."""
    visitor = await visit(site_without_rasa, language=language)
    await visitor.writes(DANGER[language])
    calls = await visitor.page.locator(".call").evaluate_all(
        "all => all.map(a => [a.getAttribute('href'), a.querySelector('bdi').textContent])"
    )
    assert len(calls) > 5
    for address, shown in calls:
        digits = "".join(filter(str.isdigit, shown))
        assert address in (f"tel:{digits}", f"tel:+45{digits}")


@trained
@both_languages
@with_and_without_script
async def test_an_answer_names_its_source_and_the_day_it_was_checked(
    site: Site, visit: Visits, language: str, script: bool
) -> None:
    visitor = await visit(site, language=language, script=script)
    await visitor.writes(QUESTION[language])
    source = visitor.bot.last.locator(".source")
    await expect(source.locator("a")).to_have_text("forvaltningsloven § 8")
    assert (await source.locator("a").get_attribute("href") or "").startswith("https://")
    checked = await source.locator("time").get_attribute("datetime") or ""
    assert date.fromisoformat(checked) <= clock.now().date()
    await expect(source.locator("time")).to_contain_text(checked[:4])


@trained
@with_and_without_script
async def test_the_danish_text_stands_under_the_english_one(site: Site, visit: Visits, script: bool) -> None:
    """The translation helps; the Danish is what holds, and what one can show at a counter."""
    visitor = await visit(site, language="en", script=script)
    await visitor.writes(QUESTION["en"])
    bubble = visitor.bot.last.locator(".bubble")
    await expect(bubble.locator(".text")).to_have_attribute("lang", "en")
    await expect(bubble.locator(".danish")).to_have_attribute("lang", "da")
    await expect(bubble.locator(".danish")).to_have_text(reply(site, "da", "utter_rights_companion"))


@trained
async def test_a_danish_answer_is_not_said_twice(site: Site, visit: Visits) -> None:
    visitor = await visit(site)
    await visitor.writes(QUESTION["da"])
    await expect(visitor.bot.last.locator(".text")).to_have_attribute("lang", "da")
    await expect(visitor.page.locator("#messages .danish")).to_have_count(0)


@both_languages
@with_and_without_script
async def test_delete_empties_the_page_and_the_server(site_without_rasa: Site, visit: Visits, language: str, script: bool) -> None:
    visitor = await visit(site_without_rasa, language=language, script=script)
    await visitor.writes(QUESTION[language])
    conversation = await visitor.conversation()
    assert not await is_gone(site_without_rasa, conversation)
    await visitor.page.locator("#delete summary").click()
    await visitor.page.locator("#delete button").click()
    await expect(visitor.page.locator("#error")).to_have_text(words(site_without_rasa, language, "Samtalen er slettet."))
    await expect(visitor.page.locator(".message")).to_have_count(0)
    assert await is_gone(site_without_rasa, conversation)
    if script:
        assert await visitor.page.evaluate("() => sessionStorage.length") == 0


async def test_a_reload_keeps_the_talk_and_a_new_tab_knows_nothing_of_it(site_without_rasa: Site, visit: Visits) -> None:
    """The next person at a shared computer opens a new tab."""
    visitor = await visit(site_without_rasa)
    await visitor.writes(QUESTION["da"])
    said = await visitor.page.locator(".message .text").all_text_contents()
    await visitor.page.reload()
    await expect(visitor.page.locator(".message .text")).to_have_text(said)
    tab = visitor.watch(await visitor.context.new_page())
    await tab.goto(visitor.base)
    await expect(tab.locator(".starters")).to_be_visible()
    await expect(tab.locator(".message")).to_have_count(0)


@with_and_without_script
async def test_nothing_is_kept_in_the_browser_but_the_tabs_key(site_without_rasa: Site, visit: Visits, script: bool) -> None:
    visitor = await visit(site_without_rasa, script=script)
    await visitor.writes(QUESTION["da"])
    assert await visitor.context.cookies() == []
    state = await visitor.context.storage_state(indexed_db=True)
    assert state["origins"] == []
    if script:
        assert await visitor.page.evaluate("() => Object.keys(sessionStorage)") == ["v"]
        assert set(await visitor.conversation()) == {"id", "secret"}, "no word of the talk"
        assert await visitor.page.evaluate("async () => [localStorage.length, (await caches.keys()).length]") == [0, 0]


@trained
@with_and_without_script
async def test_every_request_goes_to_this_server(site: Site, visit: Visits, script: bool) -> None:
    """No font, map, counter or script from elsewhere: nobody else learns of the visit."""
    visitor = await visit(site, language="en", script=script)
    await visitor.presses(words(site, "en", "Gæld og husleje"))
    await visitor.writes(DANGER["en"])
    assert len(visitor.requests) > 4
    assert {host_of(request.url) for request in visitor.requests} == {host_of(site.base)}
    assert all("?" not in request.url or request.url.endswith("?lang=en") for request in visitor.requests), "no word in an address"


@trained
@both_languages
async def test_the_console_has_nothing_to_complain_of(site: Site, visit: Visits, language: str) -> None:
    """The content security policy blocks nothing that the page needs."""
    visitor = await visit(site, language=language)
    await goes_to_the_deadline(site, visitor)
    await visitor.writes(DANGER[language])
    await visitor.page.reload()
    await expect(visitor.bot.first).to_be_visible()
    assert visitor.complaints == []


async def test_a_policy_that_is_broken_is_noticed(site_without_rasa: Site, visit: Visits) -> None:
    """The tests above can fail: what the policy forbids does reach ``complaints``."""
    visitor = await visit(site_without_rasa)
    visitor.breaks_things = True
    async with visitor.page.expect_console_message():
        await visitor.page.evaluate(
            "() => void (document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/x.png'})))"
        )
    assert any("Content Security Policy" in line for line in visitor.complaints)


@both_languages
async def test_the_first_load_is_at_most_60_kilobytes(site_without_rasa: Site, visit: Visits, language: str) -> None:
    """On the wire, with headers: on a prepaid card in a basement this is what opens."""
    visitor = await visit(site_without_rasa, language=language)
    await visitor.page.wait_for_load_state("networkidle")
    sizes = {request.url: await transferred(request) for request in visitor.requests}
    assert len(sizes) >= 4, "page, style, two scripts"
    assert sum(sizes.values()) <= FIRST_LOAD, sizes


async def transferred(request: Request) -> int:
    """Bytes of the answer on the wire."""
    sizes = await request.sizes()
    return sizes["responseBodySize"] + sizes["responseHeadersSize"]


@both_languages
async def test_a_cpr_number_is_asked_about_before_anything_is_sent(site_without_rasa: Site, visit: Visits, language: str) -> None:
    visitor = await visit(site_without_rasa, language=language)
    page = visitor.page
    await page.wait_for_load_state("networkidle")
    before = len(visitor.requests)
    await page.locator("#text").fill("010190-1234 bisidder")
    await page.locator("#text").press("Enter")
    await expect(page.locator("#warning-text")).to_have_text(
        words(site_without_rasa, language, "Det ligner et CPR-nummer. Så fortæller du, hvem du er.")
    )
    await expect(page.locator("#warning [data-do=without]")).to_be_focused()
    assert len(visitor.requests) == before
    await page.locator("#warning [data-do=without]").click()
    await expect(visitor.bot.nth(1)).to_be_visible()
    await expect(visitor.own).to_have_text(["… bisidder"])
    assert not [request for request in visitor.requests if "010190" in (request.post_data or "")]


@both_languages
async def test_with_rasa_down_the_numbers_are_in_the_answer(site_without_rasa: Site, visit: Visits, language: str) -> None:
    visitor = await visit(site_without_rasa, language=language)
    await visitor.writes(QUESTION[language])
    await expect(visitor.bot.last.locator(".text")).to_have_text(reply(site_without_rasa, language, "utter_error_service_down"))
    await expect(visitor.bot.last.locator(".call").first).to_have_attribute("href", "tel:112")


@both_languages
async def test_with_the_server_gone_the_message_stays_and_the_numbers_are_shown(
    settings: Settings, visit: Visits, language: str
) -> None:
    async with AsyncExitStack() as stack:
        site = await started(settings, stack)
        visitor = await visit(site, language=language)
        await visitor.writes(QUESTION[language])
        unsent = words(site, language, "Ikke sendt.")
        again = words(site, language, "Send igen")
    visitor.breaks_things = True
    page = visitor.page
    await page.locator("#text").fill(SECOND_QUESTION[language])
    await page.locator("#text").press("Enter")
    await expect(page.locator(".trouble .call").first).to_have_attribute("href", "tel:112")
    assert await page.locator(".trouble .call").count() >= 3
    await expect(visitor.own.last).to_have_text(SECOND_QUESTION[language])
    await expect(page.locator(".unsent p")).to_have_text(unsent)
    async with AsyncExitStack() as stack:
        await started(settings, stack)
        await page.get_by_role("button", name=again).click()
        await expect(page.locator(".unsent")).to_have_count(0)
        await expect(page.locator(".trouble")).to_have_count(0)
        await expect(visitor.bot.last).to_be_visible()


@trained
@both_languages
@pytest.mark.parametrize(("device", "viewport"), [("phone", PHONE), ("desktop", DESKTOP)])
async def test_screens_fit_their_window(site: Site, visit: Visits, language: str, device: str, viewport: dict[str, int]) -> None:
    """With SCREENSHOTS=<folder>, what was seen is kept there for people to look at."""
    visitor = await visit(site, language=language, viewport=viewport)
    name = f"{device}-{language}"
    await keep(visitor.page, f"{name}-start")
    await keep(visitor.page, f"{name}-start-whole", whole=True)
    await goes_to_the_deadline(site, visitor)
    await keep(visitor.page, f"{name}-rent")
    await keep(visitor.page, f"{name}-rent-whole", whole=True)
    await visitor.writes(DANGER[language])
    await expect(visitor.page.locator(".acute .call").first).to_be_in_viewport()
    await keep(visitor.page, f"{name}-acute")
    await keep(visitor.page, f"{name}-acute-whole", whole=True)
    assert await visitor.page.evaluate("() => document.documentElement.scrollWidth") <= viewport["width"]
