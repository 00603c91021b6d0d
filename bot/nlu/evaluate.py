"""What is understood in each line of a JSONL file, through the code that serves citizens: config.yml's pipeline and the risk.

``python -m bot.nlu.evaluate in.jsonl out.jsonl`` in Rasa's environment; ``make evaluate`` calls it. docs/api.md has the form.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent, load_agent
from rasa.utils.log_utils import configure_structlog

from bot.advice import knowledge, languages, redaction
from bot.advice.risk import LEVELS
from bot.settings import Settings

_SHOWN = 5


class UnreadableLine(Exception):
    """A line of the input cannot be used; the text names it and what is expected."""


async def understood(agent: Agent, text: str) -> dict[str, Any]:
    """One message as the app and Rasa judge it: language, topics, risk."""
    language = languages.identify(text)
    parsed = await agent.parse_message(redaction.redact(text).text)
    ranking = [(row["name"], row["confidence"]) for row in parsed["intent_ranking"] if row["name"] in knowledge.topics()]
    return {
        "language": language.code,
        "topic": ranking[0][0] if ranking else None,
        "confidence": round(ranking[0][1], 4) if ranking else 0.0,
        "ranking": [[name, round(confidence, 4)] for name, confidence in ranking[:_SHOWN]],
        "level": parsed["risk"]["level"],
        "categories": parsed["risk"]["categories"],
    }


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file.

    Raises:
        UnreadableLine: one is no object with a ``text``.
    """
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UnreadableLine(f"{path}, line {number}: not JSON ({error})") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise UnreadableLine(f'{path}, line {number}: expected an object like {{"id": "1", "lang": "da", "text": "..."}}')
        yield row


def report(pairs: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Iterator[str]:
    """Accuracy per language, of what the lines are labelled with."""
    by_language: dict[str, list[tuple[Mapping[str, Any], Mapping[str, Any]]]] = defaultdict(list)
    for row, found in pairs:
        by_language[str(row.get("lang", "?"))].append((row, found))
    for language, rows in sorted(by_language.items()):
        yield f"{language}: {len(rows)} messages; " + "; ".join(_shares(rows))


def _shares(rows: list[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Iterator[str]:
    topical = [(row["topics"], [name for name, _ in found["ranking"]]) for row, found in rows if row.get("topics")]
    if topical:
        yield f"topic first {_percent([names[:1] and names[0] in right for right, names in topical])}"
        yield f"among three {_percent([bool(set(names[:3]) & set(right)) for right, names in topical])}"
    yield f"language {_percent([found['language'] == row.get('lang') for row, found in rows])}"
    judged = [(row, found) for row, found in rows if row.get("level") in LEVELS]
    for level in LEVELS:
        of_level = [LEVELS.index(found["level"]) for row, found in judged if row["level"] == level]
        if of_level:
            card = _percent([i >= LEVELS.index("serious") for i in of_level])
            yield f"{level} ({len(of_level)}): card {card}, acute {_percent([i == LEVELS.index('acute') for i in of_level])}"
    hard = [LEVELS.index(found["level"]) for row, found in judged if row["level"] == "none" and "function" in row]
    if hard:
        yield f"hard negatives ({len(hard)}): card {_percent([i >= LEVELS.index('serious') for i in hard])}"


def _percent(hits: list[Any]) -> str:
    return f"{100 * sum(map(bool, hits)) / len(hits):.1f} %"


async def evaluate(source: Path, target: Path) -> None:
    """Judge every line of ``source`` into ``target`` and print the report."""
    settings = Settings.read()
    # Rasa's structured log writes messages at debug, and debug is where it begins unless told otherwise.
    configure_structlog(logging.WARNING)
    rows = list(lines(source))
    agent = await load_agent(model_path=str(settings.home / "models" / "rasa"))
    pairs = []
    with target.open("w", encoding="utf-8") as out:
        for row in rows:
            found = await understood(agent, row["text"])
            pairs.append((row, found))
            out.write(json.dumps({"id": row.get("id"), **found}, ensure_ascii=False) + "\n")
    print(*report(pairs), sep="\n")  # noqa: T201


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print("Usage: make evaluate MESSAGES=in.jsonl OUT=out.jsonl", file=sys.stderr)  # noqa: T201
        return 2
    try:
        asyncio.run(evaluate(Path(arguments[0]), Path(arguments[1])))
    except (UnreadableLine, FileNotFoundError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
