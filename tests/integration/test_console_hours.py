"""Opening hours as a coordinator sets them, and what citizens are told after that. The real app, without a browser."""

from __future__ import annotations

import asyncio
import re
from datetime import date, datetime, timedelta
from html import unescape

import pytest

from bot.advice import opening_hours
from bot.advice.escalation import Event, Happening, Reason, State
from bot.advice.opening_hours import COPENHAGEN
from bot.advice.service_week import Week, intervals
from bot.console import week_form
from bot.console.week_form import SpecialDay, WeekForm
from bot.store import handoffs, service_hours
from bot.web.hub import News
from tests.conftest import Site
from tests.integration.colleague import Colleague, colleague

pytestmark = pytest.mark.trained


@pytest.fixture
async def carl(site_without_rasa: Site) -> Colleague:
    """A coordinator."""
    return await colleague(site_without_rasa, "carl", "coordinator")


def week(*days: str, special: dict[str, str] | None = None, holidays: bool = True) -> dict[str, str]:
    """The form's fields: the days from Monday on, and special days."""
    fields = {f"day-{at}": days[at] if at < len(days) else "" for at in range(7)}
    for at, (day, text) in enumerate((special or {}).items()):
        fields |= {f"special-day-{at}": day, f"special-open-{at}": text}
    return fields | ({"holidays": "ja"} if holidays else {})


async def rules(site: Site) -> dict[str, str]:
    async with site.talk.sessions.reading() as session:
        return await service_hours.every(session)


async def waiting(site: Site, language: str = "da") -> str:
    """Somebody in the queue."""
    citizen, now = await site.begin(language), site.talk.now()
    for event in (Happening(Event.OFFER, now, reason=Reason.ASKED, level="none"), Happening(Event.ACCEPT, now)):
        await handoffs.move(site.talk.sessions, citizen.id, event)
    return citizen.id


async def test_the_next_opening_on_the_page_is_the_one_that_citizens_are_told(site_without_rasa: Site, carl: Colleague) -> None:
    site = site_without_rasa
    days = [""] * 7
    days[(site.talk.now() + timedelta(days=2)).weekday()] = "9-12, 13.30-16"
    saved = await carl.sends("/tider", **week(*days, holidays=False))
    assert saved.status == 303
    available = await site.talk.desk.available("da")
    assert available.code == "closed"
    assert available.opens
    told = (await site.talk.composer("da")).moment(available.opens)
    page = unescape((await carl.opens(saved.to)).text)
    assert f"I er her igen: <strong>{told}</strong>" in page
    assert site.talk.book.render("utter_handoff_closed_hours", "da", opens=told).text in page
    assert "9.00-12.00, 13.30-16.00" in page


