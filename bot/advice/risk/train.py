"""Fits what judges danger on ``data/risk`` and the word lists: ``python -m bot.advice.risk.train``."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from bot.advice import encoder
from bot.advice.risk import LEVELS, TERMS, by_words, classifier, compact, terms, word_lists
from bot.advice.risk.patterns import CATEGORIES, WordList
from bot.settings import ROOT, Settings

DATA = ROOT / "data" / "risk"
# Chosen on the dev set (docs/decisions/0004).
ALPHA = 1.0
EPOCHS = 10


class FaultyExamples(Exception):
    """A line of the training data cannot be used; the text names file, line and what is allowed."""


@dataclass(frozen=True)
class Example:
    """A labelled message."""

    language: str
    level: str
    categories: tuple[str, ...]
    text: str


def examples(folder: Path = DATA) -> Iterator[Example]:
    """Every line of ``folder``'s ``<language>.tsv`` and ``<language>-by-topic.tsv``."""
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
                where = f"{path.name}, line {number}"
                if len(row) != 3:
                    raise FaultyExamples(f"{where}: level, categories and text are expected, with tabs between")
                level, categories, text = row[0], tuple(c for c in row[1].split(",") if c), row[2]
                if level not in LEVELS or set(categories) - set(CATEGORIES):
                    raise FaultyExamples(f"{where}: level one of {', '.join(LEVELS)}; categories of {', '.join(CATEGORIES)}")
                yield Example(path.stem.split("-")[0], level, categories, text)


def fitted(learnt: Sequence[Example], cache: Path) -> classifier.RiskClassifier:
    """The classifier on the examples ``learnt``; ``cache`` remembers their vectors."""
    texts = [example.text for example in learnt]
    # On every core: a list costs a millisecond, and there are tens of thousands of texts.
    with ProcessPoolExecutor() as pool:
        words = np.array(list(pool.map(_words_of, texts, chunksize=500)))
    dense = np.hstack([encoder.encode_training(texts, cache), words]).astype(np.float32)
    levels, categories = [example.level for example in learnt], [example.categories for example in learnt]
    return classifier.fit(dense, levels, categories, alpha=ALPHA, epochs=EPOCHS)


def fitted_terms(learnt: Sequence[Example]) -> dict[str, terms.Terms]:
    """The weighted words of each language."""
    by_language: dict[str, list[Example]] = {}
    for example in learnt:
        by_language.setdefault(example.language, []).append(example)
    return {code: terms.fit([e.text for e in rows], [e.level for e in rows]) for code, rows in sorted(by_language.items())}


@lru_cache(maxsize=1)
def _lists() -> dict[str, WordList]:
    return word_lists()


def _words_of(text: str) -> list[float]:
    return by_words(text, _lists()).row


def main(arguments: Sequence[str]) -> int:
    """With ``vectors``: only remember the sentence vectors, which the topics need as well."""
    settings = Settings.read()
    learnt = list(examples())
    if list(arguments) == ["vectors"]:
        encoder.encode_training([example.text for example in learnt], settings.home / "cache")
        return 0
    weighted = fitted_terms(learnt)
    settings.risk_model.parent.mkdir(parents=True, exist_ok=True)
    terms.write(weighted, settings.risk_model.with_name(TERMS))
    compact.write(word_lists(), weighted, settings.page_words)
    fitted(learnt, settings.home / "cache").save(settings.risk_model)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
