"""A helpdesk in place of the console: what goes to Chatwoot, what comes from it, what is left there. Against a fake on loopback."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import replace

import aiohttp
import pytest
from sqlalchemy import select

from bot.advice.escalation import State
from bot.helpdesk.chatwoot import Chatwoot
from bot.helpdesk.interface import HelpdeskDown, NotThere, Person, Place
from bot.settings import SettingError, Settings
from bot.store import advisers, service_hours
from bot.store.tables import AdviserRow
from tests.conftest import Site, free_port, started
from tests.helpdesk.fake_chatwoot import ANNA, BO, BOT, running
from tests.helpdesk.served import YES, Served, settled, until

ON = {
    "HELPDESK": "chatwoot",
    "CHATWOOT_URL": "https://desk.example",
    "CHATWOOT_ACCOUNT": "3",
    "CHATWOOT_INBOX": "kVnFt2aQpXo6",
    "CHATWOOT_TOKEN": "administrators-token-5521",
    "CHATWOOT_WEBHOOK_SECRET": "webhook-secret-of-the-inbox",
}


# ---- what goes there ------------------------------------------------------------------------------------------------------------


async def test_nothing_is_there_before_the_person_says_yes(served: Served) -> None:
    citizen = await served.site.begin()
    await citizen.says("min mand slår mig lige nu, hjælp")
    assert await served.is_in(citizen, State.OFFERED)
    await settled(served.chatwoot)
    assert served.chatwoot.heard == []


async def test_who_says_yes_is_there_with_the_redacted_talk_and_a_summary_in_danish(served: Served) -> None:
    await served.waits("en", first="my husband hits me, my number is 22 33 44 55")
    there = await served.shown()
    assert there.said()[0] == "my husband hits me, my number is [telefon]"
    summary = next(note for note in there.notes() if "venter på et menneske" in note)
    assert "Sprog: engelsk" in summary
    assert "Fare: " in summary
    assert "vold fra partner" in summary
    assert any(note.startswith("Maskinen: ") for note in there.notes())
    # Danger is known there from the beginning.
    assert there.priority in ("urgent", "high")


async def test_the_contact_has_no_name_no_address_and_an_id_of_its_own(served: Served) -> None:
    citizen = await served.waits()
    contact = (await served.shown()).contact
    assert (contact.name, contact.email) == (None, None)
    assert contact.identifier
    assert citizen.id not in contact.identifier


async def test_what_the_person_writes_is_there_in_its_order(served: Served) -> None:
    citizen = await served.waits()
    await served.shown()
    for number in range(5):
        await citizen.says(f"besked {number}")
    await until(lambda: len(served.chatwoot.only.said()) >= 7)
    assert served.chatwoot.only.said()[2:] == [f"besked {number}" for number in range(5)]


async def test_acute_danger_while_waiting_is_urgent_there(served: Served) -> None:
    citizen = await served.waits()
    assert (await served.shown()).priority is None
    await citizen.says("min mand slår mig lige nu, han kvæler mig, hjælp")
    await until(lambda: served.chatwoot.only.priority == "urgent")


async def test_who_leaves_the_queue_is_no_longer_waited_for_there(served: Served) -> None:
    citizen = await served.waits()
    there = await served.shown()
    await citizen.says('/handoff{"answer":"leave"}', title="Forlad køen")
    await until(lambda: there.status == "resolved")
    before = len(there.said())
    await citizen.says("det her er til maskinen")
    await settled(served.chatwoot)
    assert there.said()[before:] == []


async def test_down_and_up_again_nothing_is_lost_and_the_order_is_kept(served: Served) -> None:
    await served.chatwoot.down()
    citizen = await served.waits()
    for number in range(3):
        await citizen.says(f"mens den er nede {number}")
    assert await served.site.talk.desk.place(citizen.id) == 1
    await asyncio.sleep(1.2)
    await served.chatwoot.up()
    there = await served.shown()
    assert there.said()[2:] == [f"mens den er nede {number}" for number in range(3)]
    await citizen.says("nu er den oppe")
    await until(lambda: there.said()[-1] == "nu er den oppe")


async def test_deleted_by_an_agent_while_the_person_waits_it_is_begun_anew(served: Served) -> None:
    citizen = await served.waits()
    await served.shown()
    served.chatwoot.conversations.clear()
    await citizen.says("er her nogen")
    await until(lambda: any(c.said() and c.said()[-1] == "er her nogen" for c in served.chatwoot.conversations.values()))


# ---- what comes from there ------------------------------------------------------------------------------------------------------


async def test_an_agents_first_message_takes_the_conversation_and_the_bot_is_silent(served: Served) -> None:
    citizen = await served.waits()
    there = await served.shown()
    assert await served.is_in(citizen, State.QUEUED)
    served.chatwoot.writes(there, "Hej, jeg hedder Anna.")
    await served.gets(citizen, "Hej, jeg hedder Anna.")
    (said,) = await served.heard(citizen, "adviser")
    assert said["name"] == "Anna"
    told = await served.heard(citizen, "system")
    assert [message["response"] for message in told][-1] == "utter_handoff_claimed"
    assert "Jensen" not in str(told)
    assert await citizen.says("tak, jeg har et spørgsmål om husleje") == []
    await until(lambda: there.said()[-1] == "tak, jeg har et spørgsmål om husleje")


async def test_neither_a_note_nor_a_greeting_of_the_helpdesks_own_bot_takes_the_conversation(served: Served) -> None:
    citizen = await served.waits()
    there = await served.shown()
    note = served.chatwoot.writes(there, "Kan nogen tage den?", private=True)
    greeting = served.chatwoot.writes(there, "Velkommen, vi svarer snart", by=BOT)
    assert [await served.chatwoot.deliver(payload) for payload in (note, greeting)] == [200, 200]
    assert await served.is_in(citizen, State.QUEUED)
    assert await served.heard(citizen, "adviser") == []


async def test_delivered_again_or_twice_at_once_it_is_said_once(served: Served) -> None:
    citizen = await served.waits()
    there = await served.shown()
    payload = served.chatwoot.writes(there, "Hej")
    await served.gets(citizen, "Hej")
    assert await asyncio.gather(*(served.chatwoot.deliver(payload) for _ in range(3))) == [200, 200, 200]
    fresh = {**payload, "id": 99_001, "content": "Er du der?"}
    assert await asyncio.gather(*(served.chatwoot.deliver(fresh) for _ in range(3))) == [200, 200, 200]
    assert [message["text"] for message in await served.heard(citizen, "adviser")] == ["Hej", "Er du der?"]


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param({"secret": "another-secret"}, id="another secret"),
        pytest.param({"signature": ""}, id="no signature"),
        pytest.param({"signature": "sha256=æ"}, id="no hex"),
        pytest.param({"timestamp": str(int(time.time()) - 900)}, id="a quarter of an hour old"),
        pytest.param({"timestamp": "now"}, id="no time"),
        pytest.param({"body": '{"event": "message_created"}'}, id="another body"),
    ],
)
async def test_without_a_valid_signature_nothing_happens(served: Served, forged: dict[str, str]) -> None:
    citizen = await served.waits()
    there = await served.shown()
    payload = {
        "event": "message_created",
        "id": 5,
        "content": "forfalsket",
        "message_type": "outgoing",
        "sender": ANNA,
        "conversation": {"id": there.id},
    }
    assert await served.chatwoot.deliver(payload, **forged) == 401
    assert await served.is_in(citizen, State.QUEUED)
    assert await served.heard(citizen, "adviser") == []
    assert await served.chatwoot.deliver(payload) == 200
    assert len(await served.heard(citizen, "adviser")) == 1


async def test_resolved_there_is_closed_here_and_the_person_is_told(served: Served) -> None:
    citizen = await served.waits()
    there = await served.shown()
    served.chatwoot.writes(there, "Hej")
    await served.gets(citizen, "Hej")
    served.chatwoot.resolves(there)
    await served.gets(citizen, "Rådgiveren er ikke i samtalen mere")
    assert await served.is_in(citizen, State.CLOSED)
    before = there.said()
    await citizen.says("det her er til maskinen")
    await settled(served.chatwoot)
    assert there.said() == before


async def test_after_the_end_she_can_ask_again_and_is_in_the_same_conversation_there(served: Served) -> None:
    citizen = await served.waits()
    there = await served.shown()
    served.chatwoot.writes(there, "Hej")
    await served.gets(citizen, "Hej")
    served.chatwoot.resolves(there)
    await served.gets(citizen, "Rådgiveren er ikke i samtalen mere")
    for title in ("Tal med et menneske", "Ja, forbind mig"):
        await citizen.says(YES, title=title)
    assert await served.is_in(citizen, State.QUEUED)
    await until(lambda: there.status == "open" and sum("venter på et menneske" in note for note in there.notes()) == 2)
    assert len(served.chatwoot.conversations) == 1


async def test_resolved_before_anybody_wrote_the_person_keeps_her_place(served: Served) -> None:
    """An automatic rule there must not put anybody out of the queue without a word."""
    citizen = await served.waits()
    there = await served.shown()
    served.chatwoot.resolves(there)
    await until(lambda: there.status == "open" and any("venter stadig" in note for note in there.notes()))
    assert await served.is_in(citizen, State.QUEUED)


async def test_a_colleague_there_who_writes_takes_over_and_the_person_is_told(served: Served) -> None:
    citizen = await served.waits()
    there = await served.shown()
    served.chatwoot.writes(there, "Hej fra Anna")
    await served.gets(citizen, "Hej fra Anna")
    served.chatwoot.writes(there, "Hej fra Bo", by=BO)
    await served.gets(citizen, "Hej fra Bo")
    assert [message["name"] for message in await served.heard(citizen, "adviser")] == ["Anna", "Bo"]
    assert (await served.heard(citizen, "system"))[-1]["response"] == "utter_handoff_transferred"


async def test_files_are_not_sent_and_the_agent_reads_that(served: Served) -> None:
    citizen = await served.waits()
    there = await served.shown()
    served.chatwoot.writes(there, "Se her", files=1)
    await served.gets(citizen, "Se her")
    await until(lambda: any("filer kan ikke sendes" in note for note in there.notes()))
    assert "x.example" not in str(await served.heard(citizen, "adviser"))


async def test_a_message_to_somebody_who_does_not_wait_is_not_sent_and_the_agent_reads_that(served: Served) -> None:
    citizen = await served.waits()
    there = await served.shown()
    await citizen.says('/handoff{"answer":"leave"}', title="Forlad køen")
    served.chatwoot.writes(there, "Hej")
    await until(lambda: any("venter ikke på en rådgiver" in note for note in there.notes()))
    assert await served.heard(citizen, "adviser") == []


async def test_long_messages_come_whole(served: Served) -> None:
    citizen = await served.waits()
    served.chatwoot.writes(await served.shown(), "a" * 2000 + "b" * 100)
    await served.gets(citizen, "bbb")
    assert [len(message["text"]) for message in await served.heard(citizen, "adviser")] == [2000, 100]


# ---- forgetting -----------------------------------------------------------------------------------------------------------------


async def test_a_restart_loses_neither_words_nor_the_agents_conversation(settings: Settings) -> None:
    address = f"http://127.0.0.1:{settings.console_port}/helpdesk/chatwoot"
    async with running(free_port(), address) as chatwoot:
        settings = replace(settings, helpdesk=chatwoot.settings)
        async with AsyncExitStack() as stack:
            before = Served(await started(settings, stack), chatwoot)
            async with before.site.talk.sessions.writing() as session:
                await service_hours.set_rule(session, "", "24/7")
            citizen = await before.waits()
            there = await before.shown()
            chatwoot.writes(there, "Hej")
            await before.gets(citizen, "Hej")
            await settled(chatwoot)
            await chatwoot.down()
            await citizen.says("skrevet lige før")
        await chatwoot.up()
        async with AsyncExitStack() as stack:
            after = Served(await started(settings, stack), chatwoot)
            await until(lambda: there.said()[-1] == "skrevet lige før")
            case = (await after.site.talk.desk.of(citizen.id)).case
            assert case.state is State.ADVISER
            assert after.site.talk.desk.hub.is_here(case.adviser or "")
            assert there.said().count("skrevet lige før") == 1


async def test_a_conversation_of_the_console_is_left_alone(served: Served) -> None:
    citizen = await served.waits()
    there = await served.shown()
    talk = served.site.talk
    async with talk.sessions.writing() as session:
        row = AdviserRow(id="c", login="c", name="Carl", role="adviser", languages="da", capacity=1, present=True)
        row.totp_used = row.failed = 0
        session.add(row)
    async with talk.sessions.reading() as session:
        carl = await advisers.by_id(session, "c")
    assert carl
    await talk.desk.claim(citizen.id, carl)
    served.chatwoot.writes(there, "Jeg tager den")
    await until(lambda: any("i konsollen har samtalen" in note for note in there.notes()))
    served.chatwoot.resolves(there)
    await settled(served.chatwoot)
    assert await served.is_in(citizen, State.ADVISER)
    assert await served.heard(citizen, "adviser") == []


# ---- who is there, and when -----------------------------------------------------------------------------------------------------


async def test_an_agent_is_named_here_but_cannot_sign_in_and_is_nobodys_colleague(served: Served) -> None:
    citizen = await served.waits()
    served.chatwoot.writes(await served.shown(), "Hej")
    await served.gets(citizen, "Hej")
    talk = served.site.talk
    async with talk.sessions.writing() as session:
        (row,) = await session.scalars(select(AdviserRow))
        assert (row.name, row.role, row.password_hash) == ("Anna", advisers.GUEST, None)
        assert await advisers.working(session) == []
        with pytest.raises(advisers.Refused):
            await advisers.enrol(session, talk.keyring, login=row.login, code="", password="x" * 20, now=talk.now())
        signed = await advisers.sign_in(session, talk.keyring, login=row.login, password="", code="", now=talk.now())
    assert signed is None
    # Or the desk would give the conversation back to the queue after a minute.
    assert talk.desk.hub.is_here(row.id)


async def test_whether_it_is_open_is_told_by_the_hours_alone(served: Served) -> None:
    desk = served.site.talk.desk
    assert (await desk.available("da")).code == "open"
    async with served.site.talk.sessions.writing() as session:
        await service_hours.stop(session, by="", now=served.site.talk.now())
    assert (await desk.available("da")).code == "stopped"


async def test_unset_nobody_is_called_and_there_is_no_such_address(site_without_rasa: Site) -> None:
    assert site_without_rasa.settings.helpdesk is None
    assert (await site_without_rasa.talk.desk.available("da")).code == "none"
    async with site_without_rasa.http.post(f"{site_without_rasa.console}/helpdesk/chatwoot", data="{}") as answer:
        assert str(answer.url).endswith("/log-ind") or answer.status in (404, 405)


@pytest.mark.parametrize("missing", [name for name in ON if name != "HELPDESK"])
def test_a_missing_setting_is_named_and_no_secret_is_told(missing: str) -> None:
    assert Settings.read(ON).helpdesk is not None
    with pytest.raises(SettingError, match=missing) as caught:
        Settings.read({**ON, missing: ""})
    assert "Allowed:" in str(caught.value)
    assert ON["CHATWOOT_TOKEN"] not in str(caught.value)
    assert ON["CHATWOOT_TOKEN"] not in repr(Settings.read(ON))


@pytest.mark.parametrize(
    ("name", "value"),
    [("HELPDESK", "zendesk"), ("CHATWOOT_URL", "http://desk.example"), ("CHATWOOT_ACCOUNT", "kk"), ("CHATWOOT_INBOX", "a/b")],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        Settings.read({**ON, name: value})


# ---- the fake -------------------------------------------------------------------------------------------------------------------


async def test_the_fake_refuses_what_chatwoot_refuses(served: Served) -> None:
    chatwoot, nobody = served.chatwoot, Place(Person("1", "nobody"), "1")
    async with aiohttp.ClientSession() as http:
        good = Chatwoot(http, chatwoot.settings)
        with pytest.raises(HelpdeskDown, match="401"):
            await Chatwoot(http, replace(chatwoot.settings, token="wrong-token")).noted(nobody, "x")
        with pytest.raises(NotThere):
            await Chatwoot(http, replace(chatwoot.settings, inbox="wrong")).arrived("x")
        with pytest.raises(NotThere):
            await good.noted(nobody, "x")
        with pytest.raises(NotThere):
            await good.wrote(nobody, "x")
