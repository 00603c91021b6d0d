"""What is understood on the test sets, which nobody tuned on, may not fall below what was measured (``make quality``).

Two points are allowed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.advice import knowledge, languages
from bot.advice.risk import CATEGORIES, LEVELS
from bot.settings import ROOT
from tools import quality
from tools.languages import examples, wanted_examples

HERE = Path(__file__).parent
MEASURED: dict[str, dict[str, float]] = json.loads(quality.MEASURED.read_text("utf-8"))
SETS = sorted(HERE.rglob("*.jsonl"))


@pytest.fixture(scope="module")
def test_set() -> list[quality.Pair]:
    """Every message of the test sets with what was understood, through the code that serves citizens."""
    return quality.understood("test")


@pytest.fixture(scope="module")
def now(test_set: list[quality.Pair]) -> dict[str, dict[str, float]]:
    return quality.shares(test_set)


@pytest.mark.trained
@pytest.mark.timeout(900)
@pytest.mark.parametrize("language", languages.CODES)
@pytest.mark.parametrize("name", ["first", "three", "language"])
def test_no_language_is_understood_worse(now: dict[str, dict[str, float]], language: str, name: str) -> None:
    assert now[language][name] >= MEASURED[language][name] - 2


@pytest.mark.trained
@pytest.mark.timeout(900)
@pytest.mark.parametrize("threshold", [0.35, 0.5, 0.7])
def test_a_confidence_says_how_often_it_is_right(test_set: list[quality.Pair], threshold: float) -> None:
    _, confidence, right = quality.above(test_set, threshold)
    assert right == pytest.approx(confidence, abs=0.05)


@pytest.mark.parametrize("language", languages.CODES)
def test_every_topic_has_messages_to_learn_from(language: str) -> None:
    few = {topic: count for topic, count in examples(language).items() if count < wanted_examples(language)}
    # What people say alike everywhere: hello, thank you, yes.
    assert {topic: count for topic, count in few.items() if topic not in ("greet", "goodbye", "thank", "affirm", "deny")} == {}
    assert all(count >= 20 for count in few.values())


@pytest.mark.parametrize("path", SETS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_sets_are_labelled_with_what_there_is(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len({row["id"] for row in rows}) == len(rows)
    assert all(row["lang"] == path.stem.split("-")[1] and row["text"].strip() for row in rows)
    assert {topic for row in rows for topic in row.get("topics", ())} <= set(knowledge.topics())
    assert {row.get("level", "none") for row in rows} <= set(LEVELS)
    assert {category for row in rows for category in row.get("categories", ())} <= set(CATEGORIES)


def test_nothing_of_the_evaluation_sets_stands_in_the_training_data() -> None:
    """Apart from the shortest, which everybody writes alike."""
    trained = "\n".join(
        path.read_text("utf-8") for path in [*(ROOT / "data" / "nlu").rglob("*.yml"), *(ROOT / "data" / "risk").glob("*.tsv")]
    )
    lines = {line.strip().removeprefix("- ").rsplit("\t", 1)[-1].lower() for line in trained.splitlines()}
    copied = [
        row["text"]
        for path in SETS
        for row in map(json.loads, path.read_text("utf-8").splitlines())
        if len(row["text"].split()) > 5 and row["text"].lower() in lines
    ]
    assert copied == []
