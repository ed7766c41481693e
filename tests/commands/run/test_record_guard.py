"""A run is changed from outside: continuing waits for people, a rollback does not."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from contextlib import closing

import pytest

from commands.run import record_guard
from state.errors import BadRecord
from state.events import RecordChanged
from state.facts import BOT, HandoverOffer, Hold
from state.records import AttemptState, NewEvent, RunState
from state.sqlite.store import Store
from state.store.rows import fact_row
from tests.commands.run.driven_runner import DEPLOY, GATE, DrivenRunner, wait_until
from tests.commands.run.engine_case import EngineCase
from tests.pages import NOON, SIGNED, fact
from tests.state.sqlite.forger import by_hand

FORGED = "INSERT INTO facts (run, kind, key, person, door, account, claimed, at, data)"


def forge(store: Store, *facts: object) -> None:
    """Write facts past the journal, as with sqlite3 on the bot's machine: in one write, so all are seen at once."""
    rows = [(1, *fact_row(one).values()) for one in facts]  # type: ignore[arg-type]
    places = ", ".join(f"({', '.join('?' * len(row))})" for row in rows)
    by_hand(store.path, f"{FORGED} VALUES {places}", *(value for row in rows for value in row))


def check(driven: DrivenRunner) -> bool:
    """Whether the runner's guard finds a change now."""
    return driven.runner._guard.check(driven.record, driven.store.version()[0], driven.world.clock.now())


def test_forged_signatures_begin_no_step_and_a_rollback_is_free(driven: DrivenRunner) -> None:
    driven.runner.start()
    driven.ended(GATE)
    forge(driven.store, *SIGNED)
    wait_until(lambda: driven.events("record"))
    time.sleep(0.5)
    assert driven.record.last(DEPLOY) is None, "a forged signature let the run go on"
    (changed,) = driven.events("record")
    assert changed.summary == "signature ready:1:dba was added: no entry covers it"
    assert (changed.number, changed.held, changed.roles) == (2, True, ("lead",))
    hold = driven.record.newest(Hold)
    assert hold and hold.by == BOT
    assert hold.reason == f"the record of this run was changed from outside: {changed.summary}"
    driven.store.add_fact(1, fact("rollback"))
    assert driven.runner.wait(60)
    assert driven.record.run.state == RunState.ABORTED


@pytest.mark.fault("one bad old thing stops all")
def test_a_forged_offer_of_a_role_is_named_and_holds_the_run(driven: DrivenRunner) -> None:
    driven.runner.start()
    driven.ended(GATE)
    forge(driven.store, HandoverOffer(by=SIGNED[0].by, at=NOON, number=1, role="lead", to="U9"))
    wait_until(lambda: driven.events("record"))
    (changed,) = driven.events("record")
    assert (changed.summary, changed.held) == ("offer of a role 1 was added: no entry covers it", True)


def test_once_people_resume_the_run_goes_on_and_is_not_held_again_for_the_same(driven: DrivenRunner) -> None:
    driven.runner.start()
    driven.ended(GATE)
    by_hand(driven.store.path, 'UPDATE events SET data = \'{"title": "x"}\' WHERE id = 1')
    wait_until(lambda: driven.events("record"))
    driven.sign()
    driven.store.add_fact(1, fact("resume", attempt=0))
    assert driven.ended(DEPLOY).state == AttemptState.DONE
    assert len(driven.events("record")) == 1
    by_hand(driven.store.path, "UPDATE facts SET person = 'U9' WHERE kind = 'sign'")
    wait_until(lambda: len(driven.events("record")) == 2)
    assert "(signature ready:1:dba) was altered" in driven.events("record")[1].summary


def test_a_change_that_was_told_of_holds_nothing_again_after_a_restart(driven: DrivenRunner) -> None:
    driven.do(GATE)
    by_hand(driven.store.path, "UPDATE facts SET person = 'U9' WHERE kind = 'sign'; UPDATE runs SET note = 'x'")
    assert check(driven)
    guard = record_guard.RecordGuard(driven.store, driven.runner.page, 1)
    assert not guard.check(driven.record, 1, NOON)
    by_hand(driven.store.path, "UPDATE runs SET note = 'y'")
    guard = record_guard.RecordGuard(driven.store, driven.runner.page, 1)
    assert guard.check(driven.record, 1, NOON), "the same row, changed once more, is another change"
    assert len(driven.events("record")) == 2


def test_a_forged_note_that_a_change_was_told_of_does_not_hide_it(driven: DrivenRunner) -> None:
    driven.do(GATE)
    by_hand(driven.store.path, "UPDATE runs SET note = 'x'")
    (change,) = driven.store.changes(1)
    told = NewEvent(data=RecordChanged(findings=(change.finding,)))
    with closing(Store(driven.store.path, key=BadRecord("none"))) as forger:
        forger.add_events(1, NOON, told)
    assert check(driven)


def test_a_forged_keep_ends_nothing(driven: DrivenRunner) -> None:
    driven.runner.start()
    driven.ended(GATE)
    driven.sign()
    wait_until(lambda: driven.record.last("response-time"))
    forge(driven.store, fact("keep"))
    wait_until(lambda: driven.events("record"))
    time.sleep(0.5)
    assert driven.record.run.active
    driven.store.add_fact(1, fact("rollback"))
    assert driven.runner.wait(60)
    assert driven.record.run.state == RunState.ROLLED_BACK


def test_a_forged_hold_does_not_keep_the_bots_own_hold_out(driven: DrivenRunner) -> None:
    driven.do(GATE)
    assert not check(driven)
    forge(driven.store, fact("resume", attempt=0), *(fact("hold", attempt=number) for number in (2, 3)))
    assert check(driven)
    assert driven.record.newest(Hold) == driven.record.facts[-1]
    assert driven.record.facts[-1].by == BOT


