"""Offers and lines: what a row says, what is wrong with it, and which rows fit a person.

The rows live in ``knowledge/offers.csv``; ``bot.store`` keeps what was imported. Nothing here reads a clock or a database.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from io import StringIO

import phonenumbers

from bot.advice import knowledge, opening_hours

STATUSES = ("current", "unclear", "historical", "planned")
ACCESS = ("open", "referral", "professionals", "register")
CONFIDENCES = ("seed", "verified", "unconfirmed")
_YES_NO = ("yes", "no", "unknown")
_WHOLE_CITY = ("hele byen", "hele landet", "region hovedstaden")


@dataclass(frozen=True)
class Offer:
    """One row. Lists are split; an empty ``opening_hours`` means the hours are not known."""

    id: str
    name_da: str
    category: str
    audience: tuple[str, ...]
    description_da: str
    phone: str
    sms_chat: str
    email: str
    website: str
    address: str
    district: str
    opening_hours: str
    anonymous: str
    free: str
    languages: str
    source: str
    source_date: str
    confidence: str
    phone_confidence: str
    status: str
    notes: str
    aliases: tuple[str, ...]
    topics: tuple[str, ...]
    instead: tuple[str, ...]
    access: str
    review_by: date

    @property
    def phone_digits(self) -> str:
        return "".join(c for c in self.phone if c.isdigit())

    @property
    def phone_confirmed(self) -> bool:
        """Whether the number was found on a page of the service or an authority (S3)."""
        return bool(self.phone) and self.phone_confidence in ("verified", "seed")

    def shown_as_open(self, today: date) -> bool:
        """Historical, planned and overdue rows are never shown as open (S3)."""
        return self.status in ("current", "unclear") and today <= self.review_by

    @property
    def whole_city(self) -> bool:
        return not self.district or self.district.lower().startswith(_WHOLE_CITY)


@dataclass(frozen=True)
class Fault:
    """One thing wrong with the file: where, what, and what is allowed."""

    line: int
    column: str
    problem: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.problem}"


class FaultyOffers(Exception):
    """The file cannot be used; every fault is listed and nothing was imported."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


_COLUMNS = tuple(field.name for field in fields(Offer))
_LISTS = frozenset({"audience", "aliases", "topics", "instead"})
_ALLOWED = {
    "status": STATUSES,
    "access": ACCESS,
    "confidence": CONFIDENCES,
    "phone_confidence": (*CONFIDENCES, ""),
    "anonymous": _YES_NO,
    "free": _YES_NO,
}


def of_the_project() -> list[Offer]:
    """The offers of ``knowledge/offers.csv``, checked.

    Raises:
        FaultyOffers: the file cannot be used.
    """
    return read(knowledge.OFFERS.read_text("utf-8"), topics=knowledge.topics(), audiences=knowledge.audiences())


def read(text: str, *, topics: Collection[str], audiences: Collection[str]) -> list[Offer]:
    """The offers of a CSV file (UTF-8, comma, header).

    Raises:
        FaultyOffers: with every fault of the file, by line and column.
    """
    reader = csv.DictReader(StringIO(text.removeprefix("\ufeff")), restkey="surplus")
    missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise FaultyOffers([Fault(1, column, "the column is missing from the header") for column in missing])
    faults: list[Fault] = []
    rows: list[tuple[int, dict[str, str]]] = []
    for row in reader:
        if "surplus" in row or None in row.values():
            faults.append(Fault(reader.line_num, "id", "the row has too many or too few columns; is a comma not quoted?"))
            continue
        rows.append((reader.line_num, {key: value.strip() for key, value in row.items()}))
    ids = [row["id"] for _, row in rows]
    for line, row in rows:
        faults += _faults(line, row, ids, topics, audiences)
    if faults:
        raise FaultyOffers(faults)
    return [_offer(row) for _, row in rows]


