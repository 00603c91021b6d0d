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
_ENOUGH_LETTERS = 10
_SURE = 0.75
_DANISH_LETTERS = frozenset("æøå")
# With fewer words beside the Danish ones the message is Danish.
_ENOUGH_AROUND = 3


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
    words = [word.lower() for word in _LETTERS.findall(text)]
    # Danish words for Danish things stand in every language's messages: what is around them tells the language.
    around = [word for word in words if not set(word) & _DANISH_LETTERS]
    if len(around) < min(len(words), _ENOUGH_AROUND):
        return Language("da", 0.99)
    shares: dict[str, float] = {}
    for named, share in _identifier().rank(" ".join(around)):
        # "Norwegian" and "Danish" together are Danish here.
        shares[_SAME.get(named, named)] = shares.get(_SAME.get(named, named), 0.0) + float(share)
    code = max(shares, key=shares.__getitem__)
    unsure = sum(map(len, around)) < _ENOUGH_LETTERS or shares[code] < _SURE
    if len(around) < len(words) and (code == "da" or unsure):
        return Language("da", 0.99)
    if code != so_far and unsure:
        return Language(so_far, 0.5)
    return Language(code, shares[code])


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
