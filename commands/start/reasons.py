"""Whether a reason to choose a page holds: looked up in the record and the page, with why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from commands.progress.step_state import signatures
from commands.runbook.option import Reason
from commands.runbook.page import Page
from commands.start.past_runs import MOST, PastRuns, migration_files, page_of_run
from commands.text.durations import format_duration
from state.facts import EarlyKeep, Signature
from state.frozen import dataclass
from state.records import AttemptState, Record, Run, RunState


class Holds(StrEnum):
    """Whether a reason holds."""

    YES = "holds"
    NO = "does not hold"
    UNKNOWN = "not looked up"
    PEOPLE = "people must judge"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A reason with whether it holds, and why in a few words; `why` is empty where people must judge."""

    says: str
    holds: Holds
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the reasons of a page are judged by. `commit` is what starts now; empty while that is not known."""

    page: Page
    pages: Mapping[str, Page]
    past: PastRuns
    now: datetime
    commit: str = ""


def judged(asked: Asked) -> tuple[Judged, ...]:
    """Each reason to choose the page, in its order."""
    option = asked.page.runbook.option
    return tuple(judge(asked, reason) for reason in option.choose_if) if option else ()


def judge(asked: Asked, reason: Reason) -> Judged:
    """Whether one reason holds."""
    if not reason.evidence:
        return Judged(says=reason.says, holds=Holds.PEOPLE)
    holds, why = _JUDGES[reason.evidence](asked, reason)
    return Judged(says=reason.says, holds=holds, why=why)


def not_judged(reason: Reason) -> Judged:
    """A reason of which nothing was found out in time."""
    if not reason.evidence:
        return Judged(says=reason.says, holds=Holds.PEOPLE)
    return Judged(says=reason.says, holds=Holds.UNKNOWN, why="not looked up in time")


_Answer = tuple[Holds, str]


def _step(asked: Asked, reason: Reason) -> _Answer:
    """The newest run that came to the step counts: a failure after a success is no success."""
    for run, record in _runs_with(asked, reason, reason.step):
        last = record.last(reason.step)
        if last is None:
            continue
        if last.state != AttemptState.DONE:
            return Holds.NO, f"it is {last.state} in run {run.id}, {_ago(asked, last.at)}"
        return _in_time(asked, reason, last.at, f"done in run {run.id}")
    return Holds.NO, f"no run of {_page_name(asked, reason)} has done it"


def _signed(asked: Asked, reason: Reason) -> _Answer:
    for run, record in _runs_with(asked, reason, reason.signed):
        last = record.last(reason.signed)
        if last is None:
            continue
        # who had to sign is what the run's own page said
        page = page_of_run(run)
        step = next((one for one in page.steps if one.id == reason.signed), None) if page else None
        if step is None:
            return Holds.UNKNOWN, f"the page of run {run.id} cannot be read by this version"
        given: list[Signature] = list(signatures(record, last))
        if not step.box.roles() <= {one.role for one in given}:
            return Holds.NO, f"not all have signed it in run {run.id}"
        at = max((one.at for one in given), default=last.at)
        return _same_commit(asked, run, _in_time(asked, reason, at, f"signed in run {run.id}"))
    return Holds.NO, f"no run of {_page_name(asked, reason)} has come to it"


def _rehearsal(asked: Asked, reason: Reason) -> _Answer:
    for run, record in _runs_with(asked, reason, reason.rehearsal):
        last = record.last(reason.rehearsal)
        if last is None:
            continue
        if last.state != AttemptState.DONE:
            return Holds.NO, f"it is {last.state} in run {run.id}, {_ago(asked, last.at)}"
        well = _in_time(asked, reason, last.at, f"no loss in run {run.id}")
        return _same_release(asked, run, well)
    return Holds.NO, f"no run of {_page_name(asked, reason)} has rehearsed"


def _window(asked: Asked, reason: Reason) -> _Answer:
    # imported with the first window: a bot that starts again acts before it knows kinds that no page names
    from commands.steps.kinds.window import WindowStep

    box = asked.page.step(reason.window).box
    if not isinstance(box, WindowStep):
        return Holds.UNKNOWN, f"{reason.window} is no window"
    local = asked.now.astimezone(ZoneInfo(asked.page.runbook.time_zone))
    if box.open_at(local):
        return Holds.YES, "open now; the traffic is not measured yet" if box.sql else "open now"
    opens = box.opens_after(local)
    return Holds.NO, f"opens {opens:%a %H:%M}" if opens else "closed for the next days"


def _soak(asked: Asked, reason: Reason) -> _Answer:
    return soak_of(asked, reason.soak, reason.within)[0]


def soak_of(asked: Asked, page: str, within: timedelta | None = None) -> tuple[_Answer, Run | None]:
    """Whether a page has kept this very commit with these migration files; with the run that has."""
    newest: _Answer | None = None
    for run in asked.past.kept(page):
        answer = _same_release(asked, run, _kept(asked, run, within))
        if answer[0] is Holds.YES:
            return answer, run
        newest = newest or answer
        if not asked.commit:
            break
    return newest or (Holds.NO, f"no run of {page} was kept"), None


def _kept(asked: Asked, run: Run, within: timedelta | None) -> _Answer:
    at = run.ended_at or run.began_at
    record = asked.past.record(run)
    early = " early" if record and record.newest(EarlyKeep) else ""
    commit = asked.past.commit(run)
    return _aged(asked, at, within, f"run {run.id} kept {commit[:10]}{early}")


def _drill(asked: Asked, reason: Reason) -> _Answer:
    for run in asked.past.of(asked.page.name, drills=True):
        if run.state in {RunState.KEPT, RunState.ROLLED_BACK} and run.ended_at:
            return _aged(asked, run.ended_at, reason.drill, f"drill {run.id}")
    return Holds.NO, "no drill of this page is in the state file"


def _first_time(asked: Asked, _: Reason) -> _Answer:
    if not asked.commit:
        return Holds.UNKNOWN, "the commit is known once it starts"
    for run in asked.past.kept():
        if asked.past.commit(run) == asked.commit:
            return Holds.NO, f"run {run.id} of {run.page} kept it, {_ago(asked, run.ended_at or run.began_at)}"
    return Holds.YES, f"none of the newest {MOST} runs has kept {asked.commit[:10]}"


_JUDGES: dict[str, Callable[[Asked, Reason], _Answer]] = {
    "step": _step,
    "signed": _signed,
    "rehearsal": _rehearsal,
    "window": _window,
    "soak": _soak,
    "drill": _drill,
    "first_time": _first_time,
}


def _page_name(asked: Asked, reason: Reason) -> str:
    return reason.page or asked.page.name


def _runs_with(asked: Asked, reason: Reason, step: str) -> Iterator[tuple[Run, Record]]:
    """The runs of the page that came to a step, newest first."""
    for run in asked.past.of(_page_name(asked, reason)):
        record = asked.past.record(run)
        if record and record.last(step):
            yield run, record


def _in_time(asked: Asked, reason: Reason, at: datetime, what: str) -> _Answer:
    return _aged(asked, at, reason.within, what)


def _aged(asked: Asked, at: datetime, within: timedelta | None, what: str) -> _Answer:
    """Evidence with its age. One that lies in the future, by a clock that was wrong, is no evidence."""
    words = f"{what}, {_ago(asked, at)}"
    if at > asked.now + timedelta(minutes=5):
        return Holds.UNKNOWN, f"{what}, in the future by this clock"
    if within is not None and asked.now - at > within:
        return Holds.NO, f"{words}: older than {_span(within.total_seconds())}"
    return Holds.YES, words


def _same_commit(asked: Asked, run: Run, answer: _Answer) -> _Answer:
    holds, why = answer
    commit = asked.past.commit(run)
    if holds is not Holds.YES:
        return answer
    if not commit:
        return Holds.NO, f"{why}, of no known commit"
    if not asked.commit:
        return Holds.UNKNOWN, f"{why}; whether that is what starts is compared then"
    if commit != asked.commit:
        return Holds.NO, f"{why}: of commit {commit[:10]}, not {asked.commit[:10]}"
    return answer


def _same_release(asked: Asked, run: Run, answer: _Answer) -> _Answer:
    """The same commit, and the same migration files: one commit holds many, and a page names those that it applies."""
    holds, why = _same_commit(asked, run, answer)
    if holds is Holds.NO:
        return holds, why
    page = page_of_run(run)
    if page is None:
        return Holds.UNKNOWN, f"the page of run {run.id} cannot be read by this version"
    theirs, ours = migration_files(page), migration_files(asked.page)
    if theirs != ours:
        other = sorted(theirs ^ ours)
        more = f" and {len(other) - 1} more" if len(other) > 1 else ""
        return Holds.NO, f"run {run.id} had other migration files ({other[0].rpartition('/')[2]}{more})"
    return holds, why


def _ago(asked: Asked, at: datetime) -> str:
    seconds = max(0, round((asked.now - at).total_seconds()))
    if seconds < 60:
        return "just now"
    exact = 3600 if seconds >= 3600 else 60
    return f"{_span(seconds // exact * exact)} ago"


def _span(seconds: float) -> str:
    """A time in words, in days where it is long."""
    days = int(seconds // 86400)
    return f"{days} days" if days >= 2 else format_duration(seconds)
