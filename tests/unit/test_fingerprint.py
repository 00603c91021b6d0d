"""Rasa's training cache hashes a component's own class only: each adapter must add what stands behind it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bot.advice import fingerprint, offers
from bot.settings import ROOT
from bot.supervisor import rasa_python


def test_another_line_of_code_or_of_data_is_another_fingerprint(tmp_path: Path) -> None:
    data = tmp_path / "names.yml"
    data.write_text("a")
    first = fingerprint.of(offers, files=[data])
    assert first == fingerprint.of(offers, files=[data])
    data.write_text("b")
    assert first != fingerprint.of(offers, files=[data])


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("component", "behind"),
    [
        ("language.LanguageIdentifier", "bot/advice/languages.py"),
        ("sentences.SentenceVectors", "bot/advice/encoder.py"),
        ("topics.TopicClassifier", "bot/advice/topics.py"),
        ("mentions.MentionExtractor", "knowledge/districts.yml"),
        ("mentions.MentionExtractor", "knowledge/offers.csv"),
        ("risk.RiskDetector", "knowledge/risk/da.yml"),
        ("risk.RiskDetector", "bot/advice/risk/patterns.py"),
    ],
)
def test_the_cache_sees_a_change_behind_a_component(component: str, behind: str) -> None:
    module, name = component.rsplit(".", 1)
    program = (
        f"from pathlib import Path; from bot.nlu.{module} import {name} as C\n"
        f"before = C.fingerprint_addon({{}})\n"
        f"read = Path.read_bytes\n"
        f"changed = Path({str(ROOT / behind)!r})\n"
        f"Path.read_bytes = lambda self: read(self) + (b'#' if self.resolve() == changed else b'')\n"
        f"print(before != C.fingerprint_addon({{}}), before is not None)\n"
    )
    done = subprocess.run([str(rasa_python()), "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]
