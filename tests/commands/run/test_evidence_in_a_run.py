"""Whole runs in which something changes after people signed for it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.settings import shipped_runbooks
from commands.ports.database import Rows
from commands.progress.evidence import CHECK
from commands.report.report import build_report
from commands.report.status import status_of
from commands.run.engine import Engine
from state.errors import Refused, Unreachable
from state.events import Ask
from state.facts import Choice, Signature
from state.records import Attempt
from state.sqlite.store import verify_file
from tests.production import ended, rows
from tests.simulated_run import STARTER, SimulatedRun, holder, people, running

GATE, FIRST_CHANGE = "sign-off-before", "keep-backend"
DAMAGED = ended("3021.dat.zst: FAILED\ntoc.dat: FAILED open or read\n", code=68)


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[SimulatedRun]:
    made = SimulatedRun(tmp_path)
    yield made
    made.close()


def checks(sim: SimulatedRun) -> list[Attempt]:
    """The checks of the evidence that have ended."""
    return [one for one in sim.record.attempts if one.step == CHECK and one.ended_at]


def gate_is_open(sim: SimulatedRun) -> bool:
    return any(waiting.step == GATE for waiting in sim.waiting(Ask.SIGN))


def sign_until_the_gate(sim: SimulatedRun) -> None:
    """Everybody signs but for the gate."""
    while not gate_is_open(sim):
        sim.advance(until=lambda: bool(sim.waiting(Ask.SIGN)), sign=False)
        for waiting in sim.waiting(Ask.SIGN):
            if waiting.step != GATE:
                sim._sign(sim.actions, waiting)


def test_a_signature_is_stored_with_what_it_was_given_for(sim: SimulatedRun) -> None:
    sim.engine.start()
    sim.advance(until=lambda: sim.record.last(FIRST_CHANGE) is not None)
    signature = sim.record.newest(Signature, step=GATE, role="dba")
    assert signature
    assert [name for name, _ in signature.evidence] == [
        "page",
        "places",
        "commit",
        "commit before",
        "016_extend_v1_remove_v2_approval_flow.sql",
        "016_ROLLBACK_extend_v1_remove_v2.sql",
        "backup",
        "proof",
        "rehearsal",
    ]
    assert dict(signature.evidence)["backup"] == "ab" * 32


@pytest.mark.fault("old evidence")
def test_a_backup_that_was_damaged_before_the_last_signature_is_made_and_signed_again(sim: SimulatedRun) -> None:
    sim.engine.start()
    sign_until_the_gate(sim)
    sim.world.on_host("sha256sum -c", DAMAGED)
    sim.advance(until=lambda: len(checks(sim)) > 0)
    sim.world.forget("sha256sum -c")
    assert checks(sim)[0].state == "failed"
    summary = checks(sim)[0].summary
    assert summary.startswith("The backup has changed since ")
    assert "3021.dat.zst, toc.dat have another checksum or cannot be read" in summary
    sim.advance(until=lambda: sim.record.last(FIRST_CHANGE) is not None)
    record = sim.record
    assert [sim.last(step).attempt for step in ("backup", "proof", "rehearse")] == [2, 2, 2]
    assert {sim.last(step).attempt for step in ("review", "notification", GATE)} == {2}
    assert sum(key.startswith(f"{record.run.key}/notification") for key in sim.world.begun) == 0
    assert not any(verdict.changes for verdict in verify_file(sim.store.path, sim.store.key))


def test_a_host_that_cannot_be_asked_is_not_fine_and_a_person_asks_it_again(sim: SimulatedRun) -> None:
    sim.engine.start()
    sign_until_the_gate(sim)
    sim.world.on_host("on_ref=%s", Unreachable("Host “production” did not answer within 10 s."))
    sim.advance(until=lambda: bool(sim.waiting(Ask.ANSWER)))
    (waiting,) = sim.waiting(Ask.ANSWER)
    assert (waiting.step, waiting.roles, waiting.choices) == (CHECK, ("tech_lead",), (Choice.RETRY,))
    assert checks(sim)[-1].summary == (
        "“0️⃣ Pin the release” cannot be checked again: Host “production” did not answer within 10 s. "
        "Nothing was changed yet."
    )
    assert sim.record.last(FIRST_CHANGE) is None
    sim.world.forget("on_ref=%s")
    sim.world.clock.move(minutes=10)
    assert len(checks(sim)) == 1, "it is not asked again by itself"
    sim.actions.answer(CHECK, 1, holder("dba"), Choice.RETRY, "", sim.world.clock.now())
    sim.advance(until=lambda: sim.record.last(FIRST_CHANGE) is not None)
    assert [check.state for check in checks(sim)] == ["failed", "done"]
    assert {sim.last(step).attempt for step in ("backup", "review", GATE)} == {1}, "nothing had changed"


def test_a_step_that_changes_something_may_stand_above_the_backup(tmp_path: Path) -> None:
    text = (shipped_runbooks() / "option-a.md").read_text()
    heading, rest = "### 📦 Keep what runs now", text.split("### 📦 Keep what runs now")[1]
    keep = heading + rest.split("### Maintenance on")[0]
    backup = "### 1️⃣ Backup Production Database"
    sim = SimulatedRun(tmp_path, text=text.replace(keep, "").replace(backup, keep + backup))
    try:
        sim.engine.start()
        sim.advance(until=lambda: sim.state_of("backup") == "done" or bool(sim.waiting(Ask.ANSWER)))
        assert [(one.state, one.outcome["lines"]) for one in checks(sim)] == [
            ("done", ["0️⃣ Pin the release: unchanged"])
        ], checks(sim)[0].summary
        sim.advance(until=lambda: sim.state_of("maintenance-on") == "done")
        lines = checks(sim)[-1].outcome["lines"]
        assert len(lines) == 4, "right before the deploy all of it is checked"
    finally:
        sim.close()


def test_nobody_can_skip_the_check(sim: SimulatedRun) -> None:
    sim.engine.start()
    sign_until_the_gate(sim)
    sim.world.on_host("sha256sum -c", Unreachable("The host is away."))
    sim.advance(until=lambda: bool(sim.waiting(Ask.ANSWER)))
    for choice in (Choice.SKIP, Choice.DONE):
        with pytest.raises(Refused, match="The possible answers are again"):
            sim.actions.answer(CHECK, 1, holder("tech_lead"), choice, "we are in a hurry", sim.world.clock.now())


def test_a_rollback_does_not_wait_for_the_check(sim: SimulatedRun) -> None:
    sim.world.hang("sha256sum -c")
    sim.engine.start()
    sim.advance(until=running(sim, CHECK))
    status = status_of(sim.page, sim.record, sim.world.clock.now())
    assert (status.stage, status.doing) == ("Before", "Check again what was signed")
    sim.roll_back()
    sim.advance(until=lambda: sim.state == "aborted")
    assert sim.record.last(FIRST_CHANGE) is None


def test_a_check_that_a_restart_interrupted_is_made_again(sim: SimulatedRun, second_engine: Engine) -> None:
    sim.world.hang("sha256sum -c")
    sim.engine.start()
    sim.advance(until=running(sim, CHECK))
    sim.engine.stop()
    sim.world.finish("sha256sum -c")
    second_engine.start()
    sim.advance(until=lambda: sim.record.last(FIRST_CHANGE) is not None)
    assert checks(sim)[-1].state == "done"


def test_a_check_never_uses_the_result_of_a_job_from_before_a_crash(sim: SimulatedRun, second_engine: Engine) -> None:
    sim.engine.start()
    sign_until_the_gate(sim)
    sim.world.hang("sha256sum -c")
    sim.advance(until=lambda: any(CHECK in key for key in sim.world.begun))
    sim.engine.stop()
    sim.world.finish("sha256sum -c")
    (old,) = (key for key in sim.world.begun if CHECK in key)
    sim.world.finished[old] = ended("toc.dat: OK\n")
    sim.world.on_host("sha256sum -c", DAMAGED)
    second_engine.start()
    sim.advance(until=lambda: len(checks(sim)) > 0)
    sim.world.forget("sha256sum -c")
    assert "have another checksum" in checks(sim)[0].summary


def test_a_host_key_that_changes_while_the_bot_runs_is_signed_for_again(sim: SimulatedRun) -> None:
    sim.engine.start()
    sign_until_the_gate(sim)
    sim.world.places = {**sim.world.places, "host production: host key": "another"}
    sim.advance(until=lambda: bool(sim.events("fell")))
    assert sim.events("fell")[0].data.summary.startswith("The places have changed since UREVIEWER signed")
    sim.advance(until=lambda: sim.record.last(FIRST_CHANGE) is not None)
    assert sim.last(GATE).attempt == 2


def wait_on_hold(sim: SimulatedRun, hours: float) -> None:
    """Hold the run at its countdown, after everybody has signed, and let time pass."""
    sign_until_the_gate(sim)
    sim.actions.hold(STARTER, "", sim.world.clock.now())
    sim.advance(until=lambda: not sim.waiting(Ask.SIGN))
    sim.world.clock.move(hours=hours)
    sim.actions.resume(holder("tech_lead"), "", sim.world.clock.now())


def test_a_signature_that_is_too_old_is_asked_for_again_once(sim: SimulatedRun) -> None:
    sim.engine.start()
    wait_on_hold(sim, hours=2.1)
    sim.advance(until=lambda: bool(sim.waiting(Ask.SIGN)), sign=False)
    time.sleep(0.3)
    fell = [event.data for event in sim.events("fell")]
    assert [(data.title, data.attempt) for data in fell] == [
        ("2️⃣ Final Code Review", 2),
        ("3️⃣ Team Notification", 2),
        ("✍️ Sign-off: before starting", 2),
    ]
    assert re.fullmatch(r"The signature of UREVIEWER at 2\d:\d\d is older than 2 h\.", fell[0].summary)
    assert {waiting.step for waiting in sim.waiting(Ask.SIGN)} == {"review", "notification", GATE}
    sim.advance(until=lambda: sim.record.last(FIRST_CHANGE) is not None)
    assert len(sim.events("fell")) == 3
    report = build_report(
        sim.page, sim.record, sim.store.events(sim.run), (), people=people(sim.page), now=sim.world.clock.now()
    )
    assert report.fallen[0].startswith("“2️⃣ Final Code Review” was asked for again: The signature of UREVIEWER at ")
    assert [step.attempt for step in report.steps if step.title == "2️⃣ Final Code Review"] == [1]
    assert [step.state for step in report.steps if step.title == "Check again what was signed"] == ["done"]
    assert {action.evidence[:12] for action in report.actions if action.kind == "signed"} == {"on evidence "}
    assert sum(event.step == "review" for event in sim.events("wanted")) == 2
    assert sum(event.step == "notification" for event in sim.events("ended")) == 1, "the team was told twice"


def test_a_signature_that_is_young_enough_holds(sim: SimulatedRun) -> None:
    sim.engine.start()
    wait_on_hold(sim, hours=1.5)
    sim.advance(until=lambda: sim.record.last(FIRST_CHANGE) is not None)
    assert sim.events("fell") == []


@pytest.mark.parametrize(("jump", "hours", "falls"), [(3.0, 0.5, False), (-3.0, 2.1, True), (-3.0, 0.5, False)])
def test_a_clock_that_jumps_makes_a_signature_neither_older_nor_younger(
    sim: SimulatedRun, jump: float, hours: float, *, falls: bool
) -> None:
    sim.engine.start()
    sign_until_the_gate(sim)
    sim.actions.hold(STARTER, "", sim.world.clock.now())
    sim.advance(until=lambda: not sim.waiting(Ask.SIGN))
    sim.world.clock.jump(hours=jump)
    sim.advance(until=lambda: bool(sim.events("clock")), sign=False)
    sim.world.clock.move(hours=hours)
    sim.actions.resume(holder("tech_lead"), "", sim.world.clock.now())
    sim.advance(until=lambda: bool(sim.events("fell")) or sim.record.last(FIRST_CHANGE) is not None, sign=False)
    assert bool(sim.events("fell")) is falls


def test_in_the_middle_of_the_deploy_no_signature_falls(sim: SimulatedRun) -> None:
    sim.world.hang("npm ci --omit=dev")
    sim.engine.start()
    sim.advance(until=running(sim, "backend-install"))
    sim.world.on_host("sha256sum -c", DAMAGED)
    sim.world.clock.move(hours=3)
    sim.world.finish("npm ci --omit=dev")
    sim.advance(until=lambda: sim.record.last("test-1") is not None)
    assert sim.events("fell") == []
    assert len(checks(sim)) == 1


def test_after_a_restart_in_another_environment_the_run_waits_and_is_signed_again(
    sim: SimulatedRun, second_engine: Engine
) -> None:
    sim.engine.start()
    sign_until_the_gate(sim)
    sim.engine.stop()
    sim.world.places = {**sim.world.places, "database production: address": "another one"}
    second_engine.start()
    sim.advance(until=lambda: bool(sim.events("environment")))
    sim.advance(until=lambda: not sim.waiting(Ask.SIGN))
    time.sleep(0.3)
    assert sim.record.last("countdown") is None, "a step began elsewhere"
    (told,) = sim.events("environment")
    assert told.data.summary == (
        "the environment has changed since the run started: database production (address: $PROD_DATABASE_URL)"
    )
    sim.actions.resume(holder("tech_lead"), "it has moved", sim.world.clock.now())
    sim.advance(until=lambda: bool(sim.events("fell")), sign=False)
    summary = sim.events("fell")[0].data.summary
    assert re.fullmatch(r"The places have changed since UREVIEWER signed \(\w{8} → \w{8}\)\.", summary)
    sim.advance(until=lambda: sim.record.last(FIRST_CHANGE) is not None)


def test_what_ran_when_the_bot_stopped_is_not_run_again_elsewhere(sim: SimulatedRun, second_engine: Engine) -> None:
    sim.world.hang("npm ci --omit=dev")
    sim.engine.start()
    sim.advance(until=lambda: any(key.endswith("/backend-install/1") for key in sim.world.begun))
    sim.engine.stop()
    sim.world.finish("npm ci --omit=dev")
    begun = sum(sim.world.begun.values())
    sim.world.places = {"host production: address": "another one"}
    second_engine.start()
    sim.advance(until=lambda: bool(sim.waiting(Ask.ANSWER)))
    assert sim.last("backend-install").state == "unknown"
    assert "its environment leads to other places now" in sim.last("backend-install").summary
    assert sum(sim.world.begun.values()) == begun
    sim.roll_back()
    sim.advance(until=lambda: sim.state == "rolled back")
    assert sim.restored


def test_a_commit_that_was_withdrawn_is_pinned_reviewed_and_signed_again(sim: SimulatedRun) -> None:
    sim.engine.start()
    sign_until_the_gate(sim)
    sim.world.on_host("on_ref=%s", lambda asked: ended(moved(sim, asked[1])))
    sim.advance(until=lambda: len(checks(sim)) > 0)
    sim.world.forget("on_ref=%s")
    assert checks(sim)[0].changed == {
        "release": "The commit has changed since UREVIEWER, UON_CALL, UROLLBACK and 3 more signed: "
        "commit 22222222 is no longer on main."
    }
    sim.advance(until=lambda: sim.record.last(FIRST_CHANGE) is not None)
    again = {step: sim.last(step).attempt for step in ("release", "backup", "review", GATE)}
    assert again == {"release": 2, "backup": 1, "review": 2, GATE: 2}


def moved(sim: SimulatedRun, env: Mapping[str, str]) -> str:
    happy = sim.world.host_does("on_ref=%s", env).tail
    return happy.replace("on_ref=yes", "on_ref=no")


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_rollback_that_would_fail_stops_the_run_before_its_first_change(sim: SimulatedRun) -> None:
    sim.engine.start()
    sign_until_the_gate(sim)
    sim.world.on_host(r'df -Pk "\$to"', ended("", code=67))
    sim.advance(until=lambda: bool(checks(sim)))
    assert (checks(sim)[-1].state, sim.record.last(FIRST_CHANGE)) == ("failed", None)
    assert checks(sim)[-1].summary == (
        "A rollback would fail now: host production: `current` in the folder that is served is not a link (move it to "
        "releases/ and link to it, so that one rename serves another build). Nothing was changed yet."
    )


@pytest.mark.fault("the way back is first tried when it is needed")
@pytest.mark.parametrize(
    ("query", "answer", "problem"),
    [
        (
            "relowner",
            rows("approval_flows (of postgres)", "dj_owner"),
            "changes what user dj_owner does not own",
        ),
        ("to_regnamespace", rows("dj_owner", True, False, False), "user dj_owner may not use the schema gonogo"),
    ],
)
def test_a_right_that_the_rollback_has_lost_since_the_start_stops_the_run_too(
    sim: SimulatedRun, query: str, answer: Rows, problem: str
) -> None:
    sim.engine.start()
    sign_until_the_gate(sim)
    sim.world.on_sql(query, answer)
    sim.advance(until=lambda: bool(checks(sim)))
    (checked,) = checks(sim)[-1:]
    assert (checked.state, sim.record.last(FIRST_CHANGE)) == ("failed", None)
    assert checked.summary.startswith("A rollback would fail now: database production: ")
    assert problem in checked.summary
