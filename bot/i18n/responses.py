"""The responses of the domain, rendered in a language with the Danish beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from ruamel.yaml import YAML

from bot.advice import knowledge, languages
from bot.i18n import bidi
from bot.i18n.catalogs import SOURCE, Catalogs

ROOT = Path(__file__).resolve().parent.parent.parent
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ARGUMENT = re.compile(r"\{(\w+)\}")


class UnknownResponse(KeyError):
    """The domain has no response of this name."""


@dataclass(frozen=True)
class Button:
    """What it says in the person's language and in Danish, and what is sent when it is pressed."""

    title: str
    title_da: str
    payload: str


@dataclass(frozen=True)
class Rendered:
    """One response, ready to be shown. ``cards`` are ids of offers; numbers and hours are rendered beside the text."""

    response: str
    text: str
    text_da: str
    language: str
    buttons: tuple[Button, ...]
    cards: tuple[str, ...]
    law: str
    source: str
    checked: str

    def as_dict(self) -> dict[str, Any]:
        """As it travels from Rasa to the app. Rasa adds to ``buttons``, so lists."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


class ResponseBook:
    """Responses by name: Danish from the domain, translations from the catalogs."""

    def __init__(self, responses: Mapping[str, list[dict[str, Any]]], catalogs: Catalogs) -> None:
        self._responses = responses
        self._catalogs = catalogs

    @classmethod
    @lru_cache(maxsize=1)
    def of_the_project(cls) -> ResponseBook:
        """The book of ``domain/*.yml``, read once."""
        return cls(read_responses(ROOT), Catalogs.installed())

    def __contains__(self, name: str) -> bool:
        return name in self._responses

    def render(self, name: str, language: str, /, **arguments: object) -> Rendered:
        """Response ``name`` in ``language`` with ``arguments`` in their places.

        A value like 2026-12-05 is written as a date of the language, ``topic`` is a topic's id, and ``choices`` are
        further buttons: ``{"title": Danish, "payload", "context"}``.

        Raises:
            UnknownResponse: there is none of that name.
        """
        if name not in self._responses:
            raise UnknownResponse(name)
        (variation,) = self._responses[name][:1]
        metadata = variation.get("metadata") or {}
        source = str(variation.get("text", "")).strip()
        choices = arguments.pop("choices", None) or ()
        if not isinstance(choices, (list, tuple)):
            raise TypeError(f"choices of {name} must be a list")
        return Rendered(
            response=name,
            text=self._filled(self._catalogs.translate(language, f"response {name}", source), arguments, language),
            text_da=self._filled(source, arguments, SOURCE),
            language=language,
            buttons=tuple(
                self.button(row["title"], row["payload"], language, row.get("context", "button"))
                for row in (*choices, *(variation.get("buttons") or ()))
            ),
            cards=tuple(metadata.get("cards") or ()),
            law=str(metadata.get("law") or ""),
            source=str(metadata.get("source") or ""),
            checked=str(metadata.get("checked") or ""),
        )

    def button(self, title_da: str, payload: str, language: str, context: str = "button") -> Button:
        """A button whose Danish title is ``title_da``."""
        return Button(self._catalogs.translate(language, context, title_da), title_da, payload)

    def _filled(self, text: str, arguments: Mapping[str, object], language: str) -> str:
        """``{name}`` replaced; a name without a value stays readable rather than failing in front of a person."""

        def value_of(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in arguments:
                return match.group()
            value = str(arguments[name])
            if name == "topic" and value in knowledge.topics():
                value = self._catalogs.translate(language, "topic", knowledge.topics()[value].name_da)
            elif _DATE.fullmatch(value):
                value = format_date(date.fromisoformat(value), "full", locale=languages.locale(language))
            return bidi.isolated_value(value) if languages.direction(language) == "rtl" else value

        return _ARGUMENT.sub(value_of, text)


def read_responses(root: Path) -> dict[str, list[dict[str, Any]]]:
    """The responses of the project at ``root``, without Rasa: domain.yml and domain/*.yml."""
    yaml = YAML(typ="safe")
    found: dict[str, list[dict[str, Any]]] = {}
    for path in (root / "domain.yml", *sorted((root / "domain").glob("*.yml"))):
        found |= yaml.load(path.read_text("utf-8")).get("responses") or {}
    return found
