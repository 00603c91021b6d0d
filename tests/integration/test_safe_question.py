"""When it is unsure it asks once, believes the answer, and never asks twice in a row."""

from __future__ import annotations

import pytest

from bot.advice.risk.train import examples
from tests.conftest import Citizen, Site

pytestmark = pytest.mark.trained


def unsure(site: Site, count: int = 1) -> list[str]:
    """Messages of the training data about which the detector is unsure."""
    detector = site.talk.safety._detector
    texts = (e.text for e in examples() if e.language == "da" and e.level == "concern")
    found: list[str] = []
    for text in texts:
        if detector.assess(text).unsure:
            found.append(text)
        if len(found) == count:
            return found
    raise AssertionError("the detector is sure of everything")


async def asked(site: Site, language: str = "da") -> Citizen:
    """Somebody to whom the safe question has just been put."""
    citizen = await site.begin(language)
    messages = await citizen.says(unsure(site)[0])
    assert messages[-1]["response"] == "utter_risk_ask"
    assert [button["payload"] for button in messages[-1]["buttons"]] == [
        f'/safety{{"safety":"{answer}"}}' for answer in ("yes", "no", "unsaid")
    ]
    assert "offer" not in messages[-1]["text"].lower()
    return citizen


@pytest.mark.parametrize("answer", ['/safety{"safety":"yes"}', "ja", "Ja det gør han"])
async def test_yes_is_an_acute_card_at_once_also_without_rasa(site_without_rasa: Site, answer: str) -> None:
    citizen = await asked(site_without_rasa)
    first, *_, last = await citizen.says(answer, title="Ja")
    assert first["risk"]["level"] == "acute"
    assert first["cards"][0]["phone"] == "112"
    assert last["response"] == "utter_risk_next"


@pytest.mark.parametrize("answer", ['/safety{"safety":"no"}', "nej", "nej jeg er i sikkerhed"])
async def test_no_is_believed(site_without_rasa: Site, answer: str) -> None:
    citizen = await asked(site_without_rasa)
    (only,) = await citizen.says(answer, title="Nej")
    assert only["response"] == "utter_deny_safe"
    again = await citizen.says(unsure(site_without_rasa, 2)[1])
    assert all(message["response"] != "utter_risk_ask" for message in again)


async def test_rather_not_say_is_left_in_peace_with_a_number(site_without_rasa: Site) -> None:
    citizen = await asked(site_without_rasa)
    (only,) = await citizen.says('/safety{"safety":"unsaid"}', title="Vil ikke sige det")
    assert only["response"] == "utter_risk_unsaid"
    assert [card["phone"] for card in only["cards"]] == ["112", "1888"]


async def test_it_is_not_asked_twice_in_a_row(site_without_rasa: Site) -> None:
    citizen = await asked(site_without_rasa)
    second = await citizen.says(unsure(site_without_rasa, 2)[1])
    assert all(message["response"] != "utter_risk_ask" for message in second)


async def test_danger_in_the_answer_counts_more_than_its_no(site_without_rasa: Site) -> None:
    citizen = await asked(site_without_rasa)
    first = (await citizen.says("nej men han slår mig og han har taget kvælertag på mig"))[0]
    assert first["risk"]["level"] in ("serious", "acute")


async def test_safe_after_a_card_is_believed_and_the_numbers_stay(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin()
    card, traces, *_ = await citizen.says("min mand slår mig lige nu, hjælp")
    assert card["cards"][0]["phone"] == "112"
    assert traces["response"] == "utter_risk_traces"
    (only,) = await citizen.says("jeg er i sikkerhed nu")
    assert only["response"] == "utter_deny_safe"
    again = await citizen.says("min mand slår mig lige nu, hjælp")
    assert again[0]["risk"]["level"] == "acute"
    assert all(message["response"] != "utter_risk_traces" for message in again)


async def test_what_the_adviser_will_read_is_not_shown_to_the_page(site_without_rasa: Site) -> None:
    citizen = await site_without_rasa.begin()
    await citizen.says("min mand slår mig lige nu, hjælp")
    _, messages = await site_without_rasa.talk.history(citizen.id, citizen.secret)
    assert all("judged" not in message for message in messages)
