"""Evidence from meaning: a classifier on sentence vectors, character n-grams and what the word lists found.

The fitted weights are plain arrays (``risk.npz``): both processes read them, whatever their library versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.advice.mentions import fold
from bot.advice.risk.patterns import CATEGORIES, LEVELS

Rows = npt.NDArray[np.float64]
_BUCKETS = 2**16
_FORMAT = 2


@dataclass(frozen=True)
class Judgement:
    """Shares of the levels (sum 1) and, for each category, how likely it is (each 0..1)."""

    levels: dict[str, float]
    categories: dict[str, float]


@dataclass(frozen=True)
class RiskClassifier:
    """Logistic regressions: one over levels, one per category. Arrays: weights [features, outputs], biases [outputs]."""

    mean: Rows
    scale: Rows
    dense_levels: Rows
    dense_categories: Rows
    sparse_levels: Rows
    sparse_categories: Rows
    level_bias: Rows
    category_bias: Rows

    @classmethod
    def load(cls, path: Path) -> RiskClassifier:
        """The classifier that ``fit`` saved at ``path``."""
        with np.load(path) as arrays:
            if int(arrays["format"]) != _FORMAT:
                raise ValueError(f"{path} was made by another version; run `make run` or `make train` to make it anew")
            return cls(*(arrays[name].astype(np.float64) for name in cls.__dataclass_fields__))

    def save(self, path: Path) -> None:
        """Write the arrays to ``path``; the sparse ones, mostly near zero, in half precision."""
        arrays: dict[str, Any] = {
            name: np.asarray(getattr(self, name), np.float16 if name.startswith("sparse") else np.float32)
            for name in self.__dataclass_fields__
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, format=_FORMAT, **arrays)

    def judge(self, texts: Sequence[str], dense: Rows) -> list[Judgement]:
        """Judge ``texts`` [n] with their ``dense`` rows [n, d]: vectors and word-list evidence side by side."""
        ngrams = self._hashing.transform([fold(text) for text in texts])
        scaled = (dense - self.mean) / self.scale
        level_scores = scaled @ self.dense_levels + ngrams @ self.sparse_levels + self.level_bias
        category_scores = scaled @ self.dense_categories + ngrams @ self.sparse_categories + self.category_bias
        shares = np.exp(level_scores - level_scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        likely = 1 / (1 + np.exp(-category_scores))
        return [
            Judgement(dict(zip(LEVELS, map(float, share))), dict(zip(CATEGORIES, map(float, row))))
            for share, row in zip(shares, likely)
        ]

    @cached_property
    def _hashing(self) -> Any:
        return hashing()


def hashing() -> Any:
    """Character n-grams into a fixed number of buckets: nothing to store, the same in both processes."""
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), n_features=_BUCKETS, alternate_sign=False, norm="l2")


def fit(
    texts: Sequence[str], dense: Rows, levels: Sequence[str], categories: Sequence[Sequence[str]], *, c: float
) -> RiskClassifier:
    """Fit on ``texts`` [n], ``dense`` [n, d], the ``levels`` [n] and the ``categories`` of each; ``c`` is 1/regularisation."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    mean, scale = dense.mean(axis=0), dense.std(axis=0) + 1e-6
    width = dense.shape[1]
    # The n-grams are of unit length, the scaled vectors about sqrt(d) long: weighed to count alike.
    features = hstack([csr_matrix((dense - mean) / scale), hashing().transform(map(fold, texts)) * _NGRAM_WEIGHT]).tocsr()
    settings = {"C": c, "max_iter": 400, "random_state": 42}
    by_level = LogisticRegression(**settings).fit(features, [LEVELS.index(level) for level in levels])
    weights, biases = [], []
    for category in CATEGORIES:
        marks = [category in row for row in categories]
        model = LogisticRegression(class_weight="balanced", **settings).fit(features, marks)
        weights.append(model.coef_[0])
        biases.append(model.intercept_[0])
    level_weights, category_weights = by_level.coef_.T, np.array(weights).T
    return RiskClassifier(
        mean=mean,
        scale=scale,
        dense_levels=level_weights[:width],
        dense_categories=category_weights[:width],
        sparse_levels=level_weights[width:] * _NGRAM_WEIGHT,
        sparse_categories=category_weights[width:] * _NGRAM_WEIGHT,
        level_bias=by_level.intercept_,
        category_bias=np.array(biases),
    )


_NGRAM_WEIGHT = 8.0
