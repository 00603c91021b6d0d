"""The supervisor: a crash is restarted and said; stopping stops everything; a wrong setting is named."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import ROOT
from bot.supervisor import Child


def child(tmp_path: Path, program: str) -> Child:
    return Child("test", [sys.executable, "-c", program], {**os.environ}, tmp_path / "log", "http://127.0.0.1:1/")


async def test_a_crash_is_said_and_the_process_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    stopping = asyncio.Event()
    crashing = child(tmp_path, f"open({str(tmp_path / 'starts')!r}, 'a').write('x'); raise SystemExit(3)")
    task = asyncio.create_task(crashing.run(said.append, stopping))
    async with asyncio.timeout(20):
        while not (tmp_path / "starts").exists() or len((tmp_path / "starts").read_text()) < 2:
            await asyncio.sleep(0.05)
    stopping.set()
    await task
    assert "exit code 3" in said[0]
    assert "again in 1 s" in said[0]


async def test_stopping_ends_the_process_and_what_it_started(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(p.pid)); time.sleep(60)"
    )
    stopping = asyncio.Event()
    running = child(tmp_path, program)
    task = asyncio.create_task(running.run(print, stopping))
    async with asyncio.timeout(20):
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            await asyncio.sleep(0.05)
    stopping.set()
    await running.stop()
    await task
    await asyncio.sleep(0.2)
    grandchild = Path(f"/proc/{(tmp_path / 'pid').read_text()}/stat")
    assert not grandchild.exists() or grandchild.read_text().split()[2] == "Z"


def test_a_wrong_setting_is_named_and_nothing_starts() -> None:
    command = [sys.executable, "-m", "bot.supervisor"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PORT": "eighty"}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "PORT='eighty' cannot be used. Allowed: a whole number from 1 to 65535." in done.stderr


@pytest.mark.trained
@pytest.mark.timeout(240)
def test_make_run_starts_both_answers_and_stops_cleanly_on_ctrl_c(tmp_path: Path) -> None:
    from bot.settings import Settings
    from tests.conftest import free_ports

    models = Settings.read({**os.environ, "DATABASE_URL": ""}).home / "models"
    (tmp_path / "models").symlink_to(models)
    ports = dict(zip(("PORT", "INTERNAL_PORT", "RASA_PORT", "CONSOLE_PORT"), map(str, free_ports(4))))
    environment = {**os.environ, **ports, "VEJVISER_HOME": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.supervisor"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    printed = ""
    while "Stop with Ctrl-C." not in printed:
        line = process.stdout.readline()
        assert line, printed + (tmp_path / "logs" / "app.log").read_text() + (tmp_path / "logs" / "rasa.log").read_text()[-800:]
        printed += line
    assert f"http://127.0.0.1:{ports['PORT']}/" in printed
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Stopped." in rest
