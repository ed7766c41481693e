"""Which pages can be played in a sandbox: those that run only what the pages of gonogo run."""

from __future__ import annotations

from functools import cache

from bot.rehearsal.needs import missing_packages
from bot.settings import read_pages, shipped_runbooks
from commands.runbook import Page
from commands.runbook.page import PageStep

_ONLY_SHIPPED = "The bot starts a sandbox only for the pages that come with gonogo"


def misfit(page: Page) -> str:
    """Why no sandbox can be started for a page, as a sentence; "" if one can.

    A sandbox is made for the pages that come with gonogo, and its commands run on the bot's own machine. So
    every place and every step of the page must be one of theirs, to the letter.
    """
    own = _shipped()
    if not any(page.places == one.places for one in own):
        return f"{_ONLY_SHIPPED}, and the places of this page are not theirs."
    if step := next((step for step in page.steps if not any(_is_of(step, one) for one in own)), None):
        return f"{_ONLY_SHIPPED}, and line {step.line}, {step.title}, is no step of theirs."
    if names := ", ".join(missing_packages()):
        return (
            'Or run `pip install "gonogo[rehearsal]"` beside the bot, which can then start a sandbox for it (not found '
            f"now: {names})."
        )
    return ""


def _is_of(step: PageStep, page: Page) -> bool:
    return any(step.box == one.box for one in page.part(step.part))


@cache
def _shipped() -> tuple[Page, ...]:
    return tuple(read_pages(shipped_runbooks()).values())
