"""The promises of docs/promises.md that can be kept by this stage, each with a test that can fail."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from bot import clock
from bot.store import conversations, keys
from bot.store.tables import Base
from bot.web import app as web_app
from bot.web.limits import Limits
from tests.conftest import RasaServer, Site

MARKS = {
    "message": "kanariefuglen-i-minen-7261",
    "address": "203.0.113.77",
    "agent": "Canary-Agent-5519",
    "referrer": "canary-referrer-8812.example",
}


def traces(folder: Path, *more: Path) -> dict[str, list[str]]:
    """Which marks stand in which files below ``folder`` and in ``more``."""
    files = [path for path in folder.rglob("*") if path.is_file() and "models" not in path.parts]
    found: dict[str, list[str]] = {}
    for path in [*files, *more]:
        content = path.read_bytes()
        for name, mark in MARKS.items():
            if any(mark.encode(code) in content for code in ("utf-8", "utf-16-le")):
                found.setdefault(name, []).append(path.name)
    return found


async def talk_with_marks(site: Site) -> None:
    headers = {
        "X-Forwarded-For": MARKS["address"],
        "X-Real-IP": MARKS["address"],
        "Forwarded": f"for={MARKS['address']}",
        "User-Agent": MARKS["agent"],
        "Referer": f"https://{MARKS['referrer']}/page",
    }
    async with site.http.post(f"{site.base}/api/conversations", json={"language": "da"}, headers=headers) as answer:
        opened = await answer.json()
    bearer = {"Authorization": f"Bearer {opened['secret']}", **headers}
    for number, message in enumerate(
        (f"hej {MARKS['message']}", f"min mand slår mig {MARKS['message']}", f"jeg skylder husleje {MARKS['message']}", "x" * 4000)
    ):
        body = {"id": str(number), "text": message}
        async with site.http.post(f"{site.base}/api/conversations/{opened['id']}/messages", json=body, headers=bearer) as answer:
            await answer.read()
    for path in ("/", "/nothing?mark=" + MARKS["message"], "/api/conversations/" + MARKS["message"][:30], "/healthz"):
        async with site.http.get(site.base + path, headers=bearer) as answer:
            await answer.read()


@pytest.mark.trained
async def test_a2_a3_no_address_agent_referrer_or_word_is_left_in_any_file_log_or_table(
    site: Site, rasa: RasaServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await talk_with_marks(site)
    (tmp_path / "app.log").write_text(caplog.text)
    async with site.talk.sessions.engine.begin() as connection:
        tables: list[str] = []
        for table in Base.metadata.sorted_tables:
            rows = (await connection.execute(table.select())).all()
            tables.append(repr(rows))
    (tmp_path / "tables.txt").write_text("\n".join(tables))
    assert traces(tmp_path, rasa.log) == {}
    assert len("".join(tables)) > 1000, "the tables hold the conversation, encrypted"


def test_a2_the_canary_has_teeth(tmp_path: Path) -> None:
    """A file that does hold the marks is found, in UTF-8 and in UTF-16, in a log and in a database."""
    (tmp_path / "app.log").write_text(f"GET / from {MARKS['address']}")
    (tmp_path / "wide.txt").write_bytes(MARKS["message"].encode("utf-16-le"))
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("create table t (v text)")
    connection.execute("insert into t values (?)", (f"{MARKS['agent']} {MARKS['referrer']}",))
    connection.commit()
    connection.close()
    assert set(traces(tmp_path)) == set(MARKS)


def test_a2_no_column_could_hold_an_address_or_an_agent() -> None:
    columns = {f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns}
    assert not [
        name
        for name in columns
        if re.search(r"ip|addr|agent|referr|url|device|host|name$", name.split(".")[1])
        # What is counted, imported or switched; and what an adviser is called, who is no anonymous person.
        and name not in ("counter.name", "import.name", "switch.name", "adviser.name")
    ]
    assert all(column.doc for table in Base.metadata.sorted_tables for column in table.columns), "every column says what it holds"


@pytest.mark.parametrize("personal", ["010190-1234", "22 33 44 55", "fatima@example.com"])
@pytest.mark.trained
async def test_a4_personal_data_reaches_neither_rasa_nor_the_store(
    site: Site, personal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    say = type(site.talk.rasa).say

    async def listening(self: object, conversation_id: str, text: str, metadata: dict[str, object]) -> object:
        heard.append(text)
        return await say(self, conversation_id, text, metadata)  # type: ignore[arg-type]

    monkeypatch.setattr(type(site.talk.rasa), "say", listening)
    citizen = await site.begin()
    messages = await citizen.says(f"jeg kan ikke betale min husleje, mit er {personal}, hvad gør jeg")
    assert heard
    assert personal not in heard[0]
    assert any(message["response"] == "utter_redacted" for message in messages)
    _, kept = await site.talk.history(citizen.id, citizen.secret)
    assert personal not in repr(kept)


def test_a5_an_address_is_an_hmac_under_a_key_that_changes_daily() -> None:
    now = 0.0
    limits = Limits(8, 240, clock=lambda: now)
    today = limits.pseudonym("203.0.113.77")
    assert "203" not in today
    assert today == limits.pseudonym("203.0.113.77")
    assert today != limits.pseudonym("203.0.113.78")
    now = 25 * 3600.0
    assert today != limits.pseudonym("203.0.113.77")


async def test_f1_words_lie_under_the_conversations_own_key_bound_to_its_id(site_without_rasa: Site) -> None:
    first, second = await site_without_rasa.begin(), await site_without_rasa.begin()
    await first.says("en hemmelighed")
    talk = site_without_rasa.talk
    async with talk.sessions.reading() as session:
        mine = await conversations.find(session, talk.keyring, first.id, first.secret)
        hers = await conversations.find(session, talk.keyring, second.id, second.secret)
        bodies = (
            (await session.execute(sql("select body from message where conversation_id = :id"), {"id": first.id})).scalars().all()
        )
    assert all(b"hemmelighed" not in body for body in bodies)
    assert any("hemmelighed" in mine.key.decrypt(body) for body in bodies)
    for body in bodies:
        with pytest.raises(keys.WrongKey):
            hers.key.decrypt(body)


def test_f1_the_master_key_is_a_file_for_its_owner_only(tmp_path: Path) -> None:
    keys.Keyring.open(tmp_path / "master.key")
    assert (tmp_path / "master.key").stat().st_mode & 0o777 == 0o600
    assert len((tmp_path / "master.key").read_bytes()) == 32


@pytest.mark.trained
async def test_f2_f4_deleting_leaves_a_counter_and_rasa_forgets(site: Site, rasa: RasaServer) -> None:
    citizen = await site.begin()
    await citizen.says("jeg har gæld")
    tracker = f"http://127.0.0.1:{rasa.port}/webhooks/vejviser/conversations/{citizen.id}"
    async with site.http.get(tracker) as answer:
        assert (await answer.json())["known"] is True
    async with site.http.delete(f"{site.base}/api/conversations/{citizen.id}", headers=citizen.headers):
        pass
    async with site.http.get(tracker) as answer:
        assert (await answer.json())["known"] is False
    async with site.talk.sessions.reading() as session:
        for table, left in (("conversation", 0), ("message", 0)):
            assert await session.scalar(sql(f"select count(*) from {table}")) == left
        assert await session.scalar(sql("select count from counter where name = 'deleted'")) == 1


@pytest.mark.trained
async def test_f2_asking_for_it_deletes_too(site: Site) -> None:
    citizen = await site.begin("en")
    asked = await citizen.says("please delete everything i wrote")
    button = next(b for m in asked for b in m["buttons"] if "now" in b["payload"])
    done = await citizen.says(button["payload"], title=button["title"])
    assert done[-1]["response"] == "utter_deleted"
    async with site.http.get(f"{site.base}/api/conversations/{citizen.id}", headers=citizen.headers) as answer:
        assert answer.status == 404


@pytest.mark.trained
async def test_f3_silence_of_a_day_deletes_and_less_does_not(site: Site, rasa: RasaServer) -> None:
    citizen = await site.begin()
    await citizen.says("hej")
    keep = timedelta(hours=site.settings.forget_after_hours)
    assert await site.talk.forget_silent(clock.now() - keep) == 0
    assert await site.talk.forget_silent(clock.now() + timedelta(minutes=16)) == 1
    async with site.http.get(f"http://127.0.0.1:{rasa.port}/webhooks/vejviser/conversations/{citizen.id}") as answer:
        assert (await answer.json())["known"] is False


async def test_f5_times_are_kept_to_the_quarter_of_an_hour(site_without_rasa: Site) -> None:
    await site_without_rasa.begin()
    async with site_without_rasa.talk.sessions.reading() as session:
        (kept,) = (await session.execute(sql("select active_at from conversation"))).scalars().all()
    assert re.search(r":(00|15|30|45):00", str(kept))


async def test_s2_with_the_database_gone_danger_still_gets_its_card(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin()
    async with site_without_rasa.talk.sessions.engine.begin() as connection:
        await connection.execute(sql("alter table conversation rename to gone"))
    body = {"id": "1", "text": "min mand slår mig lige nu, han kvæler mig, hjælp"}
    address = f"{site_without_rasa.base}/api/conversations/{citizen.id}/messages"
    async with asyncio.timeout(2), site_without_rasa.http.post(address, json=body, headers=citizen.headers) as answer:
        assert answer.status == 503
        content = await answer.json()
    assert content["messages"][0]["risk"]["level"] == "acute"
    assert content["messages"][0]["cards"][0]["phone"] == "112"
    assert "1888" in [card["phone"] for card in content["messages"][-1]["cards"]]


@pytest.mark.parametrize("text", ["he is hitting me right now", "min mand slår mig nu"])
async def test_s1_danger_is_checked_also_while_rasa_is_down(site_without_rasa: Site, text: str) -> None:
    citizen = await site_without_rasa.begin()
    assert (await citizen.says(text))[0]["risk"]["level"] in ("acute", "serious")


async def test_s3_every_number_on_a_card_comes_from_the_file(site_without_rasa: Site) -> None:
    offers = await site_without_rasa.talk.shelf.every()
    citizen = await site_without_rasa.begin()
    for card in [card for m in await citizen.says("min mand slår mig nu") for card in m["cards"]]:
        assert card["phone"] == offers[card["id"]].phone
        assert offers[card["id"]].phone_confirmed


async def test_a2_a_request_that_cannot_be_read_leaves_no_address_and_no_word(
    site_without_rasa: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """aiohttp's own log would name the sender and the faulty line."""
    server = logging.getLogger("aiohttp.server")
    server.addFilter(web_app.without_address)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", site_without_rasa.settings.port)
        writer.write(f"GET / HTTP/9.9 {MARKS['message']}\r\n{MARKS['agent']}\r\n\r\n".encode())
        await writer.drain()
        assert b"400" in await reader.read(100)
        writer.close()
    finally:
        server.removeFilter(web_app.without_address)
    assert "could not be handled" in caplog.text
    assert "127.0.0.1" not in caplog.text
    assert not [mark for mark in MARKS.values() if mark in caplog.text]
