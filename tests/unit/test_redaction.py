"""What could tell who somebody is never comes further than this."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.advice import redaction

KNOWN = {"70277666", "1888", "33173333"}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mit cpr er 010190-1234", "mit cpr er [CPR]"),
        ("0101901234", "[CPR]"),
        ("010190 1234 hjælp", "[CPR] hjælp"),
        ("jeg hedder x, 3112079999", "jeg hedder x, [CPR]"),
        ("ring til mig på 22 33 44 55", "ring til mig på [telefon]"),
        ("+4522334455 er mit nummer", "[telefon] er mit nummer"),
        ("+46 70 123 45 67", "[telefon]"),
        ("skriv til fatima.k@example.com tak", "skriv til [e-mail] tak"),
        ("kort 4111 1111 1111 1111", "kort [kort]"),
        ("konto 1234 0012345678", "konto [konto]"),
        ("DK50 0040 0440 1162 43", "[konto]"),
        ("٢٢٣٣٤٤٥٥ رقمي", "[telefon] رقمي"),
    ],
)
def test_personal_data_is_masked(text: str, masked: str) -> None:
    assert redaction.redact(text, known_numbers=KNOWN).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "er 70 27 76 66 åbent nu?",
        "ring 112 eller 1888",
        "jeg skylder 12.500 kr",
        "brevet kom 12.11.2026",
        "sag 2024-12345",
        "jeg bor i 2200 og har 3 børn",
        "paragraf 107 og 109",
        "kl. 14.30 på tirsdag",
    ],
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert redaction.redact(text, known_numbers=KNOWN) == redaction.Redacted(text, ())


def test_kinds_are_told_and_never_the_data() -> None:
    found = redaction.redact("010190-1234, 22334455, a@b.dk", known_numbers=KNOWN)
    assert found.kinds == ("cpr", "email", "phone")


@given(st.text(max_size=300))
def test_any_text_can_be_redacted_and_a_second_pass_changes_nothing(text: str) -> None:
    once = redaction.redact(text)
    assert redaction.redact(once.text).text == once.text


@given(
    st.dates(min_value=date(1940, 1, 1), max_value=date(1999, 12, 31)),
    st.integers(0, 3999),
)
def test_every_cpr_with_a_real_date_is_masked_whatever_its_checksum(born: date, serial: int) -> None:
    number = f"{born:%d%m%y}{serial:04d}"
    assert number not in redaction.redact(f"jeg er {number} ok").text
