"""The API as others rely on it, with Rasa down: nobody is left without an answer."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from openapi_core import OpenAPI
from ruamel.yaml import YAML

from bot.settings import ROOT
from tests.conftest import Citizen, Site


async def post(site: Site, citizen: Citizen, body: object, secret: str | None = None) -> tuple[int, dict[str, object]]:
    headers = {"Authorization": f"Bearer {citizen.secret if secret is None else secret}"}
    address = f"{site.base}/api/conversations/{citizen.id}/messages"
    data = body if isinstance(body, str) else json.dumps(body)
    async with site.http.post(address, data=data, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_conversation_begins_with_a_welcome_in_its_language(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin("en")
    (welcome,) = citizen.welcome
    assert welcome["language"] == "en"
    assert welcome["response"] == "utter_welcome"
    assert welcome["text"] != welcome["text_da"]
    assert len(citizen.secret) >= 43


async def test_s2_without_rasa_the_answer_comes_within_two_seconds_and_names_the_numbers(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin()
    await citizen.says("hej")
    begun = time.monotonic()
    messages = await citizen.says("hvad er en bisidder")
    assert time.monotonic() - begun < 2
    assert messages[-1]["response"] == "utter_error_service_down"
    assert [card["phone"] for card in messages[-1]["cards"]] == ["112", "1888", "70 27 76 66", "33 17 33 33"]


async def test_s2_without_rasa_danger_still_gets_its_card_first(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin("en")
    messages = await citizen.says("he is hitting me right now please help he is strangling me")
    assert messages[0]["risk"]["level"] == "acute"
    assert messages[0]["cards"][0]["phone"] == "112"
    assert any(card["phone"] == "1888" for card in messages[0]["cards"])


async def test_danger_twice_does_not_repeat_the_whole_card(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin()
    first = await citizen.says("min mand slår mig lige nu, hjælp")
    second = await citizen.says("han slår mig stadig lige nu")
    assert first[0]["response"].startswith("utter_risk_acute")
    assert second[0]["response"] == "utter_risk_repeated"
    assert second[0]["cards"][0]["phone"] == "112"


async def test_a_repeated_id_gets_the_same_answer_and_nothing_twice(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin()
    bodies = [await post(site_without_rasa, citizen, {"id": "same", "text": "hej"}) for _ in range(2)]
    assert bodies[0] == bodies[1]
    headers = citizen.headers
    async with site_without_rasa.http.get(f"{site_without_rasa.base}/api/conversations/{citizen.id}", headers=headers) as answer:
        everything = (await answer.json())["messages"]
    assert [message["from"] for message in everything].count("citizen") == 1


async def test_two_sends_at_once_of_the_same_id_are_one_message(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin()
    both = await asyncio.gather(*(post(site_without_rasa, citizen, {"id": "same", "text": "hej"}) for _ in range(2)))
    assert both[0] == both[1]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param("", 422, id="empty"),
        pytest.param("   \n ", 422, id="space"),
        pytest.param("\u0000\u0007\u200e", 422, id="control characters only"),
        pytest.param("a" * 5000, 413, id="5,000 characters"),
        pytest.param(None, 400, id="no text"),
        pytest.param(["hej"], 400, id="a list"),
    ],
)
async def test_what_cannot_be_taken_is_answered_with_a_sentence(site_without_rasa: Site, text: object, status: int) -> None:
    citizen = await site_without_rasa.begin("en")
    got, body = await post(site_without_rasa, citizen, {"id": "x", "text": text})
    assert got == status
    assert len(str(body["detail"]).split()) > 3
    assert body["status"] == status


@pytest.mark.parametrize("data", ["", "{", "[]", '"hej"', "null"])
async def test_what_is_no_json_object_is_answered_with_a_sentence(site_without_rasa: Site, data: str) -> None:
    citizen = await site_without_rasa.begin()
    status, body = await post(site_without_rasa, citizen, data)
    assert status == 400
    assert body["detail"]


@pytest.mark.parametrize("text", ["🙂", "😭😭😭", "❤️", "?!"])
async def test_emoji_only_is_answered_kindly(site_without_rasa: Site, text: str) -> None:
    citizen = await site_without_rasa.begin()
    assert "utter_error_only_emoji" in [message["response"] for message in await citizen.says(text)]


async def test_script_tags_and_control_characters_come_back_as_text(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin()
    await citizen.says("<script>alert(1)</script>\u0007 hej")
    async with site_without_rasa.http.get(
        f"{site_without_rasa.base}/api/conversations/{citizen.id}", headers=citizen.headers
    ) as answer:
        said = [m["text"] for m in (await answer.json())["messages"] if m["from"] == "citizen"]
    assert said == ["<script>alert(1)</script> hej"]


async def test_twenty_messages_a_second_are_slowed_down_with_a_sentence(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin()
    answers = await asyncio.gather(*(post(site_without_rasa, citizen, {"id": f"{i}", "text": "hej"}) for i in range(20)))
    statuses = [status for status, _ in answers]
    assert set(statuses) == {200, 429}
    assert all(body["detail"] for status, body in answers if status == 429)


@pytest.mark.parametrize("secret", ["wrong", "", "x" * 43])
async def test_x2_another_secret_opens_nothing(site_without_rasa: Site, secret: str) -> None:
    mine, hers = await site_without_rasa.begin(), await site_without_rasa.begin()
    for wrong in (secret, hers.secret):
        status, body = await post(site_without_rasa, mine, {"id": "x", "text": "hej"}, secret=wrong)
        assert status in (401, 404)
        assert "messages" not in body


async def test_deleted_at_once_and_again(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin()
    address = f"{site_without_rasa.base}/api/conversations/{citizen.id}"
    for _ in range(2):
        async with site_without_rasa.http.delete(address, headers=citizen.headers) as answer:
            assert answer.status == 204
    async with site_without_rasa.http.get(address, headers=citizen.headers) as answer:
        assert answer.status == 404


async def test_health_tells_each_part(site_without_rasa: Site) -> None:
    async with site_without_rasa.http.get(f"{site_without_rasa.base}/healthz") as answer:
        assert answer.status == 503
        assert await answer.json() == {
            "app": "up",
            "rasa": "down",
            "database": "up",
            "risk": "up",
            "risk_fallbacks": {"words": 0, "classifier": 0, "late": 0},
        }


async def test_the_socket_answers_as_the_api_does(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin()
    address = f"{site_without_rasa.base}/api/conversations/{citizen.id}/socket"
    async with site_without_rasa.http.ws_connect(address) as socket:
        await socket.send_json({"secret": citizen.secret})
        assert await socket.receive_json(timeout=10) == {"messages": []}
        await socket.send_json({"id": "1", "text": "hej"})
        answer = await socket.receive_json(timeout=10)
        assert answer["id"] == "1"
        assert answer["messages"]
        await socket.send_json({"id": "1", "text": "hej"})
        assert (await socket.receive_json(timeout=10))["messages"] == answer["messages"]


async def test_the_socket_refuses_a_wrong_secret_and_another_origin(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin()
    address = f"{site_without_rasa.base}/api/conversations/{citizen.id}/socket"
    async with site_without_rasa.http.ws_connect(address) as socket:
        await socket.send_json({"secret": "wrong"})
        assert (await socket.receive_json(timeout=10))["status"] == 404
    async with site_without_rasa.http.get(
        address, headers={"Origin": "https://evil.example", "Upgrade": "websocket", "Connection": "Upgrade"}
    ) as answer:
        assert answer.status == 403


async def test_the_description_of_the_api_is_valid_and_describes_what_is_sent(site_without_rasa: Site) -> None:
    async with site_without_rasa.http.get(f"{site_without_rasa.base}/openapi.json") as answer:
        served = await answer.json()
    OpenAPI.from_dict(served)
    citizen = await site_without_rasa.begin()
    (message, *_) = await citizen.says("hvem kan jeg ringe til")
    schemas = YAML(typ="safe").load((ROOT / "docs" / "openapi.yml").read_text("utf-8"))["components"]["schemas"]
    assert set(message) == set(schemas["Message"]["properties"])
    card = next(card for m in [message] for card in m["cards"])
    assert set(card) == set(schemas["Contact"]["properties"])


@pytest.mark.parametrize("path", ["/", "/api/conversations/x", "/nothing", "/static/x/../../settings.py", "/healthz"])
async def test_x3_every_answer_has_the_headers(site_without_rasa: Site, path: str) -> None:
    async with site_without_rasa.http.get(site_without_rasa.base + path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "*" not in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers
