"""How dangerous is what a person writes, now: the level, the categories, and why. Judged apart from the topic.

Three kinds of evidence: phrases (``patterns``, lists a social worker can edit), single words (``terms``) and meaning
(``classifier``). Each stands in for the others when one fails: a list without an entry, an encoder that breaks. What was written
before counts too: people tell such things in pieces.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import exp, log
from operator import or_
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.advice import encoder, knowledge, languages
from bot.advice.risk import terms
from bot.advice.risk.classifier import Judgement, RiskClassifier
from bot.advice.risk.patterns import CATEGORIES, LEVELS, Hit, Signs, WordList, tokens
from bot.advice.risk.terms import Terms

logger = logging.getLogger(__name__)

__all__ = ["CATEGORIES", "LEVELS", "Risk", "RiskDetector", "Signs", "word_lists"]

# Beside the classifier's file.
TERMS = "risk-terms.json"
# All chosen on tests/evaluation/dev, a missed acute message weighing fifty false alarms (docs/decisions/0008).
# What each kind of evidence adds to the classifier's logarithm of odds: single words, at most four either way, and phrases.
TERMS_WEIGH = 0.4
TERMS_MOST = 4.0
PHRASES_WEIGH = {"none": 0.0, "concern": 0.0, "serious": 0.9, "acute": 1.6}
# From evidence to how likely it is that the message is serious or worse: slope and place.
CALIBRATION = (0.90, 0.83)
# How likely a safety card must be right; below it, and from here on, one safe question.
CARD_FROM = 0.46
ASK_FROM = 0.24
ACUTE_FROM = 0.45
CONCERN_FROM = 0.5
CATEGORY_FROM = 0.5
# So many earlier messages are read together with the new one; a message that says nothing alone may end the sentence.
_TOGETHER = 3
_FRAGMENT_WORDS = 6


@dataclass(frozen=True)
class Risk:
    """``level`` of LEVELS, ``categories`` likeliest first, ``confidence`` 0..1, ``why`` for the adviser, in Danish.

    ``rules``: ids of the word lists' entries that fired, as ``<language>/<id>``. ``unsure``: a safe question is in place.
    ``whole``: all kinds of evidence were heard. ``danger``: how likely it is serious or worse, 0..1.
    """

    level: str
    categories: tuple[str, ...]
    confidence: float
    why: tuple[str, ...]
    rules: tuple[str, ...] = ()
    unsure: bool = False
    whole: bool = True
    danger: float = 0.0

    def at_least(self, level: str) -> bool:
        """Whether this is ``level`` or worse."""
        return LEVELS.index(self.level) >= LEVELS.index(level)


NO_RISK = Risk("none", (), 1.0, ())
NO_SIGNS = Signs(now=False, past=False, negation=False, general=False)


def word_lists() -> dict[str, WordList]:
    """The word lists of ``knowledge/risk``, by language."""
    return {path.stem: WordList.read(path) for path in sorted((knowledge.ROOT / "risk").glob("*.yml"))}


class RiskDetector:
    """Judges messages. Never raises: a part that fails is left out and counted in ``failures``, by part."""

    def __init__(
        self, lists: Mapping[str, WordList], classifier: RiskClassifier | None, weighted: Mapping[str, Terms] | None = None
    ) -> None:
        self._lists = lists
        self._classifier = classifier
        self._terms = weighted or {}
        self.failures: Counter[str] = Counter(words=0, classifier=0)

    @classmethod
    def load(cls, model: Path) -> RiskDetector:
        """With the word lists, and the classifier saved at ``model``; without it, if it cannot be used, rather than not at all."""
        try:
            classifier = RiskClassifier.load(model)
        except (OSError, ValueError, KeyError) as error:
            logger.error("the risk classifier cannot be used, only the word lists judge: %s", error)
            classifier = None
        return cls(word_lists(), classifier, _terms(model.with_name(TERMS)))

    @property
    def complete(self) -> bool:
        """Whether both kinds of evidence are there."""
        return self._classifier is not None

    def by_words(self, text: str) -> Risk:
        """What the word lists alone say of ``text``: milliseconds, and no model is needed."""
        return _combined(self._words(text), None, self._score(text))

    def signs(self, text: str, language: str) -> Signs:
        """The signs in ``text`` by the list of ``language`` only: Polish "tak" is yes, Danish "tak" is thanks."""
        return self._lists[language].search(text)[1] if language in self._lists else NO_SIGNS

    def assess(self, text: str, *, before: Sequence[str] = (), vector: npt.NDArray[np.float32] | None = None) -> Risk:
        """The risk of ``text``.

        Args:
            before: what the person wrote earlier and was not answered with a safety card, oldest first.
            vector: the sentence vector [384], where it is known.
        """
        alone = self._alone(text, vector)
        if not before or alone.at_least("serious") or (alone.level == "none" and len(text.split()) > _FRAGMENT_WORDS):
            return alone
        together = self._alone("\n".join([*before[-_TOGETHER:], text]), None)
        if not together.at_least("serious"):
            return alone
        # Only what is clear: the earlier pieces were judged, and raised no card.
        return replace(together, level="serious", why=(*together.why, "set sammen med det, der blev skrevet før"))

    def _alone(self, text: str, vector: npt.NDArray[np.float32] | None) -> Risk:
        words = self._words(text)
        judgement = None
        if self._classifier is not None:
            try:
                if vector is None:
                    (vector,) = encoder.shared().encode([text])
                (judgement,) = self._classifier.judge(np.array([[*vector, *words.row]], dtype=np.float64))
            except Exception:
                # Whatever broke in the model must not silence the words.
                self.failures["classifier"] += 1
        return _combined(words, judgement, self._score(text))

    def _score(self, text: str) -> float:
        """The logarithm of the odds of danger by single words, in the language that ``text`` is likeliest written in."""
        try:
            code = languages.identify(text).code
            return self._terms[code].score(text) if code in self._terms else 0.0
        except Exception:
            self.failures["words"] += 1
            return 0.0

    def _words(self, text: str) -> Words:
        try:
            return by_words(text, self._lists)
        except Exception:
            # Nor a broken list the model.
            self.failures["words"] += 1
            return Words((), NO_SIGNS)


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

    def at_least(self, level: str) -> bool:
        """Whether the words alone speak of ``level`` or worse."""
        return LEVELS.index(self.level) >= LEVELS.index(level)

    @property
    def row(self) -> list[float]:
        """The evidence as numbers, for the classifier: [13]."""
        worst = max((LEVELS.index(hit.entry.level) for hit in self.hits), default=0)
        known = LEVELS.index(self.level)
        return [
            *(float(worst == i) for i in range(len(LEVELS))),
            *(float(known == i) for i in range(len(LEVELS))),
            *map(float, (self.signs.now, self.signs.past, self.signs.negation, self.signs.general)),
            float(min(len({(hit.entry.language, hit.entry.id) for hit in self.hits}), 4)),
        ]


def by_words(text: str, lists: Mapping[str, WordList]) -> Words:
    """The evidence of the ``lists`` of the languages that ``text`` may be written in; Danish and English always, people mix."""
    if text.isspace() or not text:
        return Words((), NO_SIGNS)
    found = languages.identify(text)
    doc = tokens(text)
    searched = [lists[code].search(doc) for code in dict.fromkeys((found.code, *found.rivals, "da", "en")) if code in lists]
    hits = [hit for fired, _ in searched for hit in fired]
    return Words(tuple(hits), reduce(or_, (signs for _, signs in searched), NO_SIGNS))


def _likelihood(acute: float, serious: float, phrases: str, score: float) -> float:
    """How likely a message is serious or worse: the classifier's odds, acute counted double, moved by words and phrases."""
    odds = min(max((2 * acute + serious) / 2, 1e-4), 1 - 1e-4)
    evidence = log_odds(odds) + TERMS_WEIGH * min(max(score, -TERMS_MOST), TERMS_MOST) + PHRASES_WEIGH[phrases]
    slope, place = CALIBRATION
    return 1 / (1 + exp(-(slope * evidence + place)))


