"""Answers to topics: the response of the topic, or of the situation inside it that a button asked for."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.deadlines import answer_with_date
from actions.offers import answer_by_name
from actions.turn import SMALL_TALK, entity, response_for


class ActionAnswer(Action):
    """Utters ``utter_<topic>_<situation>``, or ``utter_<topic>``; a date that was asked for goes first."""

    def name(self) -> str:
        return "action_answer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        if (events := answer_with_date(dispatcher, tracker)) is not None:
            return events
        if (events := await answer_by_name(dispatcher, tracker, only_if_short=True)) is not None:
            return events
        topic = tracker.get_intent_of_latest_message() or ""
        dispatcher.utter_message(response=response_for(topic, entity(tracker, "situation")))
        await answer_by_name(dispatcher, tracker, only_if_short=False)
        asked = [SlotSet("awaiting_date", None)]
        return asked if topic in SMALL_TALK else [SlotSet("topic", topic), *asked]
