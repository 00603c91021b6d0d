"""What the encoder learns from: the messages of ``data/nlu`` (topics) and of ``data/risk`` (levels of danger)."""

from __future__ import annotations

import csv
import json
import random
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
LEVELS = ("none", "concern", "serious", "acute")
_ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


@dataclass(frozen=True)
class Example:
    """A message with its language and what is known of it; ``topic`` and ``level`` may be unknown (None)."""

    language: str
    text: str
    topic: str | None
    level: str | None


def examples(root: Path = ROOT) -> list[Example]:
    """Every training message once, in a stable order; topic and level of the same text are joined."""
    topics = dict(_topics(root / "data" / "nlu"))
    levels = {(language, text): level for language, text, level in _levels(root / "data" / "risk")}
    keys = list(dict.fromkeys([*topics, *levels]))
    return [Example(language, text, topics.get((language, text)), levels.get((language, text))) for language, text in keys]


def _topics(folder: Path) -> Iterator[tuple[tuple[str, str], str]]:
    for path in sorted(folder.glob("*/*.yml")):
        for block in yaml.safe_load(path.read_text("utf-8"))["nlu"]:
            if "intent" in block and "/" not in block["intent"]:
                for line in block["examples"].splitlines():
                    if text := _ENTITY.sub(r"\1", line.strip().removeprefix("- ")).strip():
                        yield (path.parent.name, text), block["intent"]


def _levels(folder: Path) -> Iterator[tuple[str, str, str]]:
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for level, _, text in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                yield path.name[:2], text, level


def development(root: Path = ROOT) -> list[Example]:
    """The dev sets (never the test sets): what choices are made on."""
    rows = []
    for path in sorted((root / "tests" / "evaluation" / "dev").glob("*.jsonl")):
        for row in map(json.loads, path.read_text("utf-8").splitlines()):
            topic = row["topics"][0] if path.name.startswith("topics-") else None
            rows.append(Example(row["lang"], row["text"], topic, row.get("level")))
    return rows


def as_typed(text: str, chance: random.Random) -> str:
    """``text`` as a hurried thumb might have typed it: no capitals, no accents, a letter lost, doubled or swapped."""
    if chance.random() < 0.5:
        text = text.lower()
    if chance.random() < 0.3:
        text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    if chance.random() < 0.3:
        text = re.sub(r"[^\w\s]", "", text)
    letters = list(text)
    for _ in range(chance.randint(0, max(1, len(letters) // 40))):
        at = chance.randrange(len(letters)) if letters else 0
        kind = chance.randrange(3)
        if not letters or not letters[at].isalpha():
            continue
        if kind == 0:
            del letters[at]
        elif kind == 1:
            letters.insert(at, letters[at])
        elif at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters) or text
