"""A target of systemd stays active whatever becomes of its services, so they are judged."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from bot.rehearsal.target.loopback import wait_until
from commands.ports.preflight import PreflightContext, PreflightResult
from commands.steps.base import execute
from tests.commands.steps.builders import box
from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.stages.systemd import SystemdStage
from tests.parts.machine import machine
from tests.parts.service import Service

pytestmark = pytest.mark.timeout(240)
_NAMES = map("app{}".format, itertools.count(1))


@pytest.fixture(scope="module")
def stage() -> Iterator[SystemdStage]:
    with machine() as booted:
        yield SystemdStage(booted)


class App:
    """What foreman and procodile export: a target with one for each kind of process, and their services."""

    def __init__(self, stage: SystemdStage, *, part: bool = True, kind: str = "worker", wants: str = "") -> None:
        self.stage, name = stage, next(_NAMES)
        files = stage.machine.root / "etc/systemd/system"
        self.services = [stage.machine.service(f"{name}-{kind}") for kind in ("web", kind)]
        for one in self.services:
            one.port = 0
            one.will(port=0)
            below = f"{one.name}.target"
            text = f"[Service]\nExecStart={one.command}\nRestart=always\nRestartSec=100ms\nUser=deploy\n"
            (files / f"{one.name}@.service").write_text((f"[Unit]\nPartOf={below}\n" if part else "") + text)
            (files / below).write_text(f"[Unit]\nPartOf={name}.target\nWants={one.name}@1.service\n")
            one.will(port=0, commit=NEW)
        wants = " ".join([*(f"{one.name}.target" for one in self.services), wants])
        (files / f"{name}.target").write_text(f"[Unit]\nWants={wants}\n[Install]\nWantedBy=multi-user.target\n")
        stage.machine.ask("systemctl", "daemon-reload")
        stage.machine.ask("systemctl", "enable", "--now", "--quiet", f"{name}.target")
        folder = self.services[0]
        self.target = Service(folder.folder, f"{name}.target", inside=folder.inside, port=0)
        self.target.will(port=0, commit=NEW)

    def preflight(self) -> list[PreflightResult]:
        *_, check = self.stage.box("service", self.target).preflight()
        found: list[PreflightResult] = check.run_preflight(
            PreflightContext(tools=self.stage.context(self.target).tools, ref="main")
        )
        return found


@pytest.mark.fault("the first of several for all")
def test_a_target_is_restarted_and_each_service_below_it_is_judged(stage: SystemdStage) -> None:
    app = App(stage)
    (found,) = app.preflight()
    web, worker = (f"{one.name}@1" for one in app.services)
    assert (found.level, found.summary) == ("ok", f"systemd runs {web} (active), {worker} (active)")
    outcome = stage.restart(app.target)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.startswith(f"{app.target.name} is active with 2 new processes")
    app.services[1].will(port=0, dies_after=0.3)
    outcome = stage.restart(app.target)
    assert outcome.state == "failed"
    assert worker in outcome.summary


@pytest.mark.fault("not looked at, and said to be fine")
def test_an_error_of_a_service_below_a_target_is_seen(stage: SystemdStage) -> None:
    app = App(stage)
    app.services[1].will(port=0, says="ERROR cannot read the queue")
    outcome = stage.restart(app.target)
    assert outcome.state == "failed"
    assert "cannot read the queue" in "\n".join(outcome.lines)


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_logs_step_reads_the_lines_of_the_services_below_a_target(stage: SystemdStage) -> None:
    app = App(stage)
    mark = stage.restart(app.target).values["log_mark"]
    step = box("logs", f'host = "h"\nunit = "{app.target.name}"\nsince = "<mark>"')
    ctx = stage.context(app.target, values={"mark": mark})
    assert execute(step, ctx).state == "done"
    app.services[0].will(port=0, says="ERROR cannot read the queue")
    stage.machine.ask("systemctl", "restart", f"{app.services[0].name}@1")
    unit = f"--unit={app.services[0].name}@1"
    wait_until(lambda: "cannot read" in stage.machine.ask("journalctl", "--output=cat", unit), "its line")
    outcome = execute(step, ctx)
    assert (outcome.state, outcome.lines) == ("failed", ("ERROR cannot read the queue",))


@pytest.mark.fault("not looked at, and said to be fine")
def test_services_that_a_restart_of_their_target_leaves_running_are_not_called_new(stage: SystemdStage) -> None:
    app = App(stage, part=False)
    kept = f"a restart of {app.target.name} leaves {app.services[0].name}@1.service, which is below it, as it is"
    assert ("fail", kept) in [(one.level, one.summary) for one in app.preflight()]
    outcome = stage.restart(app.target)
    assert outcome.state == "failed"
    assert "is not new" in outcome.summary


def test_what_systemd_itself_has_below_a_target_is_not_judged(stage: SystemdStage) -> None:
    wait = (
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n[Install]\nWantedBy=network-online.target\n"
    )
    stage.machine.unit("waits-for-network.service", wait)
    stage.machine.ask("systemctl", "enable", "--quiet", "waits-for-network.service")
    app = App(stage, wants="network-online.target")
    outcome = stage.restart(app.target)
    assert outcome.state == "done", outcome.summary


def test_a_long_name_below_a_target_is_judged(stage: SystemdStage) -> None:
    app = App(stage, kind="worker-" + "a" * 100)
    assert app.services[1].name in app.preflight()[0].summary


def test_a_target_without_a_service_is_refused_before_anything_begins(stage: SystemdStage) -> None:
    app = App(stage)
    stage.machine.unit("bare.target", "[Install]\nWantedBy=multi-user.target\n")
    stage.machine.ask("systemctl", "enable", "--now", "--quiet", "bare.target")
    app.target.name = "bare.target"
    (found,) = app.preflight()
    assert (found.level, found.summary) == (
        "fail",
        "bare.target has no service below it, so nothing shows whether anything runs",
    )


@pytest.mark.fault("the first of several for all")
def test_a_service_below_a_target_that_is_masked_or_has_no_unit_is_named_before_and_after(stage: SystemdStage) -> None:
    stage.machine.ask("systemctl", "mask", "--quiet", "shop-mail.service")
    app = App(stage, wants="shop-mail.service shop-queue.service")
    below = f"which is below {app.target.name}"
    masked = f"shop-mail.service, {below}, is masked, so it does not run and was not looked at"
    gone = f"shop-queue.service, {below}, has no unit file, so it does not run and was not looked at"
    assert sorted((one.level, one.summary) for one in app.preflight()) == [("warn", masked), ("warn", gone)]
    outcome = stage.restart(app.target)
    assert outcome.state == "done", outcome.summary
    assert sorted(outcome.summary.partition(" But ")[2].rstrip(".").split("; ")) == [masked, gone]


@pytest.mark.fault("a cause that nobody has seen")
def test_a_target_of_which_systemd_says_nothing_is_not_called_one_without_services(stage: SystemdStage) -> None:
    app = App(stage)
    step = box("logs", f'host = "h"\nunit = "{app.target.name}"\nsince = "<mark>"')
    shell = stage.shell()
    shell.base["SYSTEMCTL_FORCE_BUS"] = "1"
    bus = stage.machine.root / "run/dbus/system_bus_socket"
    bus.rename(bus.with_name("away"))
    outcome = execute(step, stage.context(app.target, values={"mark": "s=1"}, shell=shell))
    bus.with_name("away").rename(bus)
    assert outcome.inconclusive
    assert "systemd does not say which services are below the target" in outcome.summary


@pytest.mark.fault("slow, taken for broken")
@pytest.mark.parametrize("condition", ["", "ConditionPathExists=/srv/not/there\n"])
def test_a_service_below_a_target_that_a_timer_starts_may_be_waiting_for_it(
    stage: SystemdStage, condition: str
) -> None:
    name = next(_NAMES)
    stage.machine.unit(f"{name}.timer", "[Timer]\nOnActiveSec=1d\n")
    stage.machine.unit(f"{name}.service", f"[Unit]\n{condition}[Service]\nType=oneshot\nExecStart=/bin/true\n")
    stage.machine.ask("systemctl", "start", f"{name}.timer")
    app = App(stage, wants=f"{name}.service")
    outcome = stage.restart(app.target)
    assert outcome.state == "done", outcome.summary
    waits = "a condition of its unit is not met" if condition else f"{name}.timer"
    assert f"inactive ({waits})" in "\n".join(outcome.lines)
    assert stage.steady(app.target, after=outcome).state == "done"
