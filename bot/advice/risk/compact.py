"""The third net: the words that fit into the page, which looks for danger by itself when the server does not answer.

The weighted words of three languages, and as many patterns of their word lists as there is room for, without their exceptions.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.advice.risk.patterns import GAP, LETTERS, LEVELS, WordList, loosened
from bot.advice.risk.terms import Terms

# Bytes after compression, for the page's language with Danish and English beside it.
MOST_BYTES = 15_000
# How the room is shared, by how many languages there are: the page's own first.
_SHARES = {1: (1.0,), 2: (0.6, 0.4), 3: (0.6, 0.2, 0.2)}


def compact(ranked: Mapping[str, Sequence[str]], weighted: Mapping[str, Terms], language: str) -> dict[str, Any]:
    """``{"letters", "gap", "patterns", "terms"}`` for a page in ``language``: what danger.js needs, in ``MOST_BYTES``.

    Args:
        ranked: each language's patterns, the most useful first.
    """
    codes = list(dict.fromkeys((language, "da", "en")))
    terms = [{"bias": weighted[code].bias, "weights": weighted[code].weights} for code in codes if code in weighted]
    codes = [code for code in codes if code in ranked]
    room = MOST_BYTES - len(packed(_form([], terms)))
    patterns: list[str] = []
    for code, share in zip(codes, _SHARES.get(len(codes), ())):
        patterns += _fitting(ranked[code], int(room * share * 0.96))
    return _form(patterns, terms)


def write(lists: Mapping[str, WordList], weighted: Mapping[str, Terms], folder: Path) -> None:
    """``folder/<language>.json`` for every language that there are words of."""
    folder.mkdir(parents=True, exist_ok=True)
    ranked = {code: _ranked(words) for code, words in lists.items()}
    for language in sorted({*lists, *weighted}):
        (folder / f"{language}.json").write_bytes(_plain(compact(ranked, weighted, language)))


def packed(form: Mapping[str, Any]) -> bytes:
    """``form`` as it travels."""
    return gzip.compress(_plain(form), 6)


def expression(pattern: str) -> re.Pattern[str]:
    """``pattern`` (folded) as the page reads it, over words with a space before, between and after."""
    parts = (f"(?:\\S+ ){{0,{GAP}}}" if word == "..." else f"(?:{_alternatives(word)}) " for word in pattern.split())
    return re.compile(" " + "".join(parts))


def _alternatives(word: str) -> str:
    return "|".join(re.escape(a).replace(r"\*", r"\S*") for a in word.split("|"))


def _form(patterns: Sequence[str], terms: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"letters": {chr(a): b for a, b in LETTERS.items()}, "gap": GAP, "patterns": list(patterns), "terms": list(terms)}


def _plain(form: Mapping[str, Any]) -> bytes:
    return json.dumps(form, ensure_ascii=False, separators=(",", ":")).encode()


def _fitting(ranked: Sequence[str], room: int) -> list[str]:
    """As many of the first of ``ranked`` as fit into ``room`` bytes."""
    low, high = 0, len(ranked)
    while low < high:
        middle = (low + high + 1) // 2
        if len(gzip.compress("\n".join(ranked[:middle]).encode(), 6)) <= room:
            low = middle
        else:
            high = middle - 1
    return list(ranked[:low])


def _ranked(words: WordList) -> list[str]:
    """The list's patterns, the most useful first: those that see most of the sentences the entries must fire on, for their length.

    A pattern that fires on a sentence that must stay silent is left out.
    """
    entries = [entry for entry in words.entries if entry.level in ("acute", "serious")]
    danger = [(f" {loosened(s)} ", LEVELS.index(entry.level)) for entry in entries for s in entry.fires]
    harmless = [f" {loosened(s)} " for entry in words.entries for s in entry.silent]
    candidates: dict[str, list[int]] = {}
    for entry in sorted(entries, key=lambda e: -LEVELS.index(e.level)):
        for pattern in map(_folded, entry.patterns):
            found = expression(pattern)
            if pattern not in candidates and not any(found.search(s) for s in harmless):
                candidates[pattern] = [i for i, (s, _) in enumerate(danger) if found.search(s)]
    return list(_greedily(candidates, [level for _, level in danger]))


def _greedily(candidates: Mapping[str, Sequence[int]], worth: Sequence[int]) -> Iterator[str]:
    left, seen = dict(candidates), set[int]()

    def gain(pattern: str) -> float:
        return sum(worth[i] for i in left[pattern] if i not in seen) / (len(pattern) + 20)

    while left and (best := max(left, key=gain)) and gain(best):
        seen.update(left.pop(best))
        yield best
    # Then the rest in the order of the list, acute first, the short ones of each entry before the long.
    yield from sorted(left, key=lambda pattern: len(pattern) > 60)


def _folded(pattern: str) -> str:
    return " ".join(word if word == "..." else "|".join(_word(a) for a in word.split("|")) for word in pattern.split())


def _word(alternative: str) -> str:
    return "*" * alternative.startswith("*") + loosened(alternative.strip("*")) + "*" * alternative.endswith("*")
