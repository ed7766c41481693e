"""Whether a question waits for one person, by the roles held now and whom the rules bar."""

from __future__ import annotations

from commands.runbook.page import Page
from commands.runbook.people import People, roles_of
from commands.signoff.permission_check import barred
from commands.signoff.permissions import Act
from commands.signoff.waiting import Waiting
from state.events import Ask
from state.facts import Choice
from state.records import Record

# a failed step can always be run again, which bars nobody
_ACTS = {
    Ask.SIGN: Act.SIGN,
    Ask.ANSWER: Act.AGAIN,
    Ask.COUNTDOWN: Act.FALSE_ALARM,
    Ask.DECIDE: Act.KEEP,
    Ask.START: Act.AGREE_TO_START,
}


def waits_for(person: str, people: People, page: Page, record: Record, waiting: Waiting) -> bool:
    """Whether this person is asked. It allows nothing: each act asks the table of permissions itself."""
    if not roles_of(person, people).intersection(waiting.roles):
        return False
    return person not in barred(page, record, act_of(waiting), waiting.step, waiting.attempt)


def act_of(waiting: Waiting) -> Act:
    """What somebody does who answers a question."""
    if waiting.ask is Ask.AGREE:
        return Act.AGREE_TO_OVERRIDE if Choice.OVERRIDE in waiting.choices else Act.AGREE
    return _ACTS[waiting.ask]
