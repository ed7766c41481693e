"""The wiring: from settings and pages to the real tools, the people of each role, and what is missing in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from bot.settings import Settings
from bot.slack.office import Office
from bot.tools import make_tools
from bot.tools.places import DatabasePlace, HostPlace, Places, WebPlace
from commands.runbook import Page
from commands.start import refuse_missing
from commands.tools import Tools
from state.store import Store


def places_of(page: Page) -> Places:
    """The page's places, with their `$NAME`s as they stand on the page."""
    return Places(
        hosts={
            name: HostPlace(address=h.address, key=h.key, known_hosts=h.known_hosts, path=h.path or "")
            for name, h in page.places.hosts.items()
        },
        databases={name: DatabasePlace(url=database.url) for name, database in page.places.databases.items()},
        webs={name: WebPlace(url=web.url) for name, web in page.places.webs.items()},
    )


def tools_for(page: Page, settings: Settings) -> Tools:
    """The real tools for a page."""
    return make_tools(places_of(page), settings.environ, page.env_names())


def missing(page: Page, environ: Mapping[str, str]) -> list[str]:
    """The environment variables that the page names and that are not set, without their `$`, in order."""
    names = (name.removeprefix("$") for name in page.env_names())
    return [name for name in names if not environ.get(name)]


def must_be_set(page: Page, environ: Mapping[str, str]) -> None:
    """Raise BadSettings naming every missing variable at once."""
    refuse_missing(page, missing(page, environ))


def mentions(page: Page, environ: Mapping[str, str]) -> dict[str, list[str]]:
    """The Slack user and group ids of each role, as the environment names them."""
    return {
        role: [one.strip() for one in environ.get(box.people.removeprefix("$"), "").split(",") if one.strip()]
        for role, box in page.roles.items()
    }


def people_of(page: Page, environ: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """The people of each role as the environment names them; Slack groups are expanded at the Slack edge only."""
    return {role: frozenset(ids) for role, ids in mentions(page, environ).items()}


def phones(page: Page, environ: Mapping[str, str]) -> dict[str, str]:
    """The phone number of each role."""
    return {role: environ.get(box.phone.removeprefix("$"), "") for role, box in page.roles.items()}


def channel(page: Page, environ: Mapping[str, str]) -> str:
    """The Slack channel in which a page's runs are told."""
    return environ.get(page.runbook.channel.removeprefix("$"), "")


def make_office(settings: Settings, store: Store, pages: Mapping[str, Page]) -> Office:
    """What the Slack edge is handed."""
    environ = settings.environ
    return Office(
        store=store,
        pages=lambda: pages,
        people=lambda page: people_of(page, environ),
        mentions=lambda page: mentions(page, environ),
        phones=lambda page: phones(page, environ),
        missing=lambda page: missing(page, environ),
        channel=lambda page: channel(page, environ),
        now=lambda: datetime.now(UTC),
        speed=settings.speed,
    )
