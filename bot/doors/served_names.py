"""The names under which `gonogo serve` stores what it runs with."""

from __future__ import annotations

from commands.runbook import Page
from commands.start import watch_speed
from state.store.journal import KEY_IN_FORCE

VARIABLE, SPEED = "GONOGO_TERMINAL_USERS", watch_speed.VARIABLE
USES_SLACK = "uses Slack"
FREEZES = "GONOGO_FREEZES"  # the file of freezes for all pages
ALWAYS = (VARIABLE, SPEED, KEY_IN_FORCE)  # what counts for every page


def page_key(page: Page) -> str:
    """The name under which a page's text is stored."""
    return f"page {page.name}"


def names_of(page: Page) -> list[str]:
    """The variables that say who may act on a page, and in which channel."""
    return [name.removeprefix("$") for name in (page.runbook.channel, *(role.people for role in page.roles.values()))]
