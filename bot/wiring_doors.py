"""The wiring: from settings and pages to what the doors need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from bot.calendars.calendars import Calendars
from bot.doors.alike import Alike
from bot.doors.deps import Deps
from bot.environment import channel, mentions, missing, people_of, phones
from bot.freezes_file import freezes_of_file
from bot.settings import Settings
from bot.tools.secrets import redactor_for
from bot.wiring import fingerprints_of, tools_for
from commands.runbook import Page
from commands.start.bad_builds import bad_build_objector
from commands.start.freezes import FreezeSource, freezes_of_page, freezes_of_record
from commands.start.preflight import PreflightReport
from state.store import RecordStore

WAY_BACK = (
    "If it stays away, roll back on the machine of the run's bot: gonogo rollback --from FILE. The bot's log names the "
    "file."
)


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
