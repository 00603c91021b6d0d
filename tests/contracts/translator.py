"""What a translation service must keep to. A kommune subclasses this against its own, and runs it with pytest::

    class TestOurs(TranslatorContract):
        @pytest.fixture
        def translator(self) -> Translator:
            return our_module.our_factory()

It needs a service that can answer; the words sent are those below, nobody's own.
"""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.advice.redaction import MASKS
from bot.advice.translation import CannotTranslate, Translator

# As a message may be at most.
_LONGEST = 3000
_PATIENCE_SECONDS = 3
_NO_LANGUAGE = "xx"


class TranslatorContract:
    """Override ``translator``; ``source`` and ``sentence`` where the service does not translate from English."""

    source = "en"
    sentence = "I cannot pay my rent"

    @pytest.fixture
    def translator(self) -> Translator:
        raise NotImplementedError("return your own translator here")

    def test_it_says_what_it_keeps(self, translator: Translator) -> None:
        """Whoever runs the service must be able to tell citizens."""
        assert translator.keeps.strip(), "keeps: a sentence on what is kept, where, for how long"

    async def test_it_answers_in_time_with_words(self, translator: Translator) -> None:
        """An adviser has somebody waiting: later than this the desk shows nothing."""
        begun = time.monotonic()
        translated = await translator.translate(self.sentence, self.source, "da")
        assert isinstance(translated, str)
        assert translated.strip()
        assert time.monotonic() - begun < _PATIENCE_SECONDS

    async def test_marks_of_what_was_masked_stay(self, translator: Translator) -> None:
        """The adviser must see that there was a number, and that nobody can see it."""
        for mark in MASKS.values():
            assert mark in await translator.translate(f"{self.sentence} {mark}", self.source, "da"), mark

    async def test_numbers_stay(self, translator: Translator) -> None:
        """A changed number of a helpline is worse than no translation."""
        for number in ("112", "1888", "70 20 30 82"):
            translated = await translator.translate(f"{self.sentence} {number}", self.source, "da")
            assert number.replace(" ", "") in translated.replace(" ", ""), number

    async def test_an_unknown_language_is_cannot_translate(self, translator: Translator) -> None:
        """Never the text itself, nor a guess: an adviser would take it for a translation."""
        with pytest.raises(CannotTranslate):
            await translator.translate(self.sentence, _NO_LANGUAGE, "da")

    async def test_its_errors_hold_no_words(self, translator: Translator) -> None:
        """Errors are logged somewhere."""
        with pytest.raises(CannotTranslate) as caught:
            await translator.translate(self.sentence, _NO_LANGUAGE, "da")
        assert self.sentence not in str(caught.value)

    async def test_two_at_once_are_not_mixed_up(self, translator: Translator) -> None:
        """Two advisers read two people."""
        texts = [f"{self.sentence} {number}" for number in (4711, 5813, 6077)]
        found = await asyncio.gather(*(translator.translate(text, self.source, "da") for text in texts))
        assert [number in text for number, text in zip(("4711", "5813", "6077"), found)] == [True, True, True]

    async def test_the_longest_message_is_translated_or_refused(self, translator: Translator) -> None:
        """Half a message would be read as a whole one."""
        long = (f"{self.sentence}. " * _LONGEST)[: _LONGEST - 5] + " 9931"
        try:
            translated = await translator.translate(long, self.source, "da")
        except CannotTranslate:
            return
        assert "9931" in translated
