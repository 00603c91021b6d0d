"""The gettext catalogs: ``locale/<code>/LC_MESSAGES/vejviser.po``, Danish being the source of every text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.advice import languages
from bot.i18n import bidi, reviews

LOCALE = Path(__file__).resolve().parent / "locale"
DOMAIN = "vejviser"
SOURCE = "da"


def po_path(language: str) -> Path:
    """Where the catalog of ``language`` lies."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@dataclass(frozen=True)
class _Translation:
    texts: NullTranslations
    reviewed: bool


class Catalogs:
    """The translations by language, each read when it is first needed."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = paths
        self._translations: dict[str, _Translation] = {}

    @classmethod
    @lru_cache(maxsize=1)
    def installed(cls) -> Catalogs:
        """The catalogs in ``locale/``."""
        return cls({code: po_path(code) for code in languages.CODES if po_path(code).exists()})

    @property
    def languages(self) -> tuple[str, ...]:
        """What can be answered in: Danish, and each language with a catalog, in the order of knowledge/languages.yml."""
        return (SOURCE, *(code for code in self._paths if code != SOURCE))

    def reviewed(self, language: str) -> bool:
        """Whether native speakers have read every text (bot.i18n.reviews); the source needs none."""
        return language == SOURCE or (language in self._paths and self._translation(language).reviewed)

    def best(self, wanted: Iterable[str]) -> str:
        """The first of ``wanted`` that can be answered in; English where none can."""
        return next((code for code in wanted if code in self.languages), "en" if "en" in self.languages else SOURCE)

    def translate(self, language: str, context: str, text: str) -> str:
        """``text`` in ``language``; the Danish itself where the catalog has nothing."""
        if language == SOURCE or not text or language not in self._paths:
            return text
        return self._translation(language).texts.pgettext(context, text)

    def for_templates(self, language: str) -> NullTranslations:
        """What Jinja's i18n extension takes."""
        return self._translation(language).texts if language in self._paths else NullTranslations()

    def _translation(self, language: str) -> _Translation:
        if language not in self._translations:
            self._translations[language] = _read(self._paths[language])
        return self._translations[language]


def _read(path: Path) -> _Translation:
    """Compiled in memory: a stale .mo beside a newer .po has misled more than one project."""
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.parent.parent.name, abort_invalid=True)
    reviewed = not any(reviews.unread(catalog))
    if languages.direction(path.parent.parent.name) == "rtl":
        for message in catalog:
            if message.id and isinstance(message.string, str):
                message.string = bidi.isolated(message.string)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return _Translation(GNUTranslations(compiled), reviewed)
