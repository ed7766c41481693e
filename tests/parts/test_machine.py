"""Two machines live side by side, and their services start as systemd starts them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.rehearsal.target.loopback import wait_until
from tests.parts.machine import Machine, machine


@pytest.fixture(scope="module")
def booted() -> Iterator[Machine]:
    """The machine."""
    with machine() as running:
        yield running


def test_a_user_of_it_may_ask_systemd_and_another_may_not(booted: Machine) -> None:
    script = "sudo -n systemctl is-system-running > /dev/null && journalctl --lines=1 --quiet"

    assert booted.shell("deploy").ask("", script).code == 0
    assert "password is required" in booted.shell("guest").ask("", script).tail


def test_a_second_machine_leaves_the_services_of_the_first_alone(booted: Machine) -> None:
    service = booted.service("alone")
    booted.install(service)
    service.wait()
    before = service.answer()

    with machine() as second:
        assert second.root.samefile("/proc/self/root") is False
        assert "alone" not in second.ask("systemctl", "list-units", "--plain")

    assert service.answer() == before
    booted.remove("alone.service")


def test_a_service_that_dies_is_started_again_as_another_process(booted: Machine) -> None:
    service = booted.service("mortal")
    booted.install(service)
    service.wait()
    first = service.answer()["pid"]

    booted.ask("kill", "-9", str(first))

    wait_until(lambda: service.answer().get("pid") not in (None, first), "another process")
    assert booted.ask("systemctl", "show", "--property=NRestarts", "mortal") == "NRestarts=1\n"
    booted.remove("mortal.service")


def test_a_unit_of_type_notify_is_active_when_it_says_so_and_a_socket_starts_its_service(booted: Machine) -> None:
    notifying, waiting = booted.service("notifying"), booted.service("waiting")
    notifying.will(starts_in=0.3)
    booted.install(notifying, "Type=notify", "NotifyAccess=all")
    assert notifying.answer()

    booted.install_socket(waiting)
    assert "inactive" in booted.ask("sh", "-c", "systemctl is-active waiting.service || true")
    assert waiting.answer()
    booted.remove("waiting.socket", "waiting.service", "notifying.service")
