"""The snapshot: the people of the roles, and the rollback button."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.slack.views.snapshot import snapshot_of
from state.records import RunState
from state.sqlite.store import Store
from tests.bot.slack.run_writer import DBA, DEPLOY, LEAD, PAGE, RunWriter, deps_of
from tests.bot.slack.views.drawn import snapshot_with
from tests.pages import row, said


def test_roles_are_shown_with_mentions_and_phone_numbers() -> None:
    snapshot = snapshot_with()
    assert snapshot.roles_with_people(["dba", "lead"]) == f"*Database Admin* <@{DBA}>, *Tech Lead* <@{LEAD}>"
    assert snapshot.contacts(["lead", "lead"]) == f"*Tech Lead* <@{LEAD}>  ☎️ +66 2 555 0102", "each role once"


def test_a_role_without_people_is_shown_by_its_title() -> None:
    assert replace(snapshot_with(), mentions={}).roles_with_people(["lead"]) == "*Tech Lead*"


def test_the_rollback_button_names_the_consequence() -> None:
    before = snapshot_with().rollback_button() or {}
    assert before["confirm"]["text"]["text"] == (
        "Nothing was changed yet, so a rollback loses nothing. The run just ends."
    )
    after = snapshot_with(row(DEPLOY, "done"), rollback_loss="12 jobs").rollback_button() or {}
    assert after["confirm"]["text"]["text"] == (
        "It loses 12 jobs. The previous version comes back. Time budget: 15 min."
    )
    assert (after["confirm"]["confirm"]["text"], after["confirm"]["deny"]["text"]) == ("Roll back", "No, continue")


def test_there_is_no_rollback_button_once_it_is_too_late() -> None:
    assert snapshot_with(state=RunState.KEPT).rollback_button() is None
    assert snapshot_with(facts=(said("rollback"),)).rollback_button() is None
    assert snapshot_with(facts=(said("keep"),)).rollback_button() is None


def test_usual_times_are_read_for_a_rollback_only(tmp_path: Path) -> None:
    store = Store(tmp_path / "gonogo.db")
    deps = deps_of(store)
    run = RunWriter(store, deps, PAGE).start_run()
    record = store.record(run.id)
    assert snapshot_of(deps, PAGE, record).usual == {}
    rolling_back = replace(record, run=replace(record.run, state=RunState.ROLLING_BACK))
    assert snapshot_of(deps, PAGE, rolling_back).usual == deps.usual(run)
    assert snapshot_of(deps, PAGE, record).mentions == deps.mentions(PAGE)
    store.close()
