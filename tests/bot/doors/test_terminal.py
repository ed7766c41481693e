"""The terminal door: each command's lines, on a record that the test writes."""

from __future__ import annotations

import io
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.doors.terminal import Terminal
from bot.settings import Settings
from commands.start.preflight import PreflightReport
from commands.steps.outcome import failed
from state.errors import BadRecord, NothingRuns, Refused
from state.facts import Choice, FactKind, Signature, StepAnswer
from state.journal.key import key_beside
from state.records import Run, RunState
from state.sqlite.store import Store
from tests.bot.doors.terminal_users import put_in_force, system_user_of
from tests.bot.slack.run_writer import DBA, DEPLOY, GUEST, LEAD, PAGE, READY, STARTER, RunWriter, deps_of
from tests.pages import small
from tests.state.sqlite.forger import by_hand
from tests.state.sqlite.unreadable import UNREADABLE

NOT_SERVED = [
    "No bot is serving this record. Start it with `gonogo serve` (no Slack: add `--no-slack`).",
    "To close an abandoned run: `gonogo end RUN --reason WHY`. It rolls nothing back.",
]


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RunWriter]:
    """A record without runs, which no bot serves now. The last one knew who each system user is."""
    put_in_force(tmp_path / "gonogo.db")
    store = Store(tmp_path / "gonogo.db")
    yield RunWriter(store, deps_of(store), PAGE)
    store.close()


def terminal(writer: RunWriter, person: str = GUEST, run: int = 0) -> Terminal:
    """The terminal of a person's system user, on the writer's record."""
    settings = Settings(runbook=writer.store.path, state=writer.store.path)
    return Terminal(settings, run, "", system_user_of(person), deps_of)


def lines(writer: RunWriter, command: str, person: str = GUEST, run: int = 0, **options: object) -> list[str]:
    """The lines that a command prints."""
    door = terminal(writer, person, run)
    try:
        return list(getattr(door, command)(Namespace(**{"json": False, **options})))
    finally:
        door.close()


def failed_deploy(writer: RunWriter) -> Run:
    """A run whose deploy failed."""
    run = writer.run_at_gate()
    for person in (DBA, LEAD):
        lines(writer, "sign", person, step=READY, refuse="")
    writer.run_step(run, DEPLOY, failed("npm ended with 1."))
    return run


def test_a_missing_state_file_is_not_created(tmp_path: Path) -> None:
    settings = Settings(runbook=tmp_path, state=tmp_path / "none.db")
    with pytest.raises(NothingRuns) as refused:
        Terminal(settings, 0, "", system_user_of(GUEST), deps_of)
    assert str(refused.value) == (
        f"There is no record at {tmp_path / 'none.db'}. Set GONOGO_STATE to the bot's record, "
        "or start the bot with `gonogo serve`, which creates it."
    )
    assert not (tmp_path / "none.db").exists()


def test_a_start_prints_its_warnings_and_that_no_bot_serves(tmp_path: Path) -> None:
    settings = Settings(runbook=tmp_path, state=tmp_path / "gonogo.db")
    put_in_force(tmp_path / "gonogo.db")
    user, report = system_user_of(LEAD), PreflightReport(warnings=("old key",))
    door = Terminal(settings, 0, "", user, lambda store: deps_of(store, preflight=lambda *_: report))
    options = Namespace(page="small.md", ref="", countdown=5, note="the fix", because="", at="", queue=False)
    assert list(door.start(options)) == ["Warning: old key", "Run 1 of 🚀 A small deploy has started.", *NOT_SERVED]
    assert (door.store.run(1).notice_minutes, door.store.run(1).note) == (5, "the fix")
    door.close()


