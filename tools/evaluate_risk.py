"""How well danger is seen, by language, level, category and kind: ``make evaluate-risk`` prints it and writes docs/risk.md.

Judged by the code that serves citizens, on the sets of tests/evaluation. The recall on the test sets is kept in
tests/evaluation/measured-risk.json: CI fails where a language sees a point less of what is acute.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from bot.advice import languages
from bot.advice.risk import ASK_FROM, CARD_FROM, CATEGORIES, Risk, RiskDetector, terms
from bot.advice.risk.compact import expression
from bot.advice.risk.patterns import loosened
from bot.settings import ROOT, Settings

SETS = ROOT / "tests" / "evaluation"
MEASURED = SETS / "measured-risk.json"
_PAGE = ROOT / "docs" / "risk.md"
FUNCTIONS = (
    *("negation", "past", "third_person", "quote", "law", "film", "sport"),
    *("idiom", "homonym", "professional", "news"),
)
_STEPS = (0.0, 0.1, ASK_FROM, CARD_FROM, 0.6, 0.8, 0.9, 1.01)


@dataclass(frozen=True)
class Judged:
    """A labelled message and what was judged: with everything, by words alone, and by the words that are on the page."""

    row: dict[str, Any]
    risk: Risk
    words: bool
    page: bool

    @property
    def card(self) -> bool:
        """Whether a safety card goes out."""
        return self.risk.at_least("serious")


class PageNet:
    """What danger.js does, in Python: tests/browser/test_danger.py holds the two together."""

    def __init__(self, settings: Settings, language: str) -> None:
        words = json.loads((settings.page_words / f"{language}.json").read_text("utf-8"))
        self._terms = [terms.Terms(row["bias"], row["weights"]) for row in words["terms"]]
        self._patterns = [expression(pattern) for pattern in words["patterns"]]

    def sees(self, text: str) -> bool:
        """Whether the page shows a card by itself."""
        plain = f" {loosened(text)} "
        return any(t.score(text) > 0 for t in self._terms) or any(p.search(plain) for p in self._patterns)


def judged(part: str, detector: RiskDetector, settings: Settings, codes: Sequence[str] = languages.CODES) -> list[Judged]:
    """Every message of the set ``part`` (dev, test or functions) in the languages ``codes``."""
    kinds = ("functions",) if part == "functions" else ("risk", "topics")
    rows, nets = [], {code: PageNet(settings, code) for code in codes}
    for code in codes:
        for kind in kinds:
            path = SETS / part / f"{kind}-{code}.jsonl"
            rows += [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def judge(row: dict[str, Any]) -> Judged:
        text = row["text"]
        by_words = detector.by_words(text).at_least("serious")
        return Judged(row, detector.assess(text), by_words, nets[row["lang"]].sees(text))

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(judge, rows))


def share(found: Sequence[Judged], of: Callable[[Judged], bool], hit: Callable[[Judged], bool]) -> float:
    """The share of ``hit`` among those ``of``, in %; nan where there are none."""
    among = [j for j in found if of(j)]
    return round(100 * sum(map(hit, among)) / len(among), 1) if among else float("nan")


def _is(function: str) -> Callable[[Judged], bool]:
    return lambda j: j.row.get("function") == function


def _at_least(level: str) -> Callable[[Judged], bool]:
    return lambda j: j.risk.at_least(level)


def _hard(j: Judged) -> bool:
    return "function" in j.row and j.row["level"] == "none"


def _card(j: Judged) -> bool:
    return j.card


def _no_card(j: Judged) -> bool:
    return not j.card


COLUMNS: dict[str, tuple[Callable[[Judged], bool], Callable[[Judged], bool]]] = {
    "acute, plain: card": (_is("acute-explicit"), _card),
    "acute, implicit: card": (_is("acute-implicit"), _card),
    "acute, implicit: concern or more": (_is("acute-implicit"), _at_least("concern")),
    "serious, plain: card": (_is("serious-explicit"), _card),
    "serious, plain: concern or more": (_is("serious-explicit"), _at_least("concern")),
    "serious, implicit: card": (_is("serious-implicit"), _card),
    "none: card": (lambda j: j.row["level"] == "none" and "function" not in j.row, _card),
    "none: acute card": (lambda j: j.row["level"] == "none", _at_least("acute")),
    "none: asked": (lambda j: j.row["level"] == "none", lambda j: j.risk.unsure),
    "hard negatives: card": (_hard, _card),
}


def by_language(found: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """The columns, in %, for each language."""
    codes = [code for code in languages.CODES if any(j.row["lang"] == code for j in found)]
    return {
        code: {name: share([j for j in found if j.row["lang"] == code], of, hit) for name, (of, hit) in COLUMNS.items()}
        for code in codes
    }


def recall(found: Sequence[Judged]) -> dict[str, float]:
    """The share of acute messages that get a card, in %, by language: what CI guards."""
    return {
        code: share([j for j in found if j.row["lang"] == code], lambda j: j.row["level"] == "acute", _card)
        for code in languages.CODES
    }


def guarded(found: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """What CI holds: the recall of acute messages by language, and how many harmless ones get a card over all."""
    most = ("none: card", "none: acute card", "hard negatives: card")
    return {"acute": recall(found), "at most": {name: share(found, *COLUMNS[name]) for name in most}}


def _table(title: str, rows: dict[str, dict[str, float]]) -> Iterator[str]:
    columns = list(next(iter(rows.values())))
    yield f"| {title} | " + " | ".join(columns) + " |"
    yield "|---" * (len(columns) + 1) + "|"
    for name, cells in rows.items():
        yield f"| {name} | " + " | ".join("" if v != v else f"{v:g}" for v in cells.values()) + " |"


def page(test: list[Judged], dev: list[Judged], functions: list[Judged]) -> Iterator[str]:
    """The measured part of docs/risk.md."""
    for name, found in (("test sets", test), ("dev sets, on which thresholds were chosen", dev)):
        yield f"### By language, {name}, in %\n"
        rows = by_language(found)
        rows["all"] = {column: share(found, of, hit) for column, (of, hit) in COLUMNS.items()}
        yield from _table("", rows)
        yield ""
    yield "### When parts fail, test sets: acute messages that get a card, and harmless ones that do, in %\n"
    acute, harmless = (lambda j: j.row["level"] == "acute"), (lambda j: j.row["level"] == "none")
    nets: dict[str, Callable[[Judged], bool]] = {
        "everything": _card,
        "no classifier": lambda j: j.words,
        "the page alone": lambda j: j.page,
    }
    cells = {n: {"acute": share(test, acute, hit), "none": share(test, harmless, hit)} for n, hit in nets.items()}
    yield from _table("what judges", cells)
    yield "\n### By category, test and dev sets: messages at serious or acute that get a card, in %\n"
    both = [*test, *dev]
    for_category = {
        category: {
            "messages": float(sum(category in j.row["categories"] and j.row["level"] in ("serious", "acute") for j in both)),
            "card": share(both, lambda j, c=category: c in j.row["categories"] and j.row["level"] in ("serious", "acute"), _card),  # type: ignore[misc]
            "category among those named": share(
                both,
                lambda j, c=category: c in j.row["categories"] and j.card,  # type: ignore[misc]
                lambda j, c=category: c in j.risk.categories,  # type: ignore[misc]
            ),
        }
        for category in CATEGORIES
    }
    yield from _table("category", for_category)
    yield "\n### Harmless messages with alarming words, test sets: cards by kind, in %\n"
    kinds = sorted({j.row["function"] for j in test if _hard(j)})
    yield from _table("kind", {k: {"messages": float(sum(map(_is(k), test))), "card": share(test, _is(k), _card)} for k in kinds})
    yield "\n### Likelihood and what came true, test sets\n"
    yield "| likelihood of serious or worse | messages | were serious or worse |\n|---|---|---|"
    for low, high in pairwise(_STEPS):
        among = [j for j in test if low <= _likelihood(j) < high]
        if among:
            true = sum(j.row["level"] in ("serious", "acute") for j in among) / len(among)
            yield f"| {100 * low:.0f} to {min(100 * high, 100):.0f} % | {len(among)} | {100 * true:.0f} % |"
    if functions:
        yield "\n### Functionality by language: judged as its author expected, in %\n"
        for expected in ("none", "danger"):
            among = [j for j in functions if j.row["expected"] == expected]
            names = [name for name in FUNCTIONS if any(map(_is(name), among))]
            right = _card if expected == "danger" else _no_card
            yield from _table(
                "", {f"{name}: {'card' if right is _card else 'no card'}": _for_each(among, _is(name), right) for name in names}
            )
            yield ""


def _for_each(found: Sequence[Judged], of: Callable[[Judged], bool], hit: Callable[[Judged], bool]) -> dict[str, float]:
    return {code: share([j for j in found if j.row["lang"] == code], of, hit) for code in languages.CODES}


def _likelihood(j: Judged) -> float:
    return j.risk.danger


def main() -> int:
    settings = Settings.read()
    detector = RiskDetector.load(settings.risk_model)
    test, dev, functions = (judged(part, detector, settings) for part in ("test", "dev", "functions"))
    MEASURED.write_text(json.dumps(guarded(test), indent=1) + "\n")
    text = "\n".join(page(test, dev, functions))
    marked = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- /measured -->)", re.DOTALL)
    _PAGE.write_text(marked.sub(lambda _: f"\n{text}\n\n", _PAGE.read_text("utf-8")), encoding="utf-8")
    Console().print(Markdown(text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
