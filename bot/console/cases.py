"""Hand-offs as the console shows them: rows of lists, without a word of the person, and the short account of a talk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from aiohttp import web
from babel import Locale

from bot.advice import escalation, knowledge
from bot.advice.escalation import State
from bot.advice.knowledge import Checklist
from bot.advice.opening_hours import COPENHAGEN
from bot.console.labels import CATEGORIES, LEVELS, OUTCOMES, REASONS, because
from bot.console.overview import OVERVIEW
from bot.console.signin import ADVISER
from bot.store.advisers import Adviser
from bot.store.handoffs import Handoff
from bot.web.keys import TALK

# Longer than a person should wait for the next words.
_SILENT_MINUTES = 2


@dataclass(frozen=True)
class Row:
    """A conversation in a list; ``silent``: the minutes in which the person has waited for an answer, 0 where that is no time."""

    id: str
    level: str
    language: str
    read: bool
    reason: str
    topic: str
    minutes: int
    adviser: str
    proposed: bool
    here: bool
    silent: int
    outcome: str


@dataclass(frozen=True)
class Account:
    """What the machine made of a talk, in Danish: topics it answered, the danger it saw and why."""

    topics: tuple[str, ...]
    level: str
    categories: tuple[str, ...]
    why: tuple[str, ...]
    written: int


async def lists(request: web.Request) -> dict[str, Any]:
    """Who waits, in this adviser's order; her own; those of others; ended today; who is there, who calls for a colleague."""
    talk, adviser = request.app[TALK], request[ADVISER]
    seen = await request.app[OVERVIEW].seen()
    names = {a.id: a.name for a in seen.team}
    by_state: dict[State, list[Handoff]] = {State.QUEUED: [], State.ADVISER: [], State.CLOSED: []}
    for handoff in seen.found:
        by_state[handoff.case.state].append(handoff)
    queue = sorted(
        by_state[State.QUEUED],
        key=lambda one: (escalation.order(one.case, language=one.language, reads=adviser.languages), one.conversation_id),
    )
    taken = by_state[State.ADVISER]
    return {
        "waiting": [row(request, one, names) for one in queue],
        "own": [row(request, one, names) for one in taken if _is_mine(one, adviser)],
        "others": [row(request, one, names) for one in taken if not _is_mine(one, adviser)],
        "ended": [row(request, one, names) for one in reversed(by_state[State.CLOSED]) if _today(one, talk.now())],
        "present": [a for a in seen.team if a.present and talk.desk.hub.is_here(a.id)],
        "calling": [{"id": i, "name": names.get(i, "En kollega"), "mine": i == adviser.id} for i in seen.calling],
        "available": seen.available,
        "room": adviser.capacity,
    }


def row(request: web.Request, handoff: Handoff, names: dict[str, str]) -> Row:
    """That hand-off as a row."""
    talk, case, adviser = request.app[TALK], handoff.case, request[ADVISER]
    topics = knowledge.topics()
    unanswered = talk.desk.unanswered_since(handoff.conversation_id) if case.state is State.ADVISER else None
    silent = _minutes(unanswered, talk.now())
    return Row(
        id=handoff.conversation_id,
        level=case.level,
        language=_language_name(handoff.language),
        read=handoff.language in adviser.languages,
        reason=REASONS[case.reason.value] if case.reason else "",
        topic=topics[handoff.topic].name_da if handoff.topic in topics else "",
        minutes=_minutes(case.waiting_since if case.state is State.QUEUED else case.since, talk.now()),
        adviser=names.get(case.adviser or "", ""),
        proposed=case.proposed_to == adviser.id,
        here=talk.desk.hub.is_here(handoff.conversation_id),
        silent=silent if silent >= _SILENT_MINUTES else 0,
        outcome=OUTCOMES.get(case.outcome or "", ""),
    )


@lru_cache(maxsize=64)
def _language_name(code: str) -> str:
    return str(Locale("da").languages[code])


def account(messages: list[dict[str, Any]], handoff: Handoff) -> Account:
    """The short account of a talk."""
    dangers = _dangers(messages)
    answered = [name for m in messages if m["from"] == "bot" and (name := _topic_of(m.get("response")))]
    return Account(
        topics=tuple(dict.fromkeys(answered)),
        level=LEVELS[handoff.case.level],
        categories=tuple(CATEGORIES.get(category, category) for category in _worst(dangers)),
        why=tuple(dict.fromkeys(because(why) for judged in dangers for why in judged["why"]))[:8],
        written=sum(m["from"] == "citizen" for m in messages),
    )


def checklists(messages: list[dict[str, Any]]) -> list[tuple[str, Checklist]]:
    """What to go through with this person, with its Danish name: a list for each danger seen, the general one where none was."""
    known, seen = knowledge.checklists(), _worst(_dangers(messages))
    return [(CATEGORIES.get(category, "generelt"), known[category]) for category in seen or ["general"] if category in known]


def _is_mine(handoff: Handoff, adviser: Adviser) -> bool:
    return adviser.id in (handoff.case.adviser, handoff.case.proposed_to)


def _today(handoff: Handoff, now: datetime) -> bool:
    since = handoff.case.since
    return since is not None and since.astimezone(COPENHAGEN).date() == now.astimezone(COPENHAGEN).date()


def _minutes(since: datetime | None, now: datetime) -> int:
    return int((now - since).total_seconds() // 60) if since else 0


def _dangers(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [m["judged"] for m in messages if m.get("judged") and m["judged"]["level"] != "none"]


def _worst(dangers: list[dict[str, Any]]) -> list[str]:
    worst = max(dangers, key=lambda judged: escalation.LEVELS.index(judged["level"]), default=None)
    return list((worst or {}).get("categories", ()))


def _topic_of(response: str | None) -> str:
    """The Danish name of the topic that ``response`` answers."""
    known = sorted(knowledge.topics(), key=len, reverse=True)
    found = next((name for name in known if (response or "").removeprefix("utter_").startswith(name)), "")
    return knowledge.topics()[found].name_da if found else ""
