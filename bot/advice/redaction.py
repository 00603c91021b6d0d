"""Masks what could tell who somebody is, before anything is stored or understood.

CPR numbers by date validity (since 2007 they need not satisfy modulus 11), phone numbers by ``phonenumbers``, e-mail
addresses, payment cards by Luhn, IBAN by check digits. Lines everyone may name (112, 1888 ...) stay readable.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain

import phonenumbers
from stdnum import iban, luhn
from stdnum.dk import cpr
from stdnum.exceptions import ValidationError

MASKS = {"cpr": "[CPR]", "phone": "[telefon]", "email": "[e-mail]", "card": "[kort]", "account": "[konto]"}

_EMAIL = re.compile(r"[\w.+%-]+\s?@\s?[\w-]+(?:\.[\w-]+)+")
_CPR = re.compile(r"(?<!\d)\d{6}[\s.\-–/]{0,3}\d{4}(?!\d)")
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{2,4}){3,8}\b", re.IGNORECASE)
_ACCOUNT = re.compile(r"(?<!\d)\d{4}[\s-]\d{6,10}(?!\d)")


@dataclass(frozen=True)
class Redacted:
    """The masked text and which kinds of data were masked, never the data."""

    text: str
    kinds: tuple[str, ...]


def redact(text: str, *, known_numbers: Collection[str] = ()) -> Redacted:
    """``text`` with personal data masked.

    Args:
        known_numbers: digits of public lines ("70277666"), which stay.
    """
    plain = "".join(_ascii_digit(c) for c in text)
    masked: list[tuple[int, int, str]] = []
    for start, end, kind in chain(_emails(plain), _ibans(plain), _cprs(plain), _cards(plain), _accounts(plain), _phones(plain)):
        digits = re.sub(r"\D", "", plain[start:end])
        if kind == "phone" and (digits in known_numbers or digits.removeprefix("45") in known_numbers):
            continue
        if not any(start < e and s < end for s, e, _ in masked):
            masked.append((start, end, kind))
    masked.sort()
    out, at = [], 0
    for start, end, kind in masked:
        out += [text[at:start], MASKS[kind]]
        at = end
    return Redacted("".join([*out, text[at:]]), tuple(sorted({kind for *_, kind in masked})))


def _ascii_digit(character: str) -> str:
    """Arabic, Persian and other digits as 0-9: one character stays one character, so positions hold."""
    if character.isdecimal() and not character.isascii():
        return str(unicodedata.decimal(character))
    return character


def _emails(text: str) -> Iterator[tuple[int, int, str]]:
    return ((*m.span(), "email") for m in _EMAIL.finditer(text))


def _ibans(text: str) -> Iterator[tuple[int, int, str]]:
    return ((*m.span(), "account") for m in _IBAN.finditer(text) if iban.is_valid(m.group()))


def _cprs(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _CPR.finditer(text):
        try:
            cpr.get_birth_date(re.sub(r"\D", "", match.group()))
        except ValidationError:
            continue
        yield (*match.span(), "cpr")


def _cards(text: str) -> Iterator[tuple[int, int, str]]:
    return ((*m.span(), "card") for m in _CARD.finditer(text) if luhn.is_valid(re.sub(r"\D", "", m.group())))


def _phones(text: str) -> Iterator[tuple[int, int, str]]:
    for match in phonenumbers.PhoneNumberMatcher(text, "DK", leniency=phonenumbers.Leniency.POSSIBLE):
        # "POSSIBLE" also takes dates and case numbers: eight Danish digits, or a number with its country in front.
        if match.raw_string.lstrip().startswith(("+", "00")) or phonenumbers.is_valid_number(match.number):
            yield match.start, match.end, "phone"


def _accounts(text: str) -> Iterator[tuple[int, int, str]]:
    return ((*m.span(), "account") for m in _ACCOUNT.finditer(text))
