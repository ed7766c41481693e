"""What the environment says about a page: missing variables, people, phones, the channel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.env_quotes import kept_quotes
from commands.runbook import Page
from commands.runbook.groups import members_in_use

CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{1,20}")
HOLDER_ID = re.compile(r"[UWS][A-Z0-9]{1,20}")


def missing(page: Page, environ: Mapping[str, str], *, slack: bool = True) -> list[str]:
    """The variables that the page names and that are not set, without their `$`, in the page's order.

    Without Slack nothing needs the channel.
    """
    needed = (name for name in page.env_names() if slack or name != page.runbook.channel)
    return [name.removeprefix("$") for name in needed if not environ.get(name.removeprefix("$"))]


def same_addresses(page: Page, environ: Mapping[str, str]) -> list[str]:
    """The variables of one group that have the same value, as clauses: one of its hosts would stand for another."""
    found = []
    for sort, names in members_in_use(page):
        places = {name: getattr(page.places, sort)[name] for name in names}
        variables = [one.only_address if sort == "hosts" else one.only_url for one in places.values()]
        by_value: dict[str, list[str]] = {}
        for variable in variables:
            by_value.setdefault(environ.get(variable.removeprefix("$"), ""), []).append(variable)
        found += [
            f"{' and '.join(same)} have the same value, but are addresses of different hosts"
            for value, same in by_value.items()
            if value and len(same) > 1
        ]
    return found


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
    return environ.get(channel_variable(page), "")


def channel_variable(page: Page) -> str:
    """The variable that names the Slack channel of a page's runs."""
    return page.runbook.channel.removeprefix("$")


def channel_problem(page: Page, environ: Mapping[str, str]) -> str:
    """Why the runs of a page have no channel; "" if they seem to have one."""
    name, value = channel_variable(page), channel(page, environ)
    if not value:
        return f"{name} is not set: {page.name} has no Slack channel. {_COPY_ID}"
    if CHANNEL_ID.fullmatch(value):
        return ""
    return kept_quotes(environ, [name]) or f"{name} holds no channel id (C…). {_COPY_ID}"


def wrong_ids(page: Page, environ: Mapping[str, str]) -> Iterator[str]:
    """One sentence for each variable of the page that is set and holds no Slack id. None repeats the value.

    A value may be a secret, where a page names the wrong variable.
    """
    if channel(page, environ) and (problem := channel_problem(page, environ)):
        yield problem
    for role, ids in mentions(page, environ).items():
        wrong = [str(number) for number, name in enumerate(ids, start=1) if not HOLDER_ID.fullmatch(name)]
        if wrong:
            variable = page.roles[role].people.removeprefix("$")
            which = f"{variable} is" if len(ids) == 1 else f"{variable}: number {', '.join(wrong)} of {len(ids)} is"
            yield f"{which} no id of a Slack user (U…) or user group (S…). {_COPY_MEMBER_ID}"


def unreplaced(page: Page, environ: Mapping[str, str]) -> str:
    """Which variables of the page begin with what only a shell replaces, as a sentence; empty if none does."""
    names = dict.fromkeys(name.removeprefix("$") for name in page.env_names())
    if not (found := [name for name in names if environ.get(name, "").startswith(("~/", "$HOME/", "${HOME}/"))]):
        return ""
    begin = "begins" if len(found) == 1 else "begin"
    return f"{', '.join(found)} {begin} with ~ or $HOME, which nothing replaces there: write the path from / on."


_COPY_MEMBER_ID = "In Slack, open the person's profile, then ⋮, and copy the member ID."
_COPY_ID = "Open the channel's details in Slack, and copy the channel ID at their end."
