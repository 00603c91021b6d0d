"""The third net: the server is gone after the page was loaded, and the page itself shows the card."""

from __future__ import annotations

import json
import time
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import expect

from bot.advice import languages
from bot.advice.risk import word_lists
from bot.settings import ROOT, Settings
from tests.browser.conftest import Visits
from tests.conftest import started
from tests.integration.test_faults import DANGER
from tools.evaluate_risk import PageNet

pytestmark = pytest.mark.trained
HARMLESS = {"da": "hvornår har Borgerservice åbent", "ar": "متى يفتح مكتب البلدية", "so": "goorma ayuu xafiisku furan yahay"}


@pytest.mark.parametrize("language", DANGER)
async def test_with_the_server_gone_danger_gets_its_card_within_two_seconds(
    settings: Settings, visit: Visits, language: str
) -> None:
    async with AsyncExitStack() as stack:
        site = await started(settings, stack)
        visitor = await visit(site, language=language)
        await visitor.page.wait_for_load_state("networkidle")
    visitor.breaks_things = True
    page = visitor.page
    await page.locator("#text").fill(DANGER[language])
    begun = time.monotonic()
    await page.locator("#text").press("Enter")
    card = page.locator(".local")
    await expect(card.locator(".call").first).to_have_attribute("href", "tel:112", timeout=2000)
    assert time.monotonic() - begun <= 2
    await expect(card.locator(".text")).to_have_attribute("lang", language)
    assert await card.locator(".call").count() >= 2
    if language != "da":
        await expect(card.locator(".danish").first).to_be_visible()
    (ROOT / ".vejviser" / "screenshots").mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=ROOT / ".vejviser" / "screenshots" / f"server-gone-{language}.png")


@pytest.mark.parametrize("language", HARMLESS)
async def test_with_the_server_gone_a_question_is_not_called_danger(settings: Settings, visit: Visits, language: str) -> None:
    async with AsyncExitStack() as stack:
        site = await started(settings, stack)
        visitor = await visit(site, language=language)
        await visitor.page.wait_for_load_state("networkidle")
    visitor.breaks_things = True
    await visitor.page.locator("#text").fill(HARMLESS[language])
    await visitor.page.locator("#text").press("Enter")
    await expect(visitor.page.locator(".trouble .call").first).to_have_attribute("href", "tel:112")
    await expect(visitor.page.locator(".local")).to_have_count(0)


@pytest.mark.parametrize("language", languages.CODES)
async def test_the_page_reads_the_words_as_they_are_meant(settings: Settings, visit: Visits, language: str) -> None:
    """danger.js and the Python that chose the words agree on every sentence of the lists."""
    async with AsyncExitStack() as stack:
        site = await started(settings, stack)
        visitor = await visit(site, language=language)
        sentences = [s for entry in word_lists()[language].entries for s in (*entry.fires, *entry.silent)]
        seen = await visitor.page.evaluate(
            """async (sentences) => {
                const script = document.querySelector('script[src*="danger.js"]').src;
                const { sees, read } = await import(script);
                const words = await read(document.getElementById("t-danger").dataset.words);
                return sentences.map((s) => sees(s, words));
            }""",
            sentences,
        )
        visitor.breaks_things = True  # The server stops before the page is closed.
    net = PageNet(settings, language)
    differ = [s for s, mine in zip(sentences, seen) if net.sees(s) != mine]
    assert differ == [], json.dumps(differ[:5], ensure_ascii=False)
