"""The topics' classifier: logistic regression on sentence vectors and on character n-grams, averaged in log-probability.

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


@dataclass(frozen=True)
class TopicModel:
    """A fitted classifier; ``labels`` are in the order of the columns of ``probabilities``."""

    labels: tuple[str, ...]
    vector_weight: float
    _on_vectors: Any
    _ngrams: Any
    _on_ngrams: Any

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        vectors: npt.NDArray[np.float32],
        labels: Sequence[str],
        *,
        vector_weight: float,
        vector_c: float,
        ngram_c: float,
    ) -> TopicModel:
        """Fit on ``texts`` [n], their ``vectors`` [n, d] and ``labels`` [n]."""
        # Here: the web process imports this package and never fits.
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        common = {"max_iter": 300, "random_state": 42, "tol": 1e-3}
        # The encoder's vectors all point nearly the same way; centred and scaled they tell topics apart.
        on_vectors = make_pipeline(StandardScaler(), LogisticRegression(C=vector_c, **common)).fit(vectors, labels)
        ngrams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2, dtype=np.float32)
        on_ngrams = LogisticRegression(C=ngram_c, **common).fit(ngrams.fit_transform(map(_plain, texts)), labels)
        return cls(tuple(map(str, on_vectors.classes_)), vector_weight, on_vectors, ngrams, on_ngrams)

    def probabilities(self, texts: Sequence[str], vectors: npt.NDArray[np.float32]) -> Shares:
        """``texts`` [n] and ``vectors`` [n, d] -> shares [n, labels], rows sum to 1."""
        by_vectors = self._on_vectors.predict_log_proba(vectors)
        by_ngrams = self._on_ngrams.predict_log_proba(self._ngrams.transform(map(_plain, texts)))
        mixed = self.vector_weight * by_vectors + (1 - self.vector_weight) * by_ngrams
        shares = np.exp(mixed - mixed.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _plain(text: str) -> str:
    return fold(text)
