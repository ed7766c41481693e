"""The turn of one host of a group, where its hosts come one by one."""

from __future__ import annotations

from commands.runbook.page import Page, PageStep
from state.facts import Choice, StepAnswer
from state.records import AttemptState, Record


def rest_of_turn(page: Page, step: PageStep) -> tuple[PageStep, ...]:
    """The steps after this one in its host's turn."""
    own = _turn(page, step)
    return own[own.index(step) + 1 :] if step in own else ()


def is_left_out(page: Page, record: Record, step: PageStep) -> bool:
    """Whether a step above it in its host's turn did not do its part, and the run goes on without that.

    The host then stays as it is. Above all it must not be put back behind its balancer.
    """
    own = _turn(page, step)
    above = own[: own.index(step)] if step in own else ()
    return any(_is_given_up(record, one) for one in above)


def _turn(page: Page, step: PageStep) -> tuple[PageStep, ...]:
    if step.turn is None:
        return ()
    return tuple(one for one in page.part(step.part) if (one.turn, one.host) == (step.turn, step.host))


def _is_given_up(record: Record, step: PageStep) -> bool:
    """Whether a step has ended without doing its part, unless a person did it by hand or lets it run again."""
    last = record.last(step.id)
    if last is None or last.state in {AttemptState.RUNNING, AttemptState.DONE}:
        return False
    answer = record.newest(StepAnswer, step=step.id, attempt=last.attempt)
    return answer is None or answer.choice not in {Choice.DONE, Choice.RETRY}
