"""Offers and lines: those that fit a topic, a district and a person, and those asked about by name."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import choice_of, entity
from bot import clock
from bot.advice import knowledge, lines
from bot.advice.offers import Offer, Wish, that_fit
from bot.store import shelf

SHOWN_AT_ONCE = 3
# "Hvad er Servicebutikkerne?" asks for the name itself; a long message only mentions it.
_SHORT = 6


class ActionFindOffer(Action):
    """Shows the offers that fit ``topic``, ``district`` and ``audience``, nearest and open ones first, three at a time."""

    def name(self) -> str:
        return "action_find_offer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        if (events := await answer_by_name(dispatcher, tracker, only_if_short=True)) is not None:
            return events
        said = {e["entity"]: e["value"] for e in (tracker.latest_message or {}).get("entities", [])}
        topic = said.get("topic") or tracker.get_slot("topic") or ""
        district = said.get("district") or tracker.get_slot("district") or ""
        wish = Wish(
            topic=topic if topic in knowledge.topics() else "",
            district="" if district == "whole_city" else district,
            audience=said.get("audience") or tracker.get_slot("audience") or "",
            open_now=said.get("open") == "yes",
        )
        if not wish.topic and not district:
            dispatcher.utter_message(response="utter_find_offer_ask_district", choices=_district_choices())
            return []
        offers = await shelf.of_this_process().every()
        areas = knowledge.areas_of(wish.district)
        found = that_fit(offers.values(), wish, areas=areas, now=clock.now())
        if not found and wish.open_now:
            dispatcher.utter_message(response="utter_offers_none_open")
            wish = Wish(wish.topic, wish.district, wish.audience)
            found = that_fit(offers.values(), wish, areas=areas, now=clock.now())
        if not found:
            dispatcher.utter_message(response="utter_no_offer")
            return [SlotSet("offers_shown", 0)]
        more = said.get("open") == "more"
        start = int(tracker.get_slot("offers_shown") or 0) if more else 0
        shown = found[start : start + SHOWN_AT_ONCE] or found[:SHOWN_AT_ONCE]
        dispatcher.utter_message(
            response="utter_offers_more" if more else "utter_offers_found",
            cards=[offer.id for offer in shown],
            count=str(len(found)),
            topic=wish.topic or "find_offer",
            choices=_more_choices(len(found) > start + SHOWN_AT_ONCE, district),
        )
        return [SlotSet("offers_shown", start + len(shown))]


class ActionContact(Action):
    """Shows the number and hours of the line or offer that is named, or of those that fit what the talk is about."""

    def name(self) -> str:
        return "action_contact"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        if (events := await answer_by_name(dispatcher, tracker, only_if_short=False)) is not None:
            return events
        topic = tracker.get_slot("topic")
        if not topic:
            dispatcher.utter_message(response="utter_ask_contact_which", cards=lines.page_lines())
            return []
        return await ActionFindOffer().run(dispatcher, tracker, domain)


class ActionPeopleToCall(Action):
    """Somebody wants a person: whom to call now, by what the talk is about; or what to do if one cannot speak."""

    def name(self) -> str:
        return "action_people_to_call"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        if (events := await answer_by_name(dispatcher, tracker, only_if_short=True)) is not None:
            return events
        situation = entity(tracker, "situation")
        offers = await shelf.of_this_process().every()
        if situation == "cannot_talk":
            dispatcher.utter_message(response="utter_talk_to_human_cannot_talk")
        else:
            callable_now = lines.to_talk(tracker.get_slot("topic") or "", offers, now=clock.now())
            dispatcher.utter_message(response="utter_talk_to_human", cards=callable_now[:SHOWN_AT_ONCE])
            # For the app, which knows whether an adviser is there.
            dispatcher.utter_message(json_message={"command": "offer_human", "reason": "asked"})
        return []


async def answer_by_name(dispatcher: CollectingDispatcher, tracker: Tracker, *, only_if_short: bool) -> list[EventType] | None:
    """Answer about the offers and things that the latest message names; ``None`` where it names none.

    Args:
        only_if_short: a message that says more than the name is a question of its own.
    """
    message = tracker.latest_message or {}
    text = message.get("text") or ""
    named = [(e["entity"], e["value"]) for e in message.get("entities", []) if e["entity"] in ("offer", "thing")]
    if not named or (only_if_short and not text.startswith("/") and len(text.split()) > _SHORT):
        return None
    offers = await shelf.of_this_process().every()
    for kind, value in named[:2]:
        if kind == "thing":
            dispatcher.utter_message(response=f"utter_about_{value.replace('-', '_')}")
        elif value in offers:
            _say_offer(dispatcher, offers[value], offers, professional=tracker.get_slot("audience") == "professional")
    return []


def _say_offer(dispatcher: CollectingDispatcher, offer: Offer, offers: dict[str, Offer], *, professional: bool) -> None:
    """One offer by name: as it is today, never as open where it is not (S3)."""
    instead = [i for i in offer.instead if i in offers][:SHOWN_AT_ONCE]
    overdue = not offer.shown_as_open(clock.now().date())
    if offer.status == "historical":
        dispatcher.utter_message(response="utter_offer_historical", name=offer.name_da, cards=instead)
    elif offer.status == "planned":
        dispatcher.utter_message(response="utter_offer_planned", name=offer.name_da, cards=instead)
    elif offer.access == "referral":
        dispatcher.utter_message(response="utter_offer_by_referral", name=offer.name_da, cards=instead)
    elif offer.access == "professionals" and not professional:
        dispatcher.utter_message(response="utter_offer_professionals_only", name=offer.name_da, cards=[offer.id, *instead][:2])
    elif offer.status == "unclear" or overdue:
        dispatcher.utter_message(response="utter_offer_unclear", cards=[offer.id])
    else:
        dispatcher.utter_message(response="utter_offer_found", cards=[offer.id])


def _district_choices() -> list[dict[str, str]]:
    names = {name: row["name"] for name, row in knowledge.districts().items() if row.get("neighbours") and row["offers_area"]}
    return [
        {"title": name, "payload": f'/find_offer{{"district":"{district}"}}', "context": "district"}
        for district, name in names.items()
        if district != "frederiksberg"
    ]


def _more_choices(more: bool, district: str) -> list[dict[str, str]]:
    choices = [choice_of("Vis flere", '/find_offer{"open":"more"}')] if more else []
    choices.append(choice_of("Kun åbne nu", '/find_offer{"open":"yes"}'))
    if district and district != "whole_city":
        choices.append(choice_of("Hele byen", '/find_offer{"district":"whole_city"}'))
    return choices
