"""A kommune's own translation service: none unless set, only redacted words, never in the way; and the contract that it keeps."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from bot.advice import translation
from bot.advice.translation import CannotTranslate, NoTranslator, Translator, translate_for_desk
from bot.settings import SettingError, Settings
from tests.contracts.translator import TranslatorContract

_WORDS = {"i": "jeg", "cannot": "kan ikke", "pay": "betale", "my": "min", "rent": "husleje"}


class WordForWord:
    """Translates a handful of words, and remembers what it was given."""

    keeps = "nothing"

    def __init__(self) -> None:
        self.given: list[str] = []

    async def translate(self, text: str, source: str, target: str) -> str:
        self.given.append(text)
        if (source, target) != ("en", "da"):
            raise CannotTranslate(source)
        return " ".join(_WORDS.get(word.lower(), word) for word in text.split())


class TestWordForWord(TranslatorContract):
    """The contract holds for one that is right."""

    @pytest.fixture
    def translator(self) -> Translator:
        return WordForWord()


class SaysNothing(WordForWord):
    keeps = " "


class LosesMarks(WordForWord):
    async def translate(self, text: str, source: str, target: str) -> str:
        return (await super().translate(text, source, target)).replace("[", "").replace("]", "")


class LosesNumbers(WordForWord):
    async def translate(self, text: str, source: str, target: str) -> str:
        return "".join(c for c in await super().translate(text, source, target) if not c.isdigit())


class Guesses(WordForWord):
    async def translate(self, text: str, source: str, target: str) -> str:
        return await super().translate(text, "en", "da")


class TellsWords(WordForWord):
    async def translate(self, text: str, source: str, target: str) -> str:
        if source != "en":
            raise CannotTranslate(text)
        return await super().translate(text, source, target)


class MixesUp(WordForWord):
    latest = ""

    async def translate(self, text: str, source: str, target: str) -> str:
        self.latest = text
        await asyncio.sleep(0)
        return await super().translate(self.latest, source, target)


class CutsOff(WordForWord):
    async def translate(self, text: str, source: str, target: str) -> str:
        return (await super().translate(text, source, target))[:500]


class Silent(WordForWord):
    async def translate(self, text: str, source: str, target: str) -> str:
        return ""


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (SaysNothing, "test_it_says_what_it_keeps"),
        (Silent, "test_it_answers_in_time_with_words"),
        (LosesMarks, "test_marks_of_what_was_masked_stay"),
        (LosesNumbers, "test_numbers_stay"),
        (Guesses, "test_an_unknown_language_is_cannot_translate"),
        (TellsWords, "test_its_errors_hold_no_words"),
        (MixesUp, "test_two_at_once_are_not_mixed_up"),
        (CutsOff, "test_the_longest_message_is_translated_or_refused"),
    ],
)
async def test_the_contract_has_teeth(broken: Callable[[], Translator], rule: str) -> None:
    """Each of its rules fails for somebody who breaks it, and holds for somebody who does not."""
    check = getattr(TranslatorContract(), rule)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await _awaited(check(broken()))
    await _awaited(check(WordForWord()))


def test_every_rule_of_the_contract_is_broken_by_somebody() -> None:
    marks = [mark for mark in test_the_contract_has_teeth.pytestmark if mark.name == "parametrize"]
    assert {rule for _, rule in marks[0].args[1]} == {name for name in vars(TranslatorContract) if name.startswith("test_")}


async def test_unset_nothing_is_called() -> None:
    assert translation.load(Settings.read({}).translation_service) is None
    assert await translate_for_desk(None, "I cannot pay", "en") is None


async def test_what_is_set_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("our_kommune")
    monkeypatch.setattr(module, "made", WordForWord, raising=False)
    monkeypatch.setattr(module, "nothing", object, raising=False)
    monkeypatch.setattr(module, "silent", SaysNothing, raising=False)
    monkeypatch.setitem(sys.modules, "our_kommune", module)
    loaded = translation.load(Settings.read({"TRANSLATION_SERVICE": "our_kommune:made"}).translation_service)
    assert await translate_for_desk(loaded, "I cannot pay my rent", "en") == "jeg kan ikke betale min husleje"
    for wrong in ("our_kommune:other", "no_such_kommune:made", "our_kommune:nothing", "our_kommune:silent"):
        with pytest.raises(NoTranslator, match=wrong.partition(":")[0]):
            translation.load(wrong)


@pytest.mark.parametrize("wrong", ["our_kommune", "our kommune:made", "our_kommune:made()", ":made"])
def test_a_setting_that_names_no_factory_is_refused(wrong: str) -> None:
    with pytest.raises(SettingError, match="TRANSLATION_SERVICE"):
        Settings.read({"TRANSLATION_SERVICE": wrong})


async def test_only_redacted_words_are_given_to_it() -> None:
    translator = WordForWord()
    await translate_for_desk(translator, "my number is 22 33 44 55, mail fatima@example.com, cpr 010190-1234", "en")
    assert translator.given == ["my number is [telefon], mail [e-mail], cpr [CPR]"]


async def test_danish_and_nothing_are_not_sent() -> None:
    translator = WordForWord()
    assert await translate_for_desk(translator, "jeg kan ikke betale", "da") is None
    assert await translate_for_desk(translator, "  ", "en") is None
    assert translator.given == []


async def test_an_error_of_any_kind_is_no_translation_and_its_words_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Breaks(WordForWord):
        async def translate(self, text: str, source: str, target: str) -> str:
            raise RuntimeError(text)

    assert await translate_for_desk(Breaks(), "kanariefuglen", "en") is None
    assert await translate_for_desk(WordForWord(), "kanariefuglen", "ar") is None
    assert len(caplog.records) == 2
    assert "kanariefuglen" not in caplog.text


async def test_a_slow_service_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(WordForWord):
        async def translate(self, text: str, source: str, target: str) -> str:
            await asyncio.Event().wait()
            return text

    monkeypatch.setattr(translation, "_PATIENCE_SECONDS", 0.05)
    assert await translate_for_desk(Slow(), "I cannot pay", "en") is None


async def _awaited(done: object) -> None:
    if inspect.isawaitable(done):
        await done
