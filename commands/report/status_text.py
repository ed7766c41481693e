"""What `gonogo status` prints: what is happening, who is waited for, and what to type."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from commands.progress.drill import MARK
from commands.progress.step_state import DECISION
from commands.report.people import ActionKind, PersonAction
from commands.report.status import Status, progress_bar
from commands.runbook.page import STAGES, Part
from commands.signoff.waiting import Waiting
from commands.text.actors import actor_in_words
from commands.text.durations import format_duration
from commands.watch.criteria import CriterionStatus, Mark
from commands.watch.verdicts import CheckVerdict, Verdict
from state.events import Ask
from state.facts import Choice
from state.records import ACTIVE, RunState

MARKS = {Mark.GO: "met", Mark.NO_GO: "NOT met", Mark.OPEN: "open", Mark.PEOPLE: "for people", Mark.LEFT: "left open"}
CHOICES = {
    Choice.RETRY: "run it again",
    Choice.DONE: "fix it by hand",
    Choice.SKIP: "skip it",
    Choice.OVERRIDE: "overrule the refusal",
}
_AGREE = {
    Choice.DONE: "agree that “{}” is fixed by hand",
    Choice.SKIP: "agree to skip “{}”",
    Choice.OVERRIDE: "agree to overrule the refusal of “{}”",
}


def status_lines(status: Status) -> list[str]:
    """The status in plain lines, the most urgent first; also for a screen reader."""
    return [
        f"{f'{MARK} · ' if status.drill else ''}{status.target}: {status.phase}",
        *_rollback(status),
        *_hold(status),
        *_handovers(status),
        *_waiting(status),
        *_progress(status),
        f"Run {status.run} · {status.release} · T+{format_duration(status.clock)} · times in {status.zone}",
        *_ways_out(status),
        *_listed("Checks:", [_check(check) for check in _worst_first(status.checks)]),
        *_listed("Checks of the version before the rollback:", [_was(check) for check in status.checks_before]),
        *_listed(_criteria_title(status), [_criterion(criterion) for criterion in status.criteria]),
        *_listed("At the terminal:", [_action(status, action) for action in status.at_terminal]),
    ]


def _rollback(status: Status) -> Iterator[str]:
    """Why it rolls back, the time that is left, and what is not restored."""
    if status.rollback_reason and status.state != RunState.KEPT:
        what = "Aborted" if status.state == RunState.ABORTED else "Rollback requested"
        yield f"{what}: {status.rollback_reason}"
    if status.rollback_left is not None:
        if status.environment:
            yield f"WARNING: {status.environment}. The rollback runs there."
        seconds = round(status.rollback_left.total_seconds())
        over = f"{format_duration(abs(seconds))} over its time budget"
        yield over if seconds < 0 else f"{format_duration(seconds)} left for the rollback"
    yield from (f"{pace.title} is {pace.excess}" for pace in status.slow_steps)
    if status.rollback_loss and (status.state == RunState.ROLLED_BACK or status.watched_after is not None):
        yield f"Lost: {status.rollback_loss}"
    yield from (f"NOT restored: {sentence}" for sentence in status.not_restored)
    yield from status.not_undone


def _hold(status: Status) -> Iterator[str]:
    if status.held_by:
        reason = f": {status.hold_reason}" if status.hold_reason else ""
        yield f"On hold by {status.held_by}{reason}. No new step starts."
        yield _type("resume")
    for countdown in status.false_alarms:
        if countdown.hold and countdown.held_until:
            until = _time(status, countdown.held_until)
            by = f"by {actor_in_words(countdown.hold.by)} until {until}: {countdown.hold.reason}"
            yield f"“{countdown.alert.name}” is held as a false alarm {by}"


def _handovers(status: Status) -> Iterator[str]:
    """Who holds a role in place of whom in this run, and which role is offered."""
    for one in status.handovers:
        yield f"{status.role_titles.get(one.role, one.role)}: {one.to} took over from {one.person}"
    for one in status.offers:
        yield f"{status.role_titles.get(one.role, one.role)}: {one.person} offers it to {one.to}"
        yield _type(f"handover {one.role} --take|--decline|--withdraw")


def _waiting(status: Status) -> Iterator[str]:
    """Each thing that people are asked for, and the command that answers it."""
    for waiting in status.waiting:
        if waiting.ask is Ask.COUNTDOWN:
            yield from _countdown(status, waiting)
        else:
            if why := status.reasons.get(waiting):
                yield f"“{waiting.title}”: {why}"
            meanwhile = "" if waiting.blocks else " (the run continues meanwhile)"
            starts = f"; KEEP starts {status.starts} at once" if waiting.ask is Ask.DECIDE and status.starts else ""
            yield f"Waiting for {_who(status, waiting)} to {_what(waiting)}{starts}{meanwhile}"
            signed = status.signed.get(waiting, ())
            yield from (f"  {status.role_titles.get(role, role)}: {text}" for role, text in signed)
        yield _type(_command(waiting))
    if status.waits_for_people and not status.held_by:
        yield "Waiting for people: in its thread in Slack they press “I take part”, then one “Begin the drill”."
    elif status.state in ACTIVE and not status.waiting and not status.held_by:
        yield "Waiting for nobody."


def _countdown(status: Status, waiting: Waiting) -> Iterator[str]:
    for countdown in status.countdowns:
        if (countdown.alert.name, countdown.number) == (waiting.step, waiting.attempt):
            at = _time(status, countdown.ends_at, "%H:%M:%S")
            yield f"ALERT {countdown.alert.name}: {countdown.summary}"
            yield f"Rolls back at {at}, unless {_who(status, waiting)} holds it as a false alarm"


def _who(status: Status, waiting: Waiting) -> str:
    if waiting.ask is Ask.AGREE:
        return "a second person"
    if waiting.ask is Ask.START:
        titles = [status.role_titles.get(role, role) for role in waiting.roles]
        return f"a second person ({' or '.join(titles)})"
    titles = [status.role_titles.get(role, role) for role in waiting.roles]
    # everybody who is asked must sign, but one of them is enough to answer, decide or hold
    return (" and " if waiting.ask is Ask.SIGN else " or ").join(titles)


def _what(waiting: Waiting) -> str:
    if waiting.ask is Ask.SIGN:
        return f"sign “{waiting.title}”"
    if waiting.ask is Ask.ANSWER:
        *others, last = [CHOICES[choice] for choice in waiting.choices]
        choices = f"{', '.join(others)}, or {last}" if others else last
        why = "whose sign-off was refused" if Choice.OVERRIDE in waiting.choices else "which did not succeed"
        return f"say what to do about “{waiting.title}”, {why}: {choices}"
    if waiting.ask is Ask.AGREE:
        wanted = "agree to “{}”" if waiting.step == DECISION else _AGREE[waiting.choices[0]]
        return wanted.format(waiting.title)
    return "agree to the start" if waiting.ask is Ask.START else "decide KEEP or ROLLBACK"


def _command(waiting: Waiting) -> str:
    about = shlex.quote(waiting.step)
    return {
        Ask.SIGN: f"sign {about}",
        Ask.ANSWER: f"answer {about} {'|'.join(waiting.choices)} REASON",
        Ask.AGREE: f"answer {about} agree",
        Ask.START: f"answer {about} agree",
        Ask.DECIDE: "keep",
        Ask.COUNTDOWN: f"false-alarm {about} --reason WHY",
    }[waiting.ask]


def _type(command: str) -> str:
    return f"  type: gonogo {command}"


def _progress(status: Status) -> Iterator[str]:
    """The stage, what is done in it, and how far it is."""
    if status.state not in ACTIVE:
        return
    doing = f": {status.doing}" if status.doing else ""
    if status.until:
        doing += f", until {_time(status, status.until, '%a %H:%M')}"
    watched, lasts = status.watched_after, status.watched_after_lasts
    if status.stage == STAGES[Part.WATCH]:
        watched, lasts = status.watched, status.watch_lasts
    if watched is not None and lasts:
        over = f"{format_duration(watched)} of {format_duration(lasts)}"
        yield f"{status.stage}{doing}  {progress_bar(round(watched / lasts * 100), 100)} {over}"
    else:
        steps = f"{status.settled}/{status.total} steps"
        yield f"{status.stage}{doing}  {progress_bar(status.settled, status.total)} {steps}"
    for shown in status.hosts:
        states = (f"{host} {state}{f' ({at})' if at else ''}" for host, state, at in shown.hosts)
        yield f"  {shown.title}: {', '.join(states)}"


def _ways_out(status: Status) -> Iterator[str]:
    """How to roll back, which anybody can, and what that loses."""
    if status.can_roll_back:
        loses = f"; that loses {status.rollback_loss}" if status.rollback_loss else ""
        yield f"Anybody can roll back now{loses}"
        yield _type("rollback REASON")


def _listed(title: str, lines: list[str]) -> Iterable[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []


def _worst_first(checks: Iterable[CheckVerdict]) -> list[CheckVerdict]:
    return sorted(checks, key=lambda check: list(Verdict).index(check.verdict))


def _check(check: CheckVerdict) -> str:
    verdict = check.verdict if check.verdict == Verdict.OK else check.verdict.upper()
    limits = f" ({check.limits})" if check.limits else ""
    return f"{verdict}: {check.title}: {check.summary}{limits}"


def _was(check: CheckVerdict) -> str:
    return f"was {check.verdict}: {check.title}: {check.summary}"


def _criteria_title(status: Status) -> str:
    return "GO / NO-GO before the rollback:" if status.rolls_back else "GO / NO-GO:"


def _criterion(criterion: CriterionStatus) -> str:
    mark = "NO-GO" if criterion.sign else MARKS[criterion.mark]
    by = "".join(f" (by {person})" for person in criterion.by)
    return f"{mark}: {criterion.text}: {criterion.evidence}{by}"


def _action(status: Status, action: PersonAction) -> str:
    about = f" {action.title}" if action.title else ""
    role = f" as {action.role}" if action.role else ""
    # before any change there was nothing to roll back
    aborted = action.kind == ActionKind.ROLLED_BACK and status.state == RunState.ABORTED
    kind = "aborted" if aborted else action.kind
    return f"{_time(status, action.at)} {kind}{about}{role}, by {action.person} {action.account}"


def _time(status: Status, at: datetime, form: str = "%H:%M") -> str:
    return at.astimezone(ZoneInfo(status.zone)).strftime(form)
