"""What people may say to a run, and the sentence they get when they may not: start, rollback, sign, answer, hold, keep."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.progress.step_state import DECISION, WATCH
from commands.rollback.request import rollback
from commands.run import countdown_writes
from commands.runbook import Page, read_page
from commands.signoff.actions import RunActions
from commands.signoff.waiting import waiting_for
from commands.start.request import StartRequest
from commands.start.starter import start
from commands.watch.alerts import alerts_for_rollback
from commands.watch.countdown import StartCountdown
from state.errors import AlreadyRunning, BadSettings, NotAllowed, NothingRuns, Refused, TooLate
from state.facts import Actor, Choice, Door
from state.records import Attempt, AttemptState, Run, RunState
from state.sqlite.store import Store
from tests.pages import NOON, payload, small, spoil

PAGE = small()
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
STARTER, DBA, LEAD, GUEST = (Actor(person=name, door=Door.SLACK) for name in ("U1", "UDBA", "ULEAD", "UGUEST"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An open store on a new file."""
    return Store(tmp_path / "gonogo.db")


def begin(store: Store, page: Page = PAGE) -> tuple[Run, RunActions]:
    """A run that waits at its first gate, and its desk."""
    run = start(store, page, StartRequest(), STARTER, PEOPLE, NOON)
    end(store, run, "ready", AttemptState.DONE)
    return run, RunActions(store, page, run.id, PEOPLE)


def end(store: Store, run: Run, step: str, state: str) -> None:
    """Write that a step began and ended."""
    store.begin_attempt(run.id, step, 1, NOON)
    store.end_attempt(run.id, Attempt(step=step, attempt=1, state=AttemptState(state), began_at=NOON), NOON)


def failed_deploy(store: Store, page: Page = PAGE) -> tuple[Run, RunActions]:
    """A run whose deploy step has failed."""
    run, actions = begin(store, page)
    actions.sign("ready", 1, DBA, NOON)
    actions.sign("ready", 1, LEAD, NOON)
    end(store, run, "put-the-code-there", AttemptState.FAILED)
    return run, actions


@pytest.mark.parametrize("ref", ["--upload-pack=x", "main; rm -rf /", "a..b", "$(id)", "-x", "x y", "a//b", "v1/"])
def test_a_ref_that_looks_like_an_option_or_shell_text_is_refused(store: Store, ref: str) -> None:
    with pytest.raises(Refused, match="is not a branch, tag or commit"):
        start(store, PAGE, StartRequest(ref=ref), STARTER, PEOPLE, NOON)
    assert store.runs() == []


def test_a_second_start_says_whose_run_is_active(store: Store) -> None:
    begin(store)
    with pytest.raises(AlreadyRunning, match="shop already has run 1, started by U1"):
        begin(store)


def test_every_role_without_people_is_named_at_once(store: Store) -> None:
    with pytest.raises(BadSettings, match="SHOP_DBA, SHOP_LEAD"):
        start(store, PAGE, StartRequest(), STARTER, {}, NOON)


def test_only_a_starter_may_start_where_the_page_says_so(store: Store) -> None:
    page = small(**{'target = "shop"': 'target = "shop"\nstarters = ["lead"]'})
    with pytest.raises(NotAllowed, match="Only the Tech Lead may start"):
        start(store, page, StartRequest(), GUEST, PEOPLE, NOON)


def test_a_run_keeps_the_page_it_began_with(store: Store) -> None:
    run, _ = begin(store)
    assert store.run(run.id).text == PAGE.text


def test_each_role_is_signed_by_its_own_person(store: Store) -> None:
    run, actions = begin(store)
    assert actions.sign("ready", 1, DBA, NOON) == ("dba",)
    assert [waiting.roles for waiting in waiting_for(PAGE, store.record(run.id))] == [("lead",)]


def test_a_sign_off_by_the_wrong_person_is_refused_by_role(store: Store) -> None:
    _, actions = begin(store)
    with pytest.raises(NotAllowed, match="Only the Database Admin or Tech Lead may sign"):
        actions.sign("ready", 1, GUEST, NOON)


