"""What each failure of a page leads to: a rollback, a question to people, or only a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from enum import IntEnum

from bot.preview.played_run import PlayedRun
from commands.progress.step_state import StepState, needs_two, state_of
from commands.runbook.alert_rule import AlertRule
from commands.runbook.groups import lines_of_page
from commands.runbook.page import STAGES, Page, PageStep, Part
from commands.runbook.plan import line_title
from commands.signoff.permissions import Act, roles_for
from commands.signoff.waiting import waiting_for_step
from commands.steps.outcome import failed
from commands.text.durations import format_duration
from state.facts import Choice
from state.frozen import dataclass
from state.records import RunState

_ANSWERS = {Choice.RETRY: "run it again", Choice.DONE: "call it fixed by hand", Choice.SKIP: "skip it"}


class Sort(IntEnum):
    """How much a failure leads to, the most first."""

    BACK = 1
    END = 2
    ASK = 3
    TELL = 4


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What happens if one of some steps fails: in a few words, and for each sentence of details those steps."""

    sort: Sort
    leads_to: str
    steps: Mapping[str, list[str]]

    @property
    def count(self) -> int:
        """How many steps that are."""
        return sum(map(len, self.steps.values()))


@dataclass(frozen=True, kw_only=True)
class AlertRow:
    """An alert: its name, its limit in words, and what it leads to."""

    sort: Sort
    name: str
    rule: str
    leads_to: str


def failures(page: Page) -> list[Failure]:
    """The steps by what their failure leads to. Sign-offs do not fail: they are refused."""
    deployed = PlayedRun(page)
    deployed.settle(page.forward)
    deployed.move(RunState.ROLLING_BACK)
    found: dict[tuple[Sort, str], dict[str, list[str]]] = {}
    for part in Part:
        run = deployed if part == Part.ROLLBACK else PlayedRun(page)
        for steps in lines_of_page(page.part(part)):
            if not steps[0].box.asks_people:
                sort, leads_to, details = _leads_to(page, copy(run), steps[0])
                same = found.setdefault((sort, leads_to), {})
                same.setdefault(details, []).append(f"{STAGES[part]}: {line_title(steps)}")
    grouped = [Failure(sort=sort, leads_to=leads_to, steps=steps) for (sort, leads_to), steps in found.items()]
    return sorted(grouped, key=lambda one: one.sort)


def alert_rows(page: Page) -> list[AlertRow]:
    """The alert table."""
    return [_alert_row(page, rule) for rule in page.alerts]


def _leads_to(page: Page, run: PlayedRun, step: PageStep) -> tuple[Sort, str, str]:
    """What a failure of a step leads to, as the run itself judges it: in a few words, and in a sentence."""
    run.begin(step)
    run.end(step, failed("it failed"))
    if state_of(page, run.record, step) is StepState.ROLL_BACK:
        if step.part == Part.BEFORE:
            return Sort.END, "The run ends", "Nothing was changed yet."
        return Sort.BACK, "Rolls back at once", "Nobody is asked."
    if step.part == Part.WATCH:
        only = " Only the alerts below can roll back." if page.alerts else ""
        return Sort.TELL, "People are called", f"The watch goes on.{only}"
    what = "rollback" if step.part == Part.ROLLBACK else "run"
    waiting = waiting_for_step(page, run.record, step)
    if waiting is None:
        return Sort.TELL, "It is only reported", f"The {what} goes on."
    by_two = set(waiting.choices) - {Choice.RETRY} if needs_two(page, run.record, step) else set()
    alone = [_ANSWERS[choice] for choice in waiting.choices if choice not in by_two]
    answers = f"Answers: {_or([*alone, *(['roll back'] if what == 'run' else [])])}."
    if by_two:
        answers += (
            f" With a second person: {_or([_ANSWERS[choice] for choice in waiting.choices if choice in by_two])}."
        )
    return Sort.ASK, f"The {what} waits for {_titles(page, waiting.roles)}", answers


def _alert_row(page: Page, rule: AlertRule) -> AlertRow:
    called = _titles(page, tuple(rule.pings) or (page.decision.role,))
    limit = f"limit: {rule.rule}" if rule.rule else ""
    if rule.expected:
        return AlertRow(sort=Sort.TELL, name=rule.name, rule=limit, leads_to="Expected: counted and shown only.")
    if rule.action == "tell":
        leads_to = f"Calls {called}. The bot does not roll back."
        return AlertRow(sort=Sort.TELL, name=rule.name, rule=limit, leads_to=leads_to)
    holders, countdown = _titles(page, roles_for(Act.FALSE_ALARM, page, alert=rule)), format_duration(rule.countdown)
    leads_to = f"Calls {called}. Rolls back after {countdown}, unless {holders} holds it as a false alarm."
    return AlertRow(sort=Sort.BACK, name=rule.name, rule=limit, leads_to=leads_to)


def _titles(page: Page, roles: tuple[str, ...]) -> str:
    return _or([page.roles[role].title for role in roles])


def _or(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
