"""The translators' catalogs: collects every Danish text, and brings each language's .po up to date with it.

python -m tools.catalogs update     write locale/*.po anew (translations are kept, what is no longer said is dropped)
python -m tools.catalogs check      fail where a catalog is stale, incomplete or damages an argument such as {deadline}
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from bot.advice import knowledge
from bot.i18n.catalogs import LOCALE, po_path
from bot.i18n.responses import ROOT, read_responses

_PYTHON: dict[str, object] = {"translate": ((2, "c"), 3), "sentence": ((2, "c"), 3), "N_": None, "choice_of": None}
_ARGUMENT = re.compile(r"\{\w+\}")
# (context, Danish, comment for translators, where)
Found = tuple[str | None, str, str, str]


def found_texts() -> Iterator[Found]:
    """Every Danish text of the product, in a stable order."""
    for name, variations in read_responses(ROOT).items():
        for variation in variations:
            note = (variation.get("metadata") or {}).get("note", "")
            yield f"response {name}", variation["text"].strip(), f"{name}. {note}", "domain"
            for button in variation.get("buttons") or ():
                leads_to = button["payload"].split("{")[0]
                yield "button", button["title"], f"Button, at most 30 characters. Leads to {leads_to}", "domain"
    for topic in knowledge.topics().values():
        yield "topic", topic.name_da, "Name of a topic, on a button.", "knowledge/topics.yml"
    for row in knowledge.districts().values():
        yield "district", row["name"], "Name of a district or municipality; keep the Danish name.", "knowledge/districts.yml"
    with knowledge.OFFERS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            where = "knowledge/offers.csv"
            yield "offer name", row["name_da"], "Keep the Danish proper name; explain it in brackets if needed.", where
            yield "offer description", row["description_da"], f"What {row['name_da']} is, on its card.", where
    for phrase in knowledge.phrases().values():
        where = "An adviser sends it as it stands; {number}, {place}, {time} and {name} stay."
        yield f"phrase {phrase.id}", phrase.da, f"{where} {phrase.note}", "knowledge/phrases.yml"
    for path in sorted((ROOT / "bot" / "web").rglob("*.py")):
        yield from _extracted(path, "python", _PYTHON, default_context="page")
    for path in sorted((ROOT / "bot" / "web" / "templates").glob("*.html")):
        yield from _extracted(path, "jinja2.ext:babel_extract", {"_": None, "gettext": None, "ngettext": (1, 2)})
    for path in sorted((ROOT / "actions").glob("*.py")):
        yield from _extracted(path, "python", {"choice_of": None}, default_context="button")


def _extracted(path: Path, method: str, keywords: dict[str, object], default_context: str | None = None) -> Iterator[Found]:
    where = path.relative_to(ROOT).as_posix()
    options = {"trimmed": "true", "silent": "false"} if path.suffix == ".html" else {}
    with path.open("rb") as file:
        for _, message, comments, context in extract(method, file, keywords, ("Translators:",), options):  # type: ignore[arg-type]
            text = message[0] if isinstance(message, tuple) else message
            yield context or default_context, text, " ".join(comments) or f"On the page ({where}).", where


def template() -> Catalog:
    """The catalog of all texts, without translations."""
    catalog = Catalog(project="Vejviser", charset="utf-8", fuzzy=False)
    for context, text, comment, where in found_texts():
        if text:
            catalog.add(text, context=context, auto_comments=[comment], locations=[(where, 0)])
    return catalog


def updated(language: str, source: Catalog) -> Catalog:
    """The catalog of ``language`` with exactly the texts of ``source``."""
    path = po_path(language)
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    # No guessing from similar texts: half a right is what puts a wrong deadline into a catalog.
    catalog.update(source, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    return catalog


def written(catalog: Catalog) -> bytes:
    """The .po file of ``catalog``."""
    buffer = BytesIO()
    write_po(buffer, catalog, width=100, include_lineno=False, omit_header=False)
    return buffer.getvalue()


def faults(language: str, source: Catalog) -> Iterator[str]:
    """What is wrong with the catalog of ``language``."""
    catalog = updated(language, source)
    missing = [m.id for m in catalog if m.id and not m.string]
    if missing:
        yield f"{language}: {len(missing)} texts are not translated, the first: {str(missing[0])[:60]!r}"
    for message in catalog:
        if message.id and message.string and set(_ARGUMENT.findall(str(message.id))) != set(_ARGUMENT.findall(str(message.string))):
            yield f"{language}: the arguments of {str(message.id)[:60]!r} are not those of its translation"
    if written(catalog) != po_path(language).read_bytes():
        yield f"{language}: the catalog is stale; run `make catalogs`"


def languages() -> list[str]:
    """The languages that have a catalog."""
    return sorted(path.name for path in LOCALE.iterdir() if po_path(path.name).exists())


def main(arguments: list[str]) -> int:
    source = template()
    if arguments == ["update"]:
        for language in languages():
            po_path(language).write_bytes(written(updated(language, source)))
        return 0
    if arguments == ["check"]:
        found = [fault for language in languages() for fault in faults(language, source)]
        print(*found, sep="\n") if found else print(f"catalogs: {len(source)} texts, {', '.join(languages())} complete and fresh")
        return 1 if found else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
