"""The topics' classifier: logistic regressions on sentence vectors and on character n-grams, averaged in log-probability.

The vectors know meaning across languages, the n-grams know names, misspellings and languages the encoder never saw.
Either alone is weaker (docs/decisions/0003).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.advice.mentions import fold

Shares = npt.NDArray[np.float64]
# A share of nothing has no logarithm.
_LEAST = 1e-9
# Of the stochastic gradient, at least, over all passes.
_STEPS = 500_000


@dataclass(frozen=True)
class Weights:
    """How the two are fitted and mixed; chosen on the dev sets (docs/decisions/0003)."""

    # How much the sentence vectors weigh against the n-grams, 0..1.
    vectors: float
    # Regularisation of the regressions on vectors and on n-grams, over all messages together: a tenth of the messages is
    # regularised ten times as much each.
    vector_penalty: float
    ngram_penalty: float
    # The mixed logarithms are multiplied by this, so that a confidence says how often it is right.
    sharpness: float


@dataclass(frozen=True)
class TopicModel:
    """A fitted classifier; ``labels`` are in the order of the columns of ``probabilities``."""

    labels: tuple[str, ...]
    weights: Weights
    _on_vectors: Any
    _ngrams: Any
    _on_ngrams: Any

    @classmethod
    def fit(cls, texts: Sequence[str], vectors: npt.NDArray[np.float32], labels: Sequence[str], weights: Weights) -> TopicModel:
        """Fit on ``texts`` [n], their ``vectors`` [n, d] and ``labels`` [n]."""
        # Here: the web process imports this package and never fits.
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression, SGDClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        # Vectors all point nearly the same way; centred and scaled they tell topics apart.
        regression = LogisticRegression(C=1 / (weights.vector_penalty * len(texts)), max_iter=300, random_state=42, tol=1e-3)
        on_vectors = make_pipeline(StandardScaler(), regression).fit(vectors, labels)
        ngrams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2, dtype=np.float32)
        # One topic against the rest, by stochastic gradient: seconds where the exact solution takes minutes, and no worse.
        alpha, passes = weights.ngram_penalty / len(texts), int(min(max(_STEPS / len(texts), 15), 100))
        one_against_rest = SGDClassifier("log_loss", alpha=alpha, max_iter=passes, tol=None, random_state=42, n_jobs=2)
        on_ngrams = one_against_rest.fit(ngrams.fit_transform([fold(text) for text in texts]), labels)
        on_ngrams.coef_ = on_ngrams.coef_.astype(np.float32)
        return cls(tuple(map(str, on_vectors.classes_)), weights, on_vectors, ngrams, on_ngrams)

    def probabilities(self, texts: Sequence[str], vectors: npt.NDArray[np.float32]) -> Shares:
        """``texts`` [n] and ``vectors`` [n, d] -> shares [n, labels], rows sum to 1."""
        by_vectors = self._on_vectors.predict_log_proba(vectors)
        shares = self._on_ngrams.predict_proba(self._ngrams.transform([fold(text) for text in texts]))
        by_ngrams = np.log(shares + _LEAST)
        mixed = self.weights.sharpness * (self.weights.vectors * by_vectors + (1 - self.weights.vectors) * by_ngrams)
        shares = np.exp(mixed - mixed.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))
