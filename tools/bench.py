"""The reply time of the bot beside the one that `rasa init` makes, measured in the same run: ``make bench``.

Both get the same 200 messages in turn, one citizen, from POST to answer. Ratios are what counts; times are this machine's.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import psutil
from rich.console import Console
from rich.table import Table

from bot.settings import Settings
from bot.supervisor import rasa_python
from tools.prepare import ROOT

_MESSAGES = 200
# As many messages as a long conversation has.
_TALK = 20
_INIT_PORT = 5105
_QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "PYTHONWARNINGS": "ignore",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}
# One citizen, but faster than any: the limits are not what is measured.
_RATES = {"MESSAGE_RATE": "10000", "ADDRESS_RATE": "1000000"}
Ask = Callable[[str], Awaitable[None]]


def messages() -> list[str]:
    """200 mixed messages of the dev sets, in a fixed order."""
    texts = [
        json.loads(line)["text"]
        for path in sorted((ROOT / "tests" / "evaluation" / "dev").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    return texts[:: max(1, len(texts) // _MESSAGES)][:_MESSAGES]


@contextmanager
def rasa_init_bot(home: Path) -> Iterator[int]:
    """The bot of `rasa init`, trained and served; the process id."""
    folder = home / "bench" / "rasa-init"
    environment = {**os.environ, **_QUIET, "OMP_NUM_THREADS": "1"}
    rasa = [str(rasa_python()), "-m", "rasa"]
    if not (folder / "models").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        with (home / "logs" / "bench-init.log").open("wb") as log:
            command = [*rasa, "init", "--no-prompt", "--init-dir", str(folder)]
            subprocess.run(command, env=environment, stdout=log, stderr=log, cwd=folder, check=True)
    with (home / "logs" / "bench-init-run.log").open("wb") as log:
        command = [*rasa, "run", "--enable-api", "--interface", "127.0.0.1", "--port", str(_INIT_PORT)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def vejviser() -> Iterator[int]:
    """This bot, as `make run` starts it; the supervisor's process id."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.supervisor"], stdout=subprocess.DEVNULL, env={**os.environ, **_RATES}, cwd=ROOT
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


async def answering(http: aiohttp.ClientSession, address: str) -> None:
    """Wait until ``address`` answers 200."""
    for _ in range(360):
        try:
            async with http.get(address) as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.5)
    raise TimeoutError(address)


async def timed(asks: dict[str, Ask], texts: list[str]) -> dict[str, list[float]]:
    """Seconds per message and bot; the bots take turns, so that both see the same machine."""
    seconds: dict[str, list[float]] = {name: [] for name in asks}
    for text in texts:
        for name, ask in asks.items():
            begun = time.perf_counter()
            await ask(text)
            seconds[name].append(time.perf_counter() - begun)
    return seconds


def memory(pid: int) -> float:
    """Resident megabytes of a process and all below it."""
    root = psutil.Process(pid)
    return sum(p.memory_info().rss for p in [root, *root.children(recursive=True)]) / 1e6


async def run(settings: Settings) -> None:
    base = f"http://127.0.0.1:{settings.port}"
    texts = messages()
    with rasa_init_bot(settings.home) as init, vejviser() as own:
        async with aiohttp.ClientSession() as http:
            await answering(http, f"http://127.0.0.1:{_INIT_PORT}/webhooks/rest/")
            await answering(http, f"{base}/healthz")

            async def ask_init(text: str) -> None:
                body = {"sender": "bench", "message": text}
                async with http.post(f"http://127.0.0.1:{_INIT_PORT}/webhooks/rest/webhook", json=body) as answer:
                    await answer.read()

            opened: dict[str, str] = {}

            async def ask_own(text: str) -> None:
                body = {"id": str(uuid.uuid4()), "text": text}
                headers = {"Authorization": f"Bearer {opened['secret']}"}
                async with http.post(f"{base}/api/conversations/{opened['id']}/messages", json=body, headers=headers) as answer:
                    assert answer.status == 200, await answer.text()
                    await answer.read()

            async def begin() -> None:
                async with http.post(f"{base}/api/conversations", json={"language": "da"}) as answer:
                    opened.update({key: value for key, value in (await answer.json()).items() if key in ("id", "secret")})

            asks: dict[str, Ask] = {"rasa init": ask_init, "Vejviser": ask_own}
            await begin()
            await timed(asks, texts[:_TALK])
            seconds: dict[str, list[float]] = {name: [] for name in asks}
            for start in range(0, len(texts), _TALK):
                await begin()
                for name, values in (await timed(asks, texts[start : start + _TALK])).items():
                    seconds[name] += values
            show(seconds, {"rasa init": memory(init), "Vejviser": memory(own)})


def show(seconds: dict[str, list[float]], megabytes: dict[str, float]) -> None:
    """The table."""
    table = Table("bot", "median ms", "95th percentile ms", "ratio of medians", "resident MB", title=f"{_MESSAGES} messages")
    base = statistics.median(seconds["rasa init"])
    for name, values in seconds.items():
        median, late = statistics.median(values), statistics.quantiles(values, n=20)[-1]
        table.add_row(name, f"{median * 1000:.1f}", f"{late * 1000:.1f}", f"{median / base:.2f}", f"{megabytes[name]:.0f}")
    Console().print(table)


def main() -> int:
    asyncio.run(run(Settings.read()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
