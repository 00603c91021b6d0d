"""The gettext catalogs: ``locale/<code>/LC_MESSAGES/vejviser.po``, Danish being the source of every text."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent / "locale"
DOMAIN = "vejviser"
SOURCE = "da"
# How dates and times are written, where that is not what the bare code means.
LOCALES = {"en": "en_GB"}


def po_path(language: str) -> Path:
    """Where the catalog of ``language`` lies."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


class Catalogs:
    """The translations by language."""

    def __init__(self, translations: dict[str, NullTranslations]) -> None:
        self._translations = translations

    @classmethod
    @lru_cache(maxsize=1)
    def installed(cls) -> Catalogs:
        """Every catalog in ``locale/``, read once."""
        return cls({path.parent.parent.name: _read(path) for path in sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))})

    @property
    def languages(self) -> tuple[str, ...]:
        """What can be answered in: Danish, and each language with a catalog."""
        return (SOURCE, *(code for code in self._translations if code != SOURCE))

    def best(self, wanted: Iterable[str]) -> str:
        """The first of ``wanted`` that can be answered in; English where none can."""
        return next((code for code in wanted if code in self.languages), "en" if "en" in self.languages else SOURCE)

    def translate(self, language: str, context: str, text: str) -> str:
        """``text`` in ``language``; the Danish itself where the catalog has nothing."""
        if language == SOURCE or not text or language not in self._translations:
            return text
        return self._translations[language].pgettext(context, text)

    def for_templates(self, language: str) -> NullTranslations:
        """What Jinja's i18n extension takes."""
        return self._translations.get(language) or NullTranslations()


def _read(path: Path) -> GNUTranslations:
    """Compiled in memory: a stale .mo beside a newer .po has misled more than one project."""
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.parent.parent.name, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)