def _faults(line: int, row: dict[str, str], ids: list[str], topics: Collection[str], audiences: Collection[str]) -> Iterator[Fault]:
    if not row["id"] or not row["id"].replace("-", "").isalnum() or not row["id"].isascii():
        yield Fault(line, "id", f"{row['id']!r} is not an id: small letters, digits and hyphens")
    elif ids.count(row["id"]) > 1:
        yield Fault(line, "id", f"{row['id']!r} stands in more than one row")
    for column in ("name_da", "description_da", "audience"):
        if not row[column]:
            yield Fault(line, column, "is empty")
    for column, allowed in _ALLOWED.items():
        if row[column] not in allowed:
            yield Fault(line, column, f"{row[column]!r} is none of {', '.join(a or 'nothing' for a in allowed)}")
    for column, known in (("topics", topics), ("audience", audiences), ("instead", ids)):
        for value in _split(row[column]):
            if value not in known:
                yield Fault(line, column, f"{value!r} is not known")
    try:
        date.fromisoformat(row["review_by"])
    except ValueError:
        yield Fault(line, "review_by", f"{row['review_by']!r} is not a date like 2027-02-21")
    try:
        if row["opening_hours"]:
            opening_hours.check(row["opening_hours"])
    except opening_hours.UnreadableHours as error:
        yield Fault(line, "opening_hours", str(error))
    if row["phone"] and not _is_phone(row["phone"]):
        yield Fault(line, "phone", f"{row['phone']!r} is no Danish phone number")
    if bool(row["phone"]) != bool(row["phone_confidence"]):
        yield Fault(line, "phone_confidence", "must be given exactly where there is a phone")


def _is_phone(text: str) -> bool:
    try:
        number = phonenumbers.parse(text, "DK")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number) or phonenumbers.is_valid_short_number_for_region(number, "DK")


def _offer(row: dict[str, str]) -> Offer:
    values: dict[str, object] = {column: row[column] for column in _COLUMNS}
    for column in _LISTS:
        values[column] = tuple(_split(row[column]))
    values["review_by"] = date.fromisoformat(row["review_by"])
    return Offer(**values)  # type: ignore[arg-type]


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(";") if part.strip()]


@dataclass(frozen=True)
class Wish:
    """What a person looks for. Empty means: not said."""

    topic: str = ""
    district: str = ""
    audience: str = ""
    open_now: bool = False


def that_fit(offers: Iterable[Offer], wish: Wish, *, areas: Collection[str], now: datetime) -> list[Offer]:
    """The offers that fit, best first: of the topic, open to anyone, near, for the audience, open now, confirmed.

    Args:
        areas: how ``wish.district`` and its neighbourhoods are written in the rows' district column.
        now: aware; decides what is open.
    """
    ranked = []
    for position, offer in enumerate(offers):
        if not offer.shown_as_open(now.date()) or offer.access == "referral":
            continue
        if (offer.access == "professionals") != (wish.audience == "professional" or wish.topic == "professional_help"):
            continue
        # "Something near Tingbjerg" asks for a place, not for an alarm number or a register.
        somewhere = offer.access == "open" and offer.category != "emergency"
        if wish.topic not in offer.topics if wish.topic else not somewhere:
            continue
        near = any(area.lower() in offer.district.lower() for area in areas)
        if wish.district and not near and not offer.whole_city:
            continue
        standing = opening_hours.state(offer.opening_hours, now)
        is_open = standing is not None and standing.open
        if wish.open_now and not is_open:
            continue
        score = (
            4 * near
            + 3 * (bool(wish.audience) and wish.audience in offer.audience)
            - 4 * (bool(wish.audience) and wish.audience not in offer.audience and "citizen" not in offer.audience)
            + 2 * is_open
            + 2 * offer.phone_confirmed
            + (offer.access == "open")
            - 2 * (offer.status == "unclear")
            - (offer.confidence == "unconfirmed")
            # A row made for this topic before one that also helps.
            + (2 * (offer.topics[0] == wish.topic) + 1 / len(offer.topics) if wish.topic else 0)
        )
        ranked.append((-score, position, offer))
    return [offer for *_, offer in sorted(ranked, key=lambda entry: entry[:2])]
