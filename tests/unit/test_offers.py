"""The offers' file: every wrong cell named, nothing half read; and who gets shown what."""

from __future__ import annotations

import csv
from datetime import date, datetime
from io import StringIO

import pytest

from bot.advice import knowledge, lines, offers
from bot.advice.offers import FaultyOffers, Offer, Wish
from bot.advice.opening_hours import COPENHAGEN

SOURCE = knowledge.OFFERS.read_text("utf-8")
SATURDAY_NIGHT = datetime(2026, 11, 21, 23, 30, tzinfo=COPENHAGEN)
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=COPENHAGEN)


def read(text: str) -> list[Offer]:
    return offers.read(text, topics=knowledge.topics(), audiences=knowledge.audiences())


ALL = read(SOURCE)
BY_ID = {offer.id: offer for offer in ALL}


def changed(row_id: str, **cells: str) -> str:
    rows = list(csv.DictReader(StringIO(SOURCE)))
    next(row for row in rows if row["id"] == row_id).update(cells)
    out = StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_all_138_rows_are_read() -> None:
    assert len(ALL) == 138


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"status": "open"}, "status"),
        ({"opening_hours": "hverdage 9-15"}, "opening_hours"),
        ({"phone": "12 34"}, "phone"),
        ({"phone_confidence": "sure"}, "phone_confidence"),
        ({"topics": "debt_rnet"}, "topics"),
        ({"instead": "nowhere"}, "instead"),
        ({"audience": "everyone"}, "audience"),
        ({"review_by": "21-02-2027"}, "review_by"),
        ({"name_da": ""}, "name_da"),
        ({"id": "alarm-112"}, "id"),
    ],
)
def test_a_wrong_cell_is_named_by_line_and_column(cells: dict[str, str], column: str) -> None:
    with pytest.raises(FaultyOffers) as caught:
        read(changed("danner", **cells))
    assert next(fault.column for fault in caught.value.faults) == column
    assert str(caught.value.faults[0]).startswith("line ")


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(FaultyOffers) as caught:
        read(changed("danner", status="open", review_by="soon", phone="x"))
    assert len(caught.value.faults) == 3


def test_a_missing_column_is_named() -> None:
    with pytest.raises(FaultyOffers, match="phone"):
        read(SOURCE.replace(",phone,", ",telefon,", 1))


def fitting(wish: Wish, now: datetime = MONDAY) -> list[Offer]:
    return offers.that_fit(ALL, wish, areas=knowledge.areas_of(wish.district), now=now)


@pytest.mark.parametrize("topic", [t.id for t in knowledge.topics().values() if t.group != "service"])
def test_every_need_has_somewhere_to_go(topic: str) -> None:
    assert fitting(Wish(topic))


@pytest.mark.parametrize("topic", list(knowledge.topics()))
def test_what_is_history_planned_or_by_referral_is_never_proposed(topic: str) -> None:
    for offer in fitting(Wish(topic)):
        assert offer.status in ("current", "unclear")
        assert offer.access != "referral"


def test_an_offer_past_its_review_date_is_not_shown_as_open() -> None:
    far = datetime(2030, 1, 1, 10, 0, tzinfo=COPENHAGEN)
    assert fitting(Wish("debt_overview"), far) == []
    assert not BY_ID["akut-1813"].shown_as_open(date(2027, 1, 1))


def test_the_district_comes_first_and_other_districts_not_at_all() -> None:
    found = fitting(Wish("loneliness_network", district="noerrebro"))
    assert "Nørrebro" in found[0].district
    assert all(offer.whole_city or "Nørrebro" in offer.district for offer in found)


def test_open_now_at_night() -> None:
    found = fitting(Wish("homelessness", open_now=True), SATURDAY_NIGHT)
    assert "den-sociale-doegnvagt" in [offer.id for offer in found]
    assert all(lines.is_open(offer, SATURDAY_NIGHT) for offer in found)


def test_professionals_and_citizens_are_kept_apart() -> None:
    assert all(offer.access == "professionals" for offer in fitting(Wish("professional_help", audience="professional")))
    assert not any(offer.access == "professionals" for offer in fitting(Wish("control_everyday")))


# ---- lines on safety cards


@pytest.mark.parametrize("category", list(knowledge.lines()["risk"]))
@pytest.mark.parametrize("level", ["acute", "serious"])
@pytest.mark.parametrize("audience", ["", "child", "young", "professional", "woman"])
@pytest.mark.parametrize("now", [MONDAY, SATURDAY_NIGHT], ids=["Monday morning", "Saturday night"])
def test_a_safety_card_has_confirmed_numbers_and_one_that_never_closes(
    category: str, level: str, audience: str, now: datetime
) -> None:
    shown = [BY_ID[i] for i in lines.for_risk(level, [category], BY_ID, audience=audience, now=now)]
    assert shown
    assert all(offer.phone_confirmed for offer in shown)
    assert all(offer.status == "current" for offer in shown)
    assert any(offer.opening_hours == "24/7" and offer.id != "alarm-112" for offer in shown)
    assert (shown[0].id == "alarm-112") == (level == "acute")


def test_livslinien_is_replaced_while_it_is_closed() -> None:
    early = datetime(2026, 11, 21, 6, 0, tzinfo=COPENHAGEN)
    assert "livslinien" not in lines.for_risk("acute", ["suicide_self_harm"], BY_ID, now=early)
    assert "akut-1813" in lines.for_risk("acute", ["suicide_self_harm"], BY_ID, now=early)
    assert "livslinien" in lines.for_risk("acute", ["suicide_self_harm"], BY_ID, now=MONDAY.replace(hour=12))


def test_a_child_gets_the_line_for_children_and_someone_abroad_the_ministry() -> None:
    assert "boernetelefonen" in lines.for_risk("serious", ["child_at_risk"], BY_ID, audience="child", now=MONDAY)
    assert "um-globale-vagtcenter" in lines.for_risk("acute", ["taken_abroad"], BY_ID, abroad=True, now=MONDAY)
