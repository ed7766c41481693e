"""environment: moved by the redesign."""

from __future__ import annotations

from collections.abc import Mapping

from commands.runbook import Page
from commands.start.request import require_variables


def missing(page: Page, environ: Mapping[str, str]) -> list[str]:
    """The environment variables that the page names and that are not set, without their `$`, in order."""
    names = (name.removeprefix("$") for name in page.env_names())
    return [name for name in names if not environ.get(name)]


def must_be_set(page: Page, environ: Mapping[str, str]) -> None:
    """Raise BadSettings naming every missing variable at once."""
    require_variables(page, missing(page, environ))


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
