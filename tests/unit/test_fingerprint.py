"""Rasa's training cache hashes a component's own class only: each adapter must add what stands behind it."""

from __future__ import annotations

import json
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


BEHIND = {
    "language.LanguageIdentifier": ["bot/advice/languages/model.py", "knowledge/languages.yml"],
    "sentences.SentenceVectors": ["bot/advice/encoder.py"],
    "topics.TopicClassifier": ["bot/advice/topics.py"],
    "mentions.MentionExtractor": ["knowledge/names_elsewhere.yml", "knowledge/offers.csv", "bot/advice/mentions.py"],
    "risk.RiskDetector": ["knowledge/risk/da.yml", "bot/advice/risk/patterns.py"],
}
# Reads each file behind a component with one more byte, and asks the component for its fingerprint again.
PROGRAM = """
import importlib, json, sys
from pathlib import Path
read, changed = Path.read_bytes, None
Path.read_bytes = lambda self: read(self) + (b"#" if changed and self.resolve() == changed else b"")
for name, files in json.loads(sys.argv[1]).items():
    module, component = name.split(".")
    of = getattr(importlib.import_module(f"bot.nlu.{module}"), component).fingerprint_addon
    for file in files:
        changed = None
        before = of({})
        changed = Path(file).resolve()
        print(name, file, before is not None and before != of({}))
"""


@pytest.mark.timeout(120)
def test_the_cache_sees_every_change_behind_a_component() -> None:
    done = subprocess.run(
        [str(rasa_python()), "-c", PROGRAM, json.dumps(BEHIND)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    seen = {tuple(line.split()[:2]): line.split()[2] for line in done.stdout.splitlines()}
    assert seen == {(name, file): "True" for name, files in BEHIND.items() for file in files}
