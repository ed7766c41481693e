"""What only supervisor has, on a real one: groups, giving up, logs, a daemon that is away."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import wait_until
from commands.ports.preflight import PreflightContext, PreflightResult
from commands.systems.services.supervisor import Supervisor
from tests.commands.systems.services.stages.stage import NEW, assert_reload_is_seen
from tests.commands.systems.services.stages.supervisor import SupervisorStage, supervisor_stage
from tests.parts.service import Service

_NAMES = map("own-{}".format, itertools.count(1))
TWO = ("numprocs = 2", "process_name = %(program_name)s_%(process_num)d")


@pytest.fixture(scope="module")
def stage() -> Iterator[SupervisorStage]:
    with supervisor_stage() as running:
        yield running


def preflight(stage: SupervisorStage, service: Service, **environ: str) -> list[PreflightResult]:
    *_, check = stage.box("service", service).preflight()
    found: list[PreflightResult] = check.run_preflight(PreflightContext(tools=stage.context(service).tools, ref="main"))
    return found


def worker(stage: SupervisorStage, *lines: str) -> Service:
    return stage.start(next(_NAMES), worker=True, lines=lines)


@pytest.mark.fault("the first of several for all")
def test_every_process_of_a_group_is_restarted_and_judged(stage: SupervisorStage) -> None:
    service = worker(stage, *TWO)
    outcome = stage.restart(service)
    assert outcome.state == "done", outcome.summary
    assert len(set(outcome.values["pid"].split(","))) == 2
    assert [result.summary for result in preflight(stage, service)] == [
        f"supervisor runs {service.name} (2 processes: RUNNING, RUNNING)"
    ]
    stage.daemon.ask("stop", f"{service.name}:{service.name}_1")
    later = stage.steady(service, after=outcome)
    assert later.state == "failed"
    assert f"supervisor reports the status of process {service.name}_1 as STOPPED" in later.summary


def test_one_process_of_a_group_is_restarted_alone(stage: SupervisorStage) -> None:
    service = worker(stage, *TWO)
    first = stage.daemon.ask("pid", f"{service.name}:{service.name}_0")
    one = Service(service.folder, f"{service.name}:{service.name}_1", port=0)
    outcome = stage.restart(one)
    assert outcome.state == "done", outcome.summary
    assert stage.daemon.ask("pid", f"{service.name}:{service.name}_0") == first


def test_what_supervisor_gives_up_is_told_in_its_own_words(stage: SupervisorStage) -> None:
    service = worker(stage, "startsecs = 1", "startretries = 0")
    service.will(commit=NEW, dies_after=0)
    outcome = stage.restart(service)
    assert (outcome.state, outcome.summary) == ("failed", f"The restart of {service.name} failed.")
    assert any("ERROR (spawn error)" in line for line in outcome.lines), outcome.lines
    (found,) = preflight(stage, service)
    assert found.level == "warn"
    assert "FATAL (Exited too quickly" in found.summary


def test_a_program_without_a_log_is_a_warning_and_its_log_is_called_unread(stage: SupervisorStage) -> None:
    service = worker(stage, "stdout_logfile = NONE", "stderr_logfile = NONE")
    (found,) = preflight(stage, service)
    assert (found.level, found.summary) == (
        "warn", f"supervisor writes no log file of {service.name}, so its errors are not seen"
    )  # fmt: skip
    outcome = stage.restart(service)
    assert outcome.state == "done", outcome.summary
    assert "Not all of its logs were checked: /dev/null" in outcome.summary


def test_an_error_is_seen_in_a_log_for_both_outputs_once(stage: SupervisorStage) -> None:
    service = worker(stage, "redirect_stderr = true")
    service.will(commit=NEW, says="ERROR the queue is away")
    outcome = stage.restart(service)
    assert "its logs have 1 new line with error or fatal" in outcome.summary


def test_an_error_is_seen_after_supervisor_has_rotated_the_log(stage: SupervisorStage) -> None:
    service = worker(stage, "stdout_logfile_maxbytes = 2KB")
    wait_until(lambda: len(stage.daemon.ask("tail", "-1000", service.name)) > 500, "some lines")
    service.will(commit=NEW, says="ERROR the queue is away")
    outcome = stage.restart(service, more='steady = "6 s"')
    assert any("the queue is away" in line for line in outcome.lines), outcome.lines


def test_a_reload_must_be_seen_in_the_answer_or_in_the_processes(stage: SupervisorStage) -> None:
    assert_reload_is_seen(stage, stage.start(next(_NAMES)), stage.start(next(_NAMES), worker=True))


def test_a_daemon_that_is_away_is_refused_before_the_start_and_is_no_missing_program_later(
    stage: SupervisorStage,
) -> None:
    service = worker(stage)
    outcome = stage.restart(service)
    socket, elsewhere = stage.daemon.folder / "socket", stage.daemon.folder / "elsewhere"
    socket.rename(elsewhere)
    try:
        (found,), later = preflight(stage, service), stage.steady(service, after=outcome)
    finally:
        elsewhere.rename(socket)
    assert found.level == "fail"
    assert f"supervisor on host “h” does not answer this user (unix://{socket}: [Errno 2]" in found.summary
    assert (later.state, later.summary) == ("failed", "supervisor did not answer (exit code 1).")


def test_a_sudo_that_wants_a_password_is_named() -> None:
    state = Supervisor().read_state("refused sudo: a password is required", "h")
    (found,) = state.obstacles
    assert found.what == "sudo on host “h” lets this user ask supervisor only with a password"
    assert "chown and chmod of [unix_http_server]" in found.todo


@pytest.mark.fault("a cause that nobody has seen")
def test_what_else_sudo_says_is_not_called_a_password() -> None:
    (found,) = Supervisor().read_state("refused sudo: sorry, you must have a tty to run sudo", "h").obstacles
    assert found.what == (
        "sudo on host “h” lets this user ask supervisor only in a terminal "
        "(it says “sorry, you must have a tty to run sudo”)"
    )
    assert found.todo.endswith("Defaults:USER !requiretty")
    (found,) = Supervisor().read_state("refused sudo: unable to open /etc/sudoers: Input/output error", "h").obstacles
    assert found.what.endswith("ask supervisor (it says “unable to open /etc/sudoers: Input/output error”)")
    assert "password" not in found.what + found.todo


def test_a_supervisorctl_that_is_another_program_is_named(stage: SupervisorStage) -> None:
    service = worker(stage)
    program = stage.idle / "supervisorctl"
    kept = program.read_text()
    program.write_text("#!/bin/sh\nexit 0\n")
    try:
        result = stage.shell(restarts=False).ask(
            "h", f"{Supervisor.state}\nstate", env={"NAMES": service.name, "SUDO": ""}
        )
    finally:
        program.write_text(kept)
    assert result.code == 1
    assert "is not the one that supervisor's own package installs" in result.tail


@pytest.mark.fault("it exists, so it is right")
def test_settings_that_supervisor_has_not_read_are_said_before_and_after(stage: SupervisorStage) -> None:
    service = worker(stage, 'environment = FEATURE="old"')
    file = stage.daemon.folder / "programs" / f"{service.name}.conf"
    file.write_text(file.read_text().replace("old", "new"))
    what = f"supervisor has not read the changed settings of {service.name}, and starts it by the old ones"
    for _ in range(2):
        assert [(one.level, one.summary) for one in preflight(stage, service)] == [("warn", what)]
        outcome = stage.restart(service)
        assert (outcome.state, outcome.summary.endswith(f" But {what}.")) == ("done", True), outcome.summary
        assert not [line for line in outcome.lines if "remark=" in line]
        assert b"FEATURE=old" in Path(f"/proc/{outcome.values['pid']}/environ").read_bytes()
    stage.daemon.ask("update")
    assert [one.level for one in preflight(stage, service)] == ["ok"]
    outcome = stage.restart(service)
    assert " But " not in outcome.summary
    assert b"FEATURE=new" in Path(f"/proc/{outcome.values['pid']}/environ").read_bytes()


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_program_that_the_files_no_longer_have_and_that_still_runs_is_named(stage: SupervisorStage) -> None:
    service, old = worker(stage), worker(stage)
    (stage.daemon.folder / "programs" / f"{old.name}.conf").unlink()
    what = f"supervisor still has {old.name}, which its files no longer have"
    assert [one.summary for one in preflight(stage, service)] == [what]
    assert stage.restart(service).summary.endswith(f" But {what}.")
    assert "RUNNING" in stage.daemon.ask("status", f"{old.name}:*")
    stage.daemon.ask("update")
    assert [one.level for one in preflight(stage, service)] == ["ok"]


def test_files_that_supervisor_cannot_read_any_more_stop_no_restart_and_are_said(stage: SupervisorStage) -> None:
    service = worker(stage)
    file = stage.daemon.folder / "programs" / "broken.conf"
    file.write_text('[program:broken]\ncommand = x\nenvironment = PASSWORD="s3cret\n')
    (found,) = preflight(stage, service)
    outcome = stage.restart(service)
    file.unlink()
    what = "supervisor cannot read its files as they are now, and goes on with what it has"
    assert (found.level, found.summary) == ("warn", what)
    assert (outcome.state, outcome.summary.endswith(f" But {what}.")) == ("done", True)
    assert "s3cret" not in outcome.summary + outcome.output + "".join(outcome.lines)


@pytest.mark.fault("it exists, so it is right")
def test_a_program_that_supervisor_does_not_start_by_itself_is_named_before_and_after(stage: SupervisorStage) -> None:
    service = worker(stage, "autostart = true")
    assert "reboot" not in stage.restart(service).summary
    by_hand = stage.daemon.service(next(_NAMES))
    by_hand.port = 0
    by_hand.will(port=0)
    stage.daemon.install(by_hand, "autostart = false")
    stage.daemon.ask("start", by_hand.name)
    what = f"supervisor does not start {by_hand.name} by itself (autostart = false), so it would not run after a reboot"
    assert [result.summary for result in preflight(stage, by_hand)] == [what]
    outcome = stage.restart(by_hand)
    assert (outcome.state, outcome.summary.endswith(f"But {what}.")) == ("done", True), outcome.summary
