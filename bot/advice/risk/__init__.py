"""How dangerous is what a person writes, now: the level, the categories, and why. Judged apart from the topic.

Two kinds of evidence: words (``patterns``, lists a social worker can edit) and meaning (``classifier``). Each stands in
for the other when it fails: a list without an entry, a model that is missing, an encoder that breaks.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.advice import encoder, knowledge
from bot.advice.risk.classifier import Judgement, RiskClassifier
from bot.advice.risk.patterns import CATEGORIES, LEVELS, Hit, Signs, WordList

log = logging.getLogger(__name__)

__all__ = ["CATEGORIES", "LEVELS", "Risk", "RiskDetector", "word_lists"]

# Chosen on tests/evaluation/dev by cost, a missed acute message weighing fifty false alarms (docs/decisions/0004).
ACUTE_FROM = 0.35
# Acute counts double towards a card: the sum of both is what decides whether one goes out.
SERIOUS_FROM = 0.40
CONCERN_FROM = 0.5
CATEGORY_FROM = 0.5


@dataclass(frozen=True)
class Risk:
    """``level`` of LEVELS, ``categories`` likeliest first, ``confidence`` 0..1, ``why`` for the adviser, in Danish."""

    level: str
    categories: tuple[str, ...]
    confidence: float
    why: tuple[str, ...]

    def at_least(self, level: str) -> bool:
        """Whether this is ``level`` or worse."""
        return LEVELS.index(self.level) >= LEVELS.index(level)


NO_RISK = Risk("none", (), 1.0, ())


def word_lists() -> dict[str, WordList]:
    """The word lists of ``knowledge/risk``, by language."""
    return {path.stem: WordList.read(path) for path in sorted((knowledge.ROOT / "risk").glob("*.yml"))}


class RiskDetector:
    """Judges one message. Never raises: a part that fails is left out and counted in ``failures``."""

    def __init__(self, lists: Mapping[str, WordList], classifier: RiskClassifier | None) -> None:
        self._lists = lists
        self._classifier = classifier
        self.failures = 0

    @classmethod
    def load(cls, model: Path) -> RiskDetector:
        """With the word lists, and the classifier saved at ``model``; without it, if it cannot be used, rather than not at all."""
        try:
            classifier = RiskClassifier.load(model)
        except (OSError, ValueError, KeyError) as error:
            log.error("the risk classifier cannot be used, only the word lists judge: %s", error)
            classifier = None
        return cls(word_lists(), classifier)

    @property
    def complete(self) -> bool:
        """Whether both kinds of evidence are there."""
        return self._classifier is not None

    def assess(self, text: str, *, vector: npt.NDArray[np.float32] | None = None) -> Risk:
        """The risk of ``text``; ``vector`` [384] saves encoding it again."""
        words = by_words(text, self._lists)
        judgement = None
        if self._classifier is not None:
            try:
                if vector is None:
                    (vector,) = encoder.shared().encode([text])
                (judgement,) = self._classifier.judge(np.array([[*vector, *words.row]], dtype=np.float64))
            except Exception:
                # Whatever broke in the model must not silence the words.
                self.failures += 1
        return _combined(words, judgement)


@dataclass(frozen=True)
class Words:
    """What the lists found in a message."""

    hits: tuple[Hit, ...]
    signs: Signs

    @property
    def level(self) -> str:
        """The level that the words alone speak of."""
        if not self.hits or self.signs.general:
            return "none"
        level = max(LEVELS.index(hit.entry.level) for hit in self.hits)
        if self.signs.now and level == LEVELS.index("serious"):
            level += 1
        if self.signs.negation and level > LEVELS.index("concern"):
            level -= 1
        return LEVELS[level]

    @property
    def row(self) -> list[float]:
        """The evidence as numbers, for the classifier: [13]."""
        worst = max((LEVELS.index(hit.entry.level) for hit in self.hits), default=0)
        known = LEVELS.index(self.level)
        return [
            *(float(worst == i) for i in range(len(LEVELS))),
            *(float(known == i) for i in range(len(LEVELS))),
            *map(float, (self.signs.now, self.signs.past, self.signs.negation, self.signs.general)),
            float(min(len({hit.entry.id for hit in self.hits}), 4)),
        ]


def by_words(text: str, lists: Mapping[str, WordList]) -> Words:
    """The evidence of all ``lists``: people mix languages, and a list costs a millisecond."""
    hits: list[Hit] = []
    signs = Signs(now=False, past=False, negation=False, general=False)
    for each in lists.values():
        fired, found = each.search(text)
        hits += fired
        signs = Signs(
            signs.now or found.now,
            signs.past or found.past,
            signs.negation or found.negation,
            signs.general or found.general,
        )
    return Words(tuple(hits), signs)


def _combined(words: Words, judgement: Judgement | None) -> Risk:
    why = tuple(dict.fromkeys(f"ord: {hit.entry.meaning} ({hit.words!r})" for hit in words.hits))
    by_category = {hit.entry.category: 0.6 for hit in words.hits} if words.level != "none" else {}
    if judgement is None:
        return Risk(words.level, tuple(by_category), 0.6 if words.hits else 0.5, why)
    acute = judgement.levels["acute"]
    serious = acute + judgement.levels["serious"]
    concern = serious + judgement.levels["concern"]
    if acute >= ACUTE_FROM:
        level, confidence = "acute", acute
    elif acute + serious >= SERIOUS_FROM:
        level, confidence = "serious", serious
    elif concern >= CONCERN_FROM:
        level, confidence = "concern", concern
    else:
        level, confidence = "none", judgement.levels["none"]
    if level == "none":
        return Risk(level, (), confidence, ())
    for category, share in judgement.categories.items():
        by_category[category] = by_category.get(category, 0.0) + share
    ranked = sorted(by_category, key=lambda category: -by_category[category])
    likely = tuple(category for category in ranked if by_category[category] >= CATEGORY_FROM) or tuple(ranked[:1])
    return Risk(level, likely[:3], confidence, (*why, f"betydning: {level} {confidence:.0%}"))
