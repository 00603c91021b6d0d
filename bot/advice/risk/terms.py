"""Evidence from single words: how much more often each stands in messages of danger. Learnt from ``data/risk``, one language each.

Small enough for the page, and good enough to stand in where the sentence encoder fails.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bot.advice.risk.patterns import loosened

# Chosen on the dev sets (docs/decisions/0008).
_C = 1.0
_AT_LEAST_IN = 3
_MOST = 700
# An acute message missed costs more; a concern is neither danger nor harmless.
_COUNTS = {"acute": 3.0, "serious": 1.0, "concern": 0.3, "none": 1.0}
# Weights are kept in quarters: they compress to half the size, and see the same.
_STEPS = 4
_BEGINNING = 5


@dataclass(frozen=True)
class Terms:
    """``bias`` and ``weights`` of terms, both in quarters of a logarithm of odds."""

    bias: int
    weights: Mapping[str, int]

    def score(self, text: str) -> float:
        """The logarithm of the odds that ``text`` speaks of danger, serious or worse."""
        return (self.bias + sum(self.weights.get(term, 0) for term in found(text))) / _STEPS


def found(text: str) -> set[str]:
    """The terms of ``text``: its words, the beginnings of the longer ones, and pairs of neighbours."""
    words = loosened(text).split()
    beginnings = {f"{word[:_BEGINNING]}*" for word in words if len(word) > _BEGINNING}
    return {*words, *beginnings, *(f"{a} {b}" for a, b in pairwise(words))}


def read(path: Path) -> dict[str, Terms]:
    """The terms by language.

    Raises:
        OSError, ValueError, KeyError: there are none, or they cannot be used.
    """
    return {code: Terms(row["bias"], row["weights"]) for code, row in json.loads(path.read_text("utf-8")).items()}


def write(by_language: Mapping[str, Terms], path: Path) -> None:
    """Keep them at ``path``."""
    rows = {code: {"bias": terms.bias, "weights": dict(terms.weights)} for code, terms in by_language.items()}
    path.write_text(json.dumps(rows, ensure_ascii=False, separators=(",", ":")), "utf-8")


def fit(texts: Sequence[str], levels: Sequence[str]) -> Terms:
    """The terms of one language, from its training ``texts`` [n] and their ``levels`` [n]."""
    import numpy as np
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    counter = CountVectorizer(analyzer=found, min_df=_AT_LEAST_IN, binary=True)
    matrix = counter.fit_transform(texts)
    danger = np.array([level in ("serious", "acute") for level in levels])
    model = LogisticRegression(l1_ratio=1, C=_C, solver="liblinear", random_state=1)
    model.fit(matrix, danger, sample_weight=[_COUNTS[level] for level in levels])
    names, weights = counter.get_feature_names_out(), model.coef_[0]
    strongest = sorted(np.argsort(-abs(weights), kind="stable")[:_MOST], key=lambda i: str(names[i]))
    kept = {str(names[i]): round(weights[i] * _STEPS) for i in strongest}
    return Terms(round(float(model.intercept_[0]) * _STEPS), {term: weight for term, weight in kept.items() if weight})
