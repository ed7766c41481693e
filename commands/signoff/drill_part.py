"""Who holds a role but takes no part in a drill: what they are told when they act in that role."""

from __future__ import annotations

from collections.abc import Collection

from commands.progress.drill import has_begun, takes_part
from commands.runbook.page import Page
from commands.runbook.people import People, roles_of
from commands.text.phrases import joined
from state.errors import NotAllowed
from state.facts import Actor
from state.records import Record


def require_part(
    page: Page, people: People, holders: People, record: Record, actor: Actor, roles: Collection[str]
) -> None:
    """Raise NotAllowed for somebody who would hold one of these roles if they took part in this drill.

    `people` are those of the page, `holders` those of the drill. Whoever holds none of the roles on the page either
    is refused by the table of permissions.
    """
    person = actor.person
    idle = roles_of(person, people).intersection(roles)
    if not record.run.drill or not idle or person in takes_part(record):
        return
    if roles_of(person, holders).intersection(roles):  # one that was handed over to them
        return
    titles = joined([box.title for name, box in page.roles.items() if name in idle], "or")
    if has_begun(record):
        raise NotAllowed(
            f"You do not take part in this drill, so you do not act as {titles} in it. It has begun: press “I take "
            "part” when the next one starts. You can still hold this one or roll it back."
        )
    raise NotAllowed(
        f"You do not take part in this drill yet, so you do not act as {titles} in it. Press “I take part” in its "
        "thread first."
    )
