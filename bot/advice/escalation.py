"""How a conversation comes to a human and back: a state machine. It holds no words, only who owns the conversation and since when.

``TRANSITIONS`` is all of it; docs/escalation.md is drawn from it. The moment is passed in, nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

LEVELS = ("none", "concern", "serious", "acute")


class State(str, Enum):
    """Who has the conversation."""

    BOT = "bot"
    OFFERED = "offered"
    QUEUED = "queued"
    ADVISER = "adviser"
    CLOSED = "closed"
    LEFT = "left"
    LOST = "lost"
    EXPIRED = "expired"


class Reason(str, Enum):
    """What began it: a typed event, never a sentence."""

    ASKED = "asked"
    RISK = "risk"
    NOT_UNDERSTOOD = "not_understood"
    BOT_FAILED = "bot_failed"
    NOT_FOR_BOT = "not_for_bot"


class Event(str, Enum):
    """What can happen to a conversation on its way to a human."""

    OFFER = "offer"
    ACCEPT = "accept"
    DECLINE = "decline"
    CLAIM = "claim"
    PROPOSE = "propose"
    JOIN = "join"
    TAKE_OVER = "take_over"
    REFUSE = "refuse"
    ASSIGN = "assign"
    RELEASE = "release"
    RETURN = "return"
    CLOSE = "close"
    LEAVE_QUEUE = "leave_queue"
    EXIT = "exit"
    SHUT = "shut"
    VANISH = "vanish"
    COME_BACK = "come_back"
    EXPIRE = "expire"
    RAISE = "raise"


@dataclass(frozen=True)
class Patience:
    """How long each state may last; the coordinator's settings."""

    offered: timedelta = timedelta(minutes=15)
    # Without a sign of life from the page the place in the queue is freed.
    silent_in_queue: timedelta = timedelta(seconds=60)
    transfer: timedelta = timedelta(seconds=60)
    # An adviser whose console shows no sign of life: a laptop may be closed and opened again.
    silent_adviser: timedelta = timedelta(seconds=60)
    lost: timedelta = timedelta(minutes=30)
    # Then the person is told that nobody has answered yet, and may choose.
    answer: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class Case:
    """One conversation's way to a human.

    ``since`` is when it came to its state, ``waiting_since`` when it first was queued. A transfer is cold where the colleague takes
    over alone, ``warm`` where she may come in first (``joined``) and both write until one of them goes.
    """

    state: State = State.BOT
    since: datetime | None = None
    reason: Reason | None = None
    level: str = "none"
    waiting_since: datetime | None = None
    adviser: str | None = None
    proposed_to: str | None = None
    proposed_at: datetime | None = None
    warm: bool = False
    joined: bool = False
    outcome: str | None = None


@dataclass(frozen=True)
class Happening:
    """An event with what belongs to it; ``by`` is the adviser who acts, ``to`` the colleague who is asked."""

    event: Event
    at: datetime
    by: str | None = None
    to: str | None = None
    reason: Reason | None = None
    level: str | None = None
    outcome: str | None = None
    warm: bool = False


