"""The turning points of a run of a page, each with the messages that the bot posts then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from bot.preview.played_run import PlayedRun
from bot.slack.views.blocks import Message
from bot.slack.views.card import card
from bot.slack.views.messages import draw
from commands.progress.after_rollback import checks_after_rollback
from commands.progress.rollback_steps import rollback_steps
from commands.progress.step_state import AFTER_ROLLBACK, DECISION, WATCH, StepState, state_of
from commands.runbook.alert_rule import PERCENT, SHARE, AlertRule
from commands.runbook.page import Page, PageStep, Part
from commands.signoff.events import decision_asked
from commands.steps.outcome import done, failed
from commands.watch.alerts import RaisedAlert
from commands.watch.events import countdown_began
from state.events import RollbackRequested, RunMoved, RunStarted, StatusDue
from state.facts import BOT, CountdownStart, RollbackRequest
from state.frozen import dataclass
from state.records import Event, RunState

CARD, THREAD = "The card, in the channel", "In the thread"
BOTH = "In the thread, and in the channel"
REASON = "Users cannot log in."
COMPARED = "what the rollback's steps compare stands here"
FAILURE = "The step's own words about what went wrong stand here."


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A message, where people see it, and when it was posted."""

    where: str
    at: datetime
    message: Message


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What happens, and the messages that say so."""

    title: str
    shown: tuple[Shown, ...]


def moments(page: Page) -> Iterator[Moment]:
    """The turning points in the order of a run. One that the page cannot have, like an alert, is left out."""
    yield _start(page)
    if signed := [step for step in page.forward if step.box.roles()]:
        yield _sign_off(page, max(signed, key=lambda step: len(step.box.roles())))
    changes = [step for step in page.part(Part.DEPLOY) if step.box.changes_production]
    changes.sort(key=lambda step: step.box.takes, reverse=True)
    yield from (_step_done(page, step) for step in changes[:1])
    for on_failure in ("roll back", "ask"):
        yield from (_step_failed(page, step) for step in [s for s in changes if s.box.on_failure == on_failure][:1])
    if page.watch:
        yield _status(page)
    rules = (rule for rule in page.alerts if rule.action == "roll back" and not rule.expected)
    if rule := next(rules, None):
        yield _alert(page, rule)
    yield _decision(page)
    yield from _rollback(page)


def _start(page: Page) -> Moment:
    run = PlayedRun(page)
    started = RunStarted(
        title=page.title, ref=page.runbook.ref, target=page.runbook.target, person=run.record.run.starter
    )
    return _moment("The run starts", run, [run.event(started)])


def _sign_off(page: Page, step: PageStep) -> Moment:
    run = _run_before(page, step)
    run.begin(step)
    return _moment(f"A sign-off: {step.title}", run, run.end(step))


def _step_done(page: Page, step: PageStep) -> Moment:
    run = _run_before(page, step)
    run.begin(step)
    ended = run.end(step)
    run.sign(step)
    return _moment(f"A step is done: {step.title}", run, ended[:1], with_card=False)


def _step_failed(page: Page, step: PageStep) -> Moment:
    run = _run_before(page, step)
    run.begin(step)
    told = run.end(step, failed(FAILURE))
    if state_of(page, run.record, step) is StepState.ROLL_BACK:
        told.append(_request_rollback(run, f"“{step.title}” failed: {FAILURE}"))
    return _moment(f"A step fails: {step.title}", run, told)


def _status(page: Page) -> Moment:
    run = _watching(page)
    return _moment("A status post during the watch", run, [run.event(StatusDue())])


def _alert(page: Page, rule: AlertRule) -> Moment:
    run = _watching(page)
    check, value = page.step(rule.check), _beyond(rule)
    run.begin(check, attempt=2)
    run.end(check, failed(FAILURE, measures={**_measures(page, check), rule.measure: value}))
    raised = RaisedAlert(alert=rule, level="alert", value=value, attempt=2)
    run.add_fact(CountdownStart(by=BOT, at=run.now, alert=rule.name, number=1, seen=raised.summary))
    told = run.event(countdown_began(page, raised, 1).data, rule.check)
    return _moment(f"An alert counts down: {rule.name}", run, [told])


def _decision(page: Page) -> Moment:
    run = _watching(page)
    if page.watch:
        run.pass_time(page.watch.lasts / 2)
        run.end_phase(WATCH)
    run.begin_phase(DECISION)
    return _moment("The decision", run, [run.event(decision_asked(page).data, DECISION)])


def _rollback(page: Page) -> Iterator[Moment]:
    run = _watching(page)
    requested = _request_rollback(run, REASON, by_bot=False)
    run.move(RunState.ROLLING_BACK)
    yield _moment("Somebody rolls back", run, [requested])
    run.settle(rollback_steps(page, run.record))
    run.pass_time(page.rollback.within / 2)
    watched = checks_after_rollback(page, run.record)
    over = run.begin_phase(AFTER_ROLLBACK) if watched else run.move(RunState.ROLLED_BACK)
    # what the steps compare on a host is not known here
    told = replace(over.data, compared=(COMPARED,), not_compared=()) if isinstance(over.data, RunMoved) else over.data
    yield _moment("The rollback is done", run, [replace(over, data=told)])


def _run_before(page: Page, step: PageStep) -> PlayedRun:
    """A run in which everything above a step is done and signed."""
    run = PlayedRun(page)
    run.settle(page.forward[: page.forward.index(step)])
    return run


def _watching(page: Page) -> PlayedRun:
    """A run in the middle of its watch, whose checks have passed once; without a watch, before its decision."""
    run = PlayedRun(page)
    run.settle(page.forward)
    if page.watch:
        run.begin_phase(WATCH)
        for step in page.part(Part.WATCH):
            run.begin(step)
            run.end(step, done("ok", measures=_measures(page, step)))
            run.sign(step)
        run.pass_time(page.watch.lasts / 2)
    run.count_loss()
    return run


def _request_rollback(run: PlayedRun, reason: str, *, by_bot: bool = True) -> Event:
    by = BOT if by_bot else run.record.run.started_by
    run.add_fact(RollbackRequest(by=by, at=run.now, reason=reason))
    return run.event(RollbackRequested(person=by.person, reason=reason))


def _beyond(rule: AlertRule) -> float:
    """A value that raises an alert, and that its measure can have."""
    if rule.above is None:
        return (rule.below or 0.0) / 2
    top = 100.0 if rule.measure in PERCENT else 1.0 if rule.measure == SHARE else 2 * rule.above
    return (rule.above + top) / 2 or 1.0


def _measures(page: Page, check: PageStep) -> dict[str, float]:
    """Values of a check that raise no alert."""
    rules = [rule for rule in page.alerts if rule.check == check.id]
    measures = {name: 2 * least for rule in rules for name, least in rule.enough.items()}
    for name in dict.fromkeys(rule.measure for rule in rules):
        highest = [limit for one in rules if one.measure == name for limit in (one.above, one.warn_above) if limit]
        lowest = [one.below for one in rules if one.measure == name and one.below is not None]
        measures[name] = (min(highest) + max(lowest, default=0.0)) / 2 if highest else 1.5 * max(lowest, default=0.0)
    return measures


def _moment(title: str, run: PlayedRun, events: Iterable[Event], *, with_card: bool = True) -> Moment:
    """The card as it is now, and the messages of events, drawn as the bot draws them now."""
    snapshot = run.snapshot
    drawn = [message for event in events if (message := draw(snapshot, event))]
    shown = [Shown(where=BOTH if message.broadcast else THREAD, at=run.now, message=message) for message in drawn]
    live = [Shown(where=CARD, at=run.now, message=card(snapshot))] if with_card else []
    return Moment(title=title, shown=tuple(live + shown))
