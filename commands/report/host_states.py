"""How far each host of a group is with the steps of the page that run now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from commands.progress.rollback_steps import rollback_steps
from commands.progress.step_state import StepState, is_restored, state_of
from commands.runbook.groups import lines_of_page
from commands.runbook.page import Page, PageStep, Part
from state.frozen import dataclass
from state.records import AttemptState, Record, RunState


class HostState(StrEnum):
    """What a host of a group is doing."""

    DONE = "done"
    RUNNING = "running"
    FAILED = "failed"
    SKIPPED = "skipped"
    WAITING = "waiting"
    UNTOUCHED = "not touched"


@dataclass(frozen=True, kw_only=True)
class HostLine:
    """A step of the page on a group, or a box that does the hosts one by one: the hosts in the order of the group.

    Each host has its state, and the step of its turn that it is at; empty where there is only the one step.
    """

    title: str
    hosts: tuple[tuple[str, HostState, str], ...]


def host_lines(page: Page, record: Record) -> tuple[HostLine, ...]:
    """A line for each step of the page on a group that runs now, or that a host was left out of.

    In a rollback several may run at the same time.
    """
    if not any(step.host for step in page.steps):
        return ()
    if record.run.state == RunState.ROLLING_BACK:
        return tuple(_rollback_lines(page, record))
    if record.rollback or record.run.state not in {RunState.GOING, RunState.KEPT}:
        return ()
    return tuple(_forward_lines(page, record))


def _forward_lines(page: Page, record: Record) -> Iterator[HostLine]:
    for steps in lines_of_page(page.forward):
        open_ = any(state_of(page, record, step) is not StepState.SETTLED for step in steps)
        line = _line(page, record, steps, steps)
        if steps[0].host and (open_ or any(state is HostState.SKIPPED for _, state, _ in line.hosts)):
            yield line
        if open_:
            return


def _rollback_lines(page: Page, record: Record) -> Iterator[HostLine]:
    running = rollback_steps(page, record)
    for steps in lines_of_page(page.part(Part.ROLLBACK)):
        own = [step for step in steps if step in running]
        over = all(state_of(page, record, step) is StepState.SETTLED for step in own)
        if steps[0].host and any(record.last(step.id) for step in own) and not over:
            yield _line(page, record, steps, own)


def _line(page: Page, record: Record, steps: Sequence[PageStep], running: Sequence[PageStep]) -> HostLine:
    hosts = sorted(dict.fromkeys(step.host for step in steps if step.host), key=_number)
    own = {host: [step for step in running if step.host == host] for host in hosts}
    return HostLine(
        title=title_of_line(steps[0]),
        hosts=tuple((host, *_state(page, record, own[host], in_turn=steps[0].turn is not None)) for host in hosts),
    )


def title_of_line(step: PageStep) -> str:
    """The title of the page's line to which a step belongs."""
    return (step.turn or step.written or step).title


def _number(host: str) -> int:
    return int(host.rpartition("-")[2])


def _state(page: Page, record: Record, steps: Sequence[PageStep], *, in_turn: bool) -> tuple[HostState, str]:
    """The state of one host, and the step that it is at."""
    if not steps:
        return HostState.UNTOUCHED, ""
    open_ = next((step for step in steps if state_of(page, record, step) is not StepState.SETTLED), None)
    if open_ is None:
        whole = all(is_restored(page, record, step) for step in steps)
        return (HostState.DONE if whole else HostState.SKIPPED), ""
    at = open_.written.title if in_turn and open_.written else ""
    last = record.last(open_.id)
    if last is None:
        return (HostState.RUNNING, at) if record.last(steps[0].id) else (HostState.WAITING, "")
    return (HostState.RUNNING if last.state in {AttemptState.RUNNING, AttemptState.DONE} else HostState.FAILED), at
