"""Whether what is started over SSH outlives the session, asked of a real logind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.rehearsal.target.loopback import wait_until
from bot.tools.places import HostPlace
from bot.tools.secrets import Redactor
from bot.tools.ssh.shell import SshShell
from commands.ports.preflight import WARN, PreflightContext, PreflightResult
from commands.ports.shell import CommandResult
from commands.steps.base import execute
from commands.systems.preflight.session_end import has_podman, has_user_units, outlives_session_check
from tests.commands.steps.builders import box, context
from tests.parts.machine import Machine, machine
from tests.world import World

pytestmark = [pytest.mark.timeout(240), pytest.mark.fault("not looked at, and said to be fine")]
UNIT = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=default.target\n"
RESTART = 'host = "h"\ncommands = ["systemctl --user restart api"]'


@pytest.fixture(scope="module")
def booted() -> Iterator[Machine]:
    """A machine that looks after log-ins, and stops what is a user's without any delay."""
    with machine("libpam-systemd", "dbus-user-session") as running:
        logind(running, "UserStopDelaySec=0")
        yield running


@pytest.fixture(scope="module")
def shell(booted: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshShell]:
    found = booted.ssh(tmp_path_factory.mktemp("keys"))
    place = HostPlace(address=found["SHOP_SSH"], key=found["SHOP_SSH_KEY"], known_hosts=found["SHOP_KNOWN_HOSTS"])
    shell = SshShell({"h": place}, {}, Redactor([]))
    yield shell
    shell.close()


def logind(booted: Machine, *lines: str) -> None:
    """Settings of logind."""
    folder = booted.root / "etc/systemd/logind.conf.d"
    folder.mkdir(exist_ok=True)
    (folder / "tests.conf").write_text("\n".join(["[Login]", *lines, ""]))
    booted.ask("systemctl", "reset-failed", "systemd-logind")
    booted.ask("systemctl", "restart", "systemd-logind")


def found(shell: SshShell, *, user_units: bool = True) -> list[PreflightResult]:
    """What the check says of the host."""
    ctx = PreflightContext(tools=context(World(), shell=shell).tools, ref="main")
    return outlives_session_check("h", user_units=user_units).run_preflight(ctx)


def runs(booted: Machine) -> bool:
    """Whether the unit runs."""
    return "sleep infinity" in booted.ask("ps", "-e", "-o", "args")


def test_a_users_unit_that_ends_with_the_bots_session_is_named_before(booted: Machine, shell: SshShell) -> None:
    folder = booted.root / "home/deploy/.config/systemd/user"
    folder.mkdir(parents=True)
    (folder / "api.service").write_text(UNIT)
    booted.ask("chown", "-R", "deploy:deploy", "/home/deploy")
    assert execute(box("run", RESTART), context(World(), shell=shell)).state == "done"
    assert runs(booted)
    (warning,) = found(shell)
    assert (warning.level, warning.todo) == (WARN, "run loginctl enable-linger deploy")
    assert warning.summary == (
        "what runs under the systemd of deploy (systemctl --user) ends with deploy's last session there, which may be "
        "the bot's own: it would run while the bot looks, and end afterwards"
    )
    assert found(shell, user_units=False) == []
    shell.close()
    wait_until(lambda: not runs(booted), "the end of the unit, which the warning is about", seconds=60)


def test_a_user_whose_units_go_on_is_not_warned_of(booted: Machine, shell: SshShell) -> None:
    booted.ask("loginctl", "enable-linger", "deploy")
    assert found(shell) == []
    booted.ask("loginctl", "disable-linger", "deploy")


@pytest.mark.parametrize(
    ("more", "warns"),
    [
        ((), True),
        (("KillExcludeUsers=root deploy",), False),
        (("KillOnlyUsers=guest",), False),
        (("KillOnlyUsers=guest deploy",), True),
    ],
)
def test_a_host_that_ends_all_processes_of_a_session_is_named(
    booted: Machine, shell: SshShell, more: tuple[str, ...], warns: bool
) -> None:
    logind(booted, "KillUserProcesses=yes", *more)
    said = found(shell, user_units=False)
    logind(booted, "UserStopDelaySec=0")
    assert ["KillUserProcesses=yes" in one.summary for one in said] == [True] * warns


@pytest.mark.parametrize(
    ("command", "is_one"),
    [
        ("systemctl --user restart api", True),
        ("cd x && systemctl restart --user api.service", True),
        ("systemd-run --user --unit=job sleep 1", True),
        ("systemctl restart api; psql --user shop", False),
        ("systemctl restart user@1000", False),
    ],
)
def test_commands_for_the_users_own_systemd_are_known(command: str, is_one: bool) -> None:
    assert has_user_units(command) == is_one


@pytest.mark.parametrize(
    ("command", "is_one"),
    [
        ("podman restart api", True),
        ("cd shop && podman-compose up --detach", True),
        ("podman --log-level=error kube play shop.yaml", True),
        ("sudo podman restart api", False),
        ("podman ps; systemctl restart api", False),
        ("podman logs api", False),
    ],
)
def test_containers_of_a_user_are_known(command: str, is_one: bool) -> None:
    page_line = "\n".join(box("run", f'host = "h"\ncommands = ["{command}"]').plan())
    assert (has_podman(command), has_podman(page_line)) == (is_one, is_one)


def test_containers_that_end_with_the_bots_session_are_named_for_users_other_than_root() -> None:
    def said(who: str) -> list[str]:
        check = outlives_session_check("h", user_units=False, podman=True)
        output = f"who={who}\nlinger=no\nkills=b false\nonly=as 0\nbut=as 0\n"
        return [one.summary for one in check.judge(CommandResult(code=0, tail=output, size=0, seconds=0))]

    assert [one.partition(" ends")[0] for one in said("deploy")] == ["what runs under the systemd of deploy (podman)"]
    assert said("root") == []
