"""What only systemd has, in a machine that it booted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.rehearsal.target.loopback import wait_until
from commands.ports.preflight import PreflightContext, PreflightResult
from commands.ports.shell import CommandResult
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.systems.preflight.hosts import HostCheck
from tests.commands.steps.builders import box
from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.stages.systemd import SystemdStage
from tests.local_shell import LocalShell
from tests.parts.machine import machine
from tests.parts.service import Service

pytestmark = pytest.mark.timeout(240)
NO_ERROR = "No line with error or fatal since the restart."
_NAMES = map("unit-{}".format, itertools.count(1))


@pytest.fixture(scope="module")
def stage() -> Iterator[SystemdStage]:
    with machine() as booted:
        yield SystemdStage(booted)


class Counting(LocalShell):
    """A Shell that notes what it was asked."""

    def __init__(self, shell: LocalShell, asked: list[str]) -> None:
        super().__init__(shell.environ, within=shell.within, base=shell.base)
        self.asked = asked

    def ask(self, host: str, script: str, **more: Any) -> CommandResult:
        self.asked.append(script)
        return super().ask(host, script, **more)


def start(stage: SystemdStage, *lines: str, worker: bool = False, unit: str = "", **will: object) -> Service:
    service = stage.start(next(_NAMES), worker=worker, lines=lines, unit=unit)
    service.will(commit=NEW, **will)
    return service


def preflight(
    stage: SystemdStage, *services: Service, shell: LocalShell | None = None, sudo: bool = True
) -> list[PreflightResult]:
    ctx = PreflightContext(tools=stage.context(*services, shell=shell).tools, ref="main")
    step = stage.box("service", *services).model_copy(update={"sudo": sudo})
    *_, check = step.preflight()
    found: list[PreflightResult] = check.run_preflight(ctx)
    return found


def test_a_sudo_that_asks_for_a_password_is_one_sentence_before_anything_begins(stage: SystemdStage) -> None:
    service = start(stage)
    (result,) = preflight(stage, service, shell=stage.shell(user="guest"))
    assert result.level == "fail"
    assert result.summary.startswith(
        f"sudo does not let this user run `systemctl restart {service.name}` without a password"
    )
    outcome = stage.restart(service, shell=stage.shell(user="guest"))
    assert (outcome.state, outcome.summary) == ("failed", f"The restart of {service.name} failed.")
    assert any("password is required" in line for line in outcome.lines)
    assert service.answer()["commit"] != NEW


def test_a_user_who_is_not_root_and_has_no_sudo_is_refused_before_anything_begins(stage: SystemdStage) -> None:
    service = start(stage)
    (result,) = preflight(stage, service, sudo=False)
    assert (result.level, result.summary) == (
        "fail",
        "the user deploy may not restart units: it is not root, and no polkit on that host lets it",
    )
    assert "sudo = true" in result.todo
    (result,) = preflight(stage, service, sudo=False, shell=stage.shell(user="root"))
    assert result.level == "ok"


def test_a_unit_of_type_notify_is_waited_for_as_systemd_does(stage: SystemdStage) -> None:
    service = start(stage, "Type=notify", "NotifyAccess=all", starts_in=2)
    outcome = stage.restart(service)
    assert outcome.state == "done", outcome.summary


def test_a_unit_that_is_still_activating_when_the_time_is_over_has_failed(stage: SystemdStage) -> None:
    service = start(stage, "Type=notify", "NotifyAccess=all", worker=True, starts_in=60)
    outcome = stage.restart(service, more='steady = "1 s"\nready_within = "2 s"')
    assert outcome.state == "failed"
    assert "systemd reports its status as activating (start)" in outcome.summary


@pytest.mark.fault("slow, taken for broken")
@pytest.mark.parametrize("lines", [("TimeoutStopSec=6",), ("TimeoutStopSec=5", "ExecStop=/bin/sleep 300")])
def test_a_unit_that_ignores_the_signal_to_stop_is_waited_for_until_systemd_kills_it(
    stage: SystemdStage, lines: tuple[str, ...]
) -> None:
    service = stage.start(f"stubborn{len(lines)}", lines=("KillSignal=SIGCONT", *lines))
    service.will(commit=NEW)
    outcome = stage.restart(service, more='steady = "1 s"\nready_within = "3 s"')
    assert outcome.state == "done", outcome.summary


def test_a_unit_that_systemd_starts_no_more_after_a_crash_loop_is_started_when_it_may(stage: SystemdStage) -> None:
    service = start(stage, "[Unit]", "StartLimitIntervalSec=8", "StartLimitBurst=3", dies_after=0)
    assert stage.restart(service).state == "failed"
    show = ("systemctl", "show", "--value", "--property=ActiveState", service.name)
    wait_until(lambda: stage.machine.ask(*show) == "failed\n", "systemd's limit")
    service.will(commit=NEW)
    outcome = stage.restart(service)
    assert outcome.state == "done", (outcome.summary, outcome.lines)


@pytest.mark.fault("compared with itself")
def test_a_unit_with_the_folder_of_one_release_is_not_said_to_run_the_next(stage: SystemdStage) -> None:
    name = next(_NAMES)
    top = stage.machine.root / "srv" / name
    for number in ("1", "2"):
        (top / "releases" / number).mkdir(parents=True)
    (top / "current").symlink_to("releases/1")
    worker = stage.start(name, worker=True, lines=(f"WorkingDirectory=/srv/{name}/releases/1",))
    worker.will(port=0, commit=NEW)
    assert stage.restart(worker).state == "done"
    (top / "current").unlink()
    (top / "current").symlink_to("releases/2")
    outcome = stage.restart(worker)
    left = f"{name} works in /srv/{name}/releases/1, but /srv/{name}/current leads to 2."
    assert outcome.summary == f"{name} did not start properly: {left}", outcome.lines
    unit = stage.machine.root / f"etc/systemd/system/{name}.service"
    unit.write_text(unit.read_text().replace("/releases/1", "/current"))
    stage.machine.ask("systemctl", "daemon-reload")
    assert stage.restart(worker).state == "done"


@pytest.mark.fault("compared with itself")
def test_a_unit_that_goes_on_in_the_build_to_which_its_folder_led_is_not_well(stage: SystemdStage) -> None:
    name = next(_NAMES)
    top = stage.machine.root / "srv" / name
    for number in ("1", "2"):
        (top / f"build-{number}").mkdir(parents=True)
    (top / "live").symlink_to("build-1")
    worker = stage.start(name, worker=True, lines=(f"WorkingDirectory=/srv/{name}/live",))
    worker.will(port=0, commit=NEW)
    before = stage.restart(worker)
    assert before.state == "done", before.summary
    assert stage.steady(worker, after=before).state == "done"
    (top / "live").unlink()
    (top / "live").symlink_to("build-2")
    seen = stage.steady(worker, after=before)
    left = f"{name} works in /srv/{name}/build-1, but /srv/{name}/live leads to build-2"
    assert (seen.state, left in seen.summary) == ("failed", True), seen.summary
    assert stage.restart(worker).state == "done"


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize("option", ["RefuseManualStop", "RefuseManualStart"])
def test_a_unit_that_systemd_restarts_for_nobody_is_found_before_the_start(stage: SystemdStage, option: str) -> None:
    name = next(_NAMES)
    unit = "[Unit]\nBefore=x.target\n[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
    stage.machine.unit(f"{name}.service", unit)
    stage.machine.ask("systemctl", "enable", "--now", "--quiet", name)
    stage.machine.unit(f"{name}.service", unit.replace("Before=x.target", f"{option}=yes"))
    stage.machine.ask("systemctl", "daemon-reload")
    service = Service(stage.machine.root / "srv" / name, name, port=0)
    why = f"systemd restarts {name}.service for nobody who asks for it ({option}=yes)"
    assert [(one.level, one.summary) for one in preflight(stage, service)] == [("fail", why)]
    assert stage.restart(service).state == "failed", "this test needs systemd to refuse it"


LONG_LIMIT = ("[Unit]", "StartLimitIntervalSec=1h", "StartLimitBurst=3")


@pytest.mark.fault("the way back is first tried when it is needed")
def test_after_a_crash_loop_no_long_limit_of_starts_keeps_the_version_before_away(stage: SystemdStage) -> None:
    service = start(stage, *LONG_LIMIT, dies_after=0)
    assert [result.level for result in preflight(stage, service)] == ["ok"]
    assert stage.restart(service).state == "failed"
    service.will(commit=NEW)
    outcome = stage.restart(service)
    assert outcome.state == "done", (outcome.summary, outcome.lines)


@pytest.mark.fault("a cause that nobody has seen")
def test_a_sudo_that_wants_a_terminal_is_called_that_though_its_rules_need_no_password(stage: SystemdStage) -> None:
    service = start(stage, *LONG_LIMIT)
    rule = stage.machine.root / "etc/sudoers.d/guest"
    rule.write_text("guest ALL=(root) NOPASSWD: /usr/bin/systemctl\nDefaults:guest requiretty\n")
    rule.chmod(0o440)
    found = preflight(stage, service, shell=stage.shell(user="guest"))
    rule.unlink()
    refused = [result for result in found if result.level == "fail"]
    assert [result.todo.rpartition(": ")[2] for result in refused] == ["Defaults:USER !requiretty"]
    assert "without a terminal (it says “sorry, you must have a tty to run sudo”)" in refused[0].summary
    assert not [result for result in found if "crash loop" in result.summary], "what sudo allows is not known"


@pytest.mark.fault("found too late, known before")
def test_a_limit_of_starts_that_sudo_lets_nobody_reset_is_named_before_and_after(stage: SystemdStage) -> None:
    service = start(stage, *LONG_LIMIT, dies_after=0)
    name = service.name
    rule = stage.machine.root / "etc/sudoers.d/guest"
    rule.write_text(f"guest ALL=(root) NOPASSWD: /usr/bin/systemctl restart {name}\n")
    rule.chmod(0o440)
    shell = stage.shell(user="guest")
    found = [result for result in preflight(stage, service, shell=shell) if "crash loop" in result.summary]
    assert [result.level for result in found] == ["warn"]
    assert "systemd may refuse for 1h to start" in found[0].summary
    assert f"/usr/bin/systemctl reset-failed {name}" in found[0].todo
    assert stage.restart(service, shell=stage.shell(user="guest")).state == "failed"
    show = ("systemctl", "show", "--value", "--property=ActiveState", name)
    wait_until(lambda: stage.machine.ask(*show) == "failed\n", "systemd's limit")
    service.will(commit=NEW)
    outcome = stage.restart(service, shell=stage.shell(user="guest"), more='ready_within = "3 s"')
    rule.unlink()
    assert (outcome.state, outcome.summary) == ("failed", f"The restart of {name} failed."), outcome.lines
    assert f"systemd refuses to start {name}: it was started more than 3 times in 1h." in outcome.lines
    assert f"Run `systemctl reset-failed {name}` there, then try again." in outcome.lines


def test_a_socket_starts_its_service_which_is_inactive_before(stage: SystemdStage) -> None:
    service = stage.machine.service(next(_NAMES))
    stage.machine.install_socket(service)
    service.will(commit=NEW)
    results = preflight(stage, service)
    assert "inactive" not in " ".join(result.summary for result in results if result.level == "fail")
    assert not [result for result in results if "does not run all" in result.summary], results
    outcome = stage.restart(service)
    assert outcome.state == "done", outcome.summary


def test_units_of_a_template_are_each_judged(stage: SystemdStage) -> None:
    service = stage.machine.service("many")
    service.port = 0
    service.will(port=0)
    stage.machine.install(service, unit="many@.service")
    stage.machine.ask("systemctl", "start", "many@1", "many@2")
    both = [Service(service.folder, f"many@{number}", inside=service.inside, port=0) for number in (1, 2)]
    for one in both:
        one.will(port=0, commit=NEW)
    outcome = stage.restart(*both)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.startswith("many@1 and many@2 are active with 2 new processes")


def test_a_masked_unit_is_refused_before_anything_begins(stage: SystemdStage) -> None:
    service = start(stage)
    (stage.machine.root / f"etc/systemd/system/{service.name}.service").unlink()
    stage.machine.ask("systemctl", "mask", "--quiet", f"{service.name}.service")
    (result,) = preflight(stage, service)
    assert (result.level, f"has masked {service.name}.service" in result.summary) == ("fail", True)
    assert stage.restart(service).state == "failed"


def test_a_disabled_unit_is_a_warning(stage: SystemdStage) -> None:
    service = start(stage)
    stage.machine.ask("systemctl", "disable", "--quiet", f"{service.name}.service")
    (result,) = preflight(stage, service)
    assert result.level == "warn"
    assert result.summary == f"{service.name}.service is disabled, so it will not run after a reboot of the host"


def test_a_journal_that_the_user_may_not_read_is_said_before_and_after(stage: SystemdStage) -> None:
    service = start(stage)
    rule = stage.machine.root / "etc/sudoers.d/guest"
    rule.write_text("guest ALL=(root) NOPASSWD: /usr/bin/systemctl\n")
    rule.chmod(0o440)
    shell = stage.shell(user="guest")
    (result,) = preflight(stage, service, shell=shell)
    assert (result.level, result.summary) == ("warn", f"the journal shows this user no line of {service.name}.service")
    outcome = stage.restart(service, shell=shell)
    rule.unlink()
    assert outcome.state == "done", outcome.summary
    assert "Not all of its logs were checked: the journal: " in outcome.summary


def test_a_journal_that_was_rotated_away_meanwhile_is_said(stage: SystemdStage) -> None:
    service = start(stage)
    outcome = stage.restart(service, more='steady_in = "later"')
    assert outcome.state == "done", outcome.summary
    stage.machine.ask("journalctl", "--rotate")
    stage.machine.ask("journalctl", "--vacuum-files=1", "--vacuum-size=1")
    later = stage.steady(service, after=outcome)
    assert later.state == "done", later.summary
    assert "Not all of its logs were checked: the journal: the journal no longer has the entry" in later.summary


def test_a_reload_that_took_is_seen_at_the_address_and_one_that_did_nothing_too(stage: SystemdStage) -> None:
    service = start(stage)
    outcome = stage.restart(service, more='steady = "1 s"\nreload = true')
    assert outcome.state == "done", outcome.summary
    assert "is active after its reload at commit" in outcome.summary
    deaf = stage.start(next(_NAMES))
    deaf.will(commit=NEW, reloads=False)
    outcome = stage.restart(deaf, more='steady = "1 s"\nreload = true\nready_within = "2 s"')
    assert outcome.state == "failed"
    worker = start(stage, worker=True)
    outcome = stage.restart(worker, more='steady = "1 s"\nreload = true')
    assert (outcome.state, "the reload started no new process of it" in outcome.summary) == (
        "failed",
        True,
    ), outcome.summary


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("settings", "how"),
    [
        (("StandardOutput=append:/srv/{name}/log", "StandardError=inherit"), "StandardOutput=append"),
        (("StandardOutput=null", "StandardError=null"), "StandardOutput=null"),
        (("StandardOutput=journal", "StandardError=file:/srv/{name}/errors"), "StandardError=file"),
        (("StandardOutput=null", "StandardError=journal"), ""),
        (("LogNamespace=of-{name}",), "LogNamespace=of-{name}"),
    ],
)
def test_a_unit_that_prints_elsewhere_than_into_the_journal_has_no_log_there(
    stage: SystemdStage, settings: tuple[str, ...], how: str
) -> None:
    service = stage.machine.service(next(_NAMES))
    service.will(commit=NEW)
    how = how.format(name=service.name)
    stage.machine.install(service, *(line.format(name=service.name) for line in settings))
    service.wait()
    (found,), outcome = preflight(stage, service), stage.restart(service)
    logs = box("logs", f'host = "h"\nunit = "{service.name}"\nsince = "<log_mark>"')
    read = execute(logs, stage.context(service, values=dict(outcome.values)))
    assert outcome.state == "done", outcome.summary
    what = f"{service.name}.service prints elsewhere than into the journal ({how})"
    assert found.summary == (f"{what}, so its errors are not seen" if how else f"systemd runs {service.name} (active)")
    assert (f"Not all of its logs were checked: the journal: {what}." in outcome.summary) == bool(how)
    assert read.inconclusive == bool(how)
    assert read.summary == (f"The log of {service.name} is incomplete: {what}." if how else NO_ERROR)
    (check,) = logs.preflight()[1:]
    assert isinstance(check, HostCheck)
    (before,) = check.run_preflight(PreflightContext(tools=stage.context(service).tools, ref="main"))
    assert before.summary == (what if how else f"the log of {service.name} can be read")


@pytest.mark.fault("it exists, so it is right")
def test_a_changed_unit_file_that_systemd_has_not_read_is_said_before_and_after(stage: SystemdStage) -> None:
    service = stage.start(next(_NAMES))
    service.will(commit=NEW)
    file = stage.machine.root / f"etc/systemd/system/{service.name}.service"
    file.write_text(file.read_text().replace("[Service]", "[Service]\nEnvironment=COMMIT=" + "3" * 40))
    what = f"systemd has not read the changed unit file of {service.name}.service, and starts it by the old one"
    (found,), outcome = preflight(stage, service), stage.restart(service)
    assert (found.level, found.summary) == ("warn", what)
    assert outcome.summary.endswith(f" But {what}."), outcome.summary
    stage.machine.ask("systemctl", "daemon-reload")
    assert "answers commit = 3333" in stage.restart(service).summary


@pytest.mark.fault("found too late, known before")
def test_a_unit_that_systemd_cannot_reload_is_refused_before_anything_begins(stage: SystemdStage) -> None:
    service = stage.start(next(_NAMES), worker=True, lines=("ExecReload=",))
    step = stage.box("service", service, more="reload = true")
    *_, check = step.preflight()
    found = check.run_preflight(PreflightContext(tools=stage.context(service).tools, ref="main"))
    no_reload = f"{service.name}.service has no ExecReload, so systemd cannot reload it"
    assert ("fail", no_reload) in [(one.level, one.summary) for one in found]
    assert no_reload not in [one.summary for one in preflight(stage, service)]


@pytest.mark.fault("compared with itself")
def test_an_address_that_answered_the_commit_before_the_reload_does_not_show_it(stage: SystemdStage) -> None:
    service = stage.start(next(_NAMES))
    service.will(commit=NEW)
    reload = 'steady = "1 s"\nreload = true'
    assert "nothing shows that the reload took" not in stage.restart(service, more=reload).summary
    outcome = stage.restart(service, more=reload)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.endswith("and no process is new: nothing shows that the reload took.")


def test_a_unit_that_a_person_restarted_has_not_restarted_by_itself(stage: SystemdStage) -> None:
    service = stage.start(next(_NAMES), worker=True)
    outcome = stage.restart(service)
    stage.machine.ask("systemctl", "restart", service.name)
    later = stage.steady(service, after=outcome)
    assert later.summary == f"{service.name} did not stay healthy: it is another process now."
    stage.machine.ask("systemctl", "stop", service.name)
    ended = stage.steady(service, after=outcome)
    assert ended.summary == f"{service.name} did not stay healthy: systemd reports its status as inactive."


def test_fifty_units_are_looked_at_with_one_command(stage: SystemdStage) -> None:
    stage.machine.unit("crowd@.service", "[Service]\nExecStart=/bin/sleep 100000\n")
    names = [f"crowd@{number}" for number in range(50)]
    stage.machine.ask("systemctl", "start", *names)
    service = stage.machine.service("crowd")
    services = [Service(service.folder, name, inside=service.inside, port=0) for name in names]
    for one in services:
        one.will(port=0)
    ctx, asked = stage.context(*services), list[str]()
    ctx = replace(ctx, tools=replace(ctx.tools, shell=Counting(stage.shell(), asked)))
    state, new = stage.box("steady", *services, more="").state_and_errors(ctx, {"log_mark": "none"})
    assert (len(state.processes), len(asked), new.lines) == (50, 1, ())
    assert {process.status for process in state.processes} == {"active"}
    calls = asked[0].count("systemctl show --no-pager")
    assert calls == 3, "one for what runs, one for where it prints, and one for instances that nobody names"


@pytest.mark.fault("found too late, known before")
def test_a_unit_that_systemd_ends_after_a_time_is_named_before_the_start(stage: SystemdStage) -> None:
    service = stage.start(next(_NAMES), worker=True, lines=("RuntimeMaxSec=1d",))
    (found,) = preflight(stage, service)
    ends = f"systemd ends {service.name}.service each time after 1d (RuntimeMaxSec), which a check takes for a crash"
    assert (found.level, found.summary) == ("warn", ends)


# systemd 219 knows no --value, and neither ids of invocations nor its own count of restarts
OLD_SYSTEMCTL = """\
#!/bin/bash
case "$*" in *--value*) echo "systemctl: unrecognized option '--value'" >&2; exit 1 ;; esac
set -o pipefail
/usr/bin/systemctl "$@" | { grep -vE '^(InvocationID|NRestarts)=' || true; }
"""


@pytest.mark.fault("a cause that nobody has seen")
def test_with_an_old_systemd_a_start_that_fails_is_not_called_a_limit_of_starts(stage: SystemdStage) -> None:
    service = start(stage)
    folder = stage.machine.root / "opt/old"
    folder.mkdir()
    (folder / "systemctl").write_text(OLD_SYSTEMCTL)
    (folder / "systemctl").chmod(0o755)

    def restart() -> Outcome:
        shell = stage.shell()
        shell.base["PATH"] = f"/opt/old:{shell.base['PATH']}"
        return stage.restart(service, shell=shell, more='ready_within = "4 s"')

    outcome = restart()
    assert outcome.state == "done", outcome.summary
    unit = stage.machine.root / f"etc/systemd/system/{service.name}.service"
    unit.write_text(unit.read_text().replace("[Service]", "[Service]\nExecStartPre=/bin/false"))
    stage.machine.ask("systemctl", "daemon-reload")
    outcome = restart()
    assert (outcome.state, outcome.summary) == ("failed", f"The restart of {service.name} failed."), outcome.lines
    assert "refuses" not in "\n".join(outcome.lines)


@pytest.mark.fault("a cause that nobody has seen")
def test_a_unit_whose_condition_is_not_met_is_said_to_be_that(stage: SystemdStage) -> None:
    service = stage.start(next(_NAMES), worker=True, lines=("[Unit]", "ConditionPathExists=!/srv/closed"))
    service.will(port=0, commit=NEW)
    (stage.machine.root / "srv/closed").touch()
    outcome = stage.restart(service)
    (stage.machine.root / "srv/closed").unlink()
    unmet = "systemd reports its status as inactive (a condition of its unit is not met)"
    assert (outcome.state, outcome.summary) == ("failed", f"{service.name} did not start properly: {unmet}.")


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("uvicorn shop.asgi:app --host 127.0.0.1 --reload", "uvicorn --reload"),
        ("python3 /opt/app/manage.py runserver 0.0.0.0:8000", "manage.py runserver"),
        ("node --watch server.js --token=secret", "node --watch"),
        ("python3 manage.py runserver --noreload", ""),
        ("gunicorn shop.wsgi --workers 3 --reload-engine=poll", ""),
    ],
)
def test_a_program_that_starts_anew_when_files_change_is_named(stage: SystemdStage, command: str, option: str) -> None:
    name = next(_NAMES)
    (stage.machine.root / "opt" / f"{name}.sh").write_text("sleep infinity & wait\n")
    program = f"/bin/bash /opt/{name}.sh {command}"  # which /proc shows like the program itself
    stage.machine.unit(f"{name}.service", f"[Service]\nExecStart={program}\n[Install]\nWantedBy=multi-user.target\n")
    stage.machine.ask("systemctl", "enable", "--now", "--quiet", name)
    found = preflight(stage, Service(stage.machine.root / "srv" / name, name, port=0))
    named = [one.summary for one in found if "starts anew as soon as files change" in one.summary]
    assert [f"({option})" in one and "secret" not in one for one in named] == [True] * bool(option)