def test_a_rollback_is_requested_once(writer: RunWriter) -> None:
    writer.start_run()
    assert lines(writer, "rollback", reason="it burns") == ["Rollback requested for run 1.", *NOT_SERVED]
    assert lines(writer, "rollback", reason="")[0] == "Run 1 is already rolling back. A second request changes nothing."


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("row", UNREADABLE)
def test_a_stop_that_waits_for_a_row_to_be_put_back_says_so(writer: RunWriter, row: str, number: int) -> None:
    writer.start_run()
    by_hand(writer.store.path, UNREADABLE[row])
    assert lines(writer, "hold", run=number, reason="")[1].startswith("It waits. Run 1 cannot be read")
    assert lines(writer, "rollback", run=number, reason="")[1].startswith("It waits. Run 1 cannot be read")
    assert writer.store.fact_count(1, FactKind.HOLD) == writer.store.fact_count(1, FactKind.ROLLBACK) == 1


def test_a_served_state_file_has_no_hint(writer: RunWriter) -> None:
    writer.start_run()
    path = writer.store.path
    serving = Store(path, serving=True)
    assert lines(writer, "rollback", reason="") == ["Rollback requested for run 1."]
    serving.close()


def test_signing_and_refusing_name_the_roles(writer: RunWriter) -> None:
    run = writer.run_at_gate()
    assert lines(writer, "sign", DBA, step=READY, refuse="") == ["Signed as Database Admin. Still needed: Tech Lead."]
    assert lines(writer, "sign", LEAD, step=READY, refuse="the plan is old") == [
        "Refused as Tech Lead. Nothing was changed, so the run ends now. After a fix start a new one."
    ]
    signature = writer.store.record(run.id).newest(Signature, role="lead")
    assert signature is not None
    assert (signature.refused, signature.reason, signature.by.door) == (True, "the plan is old", "terminal")


def test_an_answer_to_a_failed_step_is_saved(writer: RunWriter) -> None:
    run = failed_deploy(writer)
    assert lines(writer, "answer", LEAD, step=DEPLOY, answer="skip", reason="it is fine") == ["Your answer is saved."]
    answer = writer.store.record(run.id).newest(StepAnswer, step=DEPLOY)
    assert answer is not None
    assert (answer.choice, answer.reason) == (Choice.SKIP, "it is fine")


def test_hold_and_resume_say_what_they_did(writer: RunWriter) -> None:
    writer.start_run()
    assert lines(writer, "hold", reason="lunch") == ["On hold. No new step starts.", *NOT_SERVED]
    assert lines(writer, "hold", reason="") == ["The run is already on hold.", *NOT_SERVED]
    assert lines(writer, "resume", LEAD, reason="") == ["Resumed."]
    assert lines(writer, "resume", LEAD, reason="") == ["The run is not on hold."]


def test_a_false_alarm_needs_a_running_countdown(writer: RunWriter) -> None:
    writer.run_with_countdown()

    def hold(alert: str) -> list[str]:
        return lines(writer, "false_alarm", LEAD, alert=alert, reason="a load test", lasts="1 h")

    with pytest.raises(Refused) as refused:
        hold("CPU")
    assert str(refused.value) == "No countdown of “CPU” is running. Running countdowns: “API response > 5 s”."
    alert = "API response > 5 s"
    assert hold(alert) == [f"“{alert}” is held for 1 h."]
    with pytest.raises(Refused, match="Running countdowns: none"):
        hold(alert)


def test_status_shows_what_to_type_for_each_question(writer: RunWriter) -> None:
    writer.run_at_gate()
    status = lines(writer, "status")
    assert f"  type: gonogo sign {READY}" in status
    assert status[-2:] == NOT_SERVED
    failed_step = failed_deploy_status(writer)
    assert f"  type: gonogo answer {DEPLOY} again|done|skip REASON" in failed_step


def failed_deploy_status(writer: RunWriter) -> list[str]:
    """The status once the deploy has failed."""
    for person in (DBA, LEAD):
        lines(writer, "sign", person, step=READY, refuse="")
    writer.run_step(writer.store.run(1), DEPLOY, failed("npm ended with 1."))
    return lines(writer, "status")


def test_status_shows_how_to_hold_an_alert(writer: RunWriter) -> None:
    writer.run_with_countdown()
    assert "  type: gonogo false-alarm 'API response > 5 s' --reason WHY" in lines(writer, "status")


