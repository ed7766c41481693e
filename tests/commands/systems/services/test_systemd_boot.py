"""What runs now and a reboot of its host would not bring back, under a real systemd."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commands.ports.preflight import PreflightContext, PreflightResult
from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.stages.systemd import SystemdStage
from tests.parts.machine import machine
from tests.parts.service import Service

pytestmark = [pytest.mark.timeout(240), pytest.mark.fault("it exists, so it is right")]


@pytest.fixture(scope="module")
def stage() -> Iterator[SystemdStage]:
    with machine() as booted:
        yield SystemdStage(booted)


def worker(stage: SystemdStage, name: str, *, install: str = "") -> Service:
    """A unit that runs, with this [Install] section."""
    service = stage.machine.service(name)
    service.port = 0
    service.will(port=0)
    files = stage.machine.root / "etc/systemd/system"
    (files / f"{name}.service").write_text(f"[Service]\nExecStart={service.command}\nUser=deploy\n{install}")
    stage.machine.ask("systemctl", "daemon-reload")
    stage.machine.ask("systemctl", "start", name)
    service.will(port=0, commit=NEW)
    return service


def before_and_after(stage: SystemdStage, service: Service) -> tuple[PreflightResult, str]:
    """What is said before a start, and the summary of a restart."""
    *_, check = stage.box("service", service).preflight()
    (found,) = check.run_preflight(PreflightContext(tools=stage.context(service).tools, ref="main"))
    outcome = stage.restart(service, more='steady = "1 s"')
    assert outcome.state == "done", outcome.summary
    return found, outcome.summary


WANTED = "[Install]\nWantedBy=multi-user.target\n"


def test_a_unit_that_was_started_and_not_enabled_is_named_before_and_after(stage: SystemdStage) -> None:
    service = worker(stage, "forgotten", install=WANTED)
    what = "forgotten.service is disabled, so it will not run after a reboot of the host"
    found, summary = before_and_after(stage, service)
    assert (found.level, found.summary, found.todo) == ("warn", what, "enable it (systemctl enable forgotten.service)")
    assert summary.endswith(f" But {what}."), summary
    stage.machine.ask("systemctl", "enable", "--quiet", "forgotten")
    found, summary = before_and_after(stage, service)
    assert (found.level, "reboot" in summary) == ("ok", False)


def test_a_unit_that_is_enabled_below_a_target_which_nothing_starts_is_named(stage: SystemdStage) -> None:
    (stage.machine.root / "etc/systemd/system/shop.target").write_text(f"[Unit]\n{WANTED}")
    service = worker(stage, "below", install="[Install]\nWantedBy=shop.target\n")
    stage.machine.ask("systemctl", "enable", "--quiet", "below")
    stage.machine.ask("systemctl", "start", "shop.target")
    what = "below.service will not run after a reboot of the host: nothing starts then what asks for it (shop.target)"
    found, summary = before_and_after(stage, service)
    assert (found.level, found.summary, found.todo) == ("warn", what, "enable that (systemctl enable shop.target)")
    assert f" But {what}." in summary
    stage.machine.ask("systemctl", "enable", "--quiet", "shop.target")
    found, summary = before_and_after(stage, service)
    assert (found.level, "reboot" in summary) == ("ok", False)


def test_a_unit_is_named_that_only_a_target_wants_which_is_not_started_by_default(stage: SystemdStage) -> None:
    stage.machine.ask("systemctl", "set-default", "--quiet", "multi-user.target")
    stage.machine.ask("systemctl", "start", "graphical.target")
    service = worker(stage, "desk", install="[Install]\nWantedBy=graphical.target\n")
    stage.machine.ask("systemctl", "enable", "--quiet", "desk")
    found, summary = before_and_after(stage, service)
    what = (
        "desk.service will not run after a reboot of the host: that does not start graphical.target, which asks for it"
    )
    todo = "let WantedBy= name what `systemctl get-default` shows, then: systemctl reenable desk.service"
    assert (found.level, found.summary, found.todo) == ("warn", what, todo)
    assert f" But {what}." in summary
    stage.machine.ask("systemctl", "set-default", "--quiet", "graphical.target")
    found, summary = before_and_after(stage, service)
    assert (found.level, "reboot" in summary) == ("ok", False)
    found, summary = before_and_after(stage, worker(stage, "server", install=WANTED))
    assert found.summary.startswith("server.service is disabled"), "it was not enabled"
    stage.machine.ask("systemctl", "enable", "--quiet", "server")
    found, summary = before_and_after(stage, worker(stage, "server", install=WANTED))
    assert (found.level, "reboot" in summary) == ("ok", False), "the other target asks for its own"


def test_a_unit_that_is_enabled_until_the_next_reboot_is_named(stage: SystemdStage) -> None:
    service = worker(stage, "brief", install=WANTED)
    stage.machine.ask("systemctl", "enable", "--runtime", "--quiet", "brief")
    found, summary = before_and_after(stage, service)
    assert found.summary == "brief.service is enabled only until the next reboot of the host"
    assert "But brief.service is enabled only until" in summary


def test_a_unit_without_an_install_section_counts_if_another_one_that_is_started_wants_it(stage: SystemdStage) -> None:
    service = worker(stage, "static")
    found, summary = before_and_after(stage, service)
    what = "static.service will not run after a reboot of the host: nothing that systemd starts then asks for it"
    assert (found.level, found.summary) == ("warn", what)
    assert f"But {what}." in summary
    (stage.machine.root / "etc/systemd/system/front.service").write_text(
        f"[Unit]\nWants=static.service\n[Service]\nExecStart=/bin/sleep infinity\n{WANTED}"
    )
    stage.machine.ask("systemctl", "enable", "--quiet", "--now", "front")
    found, summary = before_and_after(stage, service)
    assert (found.level, "reboot" in summary) == ("ok", False), found


def test_a_unit_file_and_settings_in_a_folder_that_a_reboot_empties_are_named(stage: SystemdStage) -> None:
    service = worker(stage, "tuned", install=WANTED)
    stage.machine.ask("systemctl", "enable", "--quiet", "tuned")
    stage.machine.ask("systemctl", "set-property", "--runtime", "tuned", "MemoryMax=512M")
    found, summary = before_and_after(stage, service)
    assert found.summary.startswith(
        "after a reboot of the host tuned.service runs without the settings of /run/systemd/"
    )
    assert "runs without the settings of /run/systemd/" in summary
    file = stage.machine.root / "etc/systemd/system/tuned.service"
    (stage.machine.root / "run/systemd/system/passing.service").write_text(file.read_text())
    stage.machine.ask("systemctl", "daemon-reload")
    stage.machine.ask("systemctl", "start", "passing")
    passing = Service(service.folder, "passing", inside=service.inside, port=0)
    passing.will(port=0)
    found, summary = before_and_after(stage, passing)
    gone = "passing.service is gone after a reboot of the host: its unit file is /run/systemd/system/passing.service"
    assert (found.level, found.summary) == ("warn", gone)
    assert f"But {gone}." in summary
