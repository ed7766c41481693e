"""The table of permissions as text: for `gonogo plan`, and for docs/permissions.md."""

from __future__ import annotations

from collections.abc import Iterator

from commands.progress.rollback_steps import parts_of_rollback
from commands.runbook.page import Page
from commands.signoff.permissions import PERMISSIONS, Act, Party, Permission, Second, Starter, Who, roles_for
from state.facts import Door

REFUSED = "A refusal before anything was changed ends the run at once. Later it rolls back or waits, as the step says."
_DOORS = {Door.SLACK: "Slack", Door.TERMINAL: "terminal", Door.BOT: "the bot itself"}
_NOT_BY = {
    Party.FIRST: "not whoever asked for it",
    Party.REFUSER: "not whoever refused",
    Party.FIXER: "not whoever made the refused fix",
    Party.RETRIER: "not whoever ran it again after that role had refused",
}


def permission_lines(page: Page) -> Iterator[str]:
    """The table for one page, with the titles of its roles, as `gonogo plan` prints it."""
    yield "PERMISSIONS"
    for row in PERMISSIONS.values():
        yield f"  {row.act}:".ljust(22) + "; ".join(_conditions(page, row))
    yield f"  {REFUSED}"


def permission_table() -> Iterator[str]:
    """The table for every page, in Markdown."""
    columns = "act", "who", "the starter", "second person", "not by", "member", "real person", "door", "stops"
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    for row in PERMISSIONS.values():
        not_by = "; ".join(_NOT_BY[party].removeprefix("not ") for party in row.not_by)
        doors = ", ".join(_DOORS[door] for door in row.doors)
        asked = ["yes" if one else "no" for one in (row.member, row.real_person)]
        stops = "yes" if row.stops else "no"
        yield f"| {' | '.join([row.act, row.who, row.starter, row.second, not_by, *asked, doors, stops])} |"


def _conditions(page: Page, row: Permission) -> Iterator[str]:
    yield _who(page, row)
    if row.starter is Starter.NEVER or (row.starter is Starter.NOT_UNDER_FOUR_EYES and page.runbook.four_eyes):
        yield "not the starter"
    yield from (_NOT_BY[party] for party in row.not_by)
    if row.act is Act.SIGN and page.runbook.one_person_per_role:
        yield "each person in one role"
    if row.second is Second.BY_OBJECTION:
        yield f"a second person must agree {row.second}"
    elif row.second is Second.YES:
        yield "a second person must agree"
    elif row.second is Second.BY_KIND and (kinds := _kinds_for_two(page)):
        yield f"for a step of kind {', '.join(kinds)} a second person must agree"
    if row.second is Second.BY_KIND and len(parts_of_rollback(page)) > 1:
        yield "also for a part of the rollback, if other parts roll back without it"


def _who(page: Page, row: Permission) -> str:
    titles = " or ".join(page.roles[role].title for role in roles_for(row.act, page))
    starters = titles if page.runbook.starters else str(Who.ANY_ROLE)
    return {
        Who.DECIDER: titles,
        Who.STEP_DECIDER: f"the role that the step asks, or else {titles}",
        Who.CALLED: f"the roles that the alert calls, or {titles}",
        Who.OWNER: f"its owner, or {titles}",
        Who.STARTERS: starters,
        Who.STARTERS_AND_DECIDER: starters,
    }.get(row.who, str(row.who))


def _kinds_for_two(page: Page) -> list[str]:
    return sorted({step.box.kind for step in page.steps if step.box.needs_second_person})