def test_a_sign_off_twice_is_refused_by_who_is_still_waited_for(store: Store) -> None:
    _, actions = begin(store)
    actions.sign("ready", 1, DBA, NOON)
    with pytest.raises(NotAllowed, match="Only the Tech Lead may sign"):
        actions.sign("ready", 1, DBA, NOON)


def test_a_sign_off_after_it_was_decided_comes_too_late(store: Store) -> None:
    _, actions = begin(store)
    actions.sign("ready", 1, DBA, NOON)
    actions.sign("ready", 1, LEAD, NOON)
    with pytest.raises(TooLate, match="Nothing is asked about"):
        actions.sign("ready", 1, LEAD, NOON)


def test_refusing_needs_a_reason(store: Store) -> None:
    _, actions = begin(store)
    with pytest.raises(Refused, match="needs a reason"):
        actions.sign("ready", 1, DBA, NOON, refused=True, reason=" ")


def test_the_starter_does_not_sign_where_the_page_wants_four_eyes(store: Store) -> None:
    page = small(**{'target = "shop"': 'target = "shop"\nfour_eyes = true'})
    run = start(store, page, StartRequest(), DBA, PEOPLE, NOON)
    end(store, run, "ready", AttemptState.DONE)
    with pytest.raises(NotAllowed, match="You started this run"):
        RunActions(store, page, run.id, PEOPLE).sign("ready", 1, DBA, NOON)


def test_skipping_a_failure_needs_the_deciding_role_and_a_reason(store: Store) -> None:
    _, actions = failed_deploy(store)
    with pytest.raises(NotAllowed, match="Only the Tech Lead"):
        actions.answer("put-the-code-there", 1, DBA, Choice.SKIP, "it is fine", NOON)
    with pytest.raises(Refused, match="needs a reason"):
        actions.answer("put-the-code-there", 1, LEAD, Choice.SKIP, "", NOON)
    actions.answer("put-the-code-there", 1, LEAD, Choice.SKIP, "it is fine", NOON)


def test_a_failure_is_answered_by_the_role_that_its_step_names(store: Store) -> None:
    page = read_page(spoil(('takes = "10 min"', 'takes = "10 min"\nasks = "dba"')), "page.md")
    run, actions = failed_deploy(store, page)
    [waiting] = waiting_for(page, store.record(run.id))
    assert waiting.roles == ("dba",)
    with pytest.raises(NotAllowed, match="Database Admin"):
        actions.answer("put-the-code-there", 1, LEAD, Choice.SKIP, "it is fine", NOON)
    actions.answer("put-the-code-there", 1, DBA, Choice.SKIP, "it is fine", NOON)


def test_a_guest_may_not_have_a_step_run_again(store: Store) -> None:
    _, actions = failed_deploy(store)
    with pytest.raises(NotAllowed, match="may have a step run again"):
        actions.answer("put-the-code-there", 1, GUEST, Choice.RETRY, "", NOON)


def test_two_answers_at_once_are_one(store: Store) -> None:
    _, actions = failed_deploy(store)
    actions.answer("put-the-code-there", 1, LEAD, Choice.RETRY, "", NOON)
    with pytest.raises(TooLate):
        actions.answer("put-the-code-there", 1, DBA, Choice.RETRY, "", NOON)


def test_rollback_is_free_and_happens_once(store: Store) -> None:
    run, _ = begin(store)
    assert rollback(store, run, GUEST, "it burns", NOON)
    assert not rollback(store, run, LEAD, "it burns too", NOON)
    fact = store.record(run.id).rollback
    assert fact
    assert fact.reason == "it burns"


def test_rollback_when_nothing_runs_says_so(store: Store) -> None:
    run, _ = begin(store)
    store.move_run(run.id, RunState.ABORTED, NOON)
    with pytest.raises(NothingRuns, match="Run 1 is over"):
        rollback(store, store.run(run.id), GUEST, "", NOON)


def test_hold_is_free_and_resume_is_signed(store: Store) -> None:
    _, actions = begin(store)
    assert actions.hold(GUEST, "lunch", NOON)
    assert not actions.hold(LEAD, "lunch", NOON)
    with pytest.raises(NotAllowed, match="Only the Tech Lead may resume"):
        actions.resume(GUEST, "", NOON)
    assert actions.resume(LEAD, "", NOON)
    assert actions.hold(GUEST, "again", NOON)


