"""Districts, audiences, offers and languages that a message names: in any case, misspelt, by postcode or nickname."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz.distance import DamerauLevenshtein

_WORD = re.compile(r"\w+")
# Shorter words must be written exactly: one wrong letter in five makes another word.
_FUZZY_FROM = 7
# "Nørrebros", "døgnvagten"; Turkish, Somali, Slavic and Greenlandic cases: "Valbyde", "Nørrebromi", "Tingbjergu".
_ENDINGS: tuple[str, ...] = (
    *("s", "en", "et", "n", "t", "da", "de", "ta", "te", "dan", "den", "ya", "ye", "ka"),
    *("u", "a", "e", "em", "om", "ie", "mi", "mut", "miit", "imi", "imut", "yê", "an"),
)
# "In", "to", "and" are written together with the name in Arabic and Tigrinya.
_BEGINNINGS = ("ب", "ل", "و", "ف", "ال", "بال", "ኣብ", "ናብ")


@dataclass(frozen=True)
class Mention:
    """``text[start:end]`` names ``value`` (an id) of ``kind``."""

    kind: str
    value: str
    start: int
    end: int
    confidence: float


@dataclass(frozen=True)
class Gazetteer:
    """The names of one kind of thing: id -> spellings."""

    kind: str
    names: Mapping[str, Sequence[str]]
    fuzzy: bool = True
    postcodes: Mapping[str, Sequence[str]] = field(default_factory=dict)


class MentionFinder:
    """Finds the longest names first; a name inside a longer one is not found again."""

    def __init__(self, gazetteers: Iterable[Gazetteer]) -> None:
        self._exact: dict[tuple[str, ...], tuple[str, str]] = {}
        self._fuzzy: list[tuple[str, str, str]] = []
        self._ranges: list[tuple[int, int, str, str]] = []
        self._longest = 1
        for gazetteer in gazetteers:
            for value, spellings in gazetteer.names.items():
                for spelling in spellings:
                    words = tuple(fold(spelling).split())
                    if not words:
                        continue
                    self._exact.setdefault(words, (gazetteer.kind, value))
                    self._longest = max(self._longest, len(words))
                    if gazetteer.fuzzy and len(words) == 1 and len(words[0]) >= _FUZZY_FROM:
                        self._fuzzy.append((words[0], gazetteer.kind, value))
            for value, ranges in gazetteer.postcodes.items():
                for span in ranges:
                    first, _, last = str(span).partition("-")
                    self._ranges.append((int(first), int(last or first), gazetteer.kind, value))

    def find(self, text: str) -> list[Mention]:
        """The mentions in ``text``, in order. What is known to mean nothing (an empty value) only hides what it covers."""
        tokens = [(fold(m.group()), *m.span()) for m in _WORD.finditer(text)]
        found: list[Mention] = []
        taken = [False] * len(tokens)
        for size in range(min(self._longest, len(tokens)), 0, -1):
            for first in range(len(tokens) - size + 1):
                if any(taken[first : first + size]):
                    continue
                mention = self._named(tokens[first : first + size])
                if mention:
                    if mention.value:
                        found.append(mention)
                    taken[first : first + size] = [True] * size
        return sorted(found, key=lambda m: m.start)

    def _named(self, tokens: Sequence[tuple[str, int, int]]) -> Mention | None:
        words = tuple(word for token, *_ in tokens for word in token.split())
        start, end = tokens[0][1], tokens[-1][2]
        if words in self._exact:
            return Mention(*self._exact[words], start, end, 1.0)
        if len(tokens) > 1:
            return None
        (word,) = words or ("",)
        for ending in _ENDINGS:
            if word.endswith(ending) and len(word) > 5 and (bare := (word.removesuffix(ending),)) in self._exact:
                return Mention(*self._exact[bare], start, end, 0.95)
        for beginning in _BEGINNINGS:
            if word.startswith(beginning) and len(word) > 5 and (bare := (word.removeprefix(beginning),)) in self._exact:
                return Mention(*self._exact[bare], start, end, 0.95)
        if word.isdecimal() and len(word) == 4:
            for first, last, kind, value in self._ranges:
                if first <= int(word) <= last:
                    return Mention(kind, value, start, end, 0.9)
        if len(word) >= _FUZZY_FROM - 1:
            best = min(
                ((DamerauLevenshtein.distance(word, name, score_cutoff=2), kind, value, name) for name, kind, value in self._fuzzy),
                default=None,
            )
            if best and best[0] <= (2 if len(best[3]) >= 10 else 1):
                return Mention(best[1], best[2], start, end, 0.8)
        return None


def fold(text: str) -> str:
    """Lower case, without accents, the Danish letters as people type them without a Danish keyboard."""
    text = text.lower().replace("æ", "ae").replace("ø", "o").replace("å", "a").replace("oe", "o").replace("aa", "a")
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(_WORD.findall(plain))
