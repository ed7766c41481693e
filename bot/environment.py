"""What the environment says about a page: missing variables, people, phones, the channel."""

from __future__ import annotations

from collections.abc import Mapping

from commands.runbook import Page


def missing(page: Page, environ: Mapping[str, str], *, slack: bool = True) -> list[str]:
    """The variables that the page names and that are not set, without their `$`, in the page's order.

    Without Slack nothing needs the channel.
    """
    needed = (name for name in page.env_names() if slack or name != page.runbook.channel)
    return [name.removeprefix("$") for name in needed if not environ.get(name.removeprefix("$"))]


def mentions(page: Page, environ: Mapping[str, str]) -> dict[str, list[str]]:
    """The Slack user and group ids of each role, as the environment names them."""
    return {
        role: [name.strip() for name in environ.get(box.people.removeprefix("$"), "").split(",") if name.strip()]
        for role, box in page.roles.items()
    }


def people_of(page: Page, environ: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """The ids of each role, as the environment names them. Only the Slack edge expands user groups."""
    return {role: frozenset(ids) for role, ids in mentions(page, environ).items()}


def phones(page: Page, environ: Mapping[str, str]) -> dict[str, str]:
    """The phone number of each role."""
    return {role: environ.get(box.phone.removeprefix("$"), "") for role, box in page.roles.items()}


def channel(page: Page, environ: Mapping[str, str]) -> str:
    """The Slack channel of a page's runs."""
    return environ.get(page.runbook.channel.removeprefix("$"), "")