def test_status_of_a_run_that_is_over_has_no_hint(writer: RunWriter) -> None:
    writer.move_run(writer.start_run(), RunState.KEPT)
    assert not set(NOT_SERVED) & set(lines(writer, "status"))


def test_a_run_is_ended_by_hand_once_its_number_is_typed(writer: RunWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    run = writer.start_run()
    writer.run_step(run, DEPLOY)
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    assert lines(writer, "end", number=1, reason="its machine is gone") == [
        f"This ends run 1 of shop (main, started by {run.starter}) by hand.",
        "Nothing is rolled back. Left as it is:",
        "  “Put the code there” is done",
        "Type 1 to end the run, or anything else to cancel:",
        "Run 1 is ended. shop is free for another run.",
    ]
    assert writer.store.run(1).state == RunState.ENDED


def test_another_number_ends_nothing(writer: RunWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    writer.start_run()
    monkeypatch.setattr("sys.stdin", io.StringIO("2\n"))
    with pytest.raises(Refused, match=r"Run 1 was not ended\."):
        lines(writer, "end", number=1, reason="x")
    assert writer.store.run(1).active


def test_a_run_is_not_ended_while_a_bot_serves_it(writer: RunWriter) -> None:
    writer.start_run()
    serving = Store(writer.store.path, serving=True)
    with pytest.raises(BadRecord):
        lines(writer, "end", number=1, reason="x")
    serving.close()
    assert writer.store.run(1).active


@pytest.mark.fault("one bad old thing stops all")
def test_a_run_whose_page_this_version_cannot_read_can_be_ended(
    writer: RunWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = writer.start_run()
    writer.store.opened._connection.execute("UPDATE runs SET text = 'another version'")
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    assert "  no step changed anything, by the record" in lines(writer, "end", number=run.id, reason="x")
    assert writer.store.run(run.id).state == RunState.ENDED


def test_the_log_prints_every_event_in_words(writer: RunWriter) -> None:
    run = writer.start_run()
    lines(writer, "rollback", reason="it burns")
    head, started, requested = lines(writer, "log")
    zone = PAGE.runbook.time_zone
    assert head == f"Run 1 of shop. Times are in {zone}."
    assert started[20:] == f"run started        by {STARTER}: 🚀 A small deploy"
    by = f"by {GUEST} at the terminal, as system user guest on host web1"
    assert requested[20:] == f"rollback requested {by}: it burns"
    assert started[:19] == f"{run.began_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"


def test_the_log_calls_a_refusal_so_and_says_what_was_answered(writer: RunWriter) -> None:
    failed_deploy(writer)
    lines(writer, "answer", LEAD, step=DEPLOY, answer="skip", reason="Flaky")
    assert any(line.endswith(": Put the code there: skip: Flaky") for line in lines(writer, "log"))
    other = RunWriter(writer.store, writer.deps, small(**{'target = "shop"': 'target = "blog"'}))
    other.run_step(other.start_run(), READY)
    lines(writer, "sign", LEAD, run=2, step=READY, refuse="the plan is old")
    (refused,) = [line for line in lines(writer, "log", run=2) if "the plan is old" in line]
    assert refused[20:].startswith("step refused ")


def test_a_run_that_is_over_or_rolls_back_is_not_shown_as_on_hold(writer: RunWriter) -> None:
    run = writer.start_run()
    lines(writer, "hold", reason="lunch")
    assert "  type: gonogo resume" in lines(writer, "status")
    lines(writer, "rollback", reason="it burns")
    assert not any("resume" in line or "On hold" in line for line in lines(writer, "status"))
    writer.move_run(run, RunState.ABORTED)
    assert not any("resume" in line or "On hold" in line for line in lines(writer, "status"))


def test_every_line_of_the_report_is_a_line_of_its_own(writer: RunWriter) -> None:
    writer.move_run(writer.start_run(), RunState.KEPT)
    printed = lines(writer, "report", html=None, bundle=None)
    assert len(printed) > 10
    assert not any("\n" in line for line in printed)


def test_the_report_is_printed_or_written(writer: RunWriter, tmp_path: Path) -> None:
    writer.move_run(writer.start_run(), RunState.KEPT)
    assert lines(writer, "report", html=None, bundle=None)[0].startswith("# ✅ Run 1: shop was kept")
    page = tmp_path / "report.html"
    assert lines(writer, "report", html=page, bundle=None) == [f"The report of run 1 is in {page}."]
    assert page.read_text().startswith("<!doctype html>")
    with pytest.raises(Refused, match="cannot be written to"):
        lines(writer, "report", html=tmp_path / "none" / "report.html", bundle=None)


def test_the_history_lists_as_many_runs_as_wanted(writer: RunWriter) -> None:
    with pytest.raises(NothingRuns, match="There is no run yet in"):
        lines(writer, "history", limit=10, drills=False)
    for _ in range(2):
        writer.move_run(writer.start_run(), RunState.ABORTED)
    runs = [line for line in lines(writer, "history", limit=1, drills=False) if "aborted" in line]
    assert len(runs) == 1
    with pytest.raises(Refused, match=r"--limit is 0; it is the number of runs to show, at least 1\."):
        lines(writer, "history", limit=0, drills=False)


def test_the_history_names_a_run_that_cannot_be_read(writer: RunWriter) -> None:
    for _ in range(2):
        writer.move_run(writer.start_run(), RunState.ABORTED)
    by_hand(writer.store.path, UNREADABLE["a fact of no kind"])
    assert lines(writer, "history", limit=10, drills=False)[-1].startswith("Run 1 cannot be read and is left out here.")
    by_hand(writer.store.path, "UPDATE runs SET note = CAST(x'ff' AS TEXT)")
    assert lines(writer, "history", limit=10, drills=False)[-1].startswith(
        "Run 1, 2 cannot be read and are left out here."
    )


def test_a_command_means_the_only_active_run(writer: RunWriter) -> None:
    with pytest.raises(NothingRuns, match=r"No run is active in .*\. Start one with `gonogo start`\."):
        lines(writer, "hold", reason="")
    with pytest.raises(NothingRuns, match="There is no run 7 in"):
        lines(writer, "status", run=7)
    writer.start_run()
    blog = small(**{'target = "shop"': 'target = "blog"'})
    RunWriter(writer.store, writer.deps, blog).start_run()
    with pytest.raises(Refused, match=r"Several runs are active\. Choose one with --run: "):
        lines(writer, "hold", reason="")
    assert lines(writer, "hold", run=2, reason="")[0] == "On hold. No new step starts."


def test_a_rollback_never_takes_a_drill_for_the_real_run_beside_it_that_cannot_be_read(writer: RunWriter) -> None:
    writer.start_run()
    blog = small(**{'target = "shop"': 'target = "blog (drill)"'})
    RunWriter(writer.store, writer.deps, blog).start_run(drill="places")
    by_hand(writer.store.path, "UPDATE runs SET note = CAST(x'ff' AS TEXT) WHERE id = 1")
    with pytest.raises(Refused, match=r"Choose one with --run: 2 \(blog \(drill\)\), 1 \(shop\)\."):
        lines(writer, "rollback", reason="it burns")
    assert lines(writer, "rollback", run=1, reason="it burns")[0] == "Rollback requested for run 1."


def test_without_the_records_key_refusing_holding_and_rolling_back_work_and_signing_does_not(writer: RunWriter) -> None:
    run = writer.run_at_gate()
    key_beside(writer.store.path).unlink()
    with pytest.raises(Refused, match="The record's key is not here"):
        lines(writer, "sign", DBA, step=READY, refuse="")
    assert lines(writer, "hold", DBA, reason="wait")[0] == "On hold. No new step starts."
    assert lines(writer, "sign", LEAD, step=READY, refuse="the plan is old")[0].startswith("Refused as Tech Lead.")
    assert lines(writer, "rollback", reason="it burns")[0] == "Rollback requested for run 1."
    assert writer.store.record(run.id).newest(Signature, role="lead", refused=True)
