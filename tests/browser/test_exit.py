"""Quick exit: one press, and nothing of Vejviser is left on the screen, in the tab or on the server."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import expect

from bot.settings import Settings
from tests.browser.conftest import DANGER, QUESTION, Visitor, Visits, is_gone, words
from tests.conftest import Site, started

pytestmark = pytest.mark.browser

with_and_without_script = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])


async def by_click(visitor: Visitor) -> None:
    await visitor.page.locator("#exit").click()


async def by_shift(visitor: Visitor) -> None:
    """From inside the field, where hands are."""
    await visitor.page.locator("#text").focus()
    for _ in range(3):
        await visitor.page.keyboard.press("Shift")


async def by_tab_and_enter(visitor: Visitor) -> None:
    await visitor.page.reload()
    await visitor.page.keyboard.press("Tab")
    await visitor.page.keyboard.press("Enter")


both_ways = pytest.mark.parametrize("leave", [by_click, by_shift, by_tab_and_enter])


async def wait_until_gone(site: Site, conversation: dict[str, str]) -> None:
    """Returns when the server holds nothing of ``conversation``; fails when that takes too long."""
    for _ in range(60):
        if await is_gone(site, conversation):
            return
        await asyncio.sleep(0.05)
    pytest.fail("the server still holds the conversation")


@with_and_without_script
async def test_the_way_out_is_what_tab_reaches_first(site_without_rasa: Site, visit: Visits, script: bool) -> None:
    visitor = await visit(site_without_rasa, script=script)
    await visitor.page.keyboard.press("Tab")
    await expect(visitor.page.locator("#exit")).to_be_focused()


@both_ways
async def test_leaving_opens_another_page_wipes_the_tab_and_deletes_on_the_server(
    site_without_rasa: Site, visit: Visits, leave: object
) -> None:
    visitor = await visit(site_without_rasa)
    await visitor.writes(QUESTION["da"])
    await visitor.page.locator("#text").fill("et halvt skrevet ord")
    conversation = await visitor.conversation()
    assert callable(leave)
    await leave(visitor)
    await visitor.page.wait_for_url(site_without_rasa.settings.exit_url)
    await wait_until_gone(site_without_rasa, conversation)
    await visitor.opens()
    assert await visitor.page.evaluate("() => sessionStorage.length") == 0
    await expect(visitor.page.locator(".message")).to_have_count(0)
    await expect(visitor.page.locator("#text")).to_have_value("")


async def test_the_screen_is_blank_before_the_other_page_has_come(site_without_rasa: Site, visit: Visits) -> None:
    """The other page may take its time; the person in the doorway does not."""
    visitor = await visit(site_without_rasa)
    await visitor.writes(DANGER["da"])
    left = await visitor.page.evaluate(
        """() => {
            document.getElementById("exit").click();
            return [document.body.hidden, document.body.textContent, sessionStorage.length];
        }"""
    )
    assert left == [True, "", 0]


@both_ways
async def test_back_does_not_show_the_talk(site_without_rasa: Site, visit: Visits, leave: object) -> None:
    """Leaving takes the page's own place in the history: Back leads to what was open before it."""
    visitor = await visit(site_without_rasa)
    before = site_without_rasa.settings.exit_url.replace("/weather", "/before")
    page = visitor.watch(await visitor.context.new_page())
    visitor.page = page
    await page.goto(before)
    await visitor.opens()
    await visitor.writes(DANGER["da"])
    assert callable(leave)
    await leave(visitor)
    await page.wait_for_url(site_without_rasa.settings.exit_url)
    await page.go_back()
    assert page.url == before
    await page.go_forward()
    assert page.url == site_without_rasa.settings.exit_url


async def test_capital_letters_and_two_presses_are_no_signal(site_without_rasa: Site, visit: Visits) -> None:
    visitor = await visit(site_without_rasa)
    page = visitor.page
    await page.locator("#text").focus()
    for letter in "ABCD":
        await page.keyboard.press(f"Shift+{letter}")
    await expect(page.locator("#text")).to_have_value("ABCD")
    for _ in range(2):
        await page.keyboard.press("Shift")
    await expect(page.locator("#exit-status")).to_have_text(
        words(site_without_rasa, "da", "Tryk på Shift en gang mere for at forlade siden.")
    )
    assert page.url.startswith(site_without_rasa.base)


async def test_leaving_while_an_answer_is_on_its_way_leaves_nothing(site_without_rasa: Site, visit: Visits) -> None:
    """The answer comes to a page that is gone; it must not bring the conversation back, here or there."""
    visitor = await visit(site_without_rasa)
    page = visitor.page
    await visitor.writes(QUESTION["da"])
    conversation = await visitor.conversation()
    await page.locator("#text").fill(DANGER["da"])
    await page.locator("#text").press("Enter")
    await page.locator("#exit").click()
    await page.wait_for_url(site_without_rasa.settings.exit_url)
    await wait_until_gone(site_without_rasa, conversation)
    await visitor.opens()
    assert await page.evaluate("() => sessionStorage.length") == 0
    await expect(page.locator(".message")).to_have_count(0)
    assert await is_gone(site_without_rasa, conversation)


async def test_leaving_needs_no_server(settings: Settings, visit: Visits) -> None:
    async with AsyncExitStack() as stack:
        site = await started(settings, stack)
        visitor = await visit(site)
        await visitor.writes(QUESTION["da"])
    visitor.breaks_things = True
    await visitor.page.locator("#exit").click()
    await visitor.page.wait_for_url(settings.exit_url)


async def test_without_javascript_it_is_a_plain_link(site_without_rasa: Site, visit: Visits) -> None:
    visitor = await visit(site_without_rasa, script=False)
    await visitor.writes(QUESTION["da"])
    await expect(visitor.page.locator("#exit")).to_have_attribute("href", site_without_rasa.settings.exit_url)
    await expect(visitor.page.locator("#exit")).to_have_attribute("rel", "noreferrer")
    await visitor.page.locator("#exit").click()
    await visitor.page.wait_for_url(site_without_rasa.settings.exit_url)


@with_and_without_script
async def test_the_title_says_vejviser_and_nothing_else(site_without_rasa: Site, visit: Visits, script: bool) -> None:
    """Titles stand in tabs, task bars and histories, where others read them."""
    for language in ("da", "en"):
        visitor = await visit(site_without_rasa, language=language, script=script)
        assert await visitor.page.title() == "Vejviser"
        await visitor.writes(DANGER[language])
        assert await visitor.page.title() == "Vejviser"


async def test_the_way_out_stays_in_view_however_long_the_talk(site_without_rasa: Site, visit: Visits) -> None:
    visitor = await visit(site_without_rasa, viewport={"width": 320, "height": 568})
    for _ in range(2):
        await visitor.writes(DANGER["da"])
    for place in (0, 400, 100_000):
        await visitor.page.evaluate("y => scrollTo(0, y)", place)
        await expect(visitor.page.locator("#exit")).to_be_in_viewport(ratio=1)