def log_odds(share: float) -> float:
    """The logarithm of the odds of a ``share`` between 0 and 1."""
    return log(share / (1 - share))


def _terms(path: Path) -> dict[str, Terms]:
    try:
        return terms.read(path)
    except (OSError, ValueError, KeyError) as error:
        logger.error("single words are no evidence of danger: %s", error)
        return {}


def _combined(words: Words, judgement: Judgement | None, score: float) -> Risk:
    why = tuple(dict.fromkeys(f"ord: {hit.entry.meaning} ({hit.words!r})" for hit in words.hits))
    rules = tuple(dict.fromkeys(f"{hit.entry.language}/{hit.entry.id}" for hit in words.hits))
    by_category = {hit.entry.category: 0.6 for hit in words.hits} if words.level != "none" else {}
    if judgement is None:
        level = "serious" if score > 0 and not words.at_least("serious") and not words.signs.general else words.level
        return Risk(level, tuple(by_category)[:3], 0.6 if words.hits else 0.5, why, rules, whole=False)
    acute = judgement.levels["acute"]
    danger = _likelihood(acute, judgement.levels["serious"], words.level, score)
    concern = acute + judgement.levels["serious"] + judgement.levels["concern"]
    unsure = ASK_FROM <= danger < CARD_FROM
    if danger >= CARD_FROM:
        level, confidence = ("acute" if acute >= ACUTE_FROM else "serious"), danger
    elif unsure or concern >= CONCERN_FROM:
        level, confidence = "concern", max(concern, 1 - danger)
    else:
        level, confidence = "none", 1 - danger
    for category, share in judgement.categories.items():
        by_category[category] = by_category.get(category, 0.0) + share
    ranked = sorted(by_category, key=lambda category: -by_category[category])
    likely = tuple(category for category in ranked if by_category[category] >= CATEGORY_FROM) or tuple(ranked[:1])
    if level == "none":
        return Risk(level, (), confidence, (), rules, danger=danger)
    return Risk(level, likely[:3], confidence, (*why, f"betydning: {level} {confidence:.0%}"), rules, unsure, danger=danger)