def test_entries_that_vanish_while_the_bot_runs_are_noticed(driven: DrivenRunner) -> None:
    """Somebody puts the file back to an earlier, perfectly signed state."""
    driven.do(GATE)
    copy = driven.store.path.with_name("copy.db")
    with closing(sqlite3.connect(driven.store.path)) as file, closing(sqlite3.connect(copy)) as earlier:
        file.backup(earlier)
    driven.store.add_fact(1, fact("hold", attempt=0))
    assert not check(driven)
    with closing(sqlite3.connect(driven.store.path)) as file, closing(sqlite3.connect(copy)) as earlier:
        earlier.backup(file)
    assert check(driven)
    (changed,) = driven.events("record")
    assert changed.summary.endswith("removed")


def test_the_whole_record_is_checked_again_after_a_while(driven: DrivenRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    driven.do(GATE)
    guard, record = driven.runner._guard, driven.record
    assert not guard.check(record, 7, driven.world.clock.now())
    by_hand(driven.store.path, "UPDATE runs SET note = 'x'")
    assert not guard.check(record, 7, driven.world.clock.now()), "nothing was written and it is too early"
    monkeypatch.setattr(record_guard, "RECHECK", 0.0)
    assert guard.check(record, 7, driven.world.clock.now())


def test_in_a_rollback_a_change_is_reported_and_holds_nothing(driven: DrivenRunner) -> None:
    driven.do(GATE)
    driven.do(DEPLOY)
    driven.store.add_fact(1, fact("rollback"))
    by_hand(driven.store.path, "UPDATE runs SET note = 'x'")
    driven.runner.start()
    assert driven.runner.wait(60)
    assert driven.record.run.state == RunState.ROLLED_BACK
    (changed,) = driven.events("record")
    assert (changed.summary, changed.held) == ("entry 1 (the start of the run, with its page) was altered", False)
    assert driven.record.newest(Hold) is None


def test_a_record_that_only_the_bot_and_the_terminal_write_is_never_held(driven: DrivenRunner) -> None:
    driven.runner.start()
    driven.ended(GATE)
    with closing(Store(driven.store.path)) as terminal:
        for signature in SIGNED:
            terminal.add_fact(1, signature)
    wait_until(lambda: driven.record.last("response-time"))
    assert driven.events("record") == []
    assert driven.store.changes(1) == []


# -- the page -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE runs SET text = replace(text, 'undeploy', 'rm -rf /')",
        "DELETE FROM journal; DELETE FROM journal_heads WHERE run = 1",
    ],
)
def test_nothing_of_a_page_that_somebody_changed_is_carried_out(engine_case: EngineCase, attack: str) -> None:
    number = engine_case.start()
    by_hand(engine_case.store.path, attack)
    engine_case.store.add_fact(number, fact("rollback"))
    engine_case.engine.start()
    wait_until(lambda: engine_case.engine._errors)
    (error,) = engine_case.engine._errors.values()
    assert "the start of the run, with its page" in error
    assert "The bot carries it on no further, not even the rollback" in error
    assert engine_case.world.begun == {}
    (event,) = [event.data for event in engine_case.store.events(number) if event.data.stored_kind == "record"]
    assert json.loads(json.dumps(event.to_stored()))["refused"] is True


def test_a_run_that_was_over_is_not_put_back_to_work(engine_case: EngineCase) -> None:
    number = engine_case.start()
    engine_case.store.move_run(number, RunState.KEPT, NOON)
    by_hand(engine_case.store.path, "UPDATE runs SET state = 'rolling back', ended_at = NULL")
    engine_case.engine.start()
    wait_until(lambda: engine_case.engine._errors)
    (error,) = engine_case.engine._errors.values()
    assert "entry 3 (the state of the run) was altered. The bot carries it on no further" in error
    assert engine_case.world.begun == {}


def test_nothing_of_a_run_that_somebody_put_there_is_carried_out(engine_case: EngineCase) -> None:
    engine_case.start()
    columns = "page, text, ref, note, starter, channel, speed, notice_minutes, state, began_at, ended_at, rollback_loss"
    by_hand(engine_case.store.path, f"INSERT INTO runs (target, {columns}) SELECT 'other', {columns} FROM runs")
    engine_case.engine.start()
    wait_until(lambda: engine_case.engine._errors)
    assert list(engine_case.engine._errors) == [2]


def test_with_another_key_a_run_waits_for_people_and_rolls_back_freely(engine_case: EngineCase) -> None:
    number = engine_case.start()
    key = engine_case.store.path.with_name("gonogo.db.key")
    shutil.copy(key, key.with_name("kept"))
    key.write_text("another key than the one before")
    engine_case.store.close()
    engine_case.store = Store(engine_case.store.path)
    engine_case.engine = engine_case.new_engine()
    engine_case.engine.start()
    wait_until(lambda: engine_case.store.record(number).newest(Hold))
    assert "was written with another key" in engine_case.store.record(number).facts[0].reason  # type: ignore[attr-defined]
    engine_case.store.add_fact(number, fact("rollback"))
    wait_until(lambda: engine_case.store.run(number).state == RunState.ABORTED)


def test_a_byte_that_is_no_text_is_a_change_and_keeps_no_rollback_out(driven: DrivenRunner) -> None:
    driven.store.save_file(1, "up.sql", "SELECT 1")
    driven.runner.start()
    driven.ended(GATE)
    by_hand(driven.store.path, "UPDATE files SET text = CAST(x'ff' AS TEXT)")
    wait_until(lambda: driven.events("record"))
    assert driven.events("record")[0].summary.endswith("(file up.sql) was altered")
    driven.store.add_fact(1, fact("rollback"))
    assert driven.runner.wait(60)
