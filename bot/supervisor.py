"""Starts both processes, waits until both answer, restarts one that crashes, and stops everything on Ctrl-C.

``python -m bot.supervisor`` in the app's environment; ``make run`` calls it after preparing the environments.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from rich.console import Console

from bot.settings import ROOT, SettingError, Settings

_BACK_OFF = (1, 2, 4, 8, 15, 30)
# A process that lived this long had recovered: the next crash begins at the shortest wait again.
_STABLE_SECONDS = 60
THRIFT = {
    # The encoder's threads wait by sleeping: spinning, the two processes would take the cores from each other.
    "OMP_NUM_THREADS": "2",
    "OMP_WAIT_POLICY": "passive",
    # glibc keeps freed memory for each thread that ever asked for some: with 500 open pages 30 MB (make bench-desk).
    "MALLOC_ARENA_MAX": "2",
}
_NOT_FOR_RASA = ("DATABASE_URL", "HELPDESK", "CHATWOOT_", "TRANSLATION_SERVICE")
_STOP_SECONDS = 8
_START_SECONDS = 180


@dataclass
class Child:
    """One process: how it is started, where it logs, how one sees that it answers."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    healthy: str
    process: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def run(self, say: Callable[[str], None], stopping: asyncio.Event) -> None:
        """Keep it running until ``stopping``."""
        crashes = 0
        while not stopping.is_set():
            begun = time.monotonic()
            with self.log.open("ab") as log:
                # A session of its own: Ctrl-C reaches the supervisor only, which then stops everything in order.
                self.process = await asyncio.create_subprocess_exec(
                    *self.command, stdout=log, stderr=log, cwd=ROOT, env=dict(self.environment), start_new_session=True
                )
            code = await self.process.wait()
            if stopping.is_set():
                return
            crashes = 0 if time.monotonic() - begun > _STABLE_SECONDS else crashes
            wait = _BACK_OFF[min(crashes, len(_BACK_OFF) - 1)]
            crashes += 1
            say(f"{self.name} stopped (exit code {code}); starting it again in {wait} s. Its log: {self.log}")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), wait)

    async def stop(self) -> None:
        """Ask it to end; kill it if it does not."""
        if self.process is None or self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), _STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def children(settings: Settings) -> list[Child]:
    """The two processes of this installation."""
    logs = settings.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "INTERNAL_URL": f"http://127.0.0.1:{settings.internal_port}",
        **THRIFT,
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "PYTHONWARNINGS": "ignore",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONPATH": str(ROOT),
    }
    rasa = [str(rasa_python()), "-m", "rasa", "run", "--interface", "127.0.0.1", "--port", str(settings.rasa_port)]
    return [
        Child(
            "rasa",
            [*rasa, "--model", str(settings.home / "models" / "rasa"), "--log-file", os.devnull],
            # Rasa needs neither the database nor a helpdesk: what it does not have, nobody can take from it.
            {name: value for name, value in environment.items() if not name.startswith(_NOT_FOR_RASA)},
            logs / "rasa.log",
            f"http://127.0.0.1:{settings.rasa_port}/webhooks/vejviser/",
        ),
        Child(
            "app",
            [sys.executable, "-m", "bot.web.app"],
            environment,
            logs / "app.log",
            f"http://127.0.0.1:{settings.port}/healthz",
        ),
    ]


def rasa_python() -> Path:
    """The interpreter of Rasa's own environment, beside this one's."""
    return Path(sys.prefix).parent / "rasa" / "bin" / "python"


async def run(settings: Settings, console: Console) -> int:
    """Run everything until Ctrl-C or SIGTERM; the exit code."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stopping.set)

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False)

    both = children(settings)
    tasks = [asyncio.create_task(child.run(say, stopping)) for child in both]
    begun = time.monotonic()
    try:
        with console.status("Starting ...") if console.is_terminal else contextlib.nullcontext():
            ready = await _answering(both, stopping)
        if ready:
            say(f"Ready after {time.monotonic() - begun:.0f} s.")
            say(f"  Citizens:  http://{settings.host}:{settings.port}/")
            say(f"  Health:    http://{settings.host}:{settings.port}/healthz")
            say(f"  Logs:      {settings.home / 'logs'}")
            say("Stop with Ctrl-C.")
        elif not stopping.is_set():
            say(f"Not both processes answered within {_START_SECONDS} s; their logs in {settings.home / 'logs'} say why.")
            return 1
        await stopping.wait()
        return 0
    finally:
        stopping.set()
        await asyncio.gather(*(child.stop() for child in both))
        for task in tasks:
            task.cancel()
        say("Stopped.")


async def _answering(both: Sequence[Child], stopping: asyncio.Event) -> bool:
    """Whether all answer before the time is up."""
    deadline = time.monotonic() + _START_SECONDS
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
        while time.monotonic() < deadline and not stopping.is_set():
            if all([await _answers(http, child.healthy) for child in both]):
                return True
            await asyncio.sleep(0.5)
    return False


async def _answers(http: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with http.get(address) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


def main() -> int:
    """Run; a wrong setting is answered with its name, its value and what is allowed."""
    try:
        settings = Settings.read()
    except SettingError as error:
        print(error, file=sys.stderr)
        return 2
    return asyncio.run(run(settings, Console()))


if __name__ == "__main__":
    sys.exit(main())
