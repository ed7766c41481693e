"""A host that stands twice in its group, seen over real SSH servers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from bot.tools.places import HostPlace
from bot.tools.secrets import Redactor
from bot.tools.ssh.shell import SshShell
from commands.ports.preflight import PreflightContext, PreflightResult
from commands.ports.tools import Tools
from commands.runbook import Page
from commands.runbook.groups import members_in_use
from commands.start.preflight import run_preflight
from commands.systems.preflight.same_host import DifferentHostsCheck
from tests.bot.tools.ssh.own_server import OwnServer, own_server
from tests.groups import HOSTS, ROLLING, TOGETHER
from tests.world import World


def place(own: OwnServer, name: str = "") -> HostPlace:
    """The server as a host, perhaps under another name."""
    server = own.server
    address, known = server.address, server.known_hosts.read_text()
    if name:
        address, known = address.replace("127.0.0.1", name), known.replace("127.0.0.1", name)
        server.known_hosts.with_name(name).write_text(known)
    return HostPlace(
        address=address, key=str(server.key), known_hosts=str(server.known_hosts.with_name(name or "known_hosts"))
    )


def checked(shell: SshShell, host: str, *others: str) -> list[PreflightResult]:
    tools = cast("Tools", SimpleNamespace(shell=shell))
    return DifferentHostsCheck(host=host, others=others).run_preflight(PreflightContext(tools=tools, ref="main"))


@pytest.mark.fault("the first of several for all")
def test_one_host_under_two_addresses_is_refused_and_two_servers_of_one_machine_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
    with own_server(tmp_path / "1", patch=monkeypatch) as one, own_server(tmp_path / "2", patch=monkeypatch) as other:
        places = {"web-1": place(one), "web-2": place(other), "web-3": place(one, "localhost")}
        shell = SshShell(places, {}, Redactor([]))
        assert checked(shell, "web-2", "web-1") == []
        (found,) = checked(shell, "web-3", "web-1", "web-2")
        assert found.level == "fail"
        assert found.summary == (
            "it is the same machine and user as web-1, so one host of the group would be deployed twice"
        )
        other.stop()
        assert checked(shell, "web-2", "web-1") == [], "what does not answer has its own line"
        shell.close()


@pytest.mark.parametrize("page", [TOGETHER, ROLLING])
def test_every_host_of_a_group_is_compared_with_those_before_it_where_the_page_is_checked(page: Page) -> None:
    world = World()
    world.fail("boot_id", 0, "b00t 10.0.0.1 22 1000\n")
    twice = [str(line) for line in run_preflight(page, world.tools(), "main") if "the same machine" in str(line)]
    assert [line.partition(": ")[0] for line in twice] == ["fail  host backend-2", "fail  host backend-3"]
    assert members_in_use(page)[0] == ("hosts", HOSTS)
