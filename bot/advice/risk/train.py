"""Fits the risk classifier on ``data/risk`` and the word lists: ``python -m bot.advice.risk.train``."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path

import numpy as np

from bot.advice import encoder
from bot.advice.risk import LEVELS, by_words, classifier, word_lists
from bot.advice.risk.patterns import CATEGORIES, WordList
from bot.settings import ROOT, Settings

DATA = ROOT / "data" / "risk"
# Chosen on the dev set (docs/decisions/0004).
ALPHA = 1.0
EPOCHS = 10


class FaultyExamples(Exception):
    """A line of the training data cannot be used; the text names file, line and what is allowed."""


def examples(folder: Path = DATA) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """(level, categories, text) of every line of ``folder/<language>.tsv``."""
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
                where = f"{path.name}, line {number}"
                if len(row) != 3:
                    raise FaultyExamples(f"{where}: level, categories and text are expected, with tabs between")
                level, categories, text = row[0], tuple(c for c in row[1].split(",") if c), row[2]
                if level not in LEVELS or set(categories) - set(CATEGORIES):
                    raise FaultyExamples(f"{where}: level one of {', '.join(LEVELS)}; categories of {', '.join(CATEGORIES)}")
                yield level, categories, text


def fitted(cache: Path) -> classifier.RiskClassifier:
    """The classifier on all examples; ``cache`` remembers their vectors."""
    levels, categories, texts = zip(*examples())
    # On every core: a list costs a millisecond, and there are tens of thousands of texts.
    with ProcessPoolExecutor() as pool:
        words = np.array(list(pool.map(_words_of, texts, chunksize=500)))
    dense = np.hstack([encoder.encode_training(texts, cache), words]).astype(np.float64)
    return classifier.fit(dense, levels, categories, alpha=ALPHA, epochs=EPOCHS)


@lru_cache(maxsize=1)
def _lists() -> dict[str, WordList]:
    return word_lists()


def _words_of(text: str) -> list[float]:
    return by_words(text, _lists()).row


def main() -> int:
    settings = Settings.read()
    fitted(settings.home / "cache").save(settings.risk_model)
    return 0


if __name__ == "__main__":
    sys.exit(main())
