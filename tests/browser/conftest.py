"""A real Chromium against the real app: one browser for the whole run, a fresh profile for every visit."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, async_playwright, expect
from playwright.sync_api import sync_playwright

from bot.advice import risk
from bot.settings import Settings
from tests.conftest import Site, free_port

_START_SECONDS = 40
_SYSTEM = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
_ARGUMENTS = (
    "--headless=new",
    # In a container Chromium has no sandbox of its own; it only ever sees this app.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    # Playwright does not notice a page that Back brings from the browser's memory.
    "--disable-back-forward-cache",
)
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
# What is typed, by language.
DANGER = {"da": "min mand slår mig lige nu", "en": "my husband is hitting me right now"}
QUESTION = {"da": "hvad er en bisidder", "en": "what is a bisidder"}
YESTERDAY = {"da": "i går", "en": "yesterday"}


def a_chromium() -> str | None:
    """Where there is a Chromium: the system's, else Playwright's own."""
    if found := next(filter(None, map(shutil.which, ("/usr/bin/chromium", *_SYSTEM))), None):
        return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one running Chromium: tests have an event loop each, so each connects to it anew."""
    program = a_chromium()
    if program is None:
        pytest.fail(
            "There is no Chromium for the browser tests. Install your system's package chromium, "
            "or run: .venv/app/bin/python -m playwright install chromium"
        )
    profile, port = tmp_path_factory.mktemp("chromium"), free_port()
    command = [program, *_ARGUMENTS, f"--remote-debugging-port={port}", f"--user-data-dir={profile}", "about:blank"]
    log = profile / "log.txt"
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{program} did not start. It says: {log.read_text('utf-8', 'replace')[-1500:]}")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
async def elsewhere() -> AsyncIterator[str]:
    """The harmless page that quick exit opens, on this machine: tests need no internet."""

    async def weather(request: web.Request) -> web.Response:
        text = '<!doctype html><title>Vejret</title><link rel="icon" href="data:,"><h1>Vejret i dag</h1>'
        return web.Response(text=text, content_type="text/html")

    app = web.Application()
    app.router.add_get("/weather", weather)
    app.router.add_get("/before", weather)
    port = free_port()
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}/weather"
    await runner.cleanup()


@pytest.fixture
def settings(settings: Settings, elsewhere: str) -> Settings:
    """As everywhere, but quick exit leads to a page that is there."""
    return replace(settings, exit_url=elsewhere)


@pytest.fixture(scope="session", autouse=True)
def _word_lists_read_once() -> Iterator[None]:
    """Every site of these tests reads the same lists of danger words, and each reading takes a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(risk, "word_lists", cache(risk.word_lists))
        yield


@dataclass
class Visitor:
    """Somebody with a browser of their own: nothing is shared with another visitor."""

    context: BrowserContext
    page: Page
    base: str
    language: str
    script: bool
    requests: list[Request] = field(default_factory=list)
    # What the browser's console complains of; each test ends with none unless it breaks something itself.
    complaints: list[str] = field(default_factory=list)
    breaks_things: bool = False

    def watch(self, page: Page) -> Page:
        """Take down what ``page`` complains of."""
        page.on("console", self._complaint)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _complaint(self, line: ConsoleMessage) -> None:
        if line.type in ("error", "warning"):
            self.complaints.append(f"{line.text} {line.location['url']}")

    async def opens(self, path: str = "") -> None:
        await self.page.goto(f"{self.base}/{path or '?lang=' + self.language}")

    async def writes(self, text: str) -> None:
        """Type and send; returns when the answer is there."""
        await self.page.locator("#text").fill(text)
        await self._and_waits(self.page.locator("#write .send"))

    async def presses(self, title: str) -> None:
        """Press the newest of the bot's buttons that says ``title``."""
        await self._and_waits(self.page.locator("form[data-choice]:visible", has_text=title).last.locator("button"))

    async def _and_waits(self, button: Locator) -> None:
        before = await self.bot.count()
        await button.click()
        if self.script:
            await expect(self.page.locator("#typing")).to_be_hidden()
        await expect(self.bot.nth(before)).to_be_visible()

    @property
    def bot(self) -> Locator:
        """What the machine has said."""
        return self.page.locator("#messages .from-bot")

    @property
    def own(self) -> Locator:
        """What this visitor has said."""
        return self.page.locator("#messages .from-citizen .text")

    async def conversation(self) -> dict[str, str]:
        """The id and the secret, as the tab or the form holds them."""
        if self.script:
            kept: dict[str, str] = await self.page.evaluate("() => JSON.parse(sessionStorage.getItem('v') ?? '{}')")
            return kept
        return {
            name: await self.page.locator(f"#write [name={at}]").input_value()
            for name, at in (("id", "conversation"), ("secret", "secret"))
        }


class Visits:
    """Opens visits in the one browser, and closes them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.open: list[Visitor] = []

    async def __call__(self, site: Site, *, language: str = "da", script: bool = True, path: str = "", **options: Any) -> Visitor:
        """A new visitor who has opened the page in ``language``; ``options`` are Playwright's for a context."""
        options = {
            "viewport": PHONE,
            "reduced_motion": "reduce",
            "locale": {"da": "da-DK", "en": "en-GB"}.get(language, language),
            **options,
        }
        context = await self._browser.new_context(java_script_enabled=script, **options)
        context.set_default_timeout(15_000)
        page = await context.new_page()
        visitor = Visitor(context, page, site.base, language, script)
        visitor.watch(page)
        context.on("request", lambda request: visitor.requests.append(request))
        self.open.append(visitor)
        await visitor.opens(path)
        return visitor


@pytest.fixture
async def visit(chromium: str) -> AsyncIterator[Visits]:
    """``await visit(site)``: somebody opens the page. At the end no console may have complained."""
    expect.set_options(timeout=8_000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(chromium)
        visits = Visits(browser)
        yield visits
        complaints = [line for visitor in visits.open if not visitor.breaks_things for line in visitor.complaints]
        for visitor in visits.open:
            await visitor.context.close()
        await browser.close()
        assert complaints == []


def words(site: Site, language: str, danish: str) -> str:
    """A sentence of the page in ``language``: translators may change it, the tests follow."""
    return site.talk.catalogs.for_templates(language).gettext(danish)


def reply(site: Site, language: str, response: str, **arguments: object) -> str:
    """What the bot says in ``language`` when it gives ``response``."""
    return site.talk.book.render(response, language, **arguments).text


def title(site: Site, language: str, danish: str) -> str:
    """What one of the bot's buttons says in ``language``."""
    return site.talk.catalogs.translate(language, "button", danish)


def host_of(address: str) -> str:
    """``host:port`` of an address."""
    return urlsplit(address).netloc


async def is_gone(site: Site, conversation: dict[str, str]) -> bool:
    """Whether the server holds nothing of ``conversation``."""
    headers = {"Authorization": f"Bearer {conversation['secret']}"}
    async with site.http.get(f"{site.base}/api/conversations/{conversation['id']}", headers=headers) as answer:
        return answer.status == 404
