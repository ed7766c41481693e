"""Which pages can be played in a box: those that run nothing but what the pages of gonogo run."""

from __future__ import annotations

from functools import cache

from bot.rehearsal.needs import missing_packages
from bot.settings import read_pages, shipped_runbooks
from commands.runbook import Page
from commands.runbook.page import PageStep


def misfit(page: Page) -> str:
    """Why no box can be started for a page, as a sentence with what to do; "" if one can.

    The target of a box is made for the pages that come with gonogo, and its commands run on the bot's own machine. So
    every place and every step of the page must be one of theirs, to the letter.
    """
    own = _shipped()
    if not any(page.places == one.places for one in own):
        return _todo("the places of this page are not theirs")
    if step := next((step for step in page.steps if not any(_is_of(step, one) for one in own)), None):
        return _todo(f"line {step.line}, {step.title}, is no step of theirs")
    if names := ", ".join(missing_packages()):
        return (
            'The bot can start a target in a box for it once "gonogo[rehearsal]" is installed beside the bot (not '
            f"found: {names}). Or set the variables of places for the drill."
        )
    return ""


def _is_of(step: PageStep, page: Page) -> bool:
    return any(step.box == one.box for one in page.part(step.part))


@cache
def _shipped() -> tuple[Page, ...]:
    return tuple(read_pages(shipped_runbooks()).values())


def _todo(why: str) -> str:
    return (
        f"The bot starts a target in a box only for the pages that come with gonogo, and {why}. Add a table [drill] "
        'with places of its own to its box “toml runbook”, as in: "PROD_*" = "$DRILL_*"'
    )
