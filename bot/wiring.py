"""The wiring: from settings and pages to the real tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.settings import Settings
from bot.tools import make_tools
from bot.tools.clock import SystemClock
from bot.tools.places import DatabasePlace, HostPlace, LocalPlace, Places, WebPlace
from commands.ports.page_text import DatabaseAddress, PageText
from commands.ports.tools import Tools
from commands.runbook import Page
from commands.runbook.drill import is_drill
from commands.runbook.places import Host
from state.mirror import Mirror
from state.records import Run
from state.store import RecordStore


def places_of(page: Page) -> Places:
    """The page's places, with their `$NAME`s not yet resolved."""
    return Places(
        hosts={name: _host_place(host) for name, host in page.places.hosts.items()},
        databases={
            name: DatabasePlace(url=DatabaseAddress(database.url)) for name, database in page.places.databases.items()
        },
        webs={name: WebPlace(url=PageText(web.only_url), fresh=web.fresh) for name, web in page.places.webs.items()},
    )


def _host_place(host: Host) -> HostPlace | LocalPlace:
    path = PageText(host.path or "")
    if host.is_local:
        return LocalPlace(env={name.removeprefix("$"): PageText(name) for name in host.env}, path=path)
    return HostPlace(
        address=PageText(host.only_address), key=PageText(host.key), known_hosts=PageText(host.known_hosts), path=path
    )


def tools_for(page: Page, settings: Settings, store: RecordStore | None = None) -> Tools:
    """The real tools for the places of a page. For a run of the `store` the time of day is that of all its bots."""
    tools = make_tools(
        places_of(page), settings.environ, page.env_names(), page.masked_names(), confined=is_drill(page)
    )
    clock = SystemClock(store.clock_offset) if store else tools.clock
    return replace(tools, clock=clock, places=lambda: fingerprints_of(page, settings.environ))


def mirror_of(settings: Settings, store: RecordStore, run: Run) -> Mirror | None:
    """The mirror of a run on this machine; None where the settings want none."""
    folder = settings.mirrors
    return Mirror(folder, store, run, str(settings.state)) if folder else None


def fingerprints_of(page: Page, environ: Mapping[str, str]) -> dict[str, str]:
    """The fingerprints of the page's places, and of the addresses and paths that its steps name."""
    from bot.tools.fingerprints import fingerprints

    return fingerprints(places_of(page), page.step_env_names(), environ)
