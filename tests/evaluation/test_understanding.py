"""What is understood on the test sets, which nobody tuned on: it may not fall below what was measured, less two points for topics.

For danger less five: forty messages a language, and a network fitted anew on other data moves one or two of them.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.settings import ROOT
from bot.supervisor import rasa_python

pytestmark = pytest.mark.trained
HERE = Path(__file__).parent
LANGUAGES = ("da", "en")
Pair = tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture(scope="module")
def understood(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    """Every message of the test sets with what was understood, through the code that serves citizens."""
    folder = tmp_path_factory.mktemp("evaluation")
    files = [HERE / "test" / f"{kind}-{language}.jsonl" for language in LANGUAGES for kind in ("topics", "risk")]
    (folder / "in.jsonl").write_text("".join(path.read_text("utf-8") for path in files), encoding="utf-8")
    command = [str(rasa_python()), "-m", "bot.nlu.evaluate", str(folder / "in.jsonl"), str(folder / "out.jsonl")]
    environment = {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "INTERNAL_URL": "http://127.0.0.1:5055",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [json.loads(line) for line in (folder / "in.jsonl").read_text("utf-8").splitlines()]
    found = [json.loads(line) for line in (folder / "out.jsonl").read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == [row["id"] for row in found]
    return list(zip(rows, found))


def percent(pairs: list[Pair], holds: Callable[[dict[str, Any], dict[str, Any]], bool]) -> float:
    assert pairs
    return 100 * sum(holds(row, found) for row, found in pairs) / len(pairs)


def card(row: dict[str, Any], found: dict[str, Any]) -> bool:
    return found["level"] in ("serious", "acute")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("language", "first", "three"), [("da", 85, 93), ("en", 77, 91)])
def test_topics(understood: list[Pair], language: str, first: float, three: float) -> None:
    pairs = [(row, found) for row, found in understood if row["lang"] == language and row["id"].startswith("t-")]
    assert percent(pairs, lambda row, found: found["topic"] in row["topics"]) >= first
    assert percent(pairs, lambda row, found: bool({name for name, _ in found["ranking"][:3]} & set(row["topics"]))) >= three


@pytest.mark.parametrize(("language", "acute", "serious", "hard"), [("da", 92, 90, 24), ("en", 87, 80, 17)])
def test_danger(understood: list[Pair], language: str, acute: float, serious: float, hard: float) -> None:
    mine = [(row, found) for row, found in understood if row["lang"] == language and row["id"].startswith("rt-")]
    assert percent([(r, f) for r, f in mine if r["level"] == "acute"], card) >= acute
    assert percent([(r, f) for r, f in mine if r["level"] == "serious"], card) >= serious
    assert percent([(r, f) for r, f in mine if r["level"] == "none"], card) <= hard


@pytest.mark.parametrize("language", LANGUAGES)
def test_language(understood: list[Pair], language: str) -> None:
    pairs = [(row, found) for row, found in understood if row["lang"] == language and len(row["text"].split()) >= 3]
    assert percent(pairs, lambda row, found: found["language"] == language) >= 94


def test_nothing_of_the_evaluation_sets_stands_in_the_training_data() -> None:
    """Apart from the shortest, which everybody writes alike."""
    trained = "\n".join(
        path.read_text("utf-8") for path in [*(ROOT / "data" / "nlu").rglob("*.yml"), *(ROOT / "data" / "risk").glob("*.tsv")]
    )
    lines = {line.strip().removeprefix("- ").rsplit("\t", 1)[-1].lower() for line in trained.splitlines()}
    copied = [
        row["text"]
        for path in HERE.rglob("*.jsonl")
        for row in map(json.loads, path.read_text("utf-8").splitlines())
        if len(row["text"].split()) > 5 and row["text"].lower() in lines
    ]
    assert copied == []