def test_keep_waits_for_the_end_of_the_watch(store: Store) -> None:
    run, actions = begin(store)
    with pytest.raises(TooLate, match="when the watch is over"):
        actions.keep(LEAD, "", NOON)
    store.begin_attempt(run.id, DECISION, 1, NOON)
    with pytest.raises(NotAllowed, match="Only the Tech Lead may decide KEEP"):
        actions.keep(DBA, "", NOON)
    assert actions.keep(LEAD, "", NOON) == "KEEP."
    assert actions.keep(LEAD, "", NOON) == "KEEP was decided already."


def test_keep_before_its_end_takes_a_reason_and_a_second_person(store: Store) -> None:
    run, actions = begin(store)
    store.begin_attempt(run.id, WATCH, 1, NOON)
    with pytest.raises(Refused, match="needs a reason, and then a second person"):
        actions.keep(LEAD, "", NOON)
    assert "A second person must agree" in actions.keep(LEAD, "quiet night", NOON)
    assert actions.keep(LEAD, "quiet night", NOON) == "It waits for a second person already."
    assert store.record(run.id).keep is None
    with pytest.raises(NotAllowed, match="you are the first"):
        actions.agree(DECISION, 1, LEAD, NOON)
    with pytest.raises(NotAllowed, match="may agree to this"):
        actions.agree(DECISION, 1, GUEST, NOON)
    actions.agree(DECISION, 1, DBA, NOON)
    keep = store.record(run.id).keep
    assert keep
    assert (keep.person, keep.reason) == ("ULEAD", "quiet night")
    asked = [event for event in store.events(run.id) if event.data.stored_kind == "wanted" and event.step == DECISION]
    assert [payload(event).ask for event in asked] == ["second"]


def ring(store: Store, run: Run) -> None:
    """Two slow answers in the watch, and the countdown that they begin."""
    for attempt in (1, 2):
        slow = Attempt(
            step="response-time",
            attempt=attempt,
            state=AttemptState.DONE,
            began_at=NOON,
            outcome={"measures": {"seconds": 9.0}},
        )
        store.begin_attempt(run.id, "response-time", attempt, NOON)
        store.end_attempt(run.id, slow, NOON)
    (raised,) = alerts_for_rollback(PAGE, store.record(run.id))
    countdown_writes.write_countdown(store, PAGE, run.id, StartCountdown(raised, 1), NOON)


def test_a_countdown_is_held_by_who_it_calls_with_a_reason_and_for_a_time(store: Store) -> None:
    run, actions = begin(store)
    name = PAGE.alerts[0].name
    with pytest.raises(TooLate, match="Nothing is asked about “API response > 5 s”"):
        actions.false_alarm(name, 1, LEAD, "a load test", "", NOON)
    ring(store, run)
    with pytest.raises(NotAllowed, match="Only the Tech Lead may hold"):
        actions.false_alarm(name, 1, DBA, "a load test", "", NOON)
    with pytest.raises(Refused, match="needs a reason"):
        actions.false_alarm(name, 1, LEAD, " ", "", NOON)
    with pytest.raises(Refused, match="For how long"):
        actions.false_alarm(name, 1, LEAD, "a load test", "soon", NOON)
    with pytest.raises(Refused, match="for 2 h at most, not for 3 h"):
        actions.false_alarm(name, 1, LEAD, "a load test", "3 h", NOON)
    assert actions.false_alarm(name, 1, LEAD, "a load test", "1 h", NOON)
    with pytest.raises(TooLate):
        actions.false_alarm(name, 1, LEAD, "again", "", NOON)
    assert [event.data.stored_kind for event in store.events(run.id)][-2:] == ["alert", "held alert"]


def test_keep_after_a_rollback_was_asked_for_comes_too_late(store: Store) -> None:
    run, actions = begin(store)
    store.begin_attempt(run.id, DECISION, 1, NOON)
    rollback(store, run, GUEST, "", NOON)
    with pytest.raises(TooLate, match="comes too late"):
        actions.keep(LEAD, "", NOON)


def test_a_step_that_is_not_on_the_page_is_named(store: Store) -> None:
    _, actions = begin(store)
    with pytest.raises(Refused, match="no step “nonsense”"):
        actions.sign("nonsense", 1, LEAD, NOON)