class NotNow(Exception):
    """The event does not fit the state; ``code`` says why, ``by`` who has the conversation."""

    def __init__(self, code: str, *, by: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.by = by


Guard = Callable[[Case, Happening], str]
Effect = Callable[[Case, Happening], Case]


@dataclass(frozen=True)
class Transition:
    """From ``before`` by ``event`` to ``after``, where ``guard`` finds no fault; ``means`` is for the drawing."""

    before: State
    event: Event
    after: State
    means: str
    guard: Guard
    effect: Effect


def step(case: Case, happening: Happening) -> Case:
    """The case after ``happening``.

    Raises:
        NotNow: the event does not fit, and nothing has changed.
    """
    found = [t for t in TRANSITIONS if t.before is case.state and t.event is happening.event]
    if not found:
        taken = happening.event is Event.CLAIM and case.state is State.ADVISER
        raise NotNow("taken" if taken else f"{happening.event.value}_in_{case.state.value}", by=case.adviser)
    (transition,) = found
    if fault := transition.guard(case, happening):
        raise NotNow(fault, by=case.adviser)
    after = transition.effect(case, happening)
    moved = transition.after is not case.state
    return replace(after, state=transition.after, since=happening.at if moved else case.since)


def due(case: Case, now: datetime, *, page_seen: datetime, adviser_seen: datetime | None, patience: Patience) -> Event | None:
    """What the time has done: a time-out of this state at ``now``, or None.

    Args:
        page_seen: the latest sign of life of the person's page.
        adviser_seen: the same of the adviser's console; None where no adviser has the case.
    """
    if case.state is State.OFFERED and now - _moment(case.since) > patience.offered:
        return Event.DECLINE
    if case.state is State.QUEUED and now - page_seen > patience.silent_in_queue:
        return Event.VANISH
    if case.state is State.LOST and now - _moment(case.since) > patience.lost:
        return Event.EXPIRE
    if case.state is State.ADVISER:
        if case.proposed_at is not None and not case.joined and now - case.proposed_at > patience.transfer:
            return Event.REFUSE
        if adviser_seen is None or now - adviser_seen > patience.silent_adviser:
            return Event.RELEASE
    return None


def order(case: Case, *, language: str, reads: Iterable[str]) -> tuple[int, bool, datetime]:
    """Sorts the queue for an adviser who ``reads`` these languages: acute, serious, the rest; then language; then time."""
    return (*urgency(case)[:1], language not in set(reads), urgency(case)[1])


def urgency(case: Case) -> tuple[int, datetime]:
    """Sorts the queue as the person's place in it is counted: by danger, then time."""
    return (min(LEVELS[::-1].index(case.level), 2), _moment(case.waiting_since))


def _moment(at: datetime | None) -> datetime:
    if at is None:
        raise ValueError("a case that is offered, queued or lost knows since when")
    return at


def _fine(case: Case, happening: Happening) -> str:  # noqa: ARG001
    return ""


def _own(case: Case, happening: Happening) -> str:
    """Only whoever has the conversation; a coordinator acts in that adviser's name."""
    return "" if happening.by == case.adviser else "not_yours"


def _asked(case: Case, happening: Happening) -> str:
    if case.proposed_to is None:
        return "not_proposed"
    # Nobody answers for the colleague; the time-out answers without a name.
    return "" if happening.by in (case.proposed_to, None) else "not_asked"


def _to_a_colleague(case: Case, happening: Happening) -> str:
    if happening.by != case.adviser:
        return "not_yours"
    return "to_nobody" if happening.to in (None, case.adviser) else ""


def _warmly(case: Case, happening: Happening) -> str:
    return _asked(case, happening) or ("" if case.warm and happening.by else "not_warm")


def _to_another(case: Case, happening: Happening) -> str:
    return "to_nobody" if happening.to in (None, case.adviser) else ""


def _same(case: Case, happening: Happening) -> Case:  # noqa: ARG001
    return case


def _offer(case: Case, happening: Happening) -> Case:
    return replace(case, reason=happening.reason, level=_higher(case.level, happening.level), outcome=None)


def _queue(case: Case, happening: Happening) -> Case:
    return replace(case, waiting_since=happening.at)


def _claim(case: Case, happening: Happening) -> Case:
    return replace(case, adviser=happening.by)


def _propose(case: Case, happening: Happening) -> Case:
    return replace(case, proposed_to=happening.to, proposed_at=happening.at, warm=happening.warm, joined=False)


def _join(case: Case, happening: Happening) -> Case:  # noqa: ARG001
    return replace(case, joined=True)


def _take_over(case: Case, happening: Happening) -> Case:
    return replace(_refuse(case, happening), adviser=case.proposed_to)


def _assign(case: Case, happening: Happening) -> Case:
    return replace(_refuse(case, happening), adviser=happening.to)


def _refuse(case: Case, happening: Happening) -> Case:  # noqa: ARG001
    return replace(case, proposed_to=None, proposed_at=None, warm=False, joined=False)


def _release(case: Case, happening: Happening) -> Case:
    """Back to the queue with the first waiting time: the line broke, so the person is first again among equals."""
    return replace(_refuse(case, happening), adviser=None)


def _let_go(case: Case, happening: Happening) -> Case:
    return replace(_release(case, happening), waiting_since=None)


def _end(case: Case, happening: Happening) -> Case:
    return replace(_let_go(case, happening), outcome=happening.outcome)


def _raise(case: Case, happening: Happening) -> Case:
    return replace(case, level=_higher(case.level, happening.level))


def _higher(one: str, other: str | None) -> str:
    return max(one, other or "none", key=LEVELS.index)


TRANSITIONS: tuple[Transition, ...] = (
    Transition(State.BOT, Event.OFFER, State.OFFERED, "a human is offered", _fine, _offer),
    Transition(State.OFFERED, Event.OFFER, State.OFFERED, "offered again, for another reason", _fine, _offer),
    Transition(State.OFFERED, Event.ACCEPT, State.QUEUED, "yes, connect me", _fine, _queue),
    Transition(State.OFFERED, Event.DECLINE, State.BOT, "no; or no answer for 15 minutes", _fine, _same),
    Transition(State.QUEUED, Event.CLAIM, State.ADVISER, "an adviser takes it", _fine, _claim),
    Transition(State.QUEUED, Event.LEAVE_QUEUE, State.BOT, "does not want to wait", _fine, _let_go),
    Transition(State.QUEUED, Event.ASSIGN, State.ADVISER, "a coordinator gives it to an adviser", _to_another, _assign),
    Transition(State.QUEUED, Event.SHUT, State.BOT, "the service has closed: told, with the next opening", _fine, _let_go),
    Transition(State.QUEUED, Event.VANISH, State.LOST, "page silent for 60 s: the place is free", _fine, _let_go),
    Transition(State.LOST, Event.COME_BACK, State.BOT, "the page is back: told, and offered again", _fine, _same),
    Transition(State.LOST, Event.EXPIRE, State.EXPIRED, "not back within 30 minutes", _fine, _same),
    Transition(State.EXPIRED, Event.COME_BACK, State.BOT, "writes again", _fine, _same),
    Transition(State.ADVISER, Event.PROPOSE, State.ADVISER, "a colleague is asked to take over", _to_a_colleague, _propose),
    Transition(State.ADVISER, Event.JOIN, State.ADVISER, "the colleague comes in, both may write", _warmly, _join),
    Transition(State.ADVISER, Event.ASSIGN, State.ADVISER, "a coordinator gives it to another", _to_another, _assign),
    Transition(State.ADVISER, Event.TAKE_OVER, State.ADVISER, "the colleague takes over", _asked, _take_over),
    Transition(State.ADVISER, Event.REFUSE, State.ADVISER, "the colleague cannot; or no answer for 60 s", _asked, _refuse),
    Transition(
        State.ADVISER, Event.RELEASE, State.QUEUED, "the adviser's line is gone for 60 s: first in the queue", _fine, _release
    ),
    Transition(State.ADVISER, Event.RETURN, State.BOT, "back to the bot", _own, _let_go),
    Transition(State.ADVISER, Event.CLOSE, State.CLOSED, "ended, with an outcome", _own, _end),
    Transition(State.ADVISER, Event.LEAVE_QUEUE, State.BOT, "the person ends it", _fine, _let_go),
    Transition(State.CLOSED, Event.COME_BACK, State.BOT, "writes again", _fine, _same),
    *(
        Transition(state, Event.RAISE, state, "more danger was seen", _fine, _raise)
        for state in (State.OFFERED, State.QUEUED, State.ADVISER)
    ),
    *(
        Transition(state, Event.EXIT, State.LEFT, "quick exit, or deleted", _fine, _let_go)
        for state in State
        if state is not State.LEFT
    ),
)
