"""What is posted when a sample ends; shared by the tests of the events of the watch."""

from __future__ import annotations

from commands.runbook import Page
from commands.watch.events import check_events
from state.facts import Fact
from state.records import Attempt, NewEvent
from tests.commands.watch.watched import CHECK, IN_A_ROW, PAGE
from tests.pages import record, small

PINGS = small(**{IN_A_ROW: f'{IN_A_ROW}\npings = ["dba", "lead"]'})


def posted(*attempts: Attempt, page: Page = PAGE, step: str = CHECK, facts: tuple[Fact, ...] = ()) -> list[NewEvent]:
    """What is posted when the newest sample of a check has ended."""
    return check_events(page, record(*attempts, facts=facts), page.step(step))
