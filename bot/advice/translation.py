"""Where a kommune may plug in its own translation service. There is none in here, and none is called unless it is set.

``TRANSLATION_SERVICE=module:factory`` names a function without arguments that returns a ``Translator``; what that must keep to
is tests/contracts/translator.py. Only advisers' pages ask for translations, and only of words that were redacted.
"""

from __future__ import annotations

import asyncio
import logging
from importlib import import_module
from typing import Protocol, runtime_checkable

from bot.advice import redaction

log = logging.getLogger(__name__)
# An adviser reads on without it: somebody waits.
_PATIENCE_SECONDS = 3.0
_INTO = "da"


class CannotTranslate(Exception):
    """Not this language, or not now. Carries no words of the text."""


class NoTranslator(Exception):
    """``TRANSLATION_SERVICE`` names nothing that can be used; the text says why."""


@runtime_checkable
class Translator(Protocol):
    """A translation service of the kommune's own."""

    @property
    def keeps(self) -> str:
        """What the service keeps of a text, where and for how long: one sentence. "nothing" is an answer."""

    async def translate(self, text: str, source: str, target: str) -> str:
        """``text``, which is in the language ``source``, in ``target``; both are ISO 639-1, and marks such as [telefon] stay.

        Raises:
            CannotTranslate: not this language, or not now.
        """


def load(setting: str) -> Translator | None:
    """The service that ``setting`` names; None where it is empty. Nothing is called yet.

    Raises:
        NoTranslator: there is no such module or function, or what it makes is no translator.
    """
    if not setting:
        return None
    module, _, factory = setting.partition(":")
    try:
        made = getattr(import_module(module), factory)()
    except (ImportError, AttributeError, TypeError) as error:
        raise NoTranslator(f"TRANSLATION_SERVICE={setting!r}: {type(error).__name__}: {error}") from error
    if not isinstance(made, Translator):
        raise NoTranslator(f"TRANSLATION_SERVICE={setting!r} makes no translator: it needs ``translate`` and ``keeps``.")
    if not str(made.keeps).strip():
        raise NoTranslator(f"TRANSLATION_SERVICE={setting!r} does not say what it keeps.")
    return made


async def translate_for_desk(translator: Translator | None, text: str, source: str) -> str | None:
    """``text`` in Danish, by machine; None where none is set, it failed, or it took longer than three seconds.

    What is stored is redacted; here it is once more, so that nothing else can ever be sent.
    """
    if translator is None or source == _INTO or not text.strip():
        return None
    masked = redaction.redact(text).text
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            translated = await translator.translate(masked, source, _INTO)
    except Exception as error:
        # Whatever the kommune's own code does, the conversation goes on. Never the message of the error: it may hold words.
        log.warning("the translation service failed: %s", type(error).__name__)
        return None
    return translated.strip() or None if isinstance(translated, str) else None
