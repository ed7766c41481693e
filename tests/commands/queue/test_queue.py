"""Queued starts: asked in their moment, started by people only, put off, dropped, moved."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.queue.acts import FARTHEST, MOST, NewPlace, drop, move, put_off, start_now
from commands.queue.keeper import QueueKeeper
from commands.runbook import read_page
from commands.start.objections import Considered
from commands.start.preflight import PreflightReport
from state.copying import copy_record
from state.errors import AlreadyRunning, NeedsReason, NotAllowed, Refused, TooLate
from state.facts import Actor, StartObjection
from state.place import open_record
from state.records import Run, RunState
from tests.bot.slack.run_writer import FREEZE
from tests.commands.queue.queue_case import MALEE, MINUTE, NOK, SOMCHAI, STRANGER, QueueCase
from tests.commands.signoff.samples import WINDOW
from tests.pages import small
from tests.state.kept import Kept, KeptInFile, KeptInPostgres


def unsettled(case: QueueCase) -> list[str]:
    """What `gonogo verify` would tell of each run of the record."""
    numbers = [*case.store.numbers(50), *(run.id for run in case.store.of_queue(50))]
    return [str(change) for number in numbers for change in case.store.changes(number)]


# -- the moment ---------------------------------------------------------------------------------------------------


def test_a_start_behind_an_active_run_is_asked_about_once_that_run_is_over_and_begins_only_by_a_press(
    case: QueueCase,
) -> None:
    first = case.start()
    with pytest.raises(AlreadyRunning) as refused:
        case.start()
    assert refused.value.run == first.id
    queued = case.queue()
    case.turn()
    assert case.kinds(queued) == ["queued"], "nobody is asked while the target is busy"
    case.end(first)
    case.turn()
    asked = case.newest(queued)
    assert (asked.stored_kind, asked.before, asked.roles) == ("start asked", f"Run {first.id} was kept.", ("lead",))
    case.turn(timedelta(minutes=14))
    assert case.kinds(queued) == ["queued", "start asked"], "asked once"
    assert case.store.active_runs() == [], "nothing begins by itself"
    run = start_now(case.starter, queued, MALEE).run
    assert (run.state, run.starter, case.state(queued)) == (RunState.GOING, NOK.person, RunState.STARTED)
    started: Any = case.store.events(run.id)[0].data
    assert (started.queued, started.confirmed_by) == (queued.id, MALEE.person)
    assert unsettled(case) == []


def test_nobody_answers_for_15_minutes_and_the_start_steps_aside_for_the_next_one(case: QueueCase) -> None:
    silent, following = case.queue(), case.queue(SOMCHAI)
    case.turn()
    case.turn()
    assert case.kinds(following) == ["queued"], "one question at a time"
    case.turn(15 * MINUTE)
    assert case.state(silent) == RunState.DROPPED
    left = case.newest(silent)
    assert (left.silent, left.reason, left.started) == (True, "nobody answered within 15 min", 0)
    assert case.kinds(following) == ["queued"], "one at a time"
    case.turn()
    assert case.kinds(following) == ["queued", "start asked"]
    with pytest.raises(TooLate, match=f"Queued start {silent.id} has left the queue already"):
        start_now(case.starter, silent, NOK)
    assert unsettled(case) == []


def test_a_planned_start_is_asked_about_at_its_time_and_waits_for_a_busy_target(case: QueueCase) -> None:
    planned = case.queue(planned=case.now + 60 * MINUTE)
    case.turn(59 * MINUTE)
    assert case.kinds(planned) == ["queued"]
    busy = case.start()
    case.turn(31 * MINUTE)
    assert case.kinds(planned) == ["queued"]
    case.end(busy)
    case.turn()
    asked = case.newest(planned)
    assert asked.stored_kind == "start asked"
    assert asked.late.startswith("It was planned for "), "it says that it is late"


def test_a_start_without_a_time_does_not_wait_for_one_with_a_time(case: QueueCase) -> None:
    later, now = case.queue(planned=case.now + 60 * MINUTE), case.queue()
    case.turn()
    assert (case.kinds(later), case.kinds(now)) == (["queued"], ["queued", "start asked"])


def test_a_rollback_starts_nothing_and_the_question_names_it(case: QueueCase) -> None:
    first = case.start()
    queued = case.queue()
    case.end(first, RunState.ROLLING_BACK, RunState.ROLLED_BACK)
    case.turn()
    assert case.newest(queued).before == f"Run {first.id} was rolled back."
    assert case.store.active_runs() == []


def test_a_question_is_taken_back_when_another_run_begins_and_asked_again_after_it(case: QueueCase) -> None:
    queued = case.queue()
    case.turn()
    other = case.start()
    with pytest.raises(AlreadyRunning):
        start_now(case.starter, queued, NOK)
    case.turn(20 * MINUTE)
    assert case.kinds(queued) == ["queued", "start asked", "put off"]
    assert case.state(queued) == RunState.QUEUED, "nobody could have answered"
    case.end(other)
    case.turn()
    assert case.newest(queued).number == 2


def test_put_off_asks_again_after_15_minutes_and_lets_the_next_one_ask_meanwhile(case: QueueCase) -> None:
    queued, following = case.queue(), case.queue(SOMCHAI)
    case.turn()
    assert put_off(case.store, queued, case.page, case.people, MALEE, case.now)
    assert not put_off(case.store, queued, case.page, case.people, MALEE, case.now), "pressed twice"
    case.turn()
    assert case.kinds(following)[-1] == "start asked"
    drop(case.store, following, NOK, "", case.now)
    case.turn(14 * MINUTE)
    assert case.kinds(queued).count("start asked") == 1
    case.turn(MINUTE)
    assert case.kinds(queued).count("start asked") == 2


def test_a_plan_outside_the_window_says_that_two_people_will_have_to_override_it(case: QueueCase) -> None:
    page = small(**WINDOW)  # Mondays from 22:00; it is Monday, 19:00
    case.pages[page.name] = page
    told = [case.newest(case.queue(planned=case.now + hours * 60 * MINUTE)) for hours in (1, 4)]
    assert [one.planned for one in told] == ["Mon 23 Nov 20:00", "Mon 23 Nov 23:00"]
    assert [one.window for one in told] == [
        "Monday 20:00 is outside the low-traffic window: the run will ask two people to override it.",
        "",
    ]


# -- everything is looked at again -----------------------------------------------------------------------------------


def test_an_edited_page_is_told_and_the_page_as_it_is_now_starts(case: QueueCase) -> None:
    queued = case.queue()
    edited = read_page(f"{case.page.text}\nA new sentence.\n", case.page.name)
    case.pages[case.page.name] = edited
    case.turn()
    told = case.newest(queued)
    assert told.edited == "small.md was edited since it was queued: the page as it is now starts."
    assert start_now(case.starter, queued, NOK).run.text == edited.text


def test_a_page_that_is_gone_or_deploys_elsewhere_drops_its_start_and_says_so(case: QueueCase) -> None:
    gone, moved = case.queue(), case.queue()
    del case.pages[case.page.name]
    case.turn()
    assert case.newest(gone).reason == "its page small.md does not exist any more"
    case.pages[case.page.name] = read_page(
        case.page.text.replace('target = "shop"', 'target = "other"'), case.page.name
    )
    case.turn()
    assert case.newest(moved).reason == "its page small.md deploys to other now"
    assert {case.state(gone), case.state(moved)} == {RunState.DROPPED}


def test_pages_that_cannot_be_read_drop_nothing(case: QueueCase) -> None:
    queued = case.queue()

    def unreadable() -> dict[str, object]:
        raise Refused("line 3: no closing fence")

    case.keeper = QueueKeeper(case.store, replace(case.starter, pages=unreadable))  # type: ignore[arg-type]
    case.turn()
    assert (case.state(queued), case.kinds(queued)) == (RunState.QUEUED, ["queued"])


def test_whoever_queued_it_must_still_be_allowed_to_start_it(case: QueueCase) -> None:
    queued = case.queue(SOMCHAI)
    case.turn()
    case.people["dba"] = frozenset({NOK.person})
    with pytest.raises(NotAllowed, match=r"^USOM queued this and may not start it now\. Only the "):
        start_now(case.starter, queued, MALEE)
    assert case.state(queued) == RunState.QUEUED


def test_a_failed_preflight_is_told_and_the_question_stays_open(case: QueueCase) -> None:
    def failing(*_: object) -> PreflightReport:
        raise Refused("small was not started: host shop: nobody listens there")

    queued = case.queue()
    case.turn()
    case.preflight = failing
    with pytest.raises(Refused, match="nobody listens there"):
        start_now(case.starter, queued, NOK)
    assert case.state(queued) == RunState.QUEUED
    case.preflight = lambda *_: PreflightReport()
    assert start_now(case.starter, queued, NOK).run.active


def test_a_start_in_a_freeze_needs_the_reason_that_was_given_with_the_plan_or_with_the_answer(case: QueueCase) -> None:
    case.objectors = (lambda _: Considered(objections=(FREEZE,)),)
    planned, later = case.queue(because="the bank waits"), case.queue()
    case.turn()
    run = start_now(case.starter, planned, MALEE).run
    objections = [fact for fact in case.store.record(run.id).facts if isinstance(fact, StartObjection)]
    assert [(one.reason, one.by.person) for one in objections] == [("the bank waits", NOK.person)]
    case.end(run, RunState.ABORTED)
    case.turn()
    with pytest.raises(NeedsReason):
        start_now(case.starter, later, MALEE)
    assert case.state(later) == RunState.QUEUED
    run = start_now(case.starter, later, MALEE, "the fix cannot wait").run
    told: Any = case.store.events(run.id)[0].data
    assert (told.reason, told.queued) == ("the fix cannot wait", later.id)


# -- several people, several bots -----------------------------------------------------------------------------------


def test_two_people_press_start_at_once_and_one_run_begins(case: QueueCase) -> None:
    queued = case.queue()
    case.turn()

    def pressed(actor: Actor) -> Run | Refused:
        try:
            return start_now(case.starter, queued, actor).run
        except Refused as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(pressed, [NOK, MALEE, SOMCHAI, NOK]))
    assert sum(isinstance(result, Run) for result in results) == 1
    assert len(case.store.active_runs()) == 1
    assert case.kinds(queued).count("queue left") == 1
    assert unsettled(case) == []


def test_a_start_that_is_dropped_while_its_hosts_are_checked_does_not_begin(case: QueueCase) -> None:
    queued = case.queue()
    case.turn()

    def dropped_meanwhile(*_: object) -> PreflightReport:
        drop(case.store, queued, SOMCHAI, "not tonight", case.now)
        return PreflightReport()

    case.preflight = dropped_meanwhile
    with pytest.raises(TooLate, match="Queued start 1 has left the queue already"):
        start_now(case.starter, queued, NOK)
    assert case.store.active_runs() == []
    assert case.store.numbers(5) == [], "no run was written"
    assert case.state(queued) == RunState.DROPPED


def test_two_bots_ask_once(kept: Kept, case: QueueCase) -> None:
    queued = case.queue()
    other = kept.open(serving=False)
    second = QueueCase(other)
    for one in (case, second, case, second):
        one.turn()
    assert case.kinds(queued) == ["queued", "start asked"]
    second.turn(15 * MINUTE)
    case.turn(15 * MINUTE)
    assert case.kinds(queued) == ["queued", "start asked", "queue left"]
    other.close()


def test_a_restart_finds_the_queue_as_it_was(kept: Kept, case: QueueCase) -> None:
    first = case.start()
    queued = [case.queue(), case.queue(planned=case.now + 60 * MINUTE)]
    move(case.store, queued[1], case.page, case.people, NOK, NewPlace(place=1, reason="the bank waits"), case.now)
    before = case.order()
    case.store.close()
    case.store = kept.open()
    again = QueueCase(case.store)
    assert again.order() == before == [queued[1].id, queued[0].id]
    again.end(first)
    again.turn()
    assert again.kinds(queued[0])[-1] == "start asked"


# -- the order -------------------------------------------------------------------------------------------------------


def test_two_people_take_the_same_place_and_each_has_one_of_their_own(case: QueueCase) -> None:
    starts = [case.queue() for _ in range(4)]
    for one in (starts[2], starts[3]):
        assert move(case.store, one, case.page, case.people, NOK, NewPlace(place=1, reason="first"), case.now) == 1
    assert case.order() == [starts[number].id for number in (3, 2, 0, 1)]
    assert move(case.store, starts[3], case.page, case.people, NOK, NewPlace(place=99, reason="last"), case.now) == 4
    assert case.order() == [starts[number].id for number in (2, 0, 1, 3)]
    assert move(case.store, starts[3], case.page, case.people, NOK, NewPlace(place=2, reason="mid"), case.now) == 2
    assert case.order() == [starts[number].id for number in (2, 3, 0, 1)]


def test_a_change_of_the_order_needs_a_reason_and_somebody_who_may_start(case: QueueCase) -> None:
    queued = case.queue()
    with pytest.raises(Refused, match="needs a reason"):
        move(case.store, queued, case.page, case.people, NOK, NewPlace(place=1, reason="  "), case.now)
    with pytest.raises(NotAllowed):
        move(case.store, queued, case.page, case.people, STRANGER, NewPlace(place=1, reason="mine"), case.now)


# -- who may what, and limits ---------------------------------------------------------------------------------------


def test_a_stranger_may_drop_a_start_but_neither_queue_nor_start_nor_put_off_one(case: QueueCase) -> None:
    with pytest.raises(NotAllowed):
        case.queue(STRANGER)
    queued = case.queue()
    case.turn()
    with pytest.raises(NotAllowed):
        start_now(case.starter, queued, STRANGER)
    with pytest.raises(NotAllowed):
        put_off(case.store, queued, case.page, case.people, STRANGER, case.now)
    assert drop(case.store, queued, STRANGER, "a holiday", case.now)
    assert not drop(case.store, queued, STRANGER, "a holiday", case.now), "twice is once"


def test_nobody_starts_what_is_not_asked_about_yet(case: QueueCase) -> None:
    planned = case.queue(planned=case.now + 60 * MINUTE)
    with pytest.raises(TooLate, match="Nobody is asked"):
        start_now(case.starter, planned, NOK)


def test_a_target_takes_ten_queued_starts_and_fourteen_days(case: QueueCase) -> None:
    with pytest.raises(Refused, match="at most 14 days ahead"):
        case.queue(planned=case.now + FARTHEST + MINUTE)
    for _ in range(MOST):
        case.queue()
    with pytest.raises(Refused, match="10 starts of shop are queued already"):
        case.queue()


def test_a_press_that_is_delivered_again_queues_one_start(case: QueueCase) -> None:
    first = case.queue(press="T1")
    with pytest.raises(TooLate, match=f"it is queued start {first.id}"):
        case.queue(press="T1")


def test_a_queued_start_is_no_run_for_whoever_counts_runs(case: QueueCase) -> None:
    queued = case.queue()
    run = case.start()
    drop(case.store, queued, NOK, "", case.now)
    assert [one.id for one in case.store.runs()] == [run.id]
    assert case.store.numbers(5) == [run.id]
    assert case.store.active_by_state()[RunState.GOING] == 1


def test_a_record_that_was_changed_from_outside_starts_nothing(case: QueueCase) -> None:
    queued = case.queue()
    with case.store._db.write():
        case.store._db.execute("UPDATE runs SET ref = ? WHERE id = ?", "evil", queued.id)
    case.turn()
    left = case.newest(queued)
    assert left.reason.startswith("its record was changed from outside")
    assert case.state(queued) == RunState.DROPPED


def test_the_queue_comes_along_when_the_record_is_copied(kept: Kept, case: QueueCase, tmp_path: Path) -> None:
    first, second = case.queue(), case.queue(planned=case.now + 60 * MINUTE)
    move(case.store, second, case.page, case.people, NOK, NewPlace(place=1, reason="first"), case.now)
    case.turn()
    before, key = case.order(), case.store.key
    case.store.close()
    assert isinstance(kept, KeptInFile | KeptInPostgres)
    source = kept.path if isinstance(kept, KeptInFile) else kept.address
    copied = copy_record(source, tmp_path / "copy.db", key)
    assert copied.changes == ()
    case.store = open_record(tmp_path / "copy.db", key=key)
    again = QueueCase(case.store, now=case.now)
    assert again.order() == before == [second.id, first.id]
    assert start_now(again.starter, again.store.run(first.id), MALEE).run.active
    assert unsettled(again) == []


def test_a_start_gets_the_place_that_is_told_however_often_the_order_is_changed(case: QueueCase) -> None:
    case.start()
    for _ in range(3):
        case.queue(NOK)
    for _ in range(70):
        last = case.order()[-1]
        try:
            place = move(
                case.store, case.store.run(last), case.page, case.people, NOK, NewPlace(place=2, reason="why"), case.now
            )
        except Refused as error:
            assert "moved to place 2 too often" in str(error)
            break
        assert case.order()[place - 1] == last
    else:
        pytest.fail("no number was left, and nobody was told")
