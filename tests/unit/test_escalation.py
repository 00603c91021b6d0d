"""The way to a human as a state machine: whatever happens in whatever order, one owner, no one lost, nothing after a quick exit."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.advice import escalation
from bot.advice.escalation import Case, Event, Happening, NotNow, Patience, Reason, State, due, step
from tools import escalation as drawn

START = datetime(2026, 11, 22, 10, 0, tzinfo=timezone.utc)
ADVISERS = ("anna", "bo", "carl")


def after(case: Case, *events: Happening | Event) -> Case:
    for event in events:
        case = step(case, event if isinstance(event, Happening) else Happening(event, START))
    return case


def queued(level: str = "none", at: datetime = START) -> Case:
    offered = step(Case(), Happening(Event.OFFER, at, reason=Reason.ASKED, level=level))
    return step(offered, Happening(Event.ACCEPT, at))


def claimed(by: str = "anna") -> Case:
    return step(queued(), Happening(Event.CLAIM, START, by=by))


def test_from_question_to_adviser_and_back() -> None:
    case = claimed()
    assert (case.state, case.adviser, case.reason) == (State.ADVISER, "anna", Reason.ASKED)
    back = step(case, Happening(Event.RETURN, START, by="anna"))
    assert (back.state, back.adviser, back.waiting_since) == (State.BOT, None, None)


def test_s9_the_second_claim_is_told_who_has_it() -> None:
    with pytest.raises(NotNow) as refused:
        step(claimed("anna"), Happening(Event.CLAIM, START, by="bo"))
    assert (refused.value.code, refused.value.by) == ("taken", "anna")


@pytest.mark.parametrize("event", [Event.RETURN, Event.CLOSE])
def test_nobody_ends_a_colleagues_conversation(event: Event) -> None:
    with pytest.raises(NotNow, match="not_yours"):
        step(claimed("anna"), Happening(event, START, by="bo"))


def test_a_transfer_keeps_the_owner_until_the_colleague_says_yes() -> None:
    asked = step(claimed("anna"), Happening(Event.PROPOSE, START, by="anna", to="bo"))
    assert asked.adviser == "anna"
    with pytest.raises(NotNow, match="not_asked"):
        step(asked, Happening(Event.TAKE_OVER, START, by="carl"))
    assert step(asked, Happening(Event.TAKE_OVER, START, by="bo")).adviser == "bo"
    refused = step(asked, Happening(Event.REFUSE, START, by="bo"))
    assert (refused.adviser, refused.proposed_to) == ("anna", None)


def test_a_transfer_that_nobody_answers_stays_with_the_sender() -> None:
    asked = step(claimed("anna"), Happening(Event.PROPOSE, START, by="anna", to="bo"))
    late = START + timedelta(seconds=61)
    assert due(asked, late, page_seen=late, adviser_seen=late, patience=Patience()) is Event.REFUSE
    assert step(asked, Happening(Event.REFUSE, late)).adviser == "anna"


def test_a_closed_laptop_brings_the_person_to_the_front_of_the_queue_again() -> None:
    first, second = claimed(), queued(at=START + timedelta(minutes=1))
    late = START + timedelta(minutes=5)
    assert due(first, late, page_seen=late, adviser_seen=START, patience=Patience()) is Event.RELEASE
    again = step(first, Happening(Event.RELEASE, late))
    assert again.state is State.QUEUED
    assert sorted([second, again], key=escalation.urgency)[0] is again


def test_who_is_silent_in_the_queue_frees_the_place() -> None:
    late = START + timedelta(seconds=61)
    assert due(queued(), late, page_seen=START, adviser_seen=None, patience=Patience()) is Event.VANISH
    assert due(queued(), late, page_seen=late, adviser_seen=None, patience=Patience()) is None


def test_a_warm_transfer_has_no_time_out_once_the_colleague_is_in() -> None:
    asked = step(claimed("anna"), Happening(Event.PROPOSE, START, by="anna", to="bo", warm=True))
    joined = step(asked, Happening(Event.JOIN, START, by="bo"))
    late = START + timedelta(minutes=10)
    assert (joined.adviser, joined.proposed_to) == ("anna", "bo")
    assert due(joined, late, page_seen=late, adviser_seen=late, patience=Patience()) is None
    assert step(joined, Happening(Event.TAKE_OVER, late, by="bo")).adviser == "bo"


def test_nobody_comes_into_a_cold_transfer() -> None:
    asked = step(claimed("anna"), Happening(Event.PROPOSE, START, by="anna", to="bo"))
    with pytest.raises(NotNow, match="not_warm"):
        step(asked, Happening(Event.JOIN, START, by="bo"))


@pytest.mark.parametrize("case", [queued(), claimed("anna")], ids=["who waits", "a colleague's"])
def test_a_coordinator_gives_a_conversation_to_an_adviser(case: Case) -> None:
    given = step(case, Happening(Event.ASSIGN, START, by="coordinator", to="bo"))
    assert (given.state, given.adviser) == (State.ADVISER, "bo")


def test_the_queue_is_by_danger_then_language_then_time() -> None:
    early, arabic = queued(at=START), queued(at=START + timedelta(minutes=1))
    serious, acute = queued("serious", START + timedelta(minutes=2)), queued("acute", START + timedelta(minutes=3))
    waiting = [(early, "da"), (arabic, "ar"), (serious, "da"), (acute, "da")]
    ranked = sorted(waiting, key=lambda row: escalation.order(row[0], language=row[1], reads=["ar"]))
    assert [case for case, _ in ranked] == [acute, serious, arabic, early]


def test_concern_waits_like_everybody() -> None:
    first, worried = queued(at=START), queued("concern", START + timedelta(minutes=1))
    assert sorted([worried, first], key=escalation.urgency) == [first, worried]


def test_danger_is_only_raised_never_lowered() -> None:
    raised = step(queued(), Happening(Event.RAISE, START, level="acute"))
    assert step(raised, Happening(Event.RAISE, START, level="concern")).level == "acute"


def test_s4_after_a_quick_exit_nothing_happens_any_more() -> None:
    left = step(claimed(), Happening(Event.EXIT, START))
    assert left.adviser is None
    for event in Event:
        with pytest.raises(NotNow):
            step(left, Happening(event, START, by="anna", to="bo"))


def test_every_state_can_be_reached_and_left() -> None:
    reached = {transition.after for transition in escalation.TRANSITIONS}
    assert reached == set(State)
    assert {t.before for t in escalation.TRANSITIONS} == set(State) - {State.LEFT}
    pairs = [(t.before, t.event) for t in escalation.TRANSITIONS]
    assert len(pairs) == len(set(pairs))


def test_the_drawing_in_the_documents_is_of_this_code() -> None:
    text = drawn.PAGE.read_text("utf-8")
    assert drawn.page(text) == text


class AnyOrder(RuleBasedStateMachine):
    """A person, three advisers and the clock, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.case = Case()
        self.now = START
        self.page_seen = START
        self.adviser_seen: datetime | None = None

    def happens(self, happening: Happening) -> None:
        before = self.case
        try:
            self.case = step(self.case, happening)
        except NotNow:
            assert self.case is before
            return
        if self.case.state is State.ADVISER and before.adviser != self.case.adviser:
            self.adviser_seen = self.now
            given = happening.event is Event.ASSIGN and happening.to == self.case.adviser
            assert before.state is State.QUEUED or given or before.proposed_to == self.case.adviser
        assert before.state is not State.LEFT
        assert escalation.LEVELS.index(self.case.level) >= escalation.LEVELS.index(before.level)

    @rule(
        event=st.sampled_from(Event),
        by=st.sampled_from(ADVISERS),
        to=st.sampled_from(ADVISERS),
        level=st.sampled_from(escalation.LEVELS),
        reason=st.sampled_from(Reason),
        warm=st.booleans(),
    )
    def something(self, event: Event, by: str, to: str, level: str, reason: Reason, warm: bool) -> None:
        self.happens(Happening(event, self.now, by=by, to=to, level=level, reason=reason, warm=warm))

    @rule(
        data=st.data(),
        by=st.sampled_from(ADVISERS),
        to=st.sampled_from(ADVISERS),
        level=st.sampled_from(escalation.LEVELS),
        warm=st.booleans(),
    )
    def something_that_fits(self, data: st.DataObject, by: str, to: str, level: str, warm: bool) -> None:
        fitting = [t.event for t in escalation.TRANSITIONS if t.before is self.case.state and t.event is not Event.EXIT]
        if fitting:
            event = data.draw(st.sampled_from(fitting))
            by = data.draw(st.sampled_from([by, self.case.adviser or by, self.case.proposed_to or by]))
            self.happens(Happening(event, self.now, by=by, to=to, level=level, reason=Reason.ASKED, warm=warm))

    @rule(seconds=st.integers(0, 4000), page=st.booleans(), console=st.booleans())
    def time_passes(self, seconds: int, page: bool, console: bool) -> None:
        self.now += timedelta(seconds=seconds)
        self.page_seen = self.now if page else self.page_seen
        self.adviser_seen = self.now if console else self.adviser_seen
        event = due(self.case, self.now, page_seen=self.page_seen, adviser_seen=self.adviser_seen, patience=Patience())
        if event is not None:
            before = self.case.state
            self.case = step(self.case, Happening(event, self.now))
            assert self.case.state is not before or event is Event.REFUSE

    @invariant()
    def one_owner(self) -> None:
        assert (self.case.adviser is not None) == (self.case.state is State.ADVISER)
        assert self.case.proposed_to is None or self.case.state is State.ADVISER
        assert (self.case.proposed_to is None) == (self.case.proposed_at is None)
        assert not self.case.joined or (self.case.warm and self.case.proposed_to is not None)
        assert self.case.proposed_to is None or self.case.proposed_to != self.case.adviser

    @invariant()
    def a_place_in_the_queue_has_a_time(self) -> None:
        if self.case.state in (State.QUEUED, State.ADVISER):
            assert self.case.waiting_since is not None
        else:
            assert self.case.waiting_since is None


AnyOrder.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
