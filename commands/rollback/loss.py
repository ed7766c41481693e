"""What a rollback loses: what was made since the change, by counts after it and before its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from commands.ports.page_text import PageText
from commands.ports.tools import Tools
from commands.progress.step_state import fix_by_hand
from commands.rollback.restored import why_not_restored
from commands.runbook.head_boxes import Loses
from commands.runbook.losses import changing_steps, taking_step
from commands.runbook.page import Page, PageStep
from commands.steps.outcome import Outcome
from commands.steps.values import fill
from commands.text.durations import format_duration
from commands.text.numbers import format_number
from state.errors import Failed, GonogoError
from state.frozen import dataclass
from state.records import AttemptState, Record, RunState

COUNT_LIMIT = 10.0  # seconds of a count; around a step the deploy or the rollback waits for it
LONGEST_ERROR = 120  # characters of a database's error that are shown

_Loss = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Change:
    """The change that a rollback would undo, as far as the record tells.

    `made` is how much of what the query counts the change made itself. `why` says why that is not known.
    """

    is_there: bool
    made: float = 0
    why: str = ""


def change_of(page: Page, record: Record, loses: Loses) -> Change:
    """The change, once it is made; before that there is nothing to lose."""
    steps = changing_steps(page, loses)
    ids = {step.id for step in steps}
    counted = [attempt.loss for attempt in record.attempts if attempt.step in ids and attempt.loss]
    if failures := [loss["why"] for loss in counted if "why" in loss]:
        return Change(is_there=True, why=failures[-1])
    if counted:
        return Change(is_there=True, made=sum(loss["made"] for loss in counted))
    why = next(filter(None, (_why_not_counted(page, record, step, last=step is steps[-1]) for step in steps)), "")
    return Change(is_there=bool(why), why=why)


def count(tools: Tools, record: Record, page: Page, loses: Loses) -> float:
    """The number that the query answers now. Raises ToolError, also if it is no number."""
    since = _since(page, record, loses)
    sql = PageText(
        # a quoted '<since>' is the same place
        loses.sql.replace("'<since>'", "<since>").replace("<since>", "<since>::timestamptz"),
        {"since": since.astimezone(UTC).isoformat()},
    )
    rows = tools.database.query(loses.database, sql, limit=COUNT_LIMIT, in_any_zone=True).rows
    number = rows[0][0] if rows and rows[0] else None
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        raise Failed("the query returned no number" if rows else "the query returned nothing")
    return int(number) if number == int(number) else float(number)


def loss_in_words(page: Page, record: Record, loses: Loses, number: float) -> str:
    """How much is lost, in the page's own words; people may have removed some of what the change made."""
    since = format_duration(_since(page, record, loses) - record.run.began_at)
    shown = f"{number:,}" if isinstance(number, int) else format_number(number)
    return f"{shown if number > 0 else 0} {fill(loses.says, {'since': f'T+{since}'})}"


def is_nothing(loss: str) -> bool:
    """Whether these words of `loss_in_words` say that nothing is lost."""
    return loss.startswith("0 ")


_UNKNOWN = "an unknown number of "


def without_why(loss: str) -> str:
    """These words without why a number is not known, where there is room for what follows from it only."""
    return loss.partition(" (")[0] if loss.startswith(_UNKNOWN) else loss


def unknown_in_words(loses: Loses, why: str) -> str:
    """The words for a number that is not known, which must not read like zero."""
    return f"{_UNKNOWN}{fill(loses.says, {'since': 'the change'})} ({why})"


def error_in_words(error: object) -> str:
    """Why a count failed; of an error that nobody expected only the name: its message may hold a secret."""
    return (str(error)[:LONGEST_ERROR] or "no answer") if isinstance(error, GonogoError) else type(error).__name__


def lost(page: Page, record: Record) -> str:
    """What a rollback has lost, in words. Empty where the change was never made, and while it is not undone yet."""
    loses = page.rollback.loses
    if not loses or record.run.state not in {RunState.ROLLING_BACK, RunState.ROLLED_BACK}:
        return ""
    if not change_of(page, record, loses).is_there:
        return ""
    step = taking_step(page, loses)
    last = record.last(step.id) if step else None
    if step and record.run.state == RunState.ROLLING_BACK and (last is None or last.state == AttemptState.RUNNING):
        return ""
    losses = [attempt.loss for attempt in record.attempts if step and attempt.step == step.id and attempt.loss]
    numbers = [loss["lost"] for loss in losses if "lost" in loss]
    why = _why_not_undone(page, record, loses, step)
    if numbers and not why:
        return loss_in_words(page, record, loses, max(numbers))
    whys = [loss["why"] for loss in losses if "why" in loss]
    return f"not known, because {why or (whys[-1] if whys else 'it was not counted before the rollback')}"


