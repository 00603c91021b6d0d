"""Evidence from meaning: small neural networks over the sentence vector and what the word lists found.

The fitted weights are plain arrays (``risk.npz``), applied with numpy: both processes read them, whatever their libraries'
versions. Several networks from different seeds are averaged: one alone wavers near the thresholds (docs/decisions/0004).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.advice.risk.patterns import CATEGORIES, LEVELS

Rows = npt.NDArray[np.float64]
_FORMAT = 4
_HIDDEN = 256
_SEEDS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Judgement:
    """Shares of the levels (sum 1) and, for each category, how likely it is (each 0..1)."""

    levels: dict[str, float]
    categories: dict[str, float]


@dataclass(frozen=True)
class Network:
    """One hidden layer: ``relu(x @ first + first_bias) @ second + second_bias``, averaged over seeds by the caller."""

    first: Rows
    first_bias: Rows
    second: Rows
    second_bias: Rows

    def scores(self, rows: Rows) -> Rows:
        """``rows`` [n, d] -> [n, outputs], before softmax or sigmoid."""
        return np.asarray(np.maximum(rows @ self.first + self.first_bias, 0) @ self.second + self.second_bias)


@dataclass(frozen=True)
class RiskClassifier:
    """Networks over levels (softmax) and over categories (one sigmoid each), on rows standardised by mean and scale."""

    mean: Rows
    scale: Rows
    by_level: tuple[Network, ...]
    by_category: tuple[Network, ...]

    @classmethod
    def load(cls, path: Path) -> RiskClassifier:
        """The classifier that was saved at ``path``.

        Raises:
            OSError, ValueError: there is none, or it was made by another version.
        """
        with np.load(path) as arrays:
            if "format" not in arrays or int(arrays["format"]) != _FORMAT:
                raise ValueError(f"{path} was made by another version; run `make train`")
            kept = {name: arrays[name].astype(np.float64) for name in arrays.files if name != "format"}

        def networks(kind: str) -> tuple[Network, ...]:
            count = sum(name.startswith(f"{kind} ") and name.endswith(" first") for name in kept)
            return tuple(Network(*(kept[f"{kind} {i} {part}"] for part in Network.__dataclass_fields__)) for i in range(count))

        return cls(kept["mean"], kept["scale"], networks("level"), networks("category"))

    def save(self, path: Path) -> None:
        """Write the arrays to ``path``."""
        arrays = {"mean": self.mean, "scale": self.scale}
        for kind, networks in (("level", self.by_level), ("category", self.by_category)):
            for i, network in enumerate(networks):
                arrays |= {f"{kind} {i} {part}": getattr(network, part) for part in Network.__dataclass_fields__}
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            kept: dict[str, Any] = {name: array.astype(np.float32) for name, array in arrays.items()}
            np.savez_compressed(file, format=np.array(_FORMAT), **kept)

    def judge(self, rows: Rows) -> list[Judgement]:
        """Judge ``rows`` [n, d]: the sentence vectors with the word lists' evidence beside them."""
        scaled = (rows - self.mean) / self.scale
        shares = np.mean([_softmax(network.scores(scaled)) for network in self.by_level], axis=0)
        likely = np.mean([1 / (1 + np.exp(-network.scores(scaled))) for network in self.by_category], axis=0)
        return [
            Judgement(dict(zip(LEVELS, map(float, share))), dict(zip(CATEGORIES, map(float, row))))
            for share, row in zip(shares, likely)
        ]


def fit(
    rows: npt.NDArray[np.floating[Any]], levels: Sequence[str], categories: Sequence[Sequence[str]], *, alpha: float, epochs: int
) -> RiskClassifier:
    """Fit on ``rows`` [n, d], the ``levels`` [n] and the ``categories`` of each; ``alpha`` is the L2 penalty."""
    mean, scale = rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64) + 1e-6
    # In 32 bits: half the time, and nothing is lost to the thresholds.
    scaled = ((rows - mean) / scale).astype(np.float32)
    level_numbers = np.array([LEVELS.index(level) for level in levels])
    marks = np.array([[category in row for category in CATEGORIES] for row in categories], dtype=int)
    return RiskClassifier(
        mean,
        scale,
        by_level=tuple(_network(scaled, level_numbers, seed, alpha, epochs) for seed in _SEEDS),
        by_category=tuple(_network(scaled, marks, seed, alpha, epochs) for seed in _SEEDS[:2]),
    )


def _network(rows: npt.NDArray[np.float32], targets: npt.NDArray[np.int_], seed: int, alpha: float, epochs: int) -> Network:
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((_HIDDEN,), alpha=alpha, max_iter=epochs, random_state=seed, learning_rate_init=5e-4, batch_size=128)
    with warnings.catch_warnings():
        # It is stopped early on purpose: that regularises.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(rows, targets)
    return Network(model.coefs_[0], model.intercepts_[0], model.coefs_[1], model.intercepts_[1])


def _softmax(scores: Rows) -> Rows:
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))
