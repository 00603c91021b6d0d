"""Opens the files of ``knowledge/``: topics, districts, audiences, named things, the names of offers and languages."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot.advice.mentions import Gazetteer, MentionFinder

ROOT = Path(__file__).resolve().parent.parent.parent / "knowledge"
WHOLE_CITY = "whole_city"
OFFERS = ROOT / "offers.csv"


@dataclass(frozen=True)
class Topic:
    """One thing a citizen needs; ``id`` is the assistant's intent."""

    id: str
    group: str
    name_da: str
    near: tuple[str, ...]
    human: bool = False
    """Too much depends on the person's own case: a human is offered with the answer."""


@dataclass(frozen=True)
class Phrase:
    """A sentence that advisers send in the person's language."""

    id: str
    group: str
    da: str
    note: str
    answers: str = ""
    """``yes_no`` where the person gets buttons."""


@dataclass(frozen=True)
class Check:
    """One step of a check list, said to the adviser; ``phrase`` and ``line`` are ids that help with it, or empty."""

    id: str
    da: str
    phrase: str
    line: str
    source: str


@dataclass(frozen=True)
class Checklist:
    """What an adviser does, in this order, when a danger was seen."""

    category: str
    items: tuple[Check, ...]


@lru_cache(maxsize=1)
def phrases() -> dict[str, Phrase]:
    """The advisers' phrase book by id, in the order of the file: ``phrases.yml``."""
    rows: Any = _read("phrases.yml")
    return {row["id"]: Phrase(row["id"], row["group"], row["da"], row["note"], row.get("answers", "")) for row in rows}


@lru_cache(maxsize=1)
def topics() -> dict[str, Topic]:
    """The topics by id, in the order of the file."""
    return {
        name: Topic(name, group, row["da"], tuple(row["near"]), bool(row.get("human")))
        for group, rows in _read("topics.yml").items()
        for name, row in rows.items()
    }


@lru_cache(maxsize=1)
def audiences() -> tuple[str, ...]:
    """The ids of the audiences."""
    return tuple(_read("audiences.yml"))


def languages() -> Mapping[str, Any]:
    """The product's languages by code: ``languages.yml``."""
    return _read("languages.yml")


def sources() -> Mapping[str, Any]:
    """The founding documents by their short name, with the text and address shown under an answer."""
    return _read("sources.yml")


def lines() -> Mapping[str, Any]:
    """Which line for which danger: ``lines.yml``."""
    return _read("lines.yml")


@lru_cache(maxsize=1)
def districts() -> dict[str, dict[str, Any]]:
    """The districts, and the places outside the municipality, by id."""
    content = _read("districts.yml")
    return {**content["districts"], **content["outside"]}


def areas_of(district: str) -> list[str]:
    """How ``district`` (ids joined by ``+``) and its neighbours are written in the offers' district column, nearest first."""
    known = [d for d in district.split("+") if d in districts()]
    return [area for d in known for area in districts()[d]["offers_area"]]


def name_files() -> list[Path]:
    """The files that ``mention_finder`` reads: what a model trained with it depends on."""
    return [OFFERS, *(ROOT / f"{name}.yml" for name in ("districts", "audiences", "named_things", "languages", "names_elsewhere"))]


@lru_cache(maxsize=1)
def mention_finder() -> MentionFinder:
    """Finds ``offer``, ``thing``, ``district``, ``audience`` and ``language`` in a message."""
    with OFFERS.open(encoding="utf-8", newline="") as file:
        offers = {row["id"]: [row["name_da"], *row["aliases"].split(";")] for row in csv.DictReader(file)}
    named = {name: [row["name_da"], *row.get("aliases", ())] for name, row in _read("named_things.yml").items()}
    people, elsewhere = _read("audiences.yml"), _read("names_elsewhere.yml")["audiences"]
    spoken = {code: [row["name"], *row["called"]] for code, row in _read("languages.yml").items()}
    return MentionFinder(
        [
            # Phrases that look like an audience and say nothing about the writer: found first, meaning nobody.
            Gazetteer("", {"": [phrase for row in people.values() for phrase in row.get("not_words", ())]}, fuzzy=False),
            Gazetteer("offer", offers),
            Gazetteer("thing", named),
            _district_names(),
            Gazetteer(
                "audience",
                {
                    name: [*row["words_da"], *row["words_en"], *elsewhere.get(name, ())]
                    for name, row in people.items()
                    if name != "citizen"
                },
                fuzzy=False,
            ),
            Gazetteer("language", spoken, fuzzy=False),
        ]
    )


def _district_names() -> Gazetteer:
    content, elsewhere = _read("districts.yml"), _read("names_elsewhere.yml")
    names = {
        name: [row["name"], *row["neighbourhoods"], *row["spellings"], *elsewhere["districts"].get(name, ())]
        for name, row in districts().items()
    }
    postcodes: dict[str, list[str]] = {}
    # A postcode that lies in two districts means both of them, or the likelier one.
    for span, hint in content["postcode_hints"].items():
        postcodes.setdefault(hint.get("likely") or "+".join(hint["candidates"]), []).append(span)
    for name, row in districts().items():
        for span in row["postcodes"]:
            postcodes.setdefault(name, []).append(f"{span['from']}-{span['to']}")
    for hint in content["name_hints"].values():
        names.setdefault("+".join(hint["candidates"]) or "", []).extend(hint["spellings"])
    names[WHOLE_CITY] = [*content["whole_city"]["spellings"], *elsewhere["whole_city"]]
    return Gazetteer("district", names, postcodes=postcodes)


@lru_cache(maxsize=16)
def _read(name: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = YAML(typ="safe").load((ROOT / name).read_text("utf-8"))
    return content


@lru_cache(maxsize=1)
def checklists() -> dict[str, Checklist]:
    """The advisers' check lists by danger, and ``general``: ``checklists.yml``."""
    rows: Any = _read("checklists.yml")
    return {row["category"]: Checklist(row["category"], tuple(map(_check, row["items"]))) for row in rows}


def _check(row: Mapping[str, str]) -> Check:
    return Check(row["id"], row["da"], row.get("phrase", ""), row.get("line", ""), row["source"])