def _why_not_undone(page: Page, record: Record, loses: Loses, step: PageStep | None) -> str:
    """Why the change is still there after the rollback; empty if it is undone."""
    if step is None:
        return f"no step of the rollback undoes “{changing_steps(page, loses)[-1].title}”"
    return why_not_restored(page, record, step)


def with_loss(
    page: Page, record: Record, step: PageStep, tools: Tools, work: Callable[[], Outcome], *, recovering: bool
) -> Outcome:
    """Do the work of an attempt, and count around it what a rollback loses, if the page counts that at this step.

    An attempt that is only `recovering` has done its work before: what there was before that is not known.
    """
    loses = page.rollback.loses
    if loses and step in changing_steps(page, loses):
        return _with_made(_Counter(page, record, loses, tools), step, work, recovering=recovering)
    if loses and step == taking_step(page, loses) and change_of(page, record, loses).is_there:
        loss = _Counter(page, record, loses, tools).lost_now(step, recovering=recovering)
        return replace(work(), loss=loss)
    return work()


class _Counter:
    """Counts for one attempt."""

    def __init__(self, page: Page, record: Record, loses: Loses, tools: Tools) -> None:
        self._page, self._record, self._loses, self._tools = page, record, loses, tools
        self.change = change_of(page, record, loses)

    def now(self) -> float | Exception:
        """The number now, or why there is none. Nothing of this changes how the step ends."""
        try:
            return count(self._tools, self._record, self._page, self._loses)
        except Exception as error:
            return error

    def lost_now(self, step: PageStep, *, recovering: bool) -> _Loss:
        """What is lost when this step begins."""
        if self.change.why:
            return {"why": self.change.why}
        if recovering:
            return {"why": _restarted(step)}
        number = self.now()
        if isinstance(number, Exception):
            return {"why": f"it could not be counted before “{step.title}”: {error_in_words(number)}"}
        return {"lost": number - self.change.made}

    def is_last(self, step: PageStep) -> bool:
        """Whether it is the last step of the change."""
        return step == changing_steps(self._page, self._loses)[-1]


def _with_made(counter: _Counter, step: PageStep, work: Callable[[], Outcome], *, recovering: bool) -> Outcome:
    """Do the work of a step that makes the change, and count what it makes itself."""
    known = counter.change.is_there and not counter.change.why
    # what is written while a backup is made is not in it
    since = counter.now() if step.box.makes_backup and not recovering else None
    before = counter.now() if known and not recovering else 0
    outcome = work()
    if since is not None and outcome.state == AttemptState.DONE:
        return replace(outcome, loss=_made(step, since))
    if counter.change.why or (not known and outcome.state != AttemptState.DONE):
        return outcome
    if recovering:
        return replace(outcome, loss={"why": _restarted(step)})
    after = counter.now()
    if not isinstance(before, Exception) and not isinstance(after, Exception):
        return replace(outcome, loss={"made": after - before})
    error = before if isinstance(before, Exception) else after
    if not known and isinstance(error, Failed) and not counter.is_last(step):
        return outcome  # what the query counts may come only with a later step
    why = f"it could not be counted right after “{step.title}”: {error_in_words(error)}"
    return replace(outcome, loss={"why": why})


def _made(backup: PageStep, number: float | Exception) -> _Loss:
    """What there was right before a backup: it comes back, so it is not lost."""
    if isinstance(number, Exception):
        return {"why": f"it could not be counted right before “{backup.title}”: {error_in_words(number)}"}
    return {"made": number}


def _restarted(step: PageStep) -> str:
    return f"the bot was restarted during “{step.title}”"


def _why_not_counted(page: Page, record: Record, step: PageStep, *, last: bool) -> str:
    """Why nothing was counted after a step that made the change, or may have; empty if it did not."""
    attempt = record.last(step.id)
    if attempt is None:
        return ""
    if fix_by_hand(page, record, step, attempt):
        return f"“{step.title}” was fixed by hand, and nothing was counted right after that"
    if attempt.state == AttemptState.UNKNOWN:
        return f"it is not known whether “{step.title}” changed anything"
    return f"it was not counted right after “{step.title}”" if last and attempt.state == AttemptState.DONE else ""


def _since(page: Page, record: Record, loses: Loses) -> datetime:
    """When the first step of the change began."""
    ids = {step.id for step in changing_steps(page, loses)}
    return min(attempt.began_at for attempt in record.attempts if attempt.step in ids)
