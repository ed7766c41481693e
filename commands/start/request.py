"""The request to start a run, and everything that refuses it before the preflight."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import field

from commands.runbook.page import Page
from commands.runbook.people import People
from commands.signoff.permission_check import Matter, require_permission
from commands.signoff.permissions import Act, roles_for
from commands.systems.git.refs import ref_error
from state.errors import BadSettings, Refused
from state.facts import Actor
from state.frozen import dataclass

MAX_NOTICE = 240  # minutes
ANY = "any"  # a surprise that is drawn


@dataclass(frozen=True, kw_only=True)
class StartRequest:
    """What somebody asks to start.

    An empty `page` means the only page; an empty `ref` or `channel` means the page's own. `notice_minutes` is how long
    the team is warned before the run changes anything; None means the page's own countdown. `because` is why to start
    although something speaks against it, and `because_by` whose words that are, if not the starter's. `press` is what
    Slack gives the command or form, the same each time that it is delivered. `follows` is the run whose KEEP asks for
    this one, and `ref_name` what that run called the commit `ref`. `drill` asks for a drill (see `Run.drill`), and
    `surprise` names its surprise, or is ANY; empty for none. `at` is the time for which it is planned, as typed; empty
    for now. `queued` is the queued start that becomes this run, and `confirmed_by` who said that it begins now. The
    starter fills in `speed` and `places` (see `Run`).
    """

    page: str = ""
    ref: str = ""
    notice_minutes: int | None = None
    note: str = ""
    because: str = ""
    because_by: Actor | None = None
    channel: str = ""
    speed: float = 1.0
    press: str = ""
    follows: int = 0
    ref_name: str = ""
    at: str = ""
    queued: int = 0
    confirmed_by: Actor | None = None
    drill: str = ""
    surprise: str = ""
    places: Mapping[str, str] = field(default_factory=dict)


def require_may_start(page: Page, actor: Actor, people: People) -> None:
    """Raise NotAllowed unless the person may start a run of the page."""
    require_permission(Act.START, actor, page, people, Matter(roles=roles_for(Act.START, page)))


def require_valid_request(page: Page, request: StartRequest, people: People) -> str:
    """Return the ref to deploy. Raises BadSettings (a role has no people), Refused (countdown, ref)."""
    empty = sorted(page.roles[role].people.removeprefix("$") for role in page.roles if not people.get(role))
    if empty:
        raise BadSettings(
            f"Some roles have no people. Set {', '.join(empty)} in the bot's environment "
            "to at least one Slack user or group id each."
        )
    if not 0 <= notice_of(page, request) <= MAX_NOTICE:
        raise Refused(f"The countdown is {request.notice_minutes} minutes; it must be 0 to {MAX_NOTICE}.")
    return require_valid_ref(request.ref or page.runbook.ref)


def notice_of(page: Page, request: StartRequest) -> int:
    """How many minutes the team is warned: as many as the request says, or else the page."""
    own = page.runbook.countdown.total_seconds() // 60
    return int(own) if request.notice_minutes is None else request.notice_minutes


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
    if why := ref_error(ref):
        raise Refused(why)
    return ref
