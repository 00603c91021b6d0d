"""Evidence of a text's language from its character n-grams: a linear model learnt from the product's own messages.

No library knows Somali, Kurmancî, Kalaallisut and Tigrinya together with Arabic, Urdu and Farsi in Latin letters, the way people
write them on a phone; the messages of ``data/nlu`` do (docs/decisions/0007).
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

_FORMAT = 1
_BUCKETS = 1 << 17
_LONGEST = 5
# Digits too, inside a word: "3andi", "sa3douni".
_WORD = re.compile(r"[^\W_]*[^\W\d_][^\W_]*(?:['’`][^\W\d_]+)*")
# What is read of a long message.
_READ = 600


def words(text: str) -> list[str]:
    """The words of ``text`` in lower case, composed, without numbers."""
    return _WORD.findall(unicodedata.normalize("NFKC", text[:_READ]).lower())


def _buckets(word: str) -> tuple[int, ...]:
    """The word itself and its n-grams (1 to 5 characters, with its ends), hashed."""
    padded = f" {word} "
    grams = {padded[i : i + n] for n in range(1, _LONGEST + 1) for i in range(len(padded) - n + 1)} | {padded}
    return tuple(zlib.crc32(gram.encode()) % _BUCKETS for gram in sorted(grams))


def features(text: str, buckets: Callable[[str], tuple[int, ...]] = _buckets) -> npt.NDArray[np.int64]:
    """The buckets of ``text`` [n], each as often as it occurs."""
    return np.array([bucket for word in words(text) for bucket in buckets(word)], np.int64)


@dataclass(frozen=True)
class LanguageModel:
    """``weights`` [buckets, languages] and ``bias`` [languages] over ``codes``."""

    codes: tuple[str, ...]
    weights: npt.NDArray[np.float16]
    bias: npt.NDArray[np.float32]

    def log_shares(self, text: str) -> npt.NDArray[np.float64]:
        """How likely each language is, [languages], in logarithms; equal where the text holds no word."""
        found, counts = np.unique(features(text), return_counts=True)
        if not len(found):
            return np.full(len(self.codes), -np.log(len(self.codes)))
        values = 1 + np.log(counts)
        scores = (values / np.sqrt((values**2).sum())) @ self.weights[found].astype(np.float64) + self.bias
        highest = scores.max()
        return np.asarray(scores - highest - np.log(np.exp(scores - highest).sum()))

    @classmethod
    def load(cls, path: Path) -> LanguageModel:
        """The model saved at ``path``.

        Raises:
            OSError, ValueError: there is none, or it was made by another version.
        """
        with np.load(path) as arrays:
            if "format" not in arrays or int(arrays["format"]) != _FORMAT:
                raise ValueError(f"{path} was made by another version; run `make train`")
            return cls(tuple(map(str, arrays["codes"])), arrays["weights"], arrays["bias"])

    def save(self, path: Path) -> None:
        """Write it to ``path``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.savez_compressed(file, format=np.array(_FORMAT), codes=np.array(self.codes), weights=self.weights, bias=self.bias)


def fit(texts: Sequence[str], codes: Sequence[str], *, c: float) -> LanguageModel:
    """Fit on ``texts`` [n] in the languages ``codes`` [n]; ``c`` is the inverse regularisation."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    # Training messages only: a cache would keep what people write.
    buckets = lru_cache(maxsize=50_000)(_buckets)
    rows, starts, values = [], [0], []
    for text in texts:
        found, counts = np.unique(features(text, buckets), return_counts=True)
        weight = 1 + np.log(counts)
        rows.append(found)
        values.append(weight / np.sqrt((weight**2).sum()) if len(found) else weight)
        starts.append(starts[-1] + len(found))
    matrix = csr_matrix((np.concatenate(values), np.concatenate(rows), starts), (len(texts), _BUCKETS))
    model = LogisticRegression(C=c, max_iter=100, tol=1e-3).fit(matrix, codes)
    return LanguageModel(tuple(map(str, model.classes_)), model.coef_.T.astype(np.float16), model.intercept_.astype(np.float32))
