"""Which language a message is written in, from its script, its letters and words, and what is already known of the conversation."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log

from bot.advice import knowledge
from bot.advice.languages.model import LanguageModel, words
from bot.settings import Settings

logger = logging.getLogger(__name__)

# The product's languages, in the order they are shown in.
CODES: tuple[str, ...] = tuple(knowledge.languages())
_ETHIOPIC = re.compile(r"[\u1200-\u139F\u2D80-\u2DDF\uAB00-\uAB2F]")
_CYRILLIC = re.compile(r"[\u0400-\u052F]")
_ARABIC = re.compile(r"[\u0600-\u06FF\u0750-\u077F\u08A0-\u08FF\uFB50-\uFDFF\uFE70-\uFEFF]")
_LATIN = re.compile(r"[A-Za-z\u00C0-\u024F\u1E00-\u1EFF]")
# Serbian and Macedonian letters; the languages of the Soviet Union have none of them.
_SERBIAN = re.compile(r"[ЂђЋћЉљЊњЏџЈј]")
# Letters of Kurdish in Arabic script.
_KURDISH = re.compile(r"[\u06B5\u0695\u06CE\u06C6\u06D5]")
# Danish names of things stand in messages of every language: this share of letters in another script outweighs them.
_SHARE_OF_SCRIPT = 0.25
# How likely it is that the next message is in the conversation's language, before it is read.
_STAYS = 0.35
# Where nothing speaks for any language.
_DEFAULT = "da"


@dataclass(frozen=True)
class Language:
    """``code`` (ISO 639-1), ``confidence`` 0..1, and the ``rivals``: what else it may be, likeliest first."""

    code: str
    confidence: float
    rivals: tuple[str, ...] = ()


def identify(text: str, *, so_far: str | None = None) -> Language:
    """The language of ``text``; ``so_far`` is the conversation's (or the page's) and counts as evidence, None if unknown."""
    among = _candidates(text)
    if not among:
        return Language(so_far or _DEFAULT, 0.0)
    if len(among) == 1:
        return Language(among[0], 0.99)
    scores = {code: score + log(_before(code, so_far, among)) for code, score in _evidence(text, among).items()}
    total = sum(exp(score) for score in scores.values())
    ranked = sorted(scores, key=lambda code: -scores[code])
    return Language(ranked[0], exp(scores[ranked[0]]) / total, tuple(ranked[1:3]))


def direction(code: str) -> str:
    """``rtl`` or ``ltr``."""
    return str(knowledge.languages().get(code, {}).get("dir", "ltr"))


def locale(code: str) -> str:
    """How dates, times and languages' names are written: a locale of CLDR."""
    return str(knowledge.languages().get(code, {}).get("locale", code))


def name(code: str) -> str:
    """What the language calls itself."""
    return str(knowledge.languages()[code]["name"])


def is_romanised(text: str, code: str) -> bool:
    """Whether ``text`` is in Latin letters although the language ``code`` has a script of its own."""
    return knowledge.languages()[code]["scripts"][0] != "latin" and _script(_letters(text)) == "latin"


def _letters(text: str) -> dict[str, int]:
    """How many letters of each script."""
    return {script: len(found.findall(text)) for script, found in _SCRIPTS.items()}


def _script(counts: Mapping[str, int]) -> str:
    """The script of a text with so many letters of each."""
    others = {script: count for script, count in counts.items() if script != "latin"}
    script = max(others, key=others.__getitem__)
    return script if others[script] and others[script] >= _SHARE_OF_SCRIPT * sum(counts.values()) else "latin"


def _candidates(text: str) -> tuple[str, ...]:
    """The languages whose script ``text`` is written in; none where it holds no letter."""
    counts = _letters(text)
    if not any(counts.values()):
        return ()
    script = _script(counts)
    if script == "cyrillic" and _SERBIAN.search(text):
        return ("bs",)
    if script == "arabic" and len(_KURDISH.findall(text)) * 12 > counts["arabic"]:
        return ("ku",)
    return tuple(code for code, row in knowledge.languages().items() if script in row["scripts"])


def _evidence(text: str, among: tuple[str, ...]) -> Mapping[str, float]:
    """The logarithm of each language's share, by its words."""
    model = _model()
    if model is None or not words(text):
        return dict.fromkeys(among, -log(len(among)))
    shares = dict(zip(model.codes, model.log_shares(text)))
    return {code: float(shares.get(code, -20.0)) for code in among}


def _before(code: str, so_far: str | None, among: tuple[str, ...]) -> float:
    if so_far not in among or len(among) == 1:
        return 1 / len(among)
    return _STAYS if code == so_far else (1 - _STAYS) / (len(among) - 1)


@lru_cache(maxsize=1)
def _model() -> LanguageModel | None:
    path = Settings.read().language_model
    try:
        return LanguageModel.load(path)
    except (OSError, ValueError, KeyError) as error:
        logger.error("languages are told apart by their script only: %s", error)
        return None


_SCRIPTS = {"ethiopic": _ETHIOPIC, "cyrillic": _CYRILLIC, "arabic": _ARABIC, "latin": _LATIN}
