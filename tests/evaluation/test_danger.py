"""Danger on the test sets, which nobody tuned on: no language may see a point less of what is acute (``make evaluate-risk``)."""

from __future__ import annotations

import json
import os

import pytest

from bot.advice import languages
from bot.advice.risk import RiskDetector
from bot.settings import Settings
from tools import evaluate_risk
from tools.evaluate_risk import COLUMNS, Judged, share

MEASURED: dict[str, dict[str, float]] = json.loads(evaluate_risk.MEASURED.read_text("utf-8"))
pytestmark = [pytest.mark.trained, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def test_set() -> list[Judged]:
    settings = Settings.read({**os.environ, "DATABASE_URL": ""})
    return evaluate_risk.judged("test", RiskDetector.load(settings.risk_model), settings)


@pytest.mark.parametrize("language", languages.CODES)
def test_no_language_misses_more_of_what_is_acute(test_set: list[Judged], language: str) -> None:
    assert evaluate_risk.recall(test_set)[language] >= MEASURED["acute"][language] - 1


def test_harmless_messages_are_left_alone(test_set: list[Judged]) -> None:
    """Over all languages, with a point of slack against what was measured."""
    for name, most in MEASURED["at most"].items():
        assert share(test_set, *COLUMNS[name]) <= most + 1, name


@pytest.mark.parametrize("language", languages.CODES)
def test_there_are_enough_messages_to_say_so(test_set: list[Judged], language: str) -> None:
    mine = [j.row for j in test_set if j.row["lang"] == language]
    danger = [row for row in mine if row["level"] in ("acute", "serious")]
    assert sum("implicit" in row.get("function", "") for row in danger) >= 25
    assert len(danger) >= 50
