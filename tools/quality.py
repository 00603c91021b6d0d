"""How well topics and languages are understood: ``make quality`` measures and writes docs/quality.md. (Danger: evaluate_risk.)

Both evaluation sets go through the code that serves citizens (``bot.nlu.evaluate``). What the test set gave is kept in
tests/evaluation/measured.json: a language that falls more than two points below it fails the tests.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bot.advice import languages
from bot.settings import ROOT
from bot.supervisor import rasa_python

SETS = ROOT / "tests" / "evaluation"
MEASURED = SETS / "measured.json"
_PAGE = ROOT / "docs" / "quality.md"
_IMAGES = ROOT / "docs" / "images"
# Confidences are compared with what came true in steps of a tenth.
_STEPS = 10
_PROCESSES = 2
Pair = tuple[dict[str, Any], dict[str, Any]]


class CannotMeasure(Exception):
    """The evaluation did not run; the text is what it said."""


def understood(part: str, codes: Sequence[str] = languages.CODES) -> list[Pair]:
    """Every message of the set ``part`` (dev or test) with what was understood.

    Raises:
        CannotMeasure: the evaluation failed.
    """
    files = [SETS / part / f"{kind}-{code}.jsonl" for code in codes for kind in ("topics", "risk")]
    lines = [line for path in files if path.exists() for line in path.read_text("utf-8").splitlines()]
    # Rasa reads one message after the other: a process for each core.
    parts = [lines[i::_PROCESSES] for i in range(_PROCESSES)]
    with ThreadPoolExecutor(_PROCESSES) as pool:
        return [pair for pairs in pool.map(_evaluated, parts) for pair in pairs]


def _evaluated(lines: list[str]) -> list[Pair]:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.jsonl", Path(folder) / "out.jsonl"
        source.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        command = [str(rasa_python()), "-m", "bot.nlu.evaluate", str(source), str(target)]
        internal = {"RASA_TELEMETRY_ENABLED": "false", "INTERNAL_URL": "http://127.0.0.1:5055", "PYTHONPATH": str(ROOT)}
        environment = {**os.environ, **internal, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotMeasure(done.stderr[-2000:])
        rows = [json.loads(line) for line in lines]
        found = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    return list(zip(rows, found, strict=True))


def shares(pairs: Iterable[Pair]) -> dict[str, dict[str, float]]:
    """By language, in %: topic ``first`` and in ``three``, and ``language`` (three words or more)."""
    found: dict[str, dict[str, list[bool]]] = {}
    for row, seen in pairs:
        mine = found.setdefault(row["lang"], {})
        ranking = [name for name, _ in seen["ranking"]]
        if is_topical(row):
            mine.setdefault("first", []).append(ranking[0] in row["topics"])
            mine.setdefault("three", []).append(bool(set(ranking[:3]) & set(row["topics"])))
        if len(row["text"].split()) >= 3:
            mine.setdefault("language", []).append(seen["language"] == row["lang"])
    return {code: {name: percent(hits) for name, hits in found[code].items()} for code in languages.CODES if code in found}


def is_topical(row: dict[str, Any]) -> bool:
    """Whether the message stands in a set of topics (and not in one of dangers)."""
    return "function" not in row


def percent(hits: Sequence[bool]) -> float:
    """The share of ``hits``, in %, to one decimal."""
    return round(100 * sum(hits) / len(hits), 1)


def by_kind(pairs: Iterable[Pair]) -> dict[str, float]:
    """Topic right first, in %, by kind of message."""
    found: dict[str, list[bool]] = {}
    for row, seen in pairs:
        if is_topical(row):
            found.setdefault(row["kind"], []).append(seen["topic"] in row["topics"])
    return {kind: percent(hits) for kind, hits in sorted(found.items())}


def confusions(pairs: Iterable[Pair], most: int = 15) -> list[tuple[str, str, int]]:
    """The commonest mistakes: (right topic, taken for, times)."""
    counts = Counter(
        (row["topics"][0], seen["topic"]) for row, seen in pairs if is_topical(row) and seen["topic"] not in row["topics"]
    )
    return [(right, wrong, count) for (right, wrong), count in counts.most_common(most)]


def calibration(pairs: Iterable[Pair]) -> list[tuple[float, float, int]]:
    """(mean confidence, share right, messages) for each tenth of confidence."""
    steps: dict[int, list[tuple[float, bool]]] = {}
    for row, seen in pairs:
        if is_topical(row):
            step = min(int(seen["confidence"] * _STEPS), _STEPS - 1)
            steps.setdefault(step, []).append((seen["confidence"], seen["topic"] in row["topics"]))
    return [
        (sum(c for c, _ in rows) / len(rows), sum(right for _, right in rows) / len(rows), len(rows))
        for _, rows in sorted(steps.items())
    ]


def above(pairs: Sequence[Pair], threshold: float) -> tuple[float, float, float]:
    """Of the answers at ``threshold`` or more: (share of all messages, mean confidence, share right)."""
    topical = [(row, seen) for row, seen in pairs if is_topical(row)]
    kept = [(seen["confidence"], seen["topic"] in row["topics"]) for row, seen in topical if seen["confidence"] >= threshold]
    count = max(1, len(kept))
    return len(kept) / len(topical), sum(c for c, _ in kept) / count, sum(right for _, right in kept) / count


def page(test: list[Pair], dev: list[Pair]) -> Iterator[str]:
    """The measured part of docs/quality.md."""
    names = ("first", "three", "language")
    on_test, on_dev = shares(test), shares(dev)
    yield "Test sets, in % (in brackets: dev sets, on which choices were made):\n"
    yield "| | topic right first | among three | language |"
    yield "|---" * (len(names) + 1) + "|"
    for code in on_test:
        cells = (f"{on_test[code].get(name, '')} ({on_dev.get(code, {}).get(name, '')})" for name in names)
        yield f"| {code} | " + " | ".join(cells) + " |"
    yield "\nBy kind of message, topic right first on test: " + ", ".join(f"{k} {v}" for k, v in by_kind(test).items()) + ".\n"
    yield "The commonest mistakes on dev, all languages:\n"
    yield "| right | taken for | times |\n|---|---|---|"
    yield from (f"| {right} | {wrong} | {count} |" for right, wrong, count in confusions(dev))
    yield "\nConfidence and what came true, on test:\n"
    yield "| answers with a confidence from | share of messages | mean confidence | right |\n|---|---|---|---|"
    for threshold in (0.0, 0.35, 0.5, 0.7, 0.9):
        share, confidence, right = above(test, threshold)
        yield f"| {threshold:.2f} | {100 * share:.1f} % | {100 * confidence:.1f} % | {100 * right:.1f} % |"
    yield "\n![Share right by confidence](images/calibration.svg)\n\n![Topic right first, by language](images/topics.svg)"


def plot(test: list[Pair], dev: list[Pair]) -> None:
    """The two figures of docs/quality.md, as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    # The same numbers give the same file.
    mpl.rcParams["svg.hashsalt"] = "vejviser"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="#999", linewidth=1)
    for name, pairs, colour in (("dev", dev, "#7a9cc6"), ("test", test, "#b23a48")):
        points = calibration(pairs)
        axes.plot([p[0] for p in points], [p[1] for p in points], marker="o", color=colour, label=name)
    axes.set(xlabel="confidence", ylabel="share right", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    figure.savefig(_IMAGES / "calibration.svg", metadata={"Date": None}, bbox_inches="tight")
    on_test = shares(test)
    figure, axes = pyplot.subplots(figsize=(8, 3))
    axes.bar(list(on_test), [row["three"] for row in on_test.values()], color="#d9e2ec", label="among three")
    axes.bar(list(on_test), [row["first"] for row in on_test.values()], color="#7a9cc6", label="first")
    axes.set(ylabel="topic right, %", ylim=(0, 100))
    axes.legend(loc="lower left")
    figure.savefig(_IMAGES / "topics.svg", metadata={"Date": None}, bbox_inches="tight")


def main() -> int:
    test, dev = understood("test"), understood("dev")
    MEASURED.write_text(json.dumps(shares(test), indent=1) + "\n")
    plot(test, dev)
    text = "\n".join(page(test, dev))
    marked = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- /measured -->)", re.DOTALL)
    _PAGE.write_text(marked.sub(lambda _: f"\n{text}\n\n", _PAGE.read_text("utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
