"""Evidence from words: phrase patterns per language, kept as data that a social worker can edit (``knowledge/risk``).

A pattern is words as people type them, without capitals or accents, matched over spaCy's tokens::

    slar|slog|slaar mig        alternatives for one word
    truss*, *truss, *truss*    any ending, any beginning, both
    vil ... drab|sla mig       up to four words between
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spacy
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
_GAP = 4
_SIGNS = ("now", "past", "negation", "general")


class UnreadablePatterns(Exception):
    """A word list cannot be used; the text names the file, the entry and the fix."""


@dataclass(frozen=True)
class Entry:
    """One meaning, the ways people say it, and the sentences that must and must not fire."""

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


class WordList:
    """The patterns of one language, compiled."""

    def __init__(self, language: str, entries: Sequence[Entry], signs: Mapping[str, Sequence[str]]) -> None:
        self.language = language
        self.entries = tuple(entries)
        # The tokens are folded before they come here, so every language's blank pipeline cuts alike: at spaces.
        self._pipeline: Pipeline = spacy.blank("xx")
        # One matcher a key, and an index of the rarest word of each pattern: most messages wake a handful of them.
        self._matchers: dict[str, Matcher] = {}
        self._woken_by: dict[str, set[str]] = defaultdict(set)
        self._woken_by_stem: dict[str, set[str]] = defaultdict(set)
        self._woken_by_part: dict[str, set[str]] = defaultdict(set)
        self._by_key = {entry.id: entry for entry in entries}
        everything = [p for entry in entries for p in (*entry.patterns, *entry.unless)] + [p for ps in signs.values() for p in ps]
        self._how_common = Counter(word for pattern in everything for word in re.split(r"[ |]", pattern))
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

    def search(self, text: str) -> tuple[list[Hit], Signs]:
        """The entries that fire on ``text`` and are not excepted there; and whether it is now, past, negated, general."""
        doc = self._doc(text)
        spans = {key: found for key in self._awake(doc) if (found := [(s, e) for _, s, e in self._matchers[key](doc)])}
        hits = [
            Hit(entry, doc[start:end].text, start, end)
            for name, entry in self._by_key.items()
            for start, end in spans.get(name, [])
            if not any(s < end and start < e for s, e in spans.get(f"unless {name}", []))
        ]
        return hits, Signs(*(f"sign {sign}" in spans for sign in _SIGNS))

    def hits(self, text: str) -> list[Hit]:
        """The entries that fire on ``text``."""
        return self.search(text)[0]

    def _doc(self, text: str) -> Doc:
        return Doc(self._pipeline.vocab, words=fold(text).split() or ["-"])

    def _commonness(self, alternatives: str) -> int:
        return sum(self._how_common[alternative] for alternative in alternatives.split("|"))

    def _awake(self, doc: Doc) -> set[str]:
        """The keys of which some pattern has its rarest word in ``doc``."""
        keys: set[str] = set()
        for token in doc:
            keys |= self._woken_by.get(token.text, set())
            for length in range(1, len(token.text) + 1):
                keys |= self._woken_by_stem.get(token.text[:length], set())
        for part, woken in self._woken_by_part.items():
            if part in doc.text:
                keys |= woken
        return keys

    def _add(self, key: str, patterns: Sequence[str]) -> None:
        if not patterns:
            return
        self._matchers[key] = Matcher(self._pipeline.vocab)
        self._matchers[key].add(key, [list(_compiled(pattern)) for pattern in patterns])
        for pattern in patterns:
            # Words that begin with a star are looked for everywhere in the message, which is slower: they wake it only if they must.
            rarest = min(
                (word for word in pattern.split() if word != "..."), key=lambda w: ("*" in w[:1] or "|*" in w, self._commonness(w))
            )
            for alternative in rarest.split("|"):
                if alternative.startswith("*"):
                    index = self._woken_by_part
                else:
                    index = self._woken_by_stem if alternative.endswith("*") else self._woken_by
                index[fold(alternative.strip("*"))].add(key)


def _compiled(pattern: str) -> Iterator[dict[str, Any]]:
    for word in pattern.split():
        if word == "...":
            yield {"OP": f"{{0,{_GAP}}}"}
        elif "*" in word:
            yield {"TEXT": {"REGEX": f"^(?:{'|'.join(map(_with_open_ends, word.split('|')))})$"}}
        else:
            yield {"TEXT": {"IN": [fold(alternative) for alternative in word.split("|")]}}


def _with_open_ends(word: str) -> str:
    begin, end = (r"\w*" if star else "" for star in (word.startswith("*"), word.endswith("*")))
    return begin + re.escape(fold(word.strip("*"))) + end


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
    return Entry(str(row["id"]), str(row["meaning"]), str(row["category"]), str(row["level"]), **lists)
