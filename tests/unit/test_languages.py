"""The language of a message: in every script and in Latin letters; short ones keep the language so far; no flapping."""

from __future__ import annotations

import pytest

from bot.advice import languages
from bot.i18n.catalogs import Catalogs
from bot.web.incoming import Tongue, tongue

pytestmark = pytest.mark.trained


@pytest.mark.parametrize(
    ("text", "so_far", "code"),
    [
        ("jeg kan ikke betale min husleje og er bange", "en", "da"),
        ("kan i hjaelpe mig med at soege om boligstoette", "en", "da"),
        ("I cannot pay my rent this month", "da", "en"),
        ("find help i Tingbjerg", "da", "en"),
        ("hvad gør jeg nu", "en", "da"),
        ("?", "da", "da"),
        ("🙂", "en", "en"),
        ("لا أستطيع دفع الإيجار هذا الشهر", "da", "ar"),
        ("ma 2dart edfa3 l ajar hal shaher", "da", "ar"),
        ("نمی‌توانم کرایه خانه را بدهم", "da", "fa"),
        ("man nemitunam kerayeye khunaro bedam", "da", "fa"),
        ("میں کرایہ نہیں دے سکتی", "da", "ur"),
        ("mera shohar mujhe ghar se bahar nahi jane deta", "da", "ur"),
        ("ክራይ ገዛ ክኸፍል ኣይከኣልኩን", "da", "ti"),
        ("Не можу заплатити за квартиру", "da", "uk"),
        ("я не могу заплатить за квартиру", "da", "uk"),
        ("не могу да платим станарину, шта ћу", "da", "bs"),
        ("ne mogu platiti kiriju ovaj mjesec", "da", "bs"),
        ("Bu ay kirayı ödeyemiyorum ne yapmalıyım", "da", "tr"),
        ("bu ay kirayi odeyemiyorum kommune yardim eder mi", "da", "tr"),
        ("ma bixin karo kirada guriga bishan", "da", "so"),
        ("nie moge zaplacic czynszu w tym miesiacu", "da", "pl"),
        ("ez nikarim kirêya malê bidim", "da", "ku"),
        ("ez nikarim kireya male bidim, kommune alikari dike", "da", "ku"),
        ("ineqarnermut akiliisinnaanngilanga", "da", "kl"),
    ],
)
def test_identify(text: str, so_far: str, code: str) -> None:
    assert languages.identify(text, so_far=so_far).code == code


def test_direction() -> None:
    assert [languages.direction(code) for code in ("da", "ar", "fa", "ur", "ti")] == ["ltr", "rtl", "rtl", "rtl", "ltr"]


CATALOGS = Catalogs.installed()


def answered(text: str, so_far: str, *, first: bool = False, said: tuple[str, ...] = ()) -> Tongue:
    return tongue(text, so_far, CATALOGS, first=first, said=said)


def test_the_answer_follows_a_clear_change() -> None:
    assert answered("where can i get help with my rent", "da") == Tongue("en")
    assert answered("hvor kan jeg få hjælp med huslejen", "en") == Tongue("da")


@pytest.mark.parametrize("text", ["ok", "yes", "nej tak", "RED Safehouse", "tak", "112", "hmm"])
def test_a_word_or_two_change_nothing(text: str) -> None:
    assert answered(text, "da").language == "da"
    assert answered(text, "en").language == "en"
    assert answered(text, "en").ask == ()


def test_when_unsure_it_is_asked_and_only_once() -> None:
    text = "find help i Valby"
    assert languages.identify(text, so_far="da").confidence < 0.9
    asked = answered(text, "da")
    assert asked.language == "da"
    assert asked.ask[0] == "en"
    assert "da" in asked.ask
    assert answered(text, "da", said=("utter_which_language",)) == Tongue("da")


def test_the_first_message_is_answered_in_the_likeliest_language_and_asked_about() -> None:
    asked = answered("find help i Valby", "da", first=True)
    assert asked.language == "en"
    assert "da" in asked.ask


def test_a_conversation_of_mixed_sentences_does_not_flap() -> None:
    """Danish words in another language's sentences, as people write."""
    so_far = "tr"
    for text in (
        "sagsbehandler bana cevap vermiyor",
        "kommune dedi ki afslag",
        "jobcenter kontanthjælp kesildi ne yapabilirim",
        "tamam tak",
        "afgørelse geldi klage etmek istiyorum",
    ):
        so_far = answered(text, so_far).language
        assert so_far == "tr"
