"""What buttons and typed commands do to the record, and the replies to their people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.doors.actions import press, start, the_run, typed
from bot.doors.button import button_value
from bot.doors.press import Press
from commands.progress.hold import hold_of
from commands.progress.step_state import AFTER_ROLLBACK
from commands.runbook import Page
from commands.runbook.drill import drill_page
from commands.runbook.people import People
from commands.start.request import StartRequest
from commands.start.watch_speed import WatchSpeed
from commands.steps.outcome import failed
from state.errors import BadRecord, NotAllowed, NothingRuns, Refused
from state.events import AlertRaised, PeopleAsked
from state.facts import AlertHold, Choice, Door, FactKind, Signature, StepAnswer
from state.records import Run, RunState
from state.sqlite.store import Store
from tests.bot.slack.run_writer import DBA, DEPLOY, GUEST, LEAD, PAGE, STARTER, RunWriter, deps_of
from tests.pages import small
from tests.state.sqlite.forger import by_hand
from tests.state.sqlite.unreadable import UNREADABLE


@pytest.fixture
def writer(tmp_path: Path) -> RunWriter:
    """A record without runs."""
    store = Store(tmp_path / "gonogo.db")
    return RunWriter(store, deps_of(store), PAGE)


def pressed(writer: RunWriter, action: str, person: str, value: str, reason: str = "", lasts: str = "") -> str:
    """The reply to a press."""
    return press(writer.deps, Press(action=action, value=value, person=person, reason=reason, lasts=lasts))


def question(writer: RunWriter, run: Run) -> str:
    """The value of the buttons of the newest question."""
    asked = [event for event in writer.store.events(run.id) if isinstance(event.data, PeopleAsked)]
    return f"{run.id}:{asked[-1].id}"


def failed_deploy(writer: RunWriter) -> Run:
    """A run whose deploy failed."""
    run = writer.run_at_gate()
    for person in (DBA, LEAD):
        pressed(writer, "sign", person, question(writer, run))
    writer.run_step(run, DEPLOY, failed("npm ended with 1."))
    return run


def test_a_press_on_the_card_rolls_back_once(writer: RunWriter) -> None:
    run = writer.run_at_gate()
    assert (
        pressed(writer, "rollback", GUEST, "1:0", "it burns")
        == "Nothing was changed on shop yet, so nothing is rolled back. The run ends."
    )
    assert pressed(writer, "rollback", LEAD, "1:0") == "shop is already rolling back. A second request changes nothing."
    request = writer.store.record(run.id).rollback
    assert request is not None
    assert (request.person, request.reason, request.by.door) == (GUEST, "it burns", Door.SLACK)


def test_a_rollback_of_a_run_that_is_over_says_how_to_start_a_new_one(writer: RunWriter) -> None:
    writer.move_run(writer.start_run(), RunState.KEPT)
    with pytest.raises(NothingRuns, match=r"Start a new run with `/deploy start`\."):
        pressed(writer, "rollback", GUEST, "1:0")


def test_hold_and_resume_say_what_they_did(writer: RunWriter) -> None:
    run = writer.run_at_gate()
    assert pressed(writer, "hold", GUEST, "1:0") == "On hold. No new step starts."
    assert pressed(writer, "hold", GUEST, "1:0") == "The run is already on hold."
    assert hold_of(writer.store.record(run.id)) is not None
    assert pressed(writer, "resume", LEAD, "1:0") == "Resumed."
    assert pressed(writer, "resume", LEAD, "1:0") == "The run is not on hold."


def test_a_hold_during_a_countdown_says_that_it_does_not_stop_the_alert_and_what_does(writer: RunWriter) -> None:
    run = writer.run_with_countdown()
    for first in ("On hold. No new step starts.", "The run is already on hold."):
        assert pressed(writer, "hold", GUEST, f"{run.id}:0") == (
            f"{first} It does not stop the alert “API response > 5 s”, which rolls back when its countdown is over. "
            "“Hold: false alarm…” does (or `/deploy false-alarm WHY`, or `gonogo false-alarm`)."
        )


def test_a_signature_is_in_every_role_that_the_person_holds(writer: RunWriter) -> None:
    run = writer.run_at_gate()
    assert pressed(writer, "sign", DBA, question(writer, run)) == "Signed as Database Admin. Still needed: Tech Lead."
    assert writer.store.record(run.id).newest(Signature, role="dba") is not None


def test_somebody_who_pressed_twice_hears_that_the_answer_stands(writer: RunWriter) -> None:
    run = writer.run_at_gate()
    for reply in (
        "Signed as Database Admin. Still needed: Tech Lead.",
        "You have already answered this. Your answer stands.",
    ):
        assert pressed(writer, "sign", DBA, question(writer, run)) == reply


def test_somebody_who_got_a_second_role_since_can_sign_in_it(writer: RunWriter) -> None:
    run = writer.run_at_gate()
    value = question(writer, run)
    pressed(writer, "sign", DBA, value)
    both = deps_of(writer.store, people=lambda _: {"dba": frozenset({DBA}), "lead": frozenset({DBA})})
    assert press(both, Press(action="sign", value=value, person=DBA)) == "Signed as Tech Lead."


def test_a_refusal_is_stored_with_its_reason(writer: RunWriter) -> None:
    run = writer.run_at_gate()
    assert pressed(writer, "refuse", LEAD, question(writer, run), "the backup is old") == (
        "Refused as Tech Lead. Nothing was changed, so the run ends now. After a fix start a new one."
    )
    signature = writer.store.record(run.id).newest(Signature, role="lead")
    assert signature is not None
    assert (signature.refused, signature.reason) == (True, "the backup is old")


@pytest.mark.parametrize(("action", "choice"), [("again", Choice.RETRY), ("done", Choice.DONE), ("skip", Choice.SKIP)])
def test_each_answer_to_a_failed_step_is_stored(writer: RunWriter, action: str, choice: Choice) -> None:
    run = failed_deploy(writer)
    assert pressed(writer, action, LEAD, question(writer, run), "it is fine") == "Your answer is saved."
    answer = writer.store.record(run.id).newest(StepAnswer, step=DEPLOY)
    assert answer is not None
    assert (answer.choice, answer.person) == (choice, LEAD)


@pytest.mark.parametrize("value", ["message", "card"])
def test_an_alert_is_held_from_its_message_and_from_the_card(writer: RunWriter, value: str) -> None:
    run = writer.run_with_countdown()
    raised = next(
        event for event in writer.store.events(run.id) if isinstance(event.data, AlertRaised) and event.data.number
    )
    values = {"message": f"{run.id}:{raised.id}", "card": f"{run.id}:0:1:1"}
    reply = pressed(writer, "false_alarm", LEAD, values[value], "a load test", "1 h")
    assert reply == "Held. The bot does not roll back for this alert in the meantime."
    hold = writer.store.record(run.id).newest(AlertHold, alert="API response > 5 s", number=1)
    assert hold is not None
    assert (hold.person, hold.reason, hold.lasts.total_seconds()) == (LEAD, "a load test", 3600)


def test_a_button_for_an_earlier_countdown_holds_no_later_one(writer: RunWriter) -> None:
    run = writer.run_with_countdown()
    with pytest.raises(Refused):
        pressed(writer, "false_alarm", LEAD, f"{run.id}:0:1:2", "a load test")
    assert writer.store.record(run.id).newest(AlertHold) is None


@pytest.mark.parametrize(
    ("action", "value", "reply"),
    [
        ("hold", "x", "made by another version of the bot"),
        ("hold", "9:0", "Run 9 is not in this bot's record"),
        ("sign", "1:1", "belongs to nothing in the bot's record"),
        ("false_alarm", "1:0:7:1", "has no alert 7"),
    ],
)
def test_a_button_that_fits_nothing_is_refused_with_what_to_do(
    writer: RunWriter, action: str, value: str, reply: str
) -> None:
    writer.run_at_gate()
    with pytest.raises(Refused, match=reply):
        pressed(writer, action, DBA, value, "x")


@pytest.mark.parametrize("action", ["rollback", "hold", "sign", "refuse", "checks"])
def test_a_button_of_another_records_run_does_nothing_here(writer: RunWriter, tmp_path: Path, action: str) -> None:
    other = Store(tmp_path / "other.db")
    theirs = RunWriter(other, deps_of(other), PAGE).run_at_gate()
    run = writer.run_at_gate()
    assert theirs.id == run.id
    asked = [event.id for event in writer.store.events(run.id) if isinstance(event.data, PeopleAsked)]
    for event in (0, asked[-1]):
        with pytest.raises(Refused, match="a run of another record"):
            pressed(writer, action, DBA, button_value(theirs, event=event), "x")
    assert not writer.store.record(run.id).facts
    assert pressed(writer, "hold", DBA, button_value(run), "lunch") == "On hold. No new step starts."


def test_a_run_whose_row_is_damaged_is_stopped_by_its_own_button(writer: RunWriter) -> None:
    run = writer.run_at_gate()
    by_hand(writer.store.path, "UPDATE runs SET places = 'x' WHERE id = 1")
    assert not pressed(writer, "hold", DBA, button_value(run), "x").startswith("Nothing was done")


def test_a_button_that_this_version_does_not_know_is_refused(writer: RunWriter) -> None:
    run = failed_deploy(writer)
    with pytest.raises(Refused, match="does not know this button"):
        pressed(writer, "explode", LEAD, question(writer, run))


def test_a_typed_command_answers_the_one_open_question(writer: RunWriter) -> None:
    writer.run_at_gate()
    assert typed(writer.deps, "sign", DBA, "") == "Signed as Database Admin. Still needed: Tech Lead."
    assert typed(writer.deps, "hold", GUEST, "lunch") == "On hold. No new step starts."


def test_a_typed_command_without_a_question_says_where_to_look(writer: RunWriter) -> None:
    writer.run_at_gate()
    with pytest.raises(Refused) as refused:
        typed(writer.deps, "false_alarm", LEAD, "x")
    assert str(refused.value) == "Nothing is waiting for “false-alarm” now. Use /deploy status to see what is."


def test_a_typed_command_that_could_mean_two_questions_names_both(tmp_path: Path) -> None:
    second = '[[alert]]\nname = "Any answer > 5 s"\ncheck = "response-time"\nmeasure = "seconds"\nabove = 5.0\n'
    page = small(**{"in_a_row = 2\n": f"in_a_row = 2\n\n{second}in_a_row = 2\n"})
    store = Store(tmp_path / "two.db")
    writer = RunWriter(store, deps_of(store, page), page)
    run = writer.run_with_countdown()
    writer.start_countdown(run)
    with pytest.raises(Refused) as refused:
        typed(writer.deps, "false_alarm", LEAD, "x")
    assert str(refused.value) == (
        "“false-alarm” could mean “API response > 5 s”, “Any answer > 5 s”. Use the buttons in the thread."
    )


def test_the_only_active_run_is_meant(writer: RunWriter) -> None:
    with pytest.raises(NothingRuns, match=r"No run is active\. Start one with `/deploy start`\."):
        the_run(writer.deps)
    run = writer.start_run()
    assert the_run(writer.deps).id == run.id
    blog = small(**{'target = "shop"': 'target = "blog"'})
    RunWriter(writer.store, writer.deps, blog).start_run()
    with pytest.raises(Refused, match=r"Several runs are active: .*\(run [12]\).*Use the buttons on the card"):
        the_run(writer.deps)


DRILL = {'time_zone = "Asia/Bangkok"': 'time_zone = "Asia/Bangkok"\n\n[drill]\n"SHOP_*" = "$DRILL_*"'}


@pytest.mark.parametrize("damage", ["", "UPDATE runs SET note = CAST(x'ff' AS TEXT) WHERE id = 1"])
def test_a_typed_rollback_never_takes_a_drill_for_the_real_run_beside_it(writer: RunWriter, damage: str) -> None:
    real = writer.start_run()
    drill = RunWriter(writer.store, writer.deps, drill_page(small(**DRILL))).start_run(drill="places")
    if damage:
        by_hand(writer.store.path, damage)
    with pytest.raises(Refused, match=r"Several runs are active: .*shop \(run 1\).*Use the buttons on the card"):
        typed(writer.deps, "rollback", LEAD, "it burns")
    for run in (real, drill):
        kinds = [one.data.stored_kind for one in writer.store.events(run.id)]
        assert kinds[0] == "started"
        assert not any("rollback" in kind for kind in kinds)


def test_a_start_in_slack_uses_the_speed_of_the_settings(tmp_path: Path) -> None:
    store = Store(tmp_path / "gonogo.db")
    run = start(deps_of(store, speed=WatchSpeed(by_people=240.0)), STARTER, StartRequest(page="small.md")).run
    assert (run.speed, run.starter) == (240.0, STARTER)
    assert run.page == "small.md"
    store.close()


def test_keep_before_the_watch_is_refused(writer: RunWriter) -> None:
    run = writer.run_at_gate()
    with pytest.raises(Refused):
        pressed(writer, "keep", LEAD, f"{run.id}:0")
    assert writer.store.record(run.id).keep is None


def test_an_early_keep_takes_a_second_person(writer: RunWriter) -> None:
    run = writer.run_at_gate()
    writer.begin_watch(run)
    writer.run_check(run, 0.2)
    pressed(writer, "keep_early", LEAD, f"{run.id}:0", "all is well")
    value = question(writer, run)
    assert pressed(writer, "agree", DBA, value) == "You agreed to KEEP."
    keep = writer.store.record(run.id).keep
    assert keep is not None
    assert keep.person == LEAD


def test_who_holds_a_role_is_asked_at_each_act_and_for_none_that_every_member_may_do(writer: RunWriter) -> None:
    asked: list[str] = []

    def people(page: Page) -> People:
        asked.append(page.name)
        return {"dba": frozenset({DBA}), "lead": frozenset()}  # the lead was taken out of the role a moment ago

    deps = replace(writer.deps, people=people)
    run = writer.run_at_gate()
    value = question(writer, run)
    press(deps, Press(action="hold", value="1:0", person=LEAD, reason="stop"))
    assert asked == [], "holding waits for nothing"
    for action in ("sign", "refuse", "resume", "keep"):
        with pytest.raises(NotAllowed, match="Only the"):
            press(deps, Press(action=action, value=value, person=LEAD, reason="why"))
    asked.clear()
    press(deps, Press(action="rollback", value="1:0", person=GUEST, reason="stop"))
    assert asked == [], "rolling back waits for nothing"
    assert [fact.kind for fact in writer.store.record(run.id).facts] == ["hold", "rollback"]


@pytest.mark.parametrize("row", UNREADABLE)
@pytest.mark.parametrize("door", ["button", "command"])
@pytest.mark.parametrize("action", ["rollback", "hold"])
def test_stopping_is_written_whatever_the_other_rows_hold(writer: RunWriter, row: str, door: str, action: str) -> None:
    run = writer.start_run()
    by_hand(writer.store.path, UNREADABLE[row])
    for _ in range(2):
        if door == "button":
            said = pressed(writer, action, GUEST, f"{run.id}:0")
        else:
            said = typed(writer.deps, action, GUEST, "it burns")
        assert "Run 1 cannot be read from the record" in said or "already" in said
        assert writer.store.fact_count(run.id, FactKind(action)) >= 1
    with pytest.raises(Refused, match="Run 1 cannot be read from the record"):
        pressed(writer, "resume", LEAD, f"{run.id}:0")


def test_a_rollback_that_is_over_is_not_called_going_on_while_production_is_still_watched(writer: RunWriter) -> None:
    run = writer.run_at_gate()
    pressed(writer, "rollback", GUEST, "1:0", "it burns")
    writer.store.begin_attempt(run.id, AFTER_ROLLBACK, 1, writer.deps.now())
    words = "shop has been rolled back already, and is only watched. A second request changes nothing."
    assert pressed(writer, "rollback", LEAD, "1:0") == words


@pytest.mark.parametrize("key", ["rollback", "hold:0"])
def test_a_forged_fact_of_another_kind_takes_no_key_away(writer: RunWriter, key: str) -> None:
    run = writer.start_run()
    by_hand(
        writer.store.path,
        "INSERT INTO facts (run, kind, key, person, door, at, data) "
        f"VALUES (1, 'keep', '{key}', 'U', 'slack', '2026-11-23T12:00:00+00:00', '{{\"reason\": \"\"}}')",
    )
    assert pressed(writer, "hold", GUEST, f"{run.id}:0") == "On hold. No new step starts."
    assert (
        pressed(writer, "rollback", GUEST, f"{run.id}:0")
        == "Nothing was changed on shop yet, so nothing is rolled back. The run ends."
    )
    assert pressed(writer, "rollback", GUEST, f"{run.id}:0").startswith("shop is already rolling back.")
    record = writer.store.record(run.id)
    assert record.rollback
    assert hold_of(record)


def test_a_run_that_is_over_is_not_rolled_back(writer: RunWriter) -> None:
    run = writer.start_run()
    writer.move_run(run, RunState.ABORTED)
    by_hand(writer.store.path, UNREADABLE["a fact of no kind"])
    with pytest.raises(NothingRuns, match="Run 1 is over"):
        pressed(writer, "rollback", GUEST, f"{run.id}:0")
    assert writer.store.fact_count(run.id, FactKind.ROLLBACK) == 0


@pytest.mark.parametrize("by", ["a button", "a command"])
def test_who_rolls_back_while_the_record_is_away_is_told_the_way_back(writer: RunWriter, by: str) -> None:
    run = writer.run_at_gate()
    writer.store.close()
    deps = replace(writer.deps, way_back="Use the mirror.")

    def act(action: str) -> str:
        if by == "a command":
            return typed(deps, action, LEAD, "it burns")
        return press(deps, Press(action=action, value=f"{run.id}:0", person=LEAD))

    with pytest.raises(BadRecord, match=r"cannot be read now .*\. Use the mirror\.$"):
        act("rollback")
    with pytest.raises(BadRecord, match=r"disk\.$"):
        act("hold")
