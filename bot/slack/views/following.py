"""The page that KEEP starts: what begins, where and when, in words."""

from __future__ import annotations

import itertools
from datetime import timedelta

from bot.doors.deps import Deps
from bot.text import bold, line
from commands.runbook import Page
from commands.start.request import find_page
from commands.text.durations import format_duration
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Following:
    """A page that KEEP starts. All but its name is empty where the bot cannot read the page now.

    `is_signed` says whether people must sign before its first change.
    """

    name: str
    target: str = ""
    channel: str = ""
    countdown: timedelta = timedelta(0)
    is_signed: bool | None = None

    @property
    def waits(self) -> str:
        """What comes before its first change, as a sentence after another one."""
        if self.is_signed is None:
            return ""
        after = f"{format_duration(self.countdown)} of countdown" if self.countdown else ""
        if self.is_signed:
            return f" Before its first change it waits for its own sign-offs{after and f', and {after}'}."
        return f" It asks nobody before its first change{after and f', after {after}'}."


def following_of(deps: Deps, page: Page) -> Following | None:
    """The page that KEEP of this page starts; None if it starts none."""
    name = page.decision.starts
    if not name:
        return None
    try:
        following = find_page(deps.pages(), name)
    except Exception:  # whatever it is, this run goes on; the start of that page will say it
        return Following(name=name)
    return Following(
        name=following.name,
        target=following.runbook.target,
        channel=deps.channel(following),
        countdown=following.runbook.countdown,
        is_signed=_is_signed(following),
    )


def _is_signed(page: Page) -> bool:
    """Whether a step before the first change asks for signatures."""
    before = itertools.takewhile(lambda step: not step.box.changes_production, page.forward)
    return any(step.box.roles() for step in before)


def in_message(following: Following | None) -> str:
    """What KEEP starts, for a message; empty for nothing."""
    if following is None:
        return ""
    to = f" to {bold(following.target, 80)}" if following.target else ""
    where = f", in <#{following.channel}>" if following.channel else ""
    release = f": the same release{to}{where}" if to or where else ""
    return f"➡️ KEEP starts {bold(following.name, 80)} at once{release}.{following.waits}"


def in_question(following: Following | None, channel: str) -> str:
    """The same for the question of a button in `channel`, where Slack shows no channel by its name."""
    if following is None:
        return ""
    to = f" to {line(following.target, 60)}" if following.target else ""
    where = f", in {'this' if following.channel == channel else 'its own'} channel" if following.channel else ""
    return f" Then {line(following.name, 60)} starts at once{to}{where}.{following.waits}"
