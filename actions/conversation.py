"""The conversation itself: its language, saying it again, deleting it, and what to do when nothing was understood.

What the app must do is sent as a typed command, never as a sentence somebody has to recognise.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.deadlines import answer_with_date
from actions.offers import answer_by_name
from actions.turn import SMALL_TALK, entity, topic_choices
from bot.advice import languages
from bot.i18n.catalogs import Catalogs

_ASKED_BACK = "utter_did_you_mean"
_BEST = 3
# A topic less likely than this is no help as a button.
_WORTH_ASKING = 0.04


class ActionChangeLanguage(Action):
    """Switches to the language that is named, or asks which."""

    def name(self) -> str:
        return "action_change_language"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        wanted = entity(tracker, "language")
        if wanted is None and (events := await answer_by_name(dispatcher, tracker, only_if_short=True)) is not None:
            return events
        if wanted is None:
            dispatcher.utter_message(response="utter_change_language_ask", choices=_language_choices())
        elif wanted in Catalogs.installed().languages:
            dispatcher.utter_message(json_message={"command": "set_language", "language": wanted})
            dispatcher.utter_message(response="utter_language_changed", language_wanted=wanted)
        else:
            dispatcher.utter_message(response="utter_language_unavailable", choices=_language_choices())
        return []


class ActionDeleteConversation(Action):
    """Asks once, then tells the app to delete everything."""

    def name(self) -> str:
        return "action_delete_conversation"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        if entity(tracker, "situation") == "now":
            dispatcher.utter_message(response="utter_deleted")
            dispatcher.utter_message(json_message={"command": "delete_conversation"})
        else:
            dispatcher.utter_message(response="utter_delete_confirm")
        return []


class ActionDidYouMean(Action):
    """First the two or three likeliest topics as buttons; the second time in a row a human and the list."""

    def name(self) -> str:
        return "action_did_you_mean"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        if (events := answer_with_date(dispatcher, tracker)) is not None:
            return events
        if (events := await answer_by_name(dispatcher, tracker, only_if_short=False)) is not None:
            return events
        ranking = (tracker.latest_message or {}).get("intent_ranking", [])
        likely = [row["name"] for row in ranking if row["confidence"] >= _WORTH_ASKING and row["name"] not in SMALL_TALK]
        choices = topic_choices(likely)[:_BEST]
        if len(choices) < 2 or _ASKED_BACK in _said_last(tracker):
            dispatcher.utter_message(response="utter_fallback_human")
            dispatcher.utter_message(json_message={"command": "offer_human", "reason": "not_understood"})
        else:
            dispatcher.utter_message(response=_ASKED_BACK, choices=choices)
        return [SlotSet("awaiting_date", None)]


class ActionRiskNext(Action):
    """After a cry for help: what next. Short words such as "i går" only look like one: where a date was asked for they are it."""

    def name(self) -> str:
        return "action_risk_next"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        risk = (tracker.latest_message or {}).get("risk") or {"level": "none"}
        if risk["level"] == "none" and (events := answer_with_date(dispatcher, tracker)) is not None:
            return events
        if risk["level"] == "acute":
            # For the app, which shows the safety card where its own check was late or broken.
            dispatcher.utter_message(json_message={"command": "danger", **risk})
        dispatcher.utter_message(response="utter_risk_next")
        return []


class ActionRepeat(Action):
    """Says again what was said last, in the language of the button where it names one."""

    def name(self) -> str:
        return "action_repeat"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        if wanted := entity(tracker, "language"):
            dispatcher.utter_message(json_message={"command": "set_language", "language": wanted})
        last = _uttered_last(tracker)
        if not last:
            dispatcher.utter_message(response="utter_repeat_nothing")
            return []
        dispatcher.utter_message(response="utter_repeat_intro")
        for said in last:
            kept = ("cards", "choices", "received", "deadline", "days_left", "count", "topic", "name")
            arguments = {key: said[key] for key in kept if said.get(key)}
            dispatcher.utter_message(response=said["utter_action"], **arguments)
        return []


def _language_choices() -> list[dict[str, str]]:
    """A button for each language that can be answered in, by its own name."""
    return [
        {"title": languages.name(code), "payload": f'/change_language{{"language":"{code}"}}', "context": "language"}
        for code in Catalogs.installed().languages
    ]


def _said_last(tracker: Tracker) -> list[str]:
    return [said["utter_action"] for said in _uttered_last(tracker)]


def _uttered_last(tracker: Tracker) -> list[dict[str, Any]]:
    """The responses of the bot's last turn, before the latest message."""
    turns: list[list[dict[str, Any]]] = [[]]
    for event in tracker.events:
        if event["event"] == "user":
            turns.append([])
        elif event["event"] == "bot" and (event.get("metadata") or {}).get("utter_action"):
            turns[-1].append(event["metadata"])
    return turns[-2] if len(turns) > 1 else []
