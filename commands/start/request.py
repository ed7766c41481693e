"""What somebody asks to start, and what is refused of it before anything is looked at."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commands.runbook.page import Page
from commands.runbook.people import People, require_role
from state.errors import BadSettings, Refused
from state.facts import Actor

_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")


@dataclass(frozen=True, kw_only=True)
class StartRequest:
    """What somebody asks for; `page` empty means the only one, `ref` empty the page's own, `channel` empty the page's own.

    `notice_minutes` is how long the team is told before it begins; `speed` is 1 except in a rehearsal.
    """

    page: str = ""
    ref: str = ""
    notice_minutes: int = 0
    note: str = ""
    channel: str = ""
    speed: float = 1.0


def checked_ref(page: Page, request: StartRequest, actor: Actor, people: People) -> str:
    """The ref that is to be deployed. Raises Refused (bad ref, bad notice), BadSettings, NotAllowed."""
    if page.runbook.starters:
        require_role(actor, tuple(page.runbook.starters), people, page, "start this runbook")
    empty = sorted(page.roles[role].people.removeprefix("$") for role in page.roles if not people.get(role))
    if empty:
        raise BadSettings(
            f"Nobody holds these roles: {', '.join(empty)} must name at least one Slack user or group id each."
        )
    if not 0 <= request.notice_minutes <= 240:
        raise Refused(f"The countdown is {request.notice_minutes} minutes; it can be 0 to 240.")
    return clean_ref(request.ref or page.runbook.ref)


def find_page(pages: Mapping[str, Page], name: str) -> Page:
    """A page by its file's name, with or without `.md`; none is needed where there is one. Raises Refused with the nearest name."""
    if found := pages.get(name) or pages.get(f"{name}.md"):
        return found
    if not name and len(pages) == 1:
        return next(iter(pages.values()))
    if not name:
        raise Refused(f"Say which page: {', '.join(pages)}.")
    near = difflib.get_close_matches(name, pages, 1)
    raise Refused(
        f"There is no page “{name[:80]}”; " + (f"did you mean {near[0]}?" if near else f"say {', '.join(pages)}.")
    )


def refuse_missing(page: Page, names: Sequence[str]) -> None:
    """Raise BadSettings naming every environment variable (`names`) that the page needs and that is not set."""
    if names:
        raise BadSettings(f"{page.name} needs these variables in the bot's environment: {', '.join(names)}.")


def clean_ref(ref: str) -> str:
    """The ref as given. Raises Refused for what git could take for an option, a range or shell text."""
    if not _REF.fullmatch(ref) or ".." in ref or "//" in ref or ref.endswith((".lock", "/", ".")):
        raise Refused(
            f"{ref!r} is not a branch, tag or commit; use letters, digits, dots, dashes and slashes, like v2.4.1 or main."
        )
    return ref
