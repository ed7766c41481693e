"""The wiring: from settings and pages to the real tools, and to what the doors need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from bot.calendars.calendars import Calendars
from bot.doors.alike import Alike
from bot.doors.deps import Deps
from bot.environment import channel, mentions, missing, people_of, phones
from bot.freezes_file import freezes_of_file
from bot.settings import Settings
from bot.tools import make_tools
from bot.tools.clock import SystemClock
from bot.tools.places import DatabasePlace, HostPlace, LocalPlace, Places, WebPlace
from bot.tools.secrets import redactor_for
from commands.ports.page_text import DatabaseAddress, PageText
from commands.ports.tools import Tools
from commands.runbook import Page
from commands.runbook.drill import is_drill
from commands.runbook.places import Host
from commands.start.bad_builds import bad_build_objector
from commands.start.freezes import FreezeSource, freezes_of_page, freezes_of_record
from commands.start.preflight import PreflightReport
from state.mirror import Mirror
from state.records import Run
from state.store import RecordStore

WAY_BACK = (
    "If it stays away, roll back on the machine of the run's bot: gonogo rollback --from FILE. The bot's log names the "
    "file."
)


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


def make_deps(
    settings: Settings,
    store: RecordStore,
    pages: Callable[[], Mapping[str, Page]],
    preflight: Callable[[Page, str], PreflightReport],
) -> Deps:
    """What the doors need, from the settings and the environment."""
    environ = settings.environ
    return Deps(
        store=store,
        pages=pages,
        people=lambda page: people_of(page, environ),
        mentions=lambda page: mentions(page, environ),
        phones=lambda page: phones(page, environ),
        missing=lambda page: missing(page, environ, slack=settings.slack),
        preflight=preflight,
        mask=lambda page, text: redactor_for(page.masked_names(), environ)(text),
        channel=lambda page: channel(page, environ),
        places=lambda page: fingerprints_of(page, environ),
        now=store.now,
        speed=settings.speed,
        way_back=WAY_BACK if settings.mirrors else "",
        alike=Alike(store),
        freezes=freezes_of(settings, store),
        objectors=(bad_build_objector(store, lambda page: tools_for(page, settings, store)),),
    )


def freezes_of(settings: Settings, store: RecordStore) -> list[FreezeSource]:
    """Where freezes and locks are: on the page, in the file for all pages, and in the record."""
    calendars = Calendars(settings.beside, settings.environ)
    file = [partial(freezes_of_file, settings.freezes, calendars)] if settings.freezes else []
    return [freezes_of_page, *file, freezes_of_record(store)]
