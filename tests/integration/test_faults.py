"""Whatever is broken, danger gets its card within two seconds (S2). Everything is broken for real, and the rest is real."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.advice import encoder, risk
from bot.advice.risk import RiskDetector
from bot.advice.risk.train import examples
from bot.settings import Settings
from bot.web.safety import SafetyNet
from tests.conftest import Citizen, RasaServer, Site, started

DANGER = {
    "da": "min mand slår mig lige nu, han kvæler mig, hjælp",
    "ar": "زوجي عم يضربني هلق وماسك سكين ساعدوني",
    "so": "ninkaygu hadda wuu i garaacayaa mindi ayuu haystaa i caawiya",
}
pytestmark = pytest.mark.trained


async def card_within_two_seconds(site: Site, citizen: Citizen, text: str = DANGER["da"]) -> dict[str, Any]:
    """The first message of the answer, which is a safety card."""
    begun = time.monotonic()
    address = f"{site.base}/api/conversations/{citizen.id}/messages"
    async with site.http.post(address, json={"text": text}, headers=citizen.headers) as answer:
        content: dict[str, Any] = await answer.json()
    assert time.monotonic() - begun <= 2, "too late"
    first: dict[str, Any] = content["messages"][0]
    assert first["risk"]["level"] in ("acute", "serious"), first
    assert first["cards"][0]["phone"], first
    return first


@pytest.mark.parametrize("language", DANGER)
async def test_rasa_hangs(site: Site, rasa: RasaServer, language: str) -> None:
    citizen = await site.begin(language)
    os.kill(rasa.process.pid, signal.SIGSTOP)
    try:
        first = await card_within_two_seconds(site, citizen, DANGER[language])
    finally:
        os.kill(rasa.process.pid, signal.SIGCONT)
    assert first["language"] == language
    assert first["text_da"]


async def test_rasa_is_killed(site_without_rasa: Site) -> None:
    """Nothing listens where it was."""
    await card_within_two_seconds(site_without_rasa, await site_without_rasa.begin())


async def test_the_database_is_locked_by_another(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin()
    path = site_without_rasa.settings.database_url.removeprefix("sqlite+aiosqlite:///")
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        await card_within_two_seconds(site_without_rasa, citizen)
    finally:
        other.close()


async def test_the_database_file_is_removed(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin()
    await site_without_rasa.talk.sessions.close()
    for path in site_without_rasa.settings.home.glob("*.db*"):
        path.unlink()
    await card_within_two_seconds(site_without_rasa, citizen)


async def test_no_conversation_can_be_begun(site_without_rasa: Site) -> None:
    """The first message of all, while the database is away: by the page's script and without it."""
    await site_without_rasa.talk.sessions.close()
    for path in site_without_rasa.settings.home.glob("*.db*"):
        path.unlink()
    begun = time.monotonic()
    async with site_without_rasa.http.post(f"{site_without_rasa.base}/api/conversations", json={}) as answer:
        assert answer.status == 503
    body = {"text": DANGER["ar"], "language": "ar"}
    async with site_without_rasa.http.post(f"{site_without_rasa.base}/api/emergency", json=body) as answer:
        assert answer.status == 200
        (first, *_) = (await answer.json())["messages"]
    assert time.monotonic() - begun <= 2
    assert first["risk"]["level"] in ("acute", "serious")
    assert first["language"] == "ar"
    async with site_without_rasa.http.post(site_without_rasa.base, data={"text": DANGER["da"], "lang": "da"}) as answer:
        assert 'href="tel:112"' in (await answer.text()).split('id="messages"')[1].split("</ol>")[0]


async def test_the_database_is_away_at_the_start(settings: Settings) -> None:
    """The page and the cards are there; and the talk, once it is back."""
    away = replace(settings, database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none")
    async with AsyncExitStack() as stack:
        site = await started(away, stack)
        async with site.http.get(site.base) as answer:
            assert 'href="tel:112"' in await answer.text()
        async with site.http.post(f"{site.base}/api/emergency", json={"text": DANGER["da"]}) as answer:
            (first, *_) = (await answer.json())["messages"]
        assert first["cards"][0]["phone"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_the_disk_is_full(settings: Settings, small_disk: Path) -> None:
    on_it = replace(settings, home=small_disk, database_url=f"sqlite+aiosqlite:///{small_disk}/vejviser.db")
    (small_disk / "models").symlink_to(settings.home / "models")
    async with AsyncExitStack() as stack:
        site = await started(on_it, stack)
        citizen = await site.begin()
        filled = subprocess.run(["dd", "if=/dev/zero", f"of={small_disk}/filler", "bs=4k"], capture_output=True, check=False)
        assert b"No space left" in filled.stderr
        for _ in range(3):
            await card_within_two_seconds(site, citizen)


def net(detector: RiskDetector, **changes: Any) -> SafetyNet:
    """A safety net on a copy of ``detector`` with parts replaced."""
    return SafetyNet(
        RiskDetector(**{"lists": detector._lists, "classifier": detector._classifier, "weighted": detector._terms} | changes)
    )


async def test_the_encoder_cannot_be_loaded(site_without_rasa: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = site_without_rasa.talk.safety._detector

    class Gone:
        def encode(self, *_: object) -> None:
            raise OSError

    monkeypatch.setattr(encoder, "shared", Gone)
    before = detector.failures["classifier"]
    await card_within_two_seconds(site_without_rasa, await site_without_rasa.begin())
    assert detector.failures["classifier"] == before + 1
    async with site_without_rasa.http.get(f"{site_without_rasa.base}/healthz") as answer:
        assert (await answer.json())["risk_fallbacks"]["classifier"] == before + 1


async def test_a_slow_classifier_is_not_waited_for(site_without_rasa: Site) -> None:
    detector = site_without_rasa.talk.safety._detector

    class Slow:
        def judge(self, rows: object) -> None:
            time.sleep(1)

    slow = net(detector, classifier=Slow())
    begun = time.monotonic()
    found = await slow.judge(DANGER["da"])
    assert time.monotonic() - begun < 0.8
    assert found.at_least("serious")
    assert not found.whole
    assert slow.failures["late"] == 1


async def test_broken_word_lists_do_not_silence_the_classifier(site_without_rasa: Site) -> None:
    class Broken:
        def search(self, doc: object) -> None:
            raise ValueError

    broken = net(site_without_rasa.talk.safety._detector, lists={"da": Broken(), "en": Broken()}, weighted={})
    found = await broken.judge("min mand slår mig lige nu og jeg har låst mig inde på badeværelset, hjælp")
    assert found.at_least("serious")
    assert broken.failures["words"] > 0


async def test_what_the_first_net_lets_through_the_second_catches(site: Site) -> None:
    """The app's classifier is gone; Rasa's own check sees danger that no word list knows, and the card comes all the same."""
    whole = site.talk.safety._detector
    blind = net(whole, classifier=None)
    unseen = next(
        example.text
        for example in examples()
        if example.language == "da" and example.level == "acute" and whole.by_words(example.text).level == "none"
        if whole.assess(example.text).level == "acute"
    )
    object.__setattr__(site.talk, "safety", blind)
    citizen = await site.begin()
    await asyncio.sleep(0.1)
    first = (await citizen.says(unseen))[0]
    assert first["risk"]["level"] == "acute"
    assert first["cards"][0]["phone"] == "112"


def test_every_part_is_counted_under_its_name() -> None:
    assert set(SafetyNet(RiskDetector({}, None)).failures) == {"words", "classifier", "late"}
    assert risk.RiskDetector({}, None).assess("hej").level == "none"
