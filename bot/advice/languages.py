"""Which language a message is written in, from its script, its words and what is already known of the conversation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

# The product's languages (docs/languages.md); those with a catalog are listed by bot.i18n.
CODES = ("da", "en", "ar", "tr", "ur", "fa", "so", "pl", "uk", "bs", "ku", "ti", "kl")
RIGHT_TO_LEFT = frozenset({"ar", "ur", "fa"})
# What the identifier calls them -> what we call them.
_SAME = {"hr": "bs", "sr": "bs", "nb": "da", "no": "da", "nn": "da", "ru": "uk"}
_LETTERS = re.compile(r"[^\W\d_]+")
# A word or two say little: the language so far is likelier than any guess from them.
_ENOUGH_LETTERS = 12
_SURE = 0.9


@dataclass(frozen=True)
class Language:
    """``code`` (ISO 639-1) and ``confidence`` 0..1."""

    code: str
    confidence: float


def identify(text: str, *, so_far: str = "da") -> Language:
    """The language of ``text``; ``so_far`` (the page's choice or the last messages') decides where it holds no evidence."""
    letters = "".join(_LETTERS.findall(text))
    if not letters:
        return Language(so_far, 0.0)
    if script := _by_script(text):
        return script
    word_like = " ".join(_LETTERS.findall(text.lower()))
    if "ø" in word_like or "å" in word_like or re.search(r"\bæ|æ[a-zø]", word_like):
        return Language("da", 0.99)
    code, confidence = _identifier().classify(word_like)
    code = _SAME.get(code, code)
    confidence = float(confidence)
    if code != so_far and (len(letters) < _ENOUGH_LETTERS or confidence < _SURE):
        return Language(so_far, 0.5)
    return Language(code, confidence)


def direction(code: str) -> str:
    """``rtl`` or ``ltr``."""
    return "rtl" if code in RIGHT_TO_LEFT else "ltr"


def _by_script(text: str) -> Language | None:
    """The scripts of which we speak one language only."""
    if re.search(r"[\u1200-\u137F]", text):
        return Language("ti", 0.99)
    if re.search(r"[\u0400-\u04FF]", text):
        return Language("uk", 0.9)
    return None


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_pickled_model(MODEL_FILE, norm_probs=True)
    # Those of ours that it knows, and their nearest relatives; Somali and Kalaallisut it does not know.
    identifier.set_languages(["da", "no", "nb", "en", "ar", "tr", "ur", "fa", "pl", "uk", "bs", "hr", "sr", "ku"])
    return identifier
