"""Letters with a last day: a påkrav about rent, a decision one can complain about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.offers import answer_by_name
from actions.turn import entity, response_for
from bot import clock
from bot.advice import deadlines

_PERIODS: dict[str, timedelta] = {"debt_rent": deadlines.DEMAND_PERIOD, "rights_complaint": deadlines.COMPLAINT_PERIOD}
_UNKNOWN = {"debt_rent": "utter_debt_rent_date_unknown", "rights_complaint": "utter_rights_complaint_unknown"}
# What somebody writes who does not answer with a date is longer: then it is a new question.
_SHORT = 6


class ActionRentDeadline(Action):
    """Asks whether there is a påkrav, then when it came, then says the last day."""

    def name(self) -> str:
        return "action_rent_deadline"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        about = SlotSet("topic", "debt_rent")
        if received := entity(tracker, "received"):
            return [about, *_say_last_day(dispatcher, "debt_rent", received)]
        demand = entity(tracker, "demand")
        if demand == "yes":
            dispatcher.utter_message(response="utter_debt_rent_ask_date")
            return [about, SlotSet("awaiting_date", "debt_rent")]
        answers = {"no": "utter_debt_rent_no_demand", "unknown": "utter_debt_rent_demand_unknown"}
        dispatcher.utter_message(response=answers.get(demand or "") or response_for("debt_rent", entity(tracker, "situation")))
        return [about, SlotSet("awaiting_date", None)]


class ActionComplaintDeadline(Action):
    """Asks when the decision came, then says the last day to complain."""

    def name(self) -> str:
        return "action_complaint_deadline"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        about = SlotSet("topic", "rights_complaint")
        if received := entity(tracker, "received"):
            return [about, *_say_last_day(dispatcher, "rights_complaint", received)]
        situation = entity(tracker, "situation")
        if situation is None and (events := await answer_by_name(dispatcher, tracker, only_if_short=True)) is not None:
            return events
        dispatcher.utter_message(response=response_for("rights_complaint", situation))
        return [about, SlotSet("awaiting_date", None if situation else "rights_complaint")]


def answer_with_date(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType] | None:
    """Answer a message that names the date asked for; ``None`` where none was asked for or it is a new question."""
    topic = tracker.get_slot("awaiting_date")
    text = (tracker.latest_message or {}).get("text") or ""
    if topic not in _PERIODS or text.startswith("/"):
        return None
    try:
        language = ((tracker.latest_message or {}).get("language") or {}).get("code", "da")
        received = deadlines.received_on(text, today=clock.now().date(), language=language)
    except deadlines.DateNotUnderstood:
        if len(text.split()) > _SHORT or not any(c.isdigit() for c in text):
            return None
        dispatcher.utter_message(response="utter_date_not_understood")
        return []
    return _say_last_day(dispatcher, topic, received.isoformat())


def _say_last_day(dispatcher: CollectingDispatcher, topic: str, received: str) -> list[EventType]:
    today = clock.now().date()
    try:
        day = deadlines.received_on(received, today=today)
    except deadlines.DateNotUnderstood:
        dispatcher.utter_message(response=_UNKNOWN[topic])
        return [SlotSet("awaiting_date", topic)]
    found = deadlines.deadline(day, _PERIODS[topic], today=today)
    ending = "passed" if found.passed else "last_day" if found.today else "deadline"
    dispatcher.utter_message(
        response=f"utter_{topic}_{ending}",
        received=found.received.isoformat(),
        deadline=found.last_day.isoformat(),
        days_left=str(found.days_left),
    )
    return [SlotSet("awaiting_date", None)]
