"""The wiring: a page's places, its tools, and what the doors get from the environment."""

from __future__ import annotations

import os
from datetime import UTC
from pathlib import Path

from bot.settings import read_settings
from bot.tools.places import HostPlace, LocalPlace, WebPlace
from bot.wiring import fingerprints_of, places_of, tools_for
from bot.wiring_doors import make_deps
from commands.ports.page_text import PageText
from commands.runbook import Page
from commands.start.preflight import PreflightReport
from commands.start.watch_speed import WatchSpeed
from state.sqlite.store import Store
from tests.pages import small

PAGE = small()


def test_the_places_of_a_page_keep_their_variables() -> None:
    places = places_of(PAGE)
    names = {"address": "$SHOP_SSH", "key": "$SHOP_KEY", "known_hosts": "$SHOP_KNOWN_HOSTS", "path": ""}
    host = HostPlace(**{field: PageText(name) for field, name in names.items()})
    assert places.hosts == {"backend": host}
    assert places.webs == {"api": WebPlace(url=PageText("$SHOP_URL"))}
    assert places.databases == {}


def test_a_host_without_ssh_gets_the_variables_that_the_page_lists() -> None:
    host = 'address = "$SHOP_SSH"\nkey = "$SHOP_KEY"\nknown_hosts = "$SHOP_KNOWN_HOSTS"'
    page = small(**{host: 'address = "local"\nenv = ["$KUBECONFIG"]\npath = "$TOOLS"'})
    place = LocalPlace(env={"KUBECONFIG": PageText("$KUBECONFIG")}, path=PageText("$TOOLS"))
    assert places_of(page).hosts == {"backend": place}


def test_a_local_command_gets_nothing_else_of_the_bots_environment(tmp_path: Path) -> None:
    host = 'address = "$SHOP_SSH"\nkey = "$SHOP_KEY"\nknown_hosts = "$SHOP_KNOWN_HOSTS"'
    page = small(**{host: 'address = "local"\nenv = ["$KUBECONFIG"]'})
    bots = {"SLACK_BOT_TOKEN": "xoxb-1", "GONOGO_STATE": "x.db", "SHOP_URL": "https://shop.example", "LD_PRELOAD": "x"}
    own = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "KUBECONFIG": "/etc/kube"}
    tools = tools_for(page, read_settings({**bots, **own}))
    names = tools.shell.ask("backend", "env -0 | tr '\\0' '\\n' | cut -d = -f 1").tail.split()
    assert set(names) - {"_", "SHLVL", "PWD", "OLDPWD"} == set(own)
    tools.close()


def test_the_tools_of_a_page_are_made_without_reaching_anything() -> None:
    environ = {"SHOP_SSH": "u@h:22"}
    tools = tools_for(PAGE, read_settings(environ))
    assert tools.places() == fingerprints_of(PAGE, environ)
    tools.close()


def test_the_doors_get_everything_from_the_environment(tmp_path: Path) -> None:
    environ = {"SHOP_DBA": "U1", "SHOP_DBA_PHONE": "1", "GONOGO_CHANNEL": "C1", "GONOGO_WATCH_SPEED": "240"}
    store = Store(tmp_path / "gonogo.db")

    def preflight(page: Page, ref: str) -> PreflightReport:
        return PreflightReport(warnings=(ref,))

    deps = make_deps(read_settings(environ), store, lambda: {"small.md": PAGE}, preflight)
    assert deps.people(PAGE)["dba"] == {"U1"}
    assert deps.mentions(PAGE)["dba"] == ["U1"]
    assert deps.phones(PAGE)["dba"] == "1"
    assert deps.channel(PAGE) == "C1"
    assert (
        deps.places(PAGE).keys() == fingerprints_of(PAGE, environ).keys() > {"host backend: address", "web api: path"}
    )
    assert "SHOP_URL" in deps.missing(PAGE)
    assert deps.preflight is preflight
    assert deps.speed == WatchSpeed(by_people=240.0)
    assert deps.now().tzinfo is UTC
    store.close()
