"""The language of a message; short ones keep the language so far."""

from __future__ import annotations

import pytest

from bot.advice import languages


@pytest.mark.parametrize(
    ("text", "so_far", "code"),
    [
        ("jeg kan ikke betale min husleje og er bange", "en", "da"),
        ("I cannot pay my rent this month", "da", "en"),
        ("hvad gør jeg nu", "en", "da"),
        ("ok", "en", "en"),
        ("ok", "da", "da"),
        ("?", "da", "da"),
        ("🙂", "en", "en"),
        ("لا أستطيع دفع الإيجار هذا الشهر", "da", "ar"),
        ("ክራይ ገዛ ክኸፍል ኣይከኣልኩን", "da", "ti"),
        ("Не можу заплатити за квартиру", "da", "uk"),
        ("Bu ay kirayı ödeyemiyorum ne yapmalıyım", "da", "tr"),
    ],
)
def test_identify(text: str, so_far: str, code: str) -> None:
    assert languages.identify(text, so_far=so_far).code == code


def test_direction() -> None:
    assert [languages.direction(code) for code in ("da", "ar", "fa", "ur", "ti")] == ["ltr", "rtl", "rtl", "rtl", "ltr"]
