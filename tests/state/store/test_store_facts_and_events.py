"""The store, on a file and on PostgreSQL: facts, events, clock jumps, files and posts."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from state.errors import UnreadableRun
from state.events import event_from
from state.facts import Hold, Keep, Resume, RollbackRequest
from state.records import AttemptState, Position, Run
from state.store import RecordStore
from tests.pages import NOON, event
from tests.state.kept import Kept
from tests.state.sqlite.samples import STARTED, U1, at, new_run

REQUEST = RollbackRequest(by=U1, at=NOON)


def kinds(store: RecordStore, run: Run) -> list[str]:
    return [stored.data.stored_kind for stored in store.events(run.id)]


# -- facts ----------------------------------------------------------------------------------------------------------


def test_a_fact_is_stored_once_with_its_events(store: RecordStore, run: Run) -> None:
    assert store.add_fact(run.id, REQUEST, event("rollback"))
    assert not store.add_fact(run.id, RollbackRequest(by=U1, at=at(1), reason="again"), event("rollback"))
    assert store.record(run.id).facts == (REQUEST,)
    assert [(stored.data.stored_kind, stored.at) for stored in store.events(run.id)][1:] == [("rollback", NOON)]


def test_every_run_has_its_own_facts(store: RecordStore, run: Run) -> None:
    other = store.start_run(new_run("other"), NOON, STARTED)
    assert store.add_fact(run.id, REQUEST)
    assert store.record(other.id).facts == ()
    assert store.add_fact(other.id, REQUEST)


def test_a_fact_that_follows_is_stored_with_the_first_or_not_at_all(store: RecordStore, run: Run) -> None:
    hold, keep = Hold(by=U1, at=NOON, number=0), Keep(by=U1, at=NOON)
    assert not store.add_fact(run.id, hold, event("hold"), follows=keep, only_if=lambda of: not of.run.active)
    assert (store.record(run.id).facts, kinds(store, run)) == ((), ["started"])
    assert store.add_fact(run.id, hold, event("hold"), follows=keep, only_if=lambda of: of.run.active)
    assert store.record(run.id).facts == (hold, keep)
    assert kinds(store, run) == ["started", "hold"]


def test_the_condition_of_a_write_is_asked_of_the_record_as_it_is_then(store: RecordStore, run: Run) -> None:
    before = store.record(run.id)
    assert before.rollback is None
    store.add_fact(run.id, REQUEST)
    assert not store.add_fact(run.id, Keep(by=U1, at=NOON), only_if=lambda of: of.rollback is None)


def test_a_nul_in_a_reason_is_stored_whole(store: RecordStore, run: Run) -> None:
    hold = Hold(by=U1, at=NOON, number=0, reason="wait\x00for me")
    assert store.add_fact(run.id, hold, event("hold", {"reason": hold.reason}))
    assert store.record(run.id).facts == (hold,)
    assert store.events(run.id)[-1].data == event_from("hold", {"reason": "wait\x00for me"})


@pytest.mark.parametrize(
    "sql", ["UPDATE facts SET person = 'x'", "DELETE FROM facts", "UPDATE events SET kind = 'x'", "DELETE FROM events"]
)
def test_facts_and_events_cannot_be_changed_even_by_hand(kept: Kept, store: RecordStore, run: Run, sql: str) -> None:
    store.add_fact(run.id, REQUEST)
    assert "only ever added" in kept.refusal(sql)


# -- events ---------------------------------------------------------------------------------------------------------


def test_each_event_has_its_place_in_the_journal_of_its_run(store: RecordStore, run: Run) -> None:
    other = store.start_run(new_run("other"), NOON, STARTED)
    for number in (run.id, other.id, run.id, other.id):
        store.add_events(number, NOON, event("status"))
    for number in (run.id, other.id):
        entries = {entry.number: entry.hash for entry in store.chain(number).entries}
        events = store.events(number)
        assert [one.entry for one in events] == [2, 3, 4], f"run {number}"
        assert [one.hash for one in events] == [entries[2], entries[3], entries[4]]


def test_an_event_with_a_once_is_stored_once_in_each_run(store: RecordStore, run: Run) -> None:
    other = store.start_run(new_run("other"), NOON, STARTED)
    for number in (run.id, run.id, other.id):
        store.add_events(number, NOON, event("status", once="status:1"), event("hold"))
    assert [one.data.stored_kind for one in store.events(run.id)] == ["started", "status", "hold", "hold"]
    assert [one.data.stored_kind for one in store.events(other.id)] == ["started", "status", "hold"]


def test_events_are_read_in_order_from_an_id_on_and_up_to_a_limit(store: RecordStore, run: Run) -> None:
    other = store.start_run(new_run("other"), NOON, STARTED)
    store.add_events(other.id, NOON, event("hold"))
    store.add_events(run.id, at(1), event("hold", step="copy"), event("resume"), event("keep"))
    assert [one.data.stored_kind for one in store.events(run.id)] == ["started", "hold", "resume", "keep"]
    (first, second) = store.events(run.id, after=1, limit=2)
    assert (first.data.stored_kind, second.data.stored_kind) == ("hold", "resume")
    assert (first.at, first.step, first.run) == (at(1), "copy", run.id)
    assert [one.data.stored_kind for one in store.events(run.id, after=second.id)] == ["keep"]


def test_by_default_200_events_are_read(store: RecordStore, run: Run) -> None:
    store.add_events(run.id, NOON, *(event("status") for _ in range(250)))
    assert len(store.events(run.id)) == 200


# -- clock jumps ----------------------------------------------------------------------------------------------------


def test_a_clock_jump_corrects_everything_that_was_written_before_it(store: RecordStore, run: Run) -> None:
    store.begin_attempt(run.id, "backup", 1, at(1), event("began"))
    running = store.record(run.id).attempts[0]
    store.add_fact(run.id, Hold(by=U1, at=at(2), number=0), event("hold"))
    store.add_clock_jump(run.id, timedelta(hours=1), at(63), store.record(run.id).position, event("clock"))
    store.end_attempt(run.id, replace(running, state=AttemptState.DONE), at(64), event("ended"))
    store.add_fact(run.id, Resume(by=U1, at=at(65), number=0), event("resume"))
    record = store.record(run.id)
    assert record.run.began_at == at(60)
    assert store.runs()[0].began_at == store.active_runs()[0].began_at == at(60)
    assert [(one.began_at, one.ended_at) for one in record.attempts] == [(at(61), at(64))]
    assert record.attempts[0].written_at == at(1).isoformat(), "names on hosts must not change"
    assert record.run.key == run.key
    assert [fact.at for fact in record.facts] == [at(62), at(65)]
    events = [(one.data.stored_kind, one.at) for one in store.events(run.id)]
    assert events == [
        ("started", at(60)),
        ("began", at(61)),
        ("hold", at(62)),
        ("clock", at(63)),
        ("ended", at(64)),
        ("resume", at(65)),
    ]


def test_what_was_written_between_the_jump_and_its_note_is_by_the_nearer_clock(store: RecordStore, run: Run) -> None:
    right = store.record(run.id).position
    store.add_fact(run.id, Hold(by=U1, at=at(2), number=0), event("hold"))
    store.add_fact(run.id, Resume(by=U1, at=at(62), number=0), event("resume"))
    store.add_clock_jump(run.id, timedelta(hours=1), at(63), right, event("clock"))
    assert [fact.at for fact in store.record(run.id).facts] == [at(62), at(62)]
    assert [one.at for one in store.events(run.id)] == [at(60), at(62), at(62), at(63)]


def test_several_jumps_of_a_run_add_up_and_other_runs_keep_their_times(store: RecordStore, run: Run) -> None:
    other = store.start_run(new_run("other"), NOON, STARTED)
    for number, (minutes, by) in enumerate([(61, 60), (52, -10)], start=1):
        store.add_clock_jump(run.id, timedelta(minutes=by), at(minutes), Position(event=number), event("clock"))
    assert store.run(run.id).began_at == at(50)
    assert [one.at for one in store.events(run.id)] == [at(50), at(51), at(52)]
    assert store.run(other.id).began_at == NOON
    assert [one.at for one in store.events(other.id)] == [NOON]


def test_a_jump_with_no_event_since_the_clock_was_right_corrects_all_events(store: RecordStore, run: Run) -> None:
    store.add_events(run.id, at(1), event("hold"))
    store.add_clock_jump(run.id, timedelta(hours=1), at(62), store.record(run.id).position, event("clock"))
    store.add_events(run.id, at(63), event("resume"))
    assert [one.at for one in store.events(run.id)] == [at(60), at(61), at(62), at(63)]


# -- files and posts ------------------------------------------------------------------------------------------------


def test_the_first_text_that_is_stored_under_a_name_stays(store: RecordStore, run: Run) -> None:
    digest = store.save_file(run.id, "a.sql", "SELECT 'ไป'")
    assert digest == hashlib.sha256("SELECT 'ไป'".encode()).hexdigest()
    store.save_file(run.id, "a.sql", "DROP TABLE x")
    assert store.file(run.id, "a.sql") == "SELECT 'ไป'"
    assert store.file(run.id, "b.sql") is None
    assert store.file(run.id + 1, "a.sql") is None


def test_the_newest_message_of_an_event_is_remembered(store: RecordStore, run: Run) -> None:
    other = store.start_run(new_run("other"), NOON, STARTED)
    store.save_post(run.id, 0, "C1", "1.0")
    store.save_post(run.id, 3, "C1", "2.0")
    store.save_post(run.id, 0, "C1", "3.0")
    store.save_post(other.id, 3, "C1", "4.0")
    assert store.posts(run.id) == {0: "3.0", 3: "2.0"}
    assert store.posts(other.id) == {3: "4.0"}


def test_another_message_takes_the_place_of_one_wherever_that_is_shown(store: RecordStore, run: Run) -> None:
    other = store.start_run(new_run("other"), NOON, STARTED)
    for shown, ts in ((0, "1.0"), (3, "2.0"), (4, "1.0")):
        store.save_post(run.id, shown, "C1", ts)
    store.save_post(other.id, 0, "C1", "1.0")
    store.replace_post(run.id, "1.0", "9.0")
    assert store.posts(run.id) == {0: "9.0", 3: "2.0", 4: "9.0"}
    assert store.posts(other.id) == {0: "1.0"}


@pytest.mark.parametrize(("column", "value"), [("data", "{"), ("at", "noon")])
def test_events_that_cannot_be_read_are_one_sentence(
    kept: Kept, store: RecordStore, run: Run, column: str, value: str
) -> None:
    kept.by_hand(f"UPDATE events SET {column} = ?", value)
    with pytest.raises(UnreadableRun, match=f"Run {run.id} cannot be read"):
        store.events(run.id)
