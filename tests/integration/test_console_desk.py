"""The desk without a browser: claims, moves, two advisers in one talk, calls, judgements, figures. Real app, real SQLite."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.advice.escalation import Event, Happening, Patience, Reason, State, due
from bot.advice.opening_hours import COPENHAGEN, MONTHS
from bot.console import translating
from bot.console.overview import Overview
from bot.console.translating import Translation
from bot.store import calls, conversations, figures, handoffs, service_hours
from bot.web.desk import Desk
from bot.web.messages import Composer
from bot.web.patience import keep_time
from bot.web.rasa import Rasa
from tests.conftest import Citizen, Site, free_port
from tests.integration.colleague import Colleague, colleague

AtTheDesk = Callable[..., Awaitable[Colleague]]


@pytest.fixture
async def at_the_desk(site_without_rasa: Site) -> AsyncIterator[AtTheDesk]:
    """Makes colleagues who are there, with a console open, at any hour."""
    site = site_without_rasa
    async with site.talk.sessions.writing() as session:
        await service_hours.set_rule(session, "", "24/7")
    with ExitStack() as stack:

        async def come(login: str, role: str = "adviser", capacity: str = "1") -> Colleague:
            somebody = await colleague(site, login, role)
            stack.enter_context(site.talk.desk.hub.here(somebody.adviser.id))
            await somebody.sends("/til-stede", present="yes", capacity=capacity)
            return somebody

        yield come


async def waits(site: Site, text: str = "han vil slå mig ihjel") -> Citizen:
    """Somebody in danger, who gets the numbers, the offer, and says yes."""
    citizen = await site.begin()
    said = await citizen.says(text)
    assert [m["response"] for m in said if m["from"] == "system"] == ["utter_handoff_offer_danger"]
    said = await citizen.says('/handoff{"answer":"yes"}', title="Ja, forbind mig")
    assert [m["response"] for m in said] == ["utter_handoff_queued"]
    return citizen


async def said_to(citizen: Citizen) -> list[str]:
    _, messages = await citizen.site.talk.history(citizen.id, citizen.secret)
    return [str(m["response"]) for m in messages if m["from"] == "system"]


async def state_of(site: Site, citizen: Citizen) -> State:
    return (await site.talk.desk.of(citizen.id)).case.state


async def test_an_acute_message_gets_its_numbers_before_the_offer(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    await at_the_desk("anna")
    citizen = await site_without_rasa.begin()
    said = await citizen.says("han vil slå mig ihjel")
    kinds = [m["response"] for m in said]
    assert said[0]["risk"]["level"] == "acute"
    assert kinds.index("utter_handoff_offer_danger") > kinds.index("utter_risk_traces")


async def test_whoever_said_no_is_not_asked_at_every_message(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    await at_the_desk("anna")
    citizen = await site_without_rasa.begin()
    await citizen.says("han slår mig")
    await citizen.says('/handoff{"answer":"no"}', title="Nej tak")
    said = await citizen.says("han slår mig hver dag")
    assert not [m for m in said if m["from"] == "system"]
    worse = await citizen.says("han vil slå mig ihjel")
    assert "utter_handoff_offer_danger" in [m["response"] for m in worse]


async def test_a_coordinator_moves_a_talk_but_not_above_what_somebody_can_take(
    site_without_rasa: Site, at_the_desk: AtTheDesk
) -> None:
    anna, bo, karen = await at_the_desk("anna"), await at_the_desk("bo"), await at_the_desk("karen", "coordinator")
    first, second = await waits(site_without_rasa), await waits(site_without_rasa)
    assert (await anna.sends(f"/samtale/{first.id}/tag")).status == 303
    moved = await karen.sends(f"/samtale/{first.id}/flyt", to=bo.adviser.id)
    assert (moved.status, moved.to) == (303, f"/samtale/{first.id}")
    assert (await site_without_rasa.talk.desk.of(first.id)).case.adviser == bo.adviser.id
    assert (await said_to(first))[-1] == "utter_handoff_transferred"
    refused = await karen.sends(f"/samtale/{second.id}/flyt", to=bo.adviser.id)
    assert (refused.status, "Bo har ikke plads til flere samtaler." in refused.text) == (409, True)
    assert (await anna.sends(f"/samtale/{second.id}/flyt", to=bo.adviser.id)).status == 403
    assert await state_of(site_without_rasa, second) is State.QUEUED


async def test_nobody_sees_the_words_of_a_talk_that_is_not_theirs(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    anna, bo, karen = await at_the_desk("anna"), await at_the_desk("bo"), await at_the_desk("karen", "coordinator")
    citizen = await waits(site_without_rasa)
    pages = [await who.opens(path) for who in (anna, karen) for path in ("/", f"/samtale/{citizen.id}")]
    await anna.sends(f"/samtale/{citizen.id}/tag")
    pages += [await bo.opens(path) for path in ("/", f"/samtale/{citizen.id}", f"/samtale/{citizen.id}/del")]
    assert not [page for page in pages if "ihjel" in page.text]
    assert "ihjel" in (await anna.opens(f"/samtale/{citizen.id}")).text
    assert "ihjel" in (await karen.opens(f"/samtale/{citizen.id}")).text


async def test_two_advisers_write_in_a_warm_transfer_and_the_first_goes(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    anna, bo = await at_the_desk("anna"), await at_the_desk("bo")
    citizen = await waits(site_without_rasa)
    talk = f"/samtale/{citizen.id}"
    await anna.sends(f"{talk}/tag")
    await anna.sends(f"{talk}/spoerg", to=bo.adviser.id, warm="yes")
    assert (await bo.sends(f"{talk}/skriv", text="for tidligt")).status == 409
    await bo.sends(f"{talk}/kom")
    assert (await said_to(citizen))[-1] == "utter_handoff_joined"
    for who in (anna, bo):
        assert (await who.sends(f"{talk}/skriv", text=f"Hej fra {who.adviser.name}")).status == 303
    await bo.sends(f"{talk}/overtag")
    assert (await anna.sends(f"{talk}/skriv", text="for sent")).status == 409
    _, messages = await site_without_rasa.talk.history(citizen.id, citizen.secret)
    assert [m["text"] for m in messages if m["from"] == "adviser"] == ["Hej fra Anna", "Hej fra Bo"]


async def test_who_asked_a_colleague_reads_that_she_cannot(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    anna, bo = await at_the_desk("anna"), await at_the_desk("bo")
    citizen = await waits(site_without_rasa)
    await anna.sends(f"/samtale/{citizen.id}/tag")
    await anna.sends(f"/samtale/{citizen.id}/spoerg", to=bo.adviser.id)
    await bo.sends(f"/samtale/{citizen.id}/afvis")
    assert "Bo tager ikke over." in (await anna.opens(f"/samtale/{citizen.id}")).text
    assert "Bo tager ikke over." not in str(await site_without_rasa.talk.history(citizen.id, citizen.secret))


async def test_a_call_for_a_colleague_stands_until_somebody_comes(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    anna, bo = await at_the_desk("anna"), await at_the_desk("bo")
    with site_without_rasa.talk.desk.hub.listening("desk", anna.adviser.id) as news:
        await anna.sends("/kollega")
        assert "Anna har brug for en kollega." in (await bo.opens("/")).text
        await bo.sends(f"/kollega/{anna.adviser.id}")
        heard = [news.get_nowait() for _ in range(news.qsize())]
    assert {"call": "Anna", "by": anna.adviser.id} in heard
    assert {"coming": "Bo"} in heard
    assert "har brug for en kollega" not in (await bo.opens("/")).text
    async with site_without_rasa.talk.sessions.reading() as session:
        assert await calls.every(session) == []


async def test_a_judgement_is_counted_once_and_without_words(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    anna = await at_the_desk("anna")
    site = site_without_rasa
    citizen = await waits(site)
    await anna.sends(f"/samtale/{citizen.id}/tag")
    _, messages = await site.talk.history(citizen.id, citizen.secret)
    message = next(m["id"] for m in messages if m["from"] == "citizen")
    judge = f"/samtale/{citizen.id}/vurder"
    assert (await anna.sends(judge, message=message, verdict="high")).status == 303
    assert (await anna.sends(judge, message=message, verdict="high")).status == 422
    async with site.talk.sessions.reading() as session:
        counted = await conversations.counted(session, "too ", since=site.talk.now().date() - timedelta(days=8))
    assert ("too high: threat_to_life", "da") in counted
    assert any(name.startswith("too high: rule da/") for name, _ in counted)
    assert set(counted.values()) == {1}
    assert not [name for name, _ in counted if "ihjel" in name and "rule" not in name]


async def test_stopping_tells_everybody_who_waits_and_leaves_running_talks_alone(
    site_without_rasa: Site, at_the_desk: AtTheDesk
) -> None:
    anna = await at_the_desk("anna")
    running, waiting = await waits(site_without_rasa), await waits(site_without_rasa)
    await anna.sends(f"/samtale/{running.id}/tag")
    async with site_without_rasa.talk.sessions.writing() as session:
        await service_hours.stop(session, by=anna.adviser.id, now=site_without_rasa.talk.now())
    await site_without_rasa.talk.desk.stopped()
    assert ((await said_to(waiting))[-1], await state_of(site_without_rasa, waiting)) == ("utter_handoff_stopped", State.BOT)
    assert ((await said_to(running))[-1], await state_of(site_without_rasa, running)) == ("utter_handoff_claimed", State.ADVISER)


async def test_s8_when_the_day_ends_nobody_waits_for_nobody(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    site = site_without_rasa
    anna = await at_the_desk("anna")
    citizen = await waits(site)
    tomorrow = site.talk.now().astimezone(COPENHAGEN) + timedelta(days=1)
    async with site.talk.sessions.writing() as session:
        await service_hours.set_rule(session, "", f"{tomorrow.year} {MONTHS[tomorrow.month - 1]} {tomorrow.day:02} 10:00-11:00")
    await keep_time(site.talk.desk)
    assert await state_of(site, citizen) is State.QUEUED, "an adviser is still there"
    await anna.sends("/til-stede", capacity="1")
    await keep_time(site.talk.desk)
    assert await state_of(site, citizen) is State.BOT
    # On a holiday it is the other text.
    assert (await said_to(citizen))[-1] in ("utter_handoff_closed_hours", "utter_handoff_holiday")


async def test_s7_an_answer_that_was_on_its_way_at_the_claim_is_not_said(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    """Rasa may think for a second; in that second somebody claims the talk."""
    site = site_without_rasa
    anna = await at_the_desk("anna")
    citizen = await waits(site)
    claimed = asyncio.Event()
    rasa = site.talk.rasa
    asked = rasa.say

    async def slow(*args: object, **more: object) -> object:
        await claimed.wait()
        return await asked(*args, **more)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(rasa), "say", lambda self, *args, **more: slow(*args, **more))
        asking = asyncio.create_task(citizen.says("jeg kan ikke betale min husleje"))
        await asyncio.sleep(0.2)
        await anna.sends(f"/samtale/{citizen.id}/tag")
        claimed.set()
        said = await asking
    assert [m for m in said if m["from"] == "bot"] == []


async def test_a7_figures_of_the_day_single_nobody_out(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    site = site_without_rasa
    anna, karen = await at_the_desk("anna"), await at_the_desk("karen", "coordinator")
    now = site.talk.now()
    async with site.talk.sessions.writing() as session:
        for language, level, times in (("da", "none", 12), ("ar", "acute", 1), ("so", "serious", 7)):
            for _ in range(times):
                await figures.count(session, "queued", level=level, language=language, now=now)
        for minutes in (0, 1, 2, 2, 4, 90):
            await figures.picked_up(session, timedelta(minutes=minutes), level="none", language="da", now=now)
        await figures.count(session, "queued", level="none", language="da", now=now - timedelta(days=1))
    page = await karen.opens("/tal")
    cells = [cell for cell in page.text.replace("<td>", "|").replace("</td>", "|").split("|") if cell.strip()]
    assert "<dd>20</dd>" in page.text, "yesterday does not count"
    assert "<dd>Højst 2 min.</dd>" in page.text
    assert cells.count("12") == 2
    assert "1" not in cells, "one person who wrote Arabic today could be known"
    assert "7" not in cells, "nor what that one could be reckoned from"
    assert (await anna.opens("/tal")).status == 403


async def test_a_person_who_left_is_said_to_have_left(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    anna = await at_the_desk("anna")
    citizen = await waits(site_without_rasa)
    await anna.sends(f"/samtale/{citizen.id}/tag")
    await site_without_rasa.talk.delete(citizen.id, citizen.secret)
    answered = await anna.sends(f"/samtale/{citizen.id}/skriv", text="Er du der?")
    assert (answered.status, "Personen har forladt samtalen" in answered.text) == (410, True)


async def test_a_phrase_that_asks_comes_with_yes_and_no(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    anna = await at_the_desk("anna")
    citizen = await waits(site_without_rasa)
    await anna.sends(f"/samtale/{citizen.id}/tag")
    await anna.sends(f"/samtale/{citizen.id}/skriv", phrase="greeting_is_it_debt")
    _, messages = await site_without_rasa.talk.history(citizen.id, citizen.secret)
    assert [button["title_da"] for button in messages[-1]["buttons"]] == ["Ja", "Nej"]
    said = await citizen.says(messages[-1]["buttons"][0]["payload"], title="Ja")
    assert said == []


async def test_the_place_of_who_is_gone_goes_to_the_next(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    """And nobody is told anything of the one before."""
    await at_the_desk("anna")
    site = site_without_rasa
    first, second = await waits(site), await waits(site)
    assert [await site.talk.desk.place(one.id) for one in (first, second)] == [1, 2]
    desk: Desk = site.talk.desk
    with desk.hub.listening(second.id) as news:
        await site.talk.delete(first.id, first.secret)
        heard = [news.get_nowait() for _ in range(news.qsize())]
    assert [one["place"] for one in heard] == [1]
    assert first.id not in str(heard)


async def test_reasons_are_events_never_sentences(site_without_rasa: Site) -> None:
    """Whatever a person writes, only the typed event moves the case."""
    citizen = await site_without_rasa.begin()
    await citizen.says("handoff accept /handoff yes")
    assert await state_of(site_without_rasa, citizen) is State.BOT
    async with site_without_rasa.talk.sessions.reading() as session:
        assert (await handoffs.of(session, citizen.id)).case.reason is None
    assert Happening(Event.OFFER, site_without_rasa.talk.now(), reason=Reason.ASKED).reason is Reason.ASKED


async def test_s8_who_has_no_scripts_keeps_the_place_while_reading(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    """Such a page gives no sign of life by itself: each look at it counts for ten minutes."""
    await at_the_desk("anna")
    site = site_without_rasa
    citizen = await waits(site)
    fields = {"conversation": citizen.id, "secret": citizen.secret, "lang": "da"}
    async with site.http.post(site.base, data=fields) as answer:
        assert "Din plads i køen: 1" in await answer.text()
    later = site.talk.now() + timedelta(minutes=9)
    seen = site.talk.desk.hub.seen(citizen.id)
    row = await site.talk.desk.of(citizen.id)
    patience = site.talk.desk.patience
    assert due(row.case, later, page_seen=seen, adviser_seen=None, patience=patience) is None
    assert due(row.case, later + timedelta(minutes=3), page_seen=seen, adviser_seen=None, patience=patience) is Event.VANISH


class WordForWord:
    """A service that knows one sentence, and counts how often it was asked."""

    keeps = "nothing"
    asked = 0

    async def translate(self, text: str, source: str, target: str) -> str:
        self.asked += 1
        assert (source, target) == ("ar", "da")
        return f"[{source}] {len(text)} tegn"


async def test_a_translation_service_of_the_kommune_is_asked_once_a_message_and_its_words_go_with_the_talk(
    site_without_rasa: Site, at_the_desk: AtTheDesk
) -> None:
    site, service = site_without_rasa, WordForWord()
    anna = await at_the_desk("anna")
    citizen = await site.begin("ar")
    await citizen.says("زوجي يريد أن يقتلني")
    await citizen.says('/handoff{"answer":"yes"}', title="نعم")
    await anna.sends(f"/samtale/{citizen.id}/tag")
    messages = [m for _, found in [await site.talk.history(citizen.id, citizen.secret)] for m in found]
    async with site.talk.sessions.reading() as session:
        opened = await conversations.opened(session, site.talk.keyring, citizen.id)
        stored = [message.body for message in await conversations.messages(session, opened)]
    for _ in range(2):
        found = await translating.translate(site.talk, Translation(service), anna.adviser, citizen.id, stored)
        async with site.talk.sessions.reading() as session:
            stored = [message.body for message in await conversations.messages(session, opened)]
    assert list(found.values()) == ["[ar] 19 tegn", "[ar] 3 tegn"]
    assert service.asked == 2
    assert "Oversat af en maskine" in (await anna.opens(f"/samtale/{citizen.id}")).text
    _, after = await site.talk.history(citizen.id, citizen.secret)
    assert after == messages, "the person never sees it"


async def test_s8_after_the_patience_has_ended_the_person_is_told_once_with_choices(
    site_without_rasa: Site, at_the_desk: AtTheDesk
) -> None:
    site = site_without_rasa
    await at_the_desk("anna")
    citizen = await waits(site)
    with site.talk.desk.hub.here(citizen.id):
        await keep_time(site.talk.desk)
        assert (await said_to(citizen))[-1] == "utter_handoff_queued"
        site.talk.desk.patience = Patience(answer=timedelta())
        for _ in range(2):
            await keep_time(site.talk.desk)
    assert (await said_to(citizen))[-2:] == ["utter_handoff_queued", "utter_handoff_wait"]
    _, messages = await site.talk.history(citizen.id, citizen.secret)
    assert [b["payload"] for b in messages[-1]["buttons"]] == ['/handoff{"answer":"stay"}', '/handoff{"answer":"leave"}']
    assert messages[-1]["cards"][0]["id"] == "alarm-112"
    assert len(messages[-1]["cards"]) > 1, "and somebody else to talk to now"
    said = await citizen.says('/handoff{"answer":"leave"}', title="Forlad køen")
    assert [m["response"] for m in said] == ["utter_handoff_left_queue"]


@pytest.mark.parametrize("hour", ["night", "holiday", "nobody", "stopped"])
async def test_every_closed_text_comes_with_the_next_opening_and_with_others_to_call(
    site_without_rasa: Site, at_the_desk: AtTheDesk, hour: str
) -> None:
    site = site_without_rasa
    anna = await at_the_desk("anna")
    times = {
        "night": datetime(2026, 11, 24, 22, tzinfo=COPENHAGEN),
        "holiday": datetime(2026, 12, 25, 11, tzinfo=COPENHAGEN),
        "nobody": datetime(2026, 11, 24, 11, tzinfo=COPENHAGEN),
        "stopped": datetime(2026, 11, 24, 11, tzinfo=COPENHAGEN),
    }
    async with site.talk.sessions.writing() as session:
        await service_hours.set_rule(session, "", service_hours.USUAL)
        if hour == "stopped":
            await service_hours.stop(session, by=anna.adviser.id, now=times[hour])
    if hour == "nobody":
        await anna.sends("/til-stede", capacity="1")
    citizen = await site.begin()
    desk = replace(site.talk.desk, now=lambda: times[hour])
    composer = Composer(site.talk.book, site.talk.catalogs, await site.talk.shelf.every(), "da", now=times[hour])
    (said,) = await desk.offer(await desk.of(citizen.id), Reason.ASKED, "none", "", composer)
    opens = {
        "night": "onsdag den 25. november 2026",
        "holiday": "mandag den 28. december 2026",
        "nobody": "onsdag den 25. november 2026",
    }
    assert opens.get(hour, "lukket lige nu") in said["text"]
    assert said["cards"][0]["id"] == "alarm-112"
    assert any(card["open"] for card in said["cards"][1:]), "somebody is there at this hour"
    assert not re.search(r"telefonnummer|e-mail|dit nummer", said["text"])


@pytest.mark.trained
async def test_s7_the_bot_is_silent_when_rasa_goes_and_comes_back(site: Site) -> None:
    async with site.talk.sessions.writing() as session:
        await service_hours.set_rule(session, "", "24/7")
    anna = await colleague(site, "anna", "adviser")
    with site.talk.desk.hub.here(anna.adviser.id):
        await anna.sends("/til-stede", present="yes", capacity="1")
        citizen = await waits(site)
        await anna.sends(f"/samtale/{citizen.id}/tag")
        back = site.talk.rasa
        gone = replace(site.talk, rasa=Rasa(site.http, f"http://127.0.0.1:{free_port()}"))
        for number, talk in enumerate((site.talk, gone, site.talk)):
            turn = await talk.receive(citizen.id, citizen.secret, f"x-{number}", "jeg kan ikke betale min husleje")
            assert turn.messages == []
        assert site.talk.rasa is back
        await anna.sends(f"/samtale/{citizen.id}/tilbage")
        said = await citizen.says("jeg kan ikke betale min husleje")
        assert any(m["from"] == "bot" for m in said)


async def test_consoles_that_ask_at_once_share_a_reading_and_none_gets_an_old_one(
    site_without_rasa: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, reads = site_without_rasa.talk, 0
    every = handoffs.every

    async def counted(*args: Any) -> list[handoffs.Handoff]:
        nonlocal reads
        reads += 1
        return await every(*args)

    monkeypatch.setattr(handoffs, "every", counted)
    overview = Overview(talk)
    await asyncio.gather(*(overview.seen() for _ in range(50)))
    assert reads == 1
    talk.desk.hub.tell("desk", {"changed": ""})
    await overview.seen()
    assert reads == 2
    monkeypatch.setattr(handoffs, "every", None)
    talk.desk.hub.tell("desk", {"changed": ""})
    with pytest.raises(TypeError):
        await overview.seen()
    monkeypatch.setattr(handoffs, "every", counted)
    assert (await overview.seen()).found == [], "what failed is tried again"


async def test_s7_words_that_would_answer_the_bot_answer_the_adviser(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    """ "I am safe" after a card, or a yes to a question of the bot's further up, must not bring the bot back."""
    site = site_without_rasa
    anna = await at_the_desk("anna")
    citizen = await waits(site)
    await anna.sends(f"/samtale/{citizen.id}/tag")
    for words in ("jeg er i sikkerhed", "ja", "nej"):
        assert await citizen.says(words) == []


