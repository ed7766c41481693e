"""Freezing, locking and lifting from any door: which pages are meant, and the reply."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.doors.deps import Deps
from commands.runbook import Page
from commands.start.freeze_news import news_of
from commands.start.freezes import freezes_on, mark_of
from commands.start.set_freeze import lift, set_freeze
from commands.text.actors import command_of
from state.errors import GonogoError, Refused
from state.facts import Actor
from state.freezes import FreezeSort
from state.frozen import dataclass

# the word that is typed -> what it sets or lifts, and whether it lifts
WORDS = {
    "freeze": (FreezeSort.FREEZE, False),
    "lock": (FreezeSort.LOCK, False),
    "unfreeze": (FreezeSort.FREEZE, True),
    "unlock": (FreezeSort.LOCK, True),
}


@dataclass(frozen=True, kw_only=True)
class Meant:
    """What somebody typed after the word: the pages that are meant, the page as it was `named`, the rest of the words.

    `named` is empty where no page was named.
    """

    pages: list[Page]
    rest: str
    named: str = ""


def meant(deps: Deps, words: str, channel: str) -> Meant:
    """Which pages are meant: the one that comes first in the words, or all of the channel.

    Pages of one target count once. Without a channel there must be one page only, or its name. Raises Refused.
    """
    pages = dict(deps.pages())
    first, rest = [*words.split(maxsplit=1), "", ""][:2]
    if named := pages.get(first) or pages.get(f"{first}.md"):
        if channel and deps.channel(named) != channel:
            raise Refused(f"{named.name} is deployed from another channel; type it there.")
        return Meant(pages=[named], rest=rest.strip(), named=first)
    here = [page for page in pages.values() if not channel or deps.channel(page) == channel]
    by_target = {page.runbook.target: page for page in reversed(here)}
    if not here or (not channel and len(by_target) > 1):
        raise Refused(f"Name the page first: {', '.join(pages)}.")
    return Meant(pages=list(by_target.values())[::-1], rest=words.strip())


def act_on_freezes(deps: Deps, verb: str, said: Meant, actor: Actor) -> str:
    """Set or lift freezes or locks of the pages' targets; returns the reply: what was done, and what was not.

    Raises Refused where nothing was done.
    """
    sort, lifts = WORDS[verb]
    own = [(page, deps.people(page)) for page in said.pages]
    done = lift(deps.store, own, actor, sort) if lifts else set_freeze(deps.store, own, actor, sort, said.rest)
    news = news_of(deps.store.freeze_log(), [one.number for one in done.entries])
    told = [one.sentence(_zone(said.pages[0])) for one in news] + [f"Not done: {error}" for error in done.refused]
    if lifts:
        return "\n".join(told)
    effect = next((one.effect for one in news), "")
    undo = f"{command_of(actor)} un{verb} {said.named}".rstrip()
    return "\n".join([*told, effect, f"`{undo}` lifts it."])


def freeze_lines(deps: Deps, channel: str = "") -> list[str]:
    """What is frozen or locked now, one sentence each; for the pages of a channel, if one is given."""
    pages = [page for page in deps.known_pages() if not channel or deps.channel(page) == channel]
    return list(dict.fromkeys(line for page in pages for line in freeze_lines_of(deps, page)))


def freeze_lines_of(deps: Deps, page: Page) -> list[str]:
    """The same for one page. What cannot be read is a line too: it keeps nobody from the status."""
    try:
        found = freezes_on(deps.freezes, page, deps.now())
        return [f"{mark_of(one.sort)} {one.sentence(_zone(page))}" for one in found]
    except GonogoError as error:
        return [f"{mark_of(FreezeSort.FREEZE)} {error}"]


def _zone(page: Page) -> ZoneInfo:
    return ZoneInfo(page.runbook.time_zone)
