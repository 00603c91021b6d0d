"""Evidence from words: phrase patterns per language, kept as data that a social worker can edit (``knowledge/risk``).

A pattern is words as people type them, without capitals or accents, matched over spaCy's tokens::

    slar|slog|slaar mig        alternatives for one word
    truss*, *truss, *truss*    any ending, any beginning, both
    vil ... drab|sla mig       up to four words between
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import spacy
from rapidfuzz.distance import DamerauLevenshtein
from ruamel.yaml import YAML
from spacy.language import Language as Pipeline
from spacy.matcher import Matcher
from spacy.tokens import Doc

from bot.advice.mentions import fold

LEVELS = ("none", "concern", "serious", "acute")
CATEGORIES = (
    "violence_partner",
    "violence_family",
    "threat_to_life",
    "honour",
    "forced_marriage",
    "taken_abroad",
    "confinement",
    "sexual_violence",
    "fgm",
    "suicide_self_harm",
    "child_at_risk",
    "stalking",
    "exploitation",
    "homeless_tonight",
)
GAP = 4
# Shorter words must be written exactly; and where one letter says "not" (Turkish vuruyor, vurmuyor), every word must.
_FUZZY_FROM = 7
_FUZZY_IN = ("da", "en", "pl", "uk", "bs")
# Letters that people write for one another: Turkish, Slavic, Persian and Arabic keyboards, and Ge'ez letters of one sound.
LETTERS = str.maketrans(
    {
        "æ": "ae",
        "ø": "o",
        "å": "a",
        "ı": "i",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ß": "ss",
        "ĸ": "q",
        "ґ": "г",
        "\u200c": "",
        "\u200d": "",
        "ـ": "",
    }
    | dict(zip("یىېےكہھۀةؤئ", "ييييکههههوي"))
    | {chr(0x1210 + i): chr(0x1200 + i) for i in range(8)}  # ሐ as ሀ
    | {chr(0x1280 + i): chr(0x1200 + i) for i in range(8)}  # ኀ as ሀ
    | {chr(0x1220 + i): chr(0x1230 + i) for i in range(8)}  # ሠ as ሰ
    | {chr(0x12D0 + i): chr(0x12A0 + i) for i in range(7)}  # ዐ as አ
    | {chr(0x1340 + i): chr(0x1338 + i) for i in range(8)}  # ፀ as ጸ
)
# `safe`: the person says that nothing is the matter; `yes`, `no`: how the safe question is answered in words.
_SIGNS = ("now", "past", "negation", "general", "safe", "yes", "no")


def loosened(text: str) -> str:
    """``text`` folded, and letters that people write for one another made one."""
    return fold(text.lower().translate(LETTERS))


# Of words from files only: a cache of what people write would keep it.
_listed = lru_cache(maxsize=None)(loosened)


@lru_cache(maxsize=1)
def _pipeline() -> Pipeline:
    # The tokens are folded before they come here, so every language's blank pipeline cuts alike: at spaces.
    return spacy.blank("xx")


def tokens(text: str) -> Doc:
    """The words of ``text`` as the patterns see them; made once for all lists."""
    return Doc(_pipeline().vocab, words=loosened(text).split() or ["-"])


class UnreadablePatterns(Exception):
    """A word list cannot be used; the text names the file, the entry and the fix."""


@dataclass(frozen=True)
class Entry:
    """One meaning, the ways people say it, and the sentences that must and must not fire."""

    language: str
    id: str
    meaning: str
    category: str
    level: str
    patterns: tuple[str, ...]
    unless: tuple[str, ...]
    fires: tuple[str, ...]
    silent: tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    """``entry`` fired on ``words``, the folded words of the message between ``start`` and ``end`` (tokens)."""

    entry: Entry
    words: str
    start: int
    end: int


@dataclass(frozen=True)
class Signs:
    """What else the words say about the whole message."""

    now: bool
    past: bool
    negation: bool
    general: bool
    safe: bool = False
    yes: bool = False
    no: bool = False

    def __or__(self, other: Signs) -> Signs:
        return Signs(*(getattr(self, sign) or getattr(other, sign) for sign in _SIGNS))


class WordList:
    """The patterns of one language, compiled."""

    def __init__(self, language: str, entries: Sequence[Entry], signs: Mapping[str, Sequence[str]]) -> None:
        self.language = language
        self.entries = tuple(entries)
        # An index of the rarest slot of each pattern: a message wakes a handful of thousands, and only those are compiled.
        self._patterns: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._matchers: dict[tuple[str, str], Matcher] = {}
        self._woken_by: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._woken_by_stem: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._woken_by_part: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._by_key = {entry.id: entry for entry in entries}
        self._place = {entry.id: place for place, entry in enumerate(entries)}
        everything = [p for entry in entries for p in (*entry.patterns, *entry.unless)] + [p for ps in signs.values() for p in ps]
        self._how_common = Counter(_listed(word) for pattern in everything for word in re.split(r"[ |]", pattern))
        ordinary = (sentence for entry in entries for sentence in (*entry.fires, *entry.silent))
        self._known = {word for sentence in ordinary for word in _listed(sentence).split()}
        self._fuzzy: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in {_listed(w) for e in entries for p in e.patterns for w in re.split(r"[ |]", p) if "*" not in w}:
            if len(word) >= _FUZZY_FROM and " " not in word:
                for length in range(-1, 2):
                    self._fuzzy[word[0], len(word) + length].append(word)
        for entry in entries:
            self._add(entry.id, entry.patterns)
            self._add(f"unless {entry.id}", entry.unless)
        for sign, patterns in signs.items():
            self._add(f"sign {sign}", patterns)

    @classmethod
    def read(cls, path: Path) -> WordList:
        """The word list in ``path``, ``<language>.yml``.

        Raises:
            UnreadablePatterns: something in it is missing or not allowed.
        """
        content = YAML(typ="safe").load(path.read_text("utf-8"))
        entries = [_entry(path, number, row) for number, row in enumerate(content.get("entries") or (), 1)]
        if len({entry.id for entry in entries}) != len(entries):
            raise UnreadablePatterns(f"{path.name}: two entries share an id; every id must be its own")
        signs = content.get("signs") or {}
        if unknown := set(signs) - set(_SIGNS):
            raise UnreadablePatterns(f"{path.name}: signs {sorted(unknown)} are not among {', '.join(_SIGNS)}")
        return cls(path.stem, entries, signs)

    def search(self, text: str | Doc) -> tuple[list[Hit], Signs]:
        """The entries that fire on ``text`` (or its :func:`tokens`) and are not excepted there, and the signs in it."""
        doc = self._mended(tokens(text) if isinstance(text, str) else text)
        awake = self._awake(doc)
        hits = []
        for name in sorted(awake.keys() & self._by_key.keys(), key=self._place.__getitem__):
            found = self._spans(name, awake[name], doc)
            excepted = self._spans(f"unless {name}", awake.get(f"unless {name}", ()), doc) if found else []
            for start, end in found:
                if not any(s < end and start < e for s, e in excepted):
                    hits.append(Hit(self._by_key[name], doc[start:end].text, start, end))
        return hits, Signs(*(bool(self._spans(f"sign {sign}", awake.get(f"sign {sign}", ()), doc)) for sign in _SIGNS))

    def hits(self, text: str) -> list[Hit]:
        """The entries that fire on ``text``."""
        return self.search(text)[0]

    def _mended(self, doc: Doc) -> Doc:
        """``doc`` with a slip of the finger in a long word mended, where it can only be a word of this list."""
        words = [self._nearest(token.text) for token in doc]
        return Doc(doc.vocab, words=words) if any(w != t.text for w, t in zip(words, doc)) else doc

    def _nearest(self, word: str) -> str:
        if (
            self.language not in _FUZZY_IN
            or len(word) < _FUZZY_FROM
            or word in self._how_common
            or word in self._known
            or word.isdecimal()
        ):
            return word
        near = [w for w in self._fuzzy.get((word[0], len(word)), ()) if DamerauLevenshtein.distance(word, w, score_cutoff=1) <= 1]
        return near[0] if len(near) == 1 else word

    def _spans(self, key: str, rarest: Iterable[str], doc: Doc) -> list[tuple[int, int]]:
        """Where the patterns of ``key`` that hold one of the slots ``rarest`` stand in ``doc``, in order."""
        spans = set()
        for slot in rarest:
            if (key, slot) not in self._matchers:
                matcher = Matcher(_pipeline().vocab)
                matcher.add(key, [list(_compiled(pattern)) for pattern in self._patterns[key, slot]])
                # Only now: another thread may be searching.
                self._matchers[key, slot] = matcher
            spans |= {(start, end) for _, start, end in self._matchers[key, slot](doc)}
        return sorted(spans)

    def _commonness(self, alternatives: str) -> int:
        return sum(self._how_common[_listed(alternative)] for alternative in alternatives.split("|"))

    def _awake(self, doc: Doc) -> dict[str, set[str]]:
        """The keys of which some pattern has its rarest slot filled in ``doc``, with those slots."""
        woken: set[tuple[str, str]] = set()
        for token in doc:
            woken |= self._woken_by.get(token.text, set())
            for length in range(1, len(token.text) + 1):
                woken |= self._woken_by_stem.get(token.text[:length], set())
        for part, keys in self._woken_by_part.items():
            if part in doc.text:
                woken |= keys
        awake: dict[str, set[str]] = defaultdict(set)
        for key, slot in woken:
            awake[key].add(slot)
        return awake

    def _add(self, key: str, patterns: Sequence[str]) -> None:
        for pattern in patterns:
            # Words that begin with a star are looked for everywhere in the message, which is slower: only where there is no other.
            rarest = min(
                (word for word in pattern.split() if word != "..."), key=lambda w: ("*" in w[:1] or "|*" in w, self._commonness(w))
            )
            for alternative in rarest.split("|"):
                if alternative.startswith("*"):
                    index = self._woken_by_part
                else:
                    index = self._woken_by_stem if alternative.endswith("*") else self._woken_by
                index[_listed(alternative.strip("*"))].add((key, rarest))
            self._patterns[key, rarest].append(pattern)


def _compiled(pattern: str) -> Iterator[dict[str, Any]]:
    for word in pattern.split():
        if word == "...":
            yield {"OP": f"{{0,{GAP}}}"}
        elif "*" in word:
            yield {"TEXT": {"REGEX": f"^(?:{'|'.join(map(_with_open_ends, word.split('|')))})$"}}
        else:
            yield {"TEXT": {"IN": [_listed(alternative) for alternative in word.split("|")]}}


def _with_open_ends(word: str) -> str:
    begin, end = (r"\w*" if star else "" for star in (word.startswith("*"), word.endswith("*")))
    return begin + re.escape(_listed(word.strip("*"))) + end


def _entry(path: Path, number: int, row: Mapping[str, Any]) -> Entry:
    where = f"{path.name}, entry {row.get('id') or number}"
    missing = [key for key in ("id", "meaning", "category", "level", "patterns", "fires", "silent") if not row.get(key)]
    if missing:
        raise UnreadablePatterns(f"{where}: {', '.join(missing)} must be given")
    if row["category"] not in CATEGORIES:
        raise UnreadablePatterns(f"{where}: category {row['category']!r} is none of {', '.join(CATEGORIES)}")
    if row["level"] not in LEVELS[1:]:
        raise UnreadablePatterns(f"{where}: level {row['level']!r} is none of {', '.join(LEVELS[1:])}")
    if len(row["fires"]) < 2 or len(row["silent"]) < 2:
        raise UnreadablePatterns(f"{where}: give at least two sentences that must fire and two that must stay silent")
    lists = {key: tuple(map(str, row.get(key) or ())) for key in ("patterns", "unless", "fires", "silent")}
    return Entry(path.stem, str(row["id"]), str(row["meaning"]), str(row["category"]), str(row["level"]), **lists)
