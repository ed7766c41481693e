"""`start`: from what somebody asked for to a new run in the record, or one sentence that says why not."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from commands.runbook.page import Page
from commands.runbook.people import People, Who, must_hold
from state.errors import BadSettings, Refused
from state.records import News, Run
from state.sqlite.store import Store

_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What somebody asks for; `ref` empty means the page's own; `countdown` is in minutes; `speed` is 1 except in a rehearsal.

    `warnings` are what was found before the start and does not forbid it.
    """

    ref: str = ""
    countdown: int = 0
    note: str = ""
    channel: str = ""
    speed: float = 1.0
    warnings: tuple[str, ...] = ()


def looked_at(
    store: Store, page: Page, request: Request, who: Who, people: People, look: Callable[[str], tuple[str, ...]]
) -> Request:
    """The request with the warnings of `look`, which is handed the ref and raises Refused where a run could not go well.

    Looking takes seconds, so whatever `start` would refuse anyway is refused first.
    """
    ref = _must_be_startable(page, request, who, people)
    if store.active_run(page.runbook.target):
        return request
    return replace(request, warnings=look(ref))


def start(store: Store, page: Page, request: Request, who: Who, people: People, at: datetime) -> Run:
    """Write a new run. Raises Refused (bad ref, bad countdown), BadSettings, NotAllowed, AlreadyRunning."""
    ref = _must_be_startable(page, request, who, people)
    run = {
        "target": page.runbook.target,
        "page": page.name,
        "text": page.text,
        "ref": ref,
        "note": request.note[:500],
        "starter": who.person,
        "channel": request.channel,
        "speed": request.speed,
        "countdown": request.countdown,
    }
    data = {"title": page.title, "ref": ref, "note": run["note"], "target": page.runbook.target, "person": who.person}
    return store.start_run(run, at, News(kind="started", data={**data, "warnings": list(request.warnings)}))


def _must_be_startable(page: Page, request: Request, who: Who, people: People) -> str:
    """The ref. Raises as `start` does."""
    if page.runbook.starters:
        must_hold(who, tuple(page.runbook.starters), people, page, "start this runbook")
    empty = sorted(page.roles[role].people.removeprefix("$") for role in page.roles if not people.get(role))
    if empty:
        raise BadSettings(
            f"Nobody holds these roles: {', '.join(empty)} must name at least one Slack user or group id each."
        )
    if not 0 <= request.countdown <= 240:
        raise Refused(f"The countdown is {request.countdown} minutes; it can be 0 to 240.")
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