async def test_what_cannot_be_read_stays_as_typed_with_the_fault_beside_it(site_without_rasa: Site, carl: Colleague) -> None:
    before = await rules(site_without_rasa)
    soon = (site_without_rasa.talk.now() + timedelta(days=9)).date().isoformat()
    page = await carl.sends("/tider", **week("9-16", "ni til fire", "10-11", special={soon: "10-25", "": "8-9"}, holidays=False))
    assert page.status == 422
    assert await rules(site_without_rasa) == before
    fields = dict(re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', page.text))
    assert [fields[f"day-{at}"] for at in range(4)] == ["9-16", "ni til fire", "10-11", ""]
    assert (fields["special-day-0"], fields["special-open-0"], fields["special-open-1"]) == (soon, "10-25", "8-9")
    assert not re.search(r'name="holidays"[^>]* checked', page.text)
    marked = re.findall(r'id="([\w-]+)"[^>]*aria-invalid="true" aria-describedby="(?:[\w-]+ )?([\w-]+-wrong)"', page.text)
    assert marked == [(name, f"{name}-wrong") for name in ("day-1", "special-open-0", "special-day-1")]
    for _, described in marked:
        assert f'id="{described}"' in page.text
    assert page.text.index('role="alert"') < page.text.index("<h1>")


async def test_special_days_are_added_and_removed(site_without_rasa: Site, carl: Colleague) -> None:
    # A Wednesday in March: no holiday is near.
    year = site_without_rasa.talk.now().year + 1
    first, second = date(year, 3, 3), date(year, 3, 4)
    typed = {first.isoformat(): "10-12", second.strftime("%d.%m.%Y"): ""}
    assert (await carl.sends("/tider", **week("9-16", special=typed))).status == 303
    assert Week.of((await rules(site_without_rasa))[""]).special == {first: intervals("10-12", ""), second: ()}
    fields = week("9-16", special={first.isoformat(): "10-12", second.isoformat(): ""}) | {"special-gone-0": "ja"}
    assert (await carl.sends("/tider", **fields)).status == 303
    assert Week.of((await rules(site_without_rasa))[""]).special == {second: ()}


async def test_a_language_has_hours_of_its_own_until_it_follows_the_others_again(site_without_rasa: Site, carl: Colleague) -> None:
    added = await carl.sends("/tider/sprog", sprog="ar", **{"gør": "tilføj"})
    assert added.to.startswith("/tider?")
    assert "sprog=ar" in added.to
    assert (await carl.sends("/tider", sprog="ar", **week("10-11", holidays=False))).status == 303
    found = await rules(site_without_rasa)
    assert found == {"": service_hours.USUAL, "ar": "Mo 10:00-11:00"}
    page = (await carl.opens("/tider?sprog=ar")).text
    assert 'lang="ar" dir="rtl"' in page
    assert (await carl.sends("/tider/sprog", sprog="ar", **{"gør": "fjern"})).status == 303
    assert await rules(site_without_rasa) == {"": service_hours.USUAL}
    assert (await carl.opens("/tider?sprog=ar")).status == 404
    assert (await carl.sends("/tider/sprog", sprog="xx", **{"gør": "tilføj"})).status == 404


async def test_closing_by_hand_tells_who_waits_and_leaves_running_talks_alone(site_without_rasa: Site, carl: Colleague) -> None:
    site = site_without_rasa
    running, waits = await waiting(site), await waiting(site)
    await handoffs.move(site.talk.sessions, running, Happening(Event.CLAIM, site.talk.now(), by=carl.adviser.id), room=3)
    with site.talk.desk.hub.listening(waits) as news:
        assert (await carl.sends("/tider/luk", sikker="ja", **{"gør": "luk"})).status == 303
        told = [message["response"] for heard in drained(news) for message in heard.get("messages", ())]
    assert told == ["utter_handoff_stopped"]
    assert (await site.talk.desk.of(running)).case.state is State.ADVISER
    assert (await site.talk.desk.of(waits)).case.state is not State.QUEUED
    assert (await site.talk.desk.available("da")).code == "stopped"
    page = (await carl.opens("/tider")).text
    since = site.talk.now().astimezone(COPENHAGEN)
    assert re.search(rf"Lukket af Carl \w+ {since.day}\. \w+ kl\. \d\d\.\d\d", page)
    assert (await carl.sends("/tider/luk", **{"gør": "åbn"})).status == 303
    assert (await site.talk.desk.available("da")).code != "stopped"


def drained(news: asyncio.Queue[News]) -> list[News]:
    found = []
    while not news.empty():
        found.append(news.get_nowait())
    return found


async def test_a_slip_of_the_hand_does_not_close(site_without_rasa: Site, carl: Colleague) -> None:
    """Closing throws people out of the queue: it needs the tick."""
    waits = await waiting(site_without_rasa)
    page = await carl.sends("/tider/luk", **{"gør": "luk"})
    assert page.status == 422
    assert "Der er ikke lukket endnu" in page.text
    assert (await site_without_rasa.talk.desk.of(waits)).case.state is State.QUEUED
    assert (await site_without_rasa.talk.desk.available("da")).code != "stopped"


async def test_hours_that_the_form_has_no_fields_for_are_shown_and_go_on(site_without_rasa: Site, carl: Colleague) -> None:
    async with site_without_rasa.talk.sessions.writing() as session:
        await service_hours.set_rule(session, "", "24/7")
    page = await carl.opens("/tider")
    assert "<code>24/7</code>" in page.text
    assert page.status == 200
    assert (await rules(site_without_rasa))[""] == "24/7"


async def test_never_open_is_said_plainly(site_without_rasa: Site, carl: Colleague) -> None:
    assert (await carl.sends("/tider", **week())).status == 303
    assert "ingen åbningstid de næste tre uger" in (await carl.opens("/tider")).text


TODAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        ([("2026-12-03", "10-12"), ("3.12.2026", "")], {"special-day-1"}),
        ([("2026-11-30", "10-12")], {"special-day-0"}),
        ([("32.12.2026", "")], {"special-day-0"}),
        ([("", "10-12")], {"special-day-0"}),
        ([("", ""), ("2026-12-03", "")], set()),
    ],
    ids=["twice", "past", "no date", "without date", "an empty row"],
)
def test_faults_of_special_days_are_named(rows: list[tuple[str, str]], faults: set[str]) -> None:
    form = WeekForm(("9-16",) * 7, closed_on_holidays=True, special=tuple(SpecialDay(*row) for row in rows))
    assert (form.week(TODAY) is None) == bool(faults)
    assert set(form.faults) == faults


def test_the_coming_weeks_name_the_holidays_as_they_will_be() -> None:
    nine = intervals("9-16", "")
    closed = Week((nine,) * 5 + ((), ()), closed_on_holidays=True, special={date(2026, 12, 22): ()})
    found = {day.day: (day.name, day.hours) for day in week_form.coming(closed, TODAY)}
    assert found["torsdag 24. december"] == ("Juleaftensdag", "lukket")
    assert found["fredag 25. december"] == ("Juledag", "lukket")
    assert found["tirsdag 22. december"] == ("særlig dag", "lukket")
    works = Week((nine,) * 5 + ((), ()), closed_on_holidays=False)
    assert {day.day: day.hours for day in week_form.coming(works, TODAY)}["fredag 25. december"] == "9.00-16.00"


def test_a_special_day_on_a_holiday_counts() -> None:
    """Who writes hours for the 24th means them, also where holidays are closed."""
    made = WeekForm(("9-16",) * 7, closed_on_holidays=True, special=(SpecialDay("2026-12-24", "10-12"),)).week(TODAY)
    assert made is not None
    for hour, is_open in ((9, False), (11, True), (13, False)):
        state = opening_hours.state(made.rule(), datetime(2026, 12, 24, hour, 30, tzinfo=COPENHAGEN))
        assert state is not None
        assert state.open is is_open, hour


@pytest.mark.parametrize(
    ("rule", "opens"),
    [
        ("Mo-Fr 09:00-16:00", datetime(2026, 12, 2, 9, tzinfo=COPENHAGEN)),
        ("Th 09:00-12:00", datetime(2026, 12, 3, 9, tzinfo=COPENHAGEN)),
        ("off", None),
        ("24/7", None),
    ],
)
def test_the_next_opening_is_the_one_after_the_next_closing(rule: str, opens: datetime | None) -> None:
    assert opening_hours.opens_next(rule, datetime(2026, 12, 1, 10, 0, tzinfo=COPENHAGEN)) == opens
