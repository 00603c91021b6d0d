"""What each language has and what it lacks: ``python -m tools.languages`` (``make languages``).

python -m tools.languages                                what is missing, stale or not read by native speakers
python -m tools.languages new CODE                       an empty catalog for a language of knowledge/languages.yml
python -m tools.languages sign CODE INITIALS [CONTEXT]   a native speaker has read every text (or those of one context)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from ruamel.yaml import YAML

from bot.advice import knowledge, languages
from bot.i18n import reviews
from bot.i18n.catalogs import SOURCE, po_path
from bot.settings import ROOT
from tools import catalogs

# Examples a topic needs at least; Kalaallisut and Tigrinya have few who can write them.
_EXAMPLES = {"da": 60, "en": 60, "ti": 20, "kl": 20}
_EXAMPLES_ELSEWHERE = 30
_SETS = tuple(f"{part}/{kind}" for part in ("dev", "test") for kind in ("topics", "risk"))


def examples(code: str) -> dict[str, int]:
    """How many training messages ``code`` has for each topic."""
    yaml = YAML(typ="safe")
    counts = dict.fromkeys(knowledge.topics(), 0)
    for path in sorted((ROOT / "data" / "nlu" / code).glob("*.yml")):
        for block in yaml.load(path.read_text("utf-8"))["nlu"]:
            if block.get("intent") in counts:
                counts[block["intent"]] += len(block["examples"].splitlines())
    return counts


def wanted_examples(code: str) -> int:
    """How many training messages each topic needs in ``code``."""
    return _EXAMPLES.get(code, _EXAMPLES_ELSEWHERE)


def lacking(code: str, source: Catalog) -> Iterator[str]:
    """What ``code`` lacks, a line each."""
    if code != SOURCE:
        if not po_path(code).exists():
            yield f"no catalog: python -m tools.languages new {code}"
        else:
            yield from (fault.removeprefix(f"{code}: ") for fault in catalogs.faults(code, source))
    counts = examples(code)
    if few := [topic for topic, count in counts.items() if count < wanted_examples(code)]:
        yield f"data/nlu/{code}: fewer than {wanted_examples(code)} messages for {len(few)} topics, the first: {few[0]}"
    if not (knowledge.ROOT / "risk" / f"{code}.yml").exists():
        yield f"knowledge/risk/{code}.yml: no word list for danger"
    for name in _SETS:
        if not (ROOT / "tests" / "evaluation" / f"{name}-{code}.jsonl").exists():
            yield f"tests/evaluation/{name}-{code}.jsonl: no evaluation set"


def read_by_natives(code: str) -> str:
    """How much of the catalog of ``code`` native speakers have read."""
    if code == SOURCE or not po_path(code).exists():
        return ""
    with po_path(code).open("rb") as file:
        catalog = read_po(file, locale=languages.locale(code))
    texts, unread = len(catalog), len(list(reviews.unread(catalog)))
    return "read by native speakers" if not unread else f"draft: {unread} of {texts} texts wait for a native speaker"


def report() -> Iterator[str]:
    """Every language with its state."""
    source = catalogs.template()
    for code in languages.CODES:
        state = read_by_natives(code) or "the source"
        yield f"{code}  {languages.name(code)}: {sum(examples(code).values())} training messages; {state}"
        yield from (f"      {line}" for line in lacking(code, source))


def new(code: str) -> Path:
    """An empty catalog for ``code``.

    Raises:
        SystemExit: it is no language of the list, or has a catalog.
    """
    if code not in languages.CODES:
        raise SystemExit(f"{code} is not in knowledge/languages.yml. Add its line there first.")
    path = po_path(code)
    if path.exists():
        raise SystemExit(f"{path} exists already; `make catalogs` brings it up to date.")
    path.parent.mkdir(parents=True, exist_ok=True)
    source = catalogs.template()
    source.locale = languages.locale(code)
    path.write_bytes(catalogs.written(source))
    return path


def sign(code: str, who: str, context: str | None) -> int:
    """Add ``who``'s signature to what is translated; how many texts that were."""
    with po_path(code).open("rb") as file:
        catalog = read_po(file, locale=languages.locale(code))
    signed = 0
    for message in catalog:
        chosen = message.id and message.string and (context is None or (message.context or "page") == context)
        if chosen and who not in reviews.readers(message):
            kept = [comment for comment in message.user_comments if not comment.startswith(f"native: {who} ")]
            message.user_comments = [*kept, reviews.signature(message, who, date.today())]
            signed += 1
    po_path(code).write_bytes(catalogs.written(catalog))
    return signed


def main(arguments: list[str]) -> int:
    match arguments:
        case []:
            print(*report(), sep="\n")
        case ["new", code]:
            print(f"{new(code)} is ready to be translated; docs/languages.md says how.")
        case ["sign", code, who, *context] if len(context) <= 1 and po_path(code).exists():
            print(f"{sign(code, who, context[0] if context else None)} texts signed by {who}")
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
