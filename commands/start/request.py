"""The request to start a run, and everything that refuses it before the preflight."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from commands.runbook.page import Page
from commands.runbook.people import People, require_role
from state.errors import BadSettings, Refused
from state.facts import Actor

MAX_NOTICE = 240  # minutes
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")


@dataclass(frozen=True, kw_only=True)
class StartRequest:
    """What somebody asks to start.

    An empty `page` means the only page; an empty `ref` or `channel` means the page's own. `notice_minutes` is how long
    the team is warned before the run changes anything. `speed` is 1 except in a rehearsal. The starter fills in
    `places` (see `Run.places`).
    """

    page: str = ""
    ref: str = ""
    notice_minutes: int = 0
    note: str = ""
    channel: str = ""
    speed: float = 1.0
    places: Mapping[str, str] = field(default_factory=dict)


def require_valid_request(page: Page, request: StartRequest, actor: Actor, people: People) -> str:
    """Return the ref to deploy. Raises NotAllowed, BadSettings (a role has no people), Refused (countdown, ref)."""
    if page.runbook.starters:
        require_role(actor, tuple(page.runbook.starters), people, page, "start this runbook")
    empty = sorted(page.roles[role].people.removeprefix("$") for role in page.roles if not people.get(role))
    if empty:
        raise BadSettings(
            f"Some roles have no people. Set {', '.join(empty)} in the bot's environment "
            "to at least one Slack user or group id each."
        )
    if not 0 <= request.notice_minutes <= MAX_NOTICE:
        raise Refused(f"The countdown is {request.notice_minutes} minutes; it must be 0 to {MAX_NOTICE}.")
    return require_valid_ref(request.ref or page.runbook.ref)


def find_page(pages: Mapping[str, Page], name: str) -> Page:
    """A page by its file name, with or without `.md`; an empty name finds the only page. Raises Refused."""
    if page := pages.get(name) or pages.get(f"{name}.md"):
        return page
    if not name and len(pages) == 1:
        return next(iter(pages.values()))
    if not name:
        raise Refused(f"Name the page: {', '.join(pages)}.")
    near = difflib.get_close_matches(name, pages, 1)
    hint = f"did you mean {near[0]}?" if near else f"name one of {', '.join(pages)}."
    raise Refused(f"There is no page “{name[:80]}”; {hint}")


def require_variables(page: Page, missing: Sequence[str]) -> None:
    """Raise BadSettings if environment variables that the page needs are `missing`; the message names them all."""
    if missing:
        raise BadSettings(
            f"{page.name} needs variables that are not set. Set them in the bot's environment: {', '.join(missing)}."
        )


def require_valid_ref(ref: str) -> str:
    """Return the ref. Raises Refused for what git or a shell could take for more than a name."""
    if not _REF.fullmatch(ref) or ".." in ref or "//" in ref or ref.endswith((".lock", "/", ".")):
        raise Refused(
            f"{ref!r} is not a branch, tag or commit; use letters, digits, dots, dashes and slashes, "
            "like v2.4.1 or main."
        )
    return ref