async def test_who_lost_the_place_is_taken_back_by_a_yes(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    site = site_without_rasa
    await at_the_desk("anna")
    citizen = await waits(site)
    site.talk.desk.patience = Patience(silent_in_queue=timedelta(seconds=-1))
    await keep_time(site.talk.desk)
    assert ((await said_to(citizen))[-1], await state_of(site, citizen)) == ("utter_handoff_lost", State.LOST)
    site.talk.desk.patience = Patience()
    said = await citizen.says('/handoff{"answer":"yes"}', title="Ja, forbind mig")
    assert ([m["response"] for m in said], await state_of(site, citizen)) == (["utter_handoff_queued"], State.QUEUED)


async def test_a_colleague_who_is_asked_or_given_a_talk_is_told(site_without_rasa: Site, at_the_desk: AtTheDesk) -> None:
    anna, bo, karen = await at_the_desk("anna"), await at_the_desk("bo"), await at_the_desk("karen", "coordinator")
    first, second = await waits(site_without_rasa), await waits(site_without_rasa)
    await anna.sends(f"/samtale/{first.id}/tag")
    with site_without_rasa.talk.desk.hub.listening(bo.adviser.id) as news:
        await anna.sends(f"/samtale/{first.id}/spoerg", to=bo.adviser.id)
        await karen.sends(f"/samtale/{second.id}/flyt", to=bo.adviser.id)
        assert [news.get_nowait() for _ in range(news.qsize())] == [{"asked": first.id}, {"given": second.id}]
