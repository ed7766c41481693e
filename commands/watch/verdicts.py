"""The verdict on every check of the watch: ok, warning, bad, quiet, no data or could not ask, each with value, rule and baseline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile

from commands.runbook.alert_rule import NO_FAILURE, AlertRule
from commands.runbook.page import Page, PageStep, Part
from commands.watch.alerts import alerts_raised_by, has_enough, has_value, samples
from commands.watch.baseline import baseline_value
from state.records import Attempt, AttemptState, Record


class Verdict(StrEnum):
    """What is thought of a check by its newest sample."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"
    QUIET = "quiet"  # too little to judge by, which may be so, because another row judges instead
    NO_DATA = "no data"
    UNREACHABLE = "could not ask"


INCONCLUSIVE = frozenset({Verdict.QUIET, Verdict.NO_DATA, Verdict.UNREACHABLE})
IN_A_ROW = 2  # looks that tell nothing before people are called to look themselves


@dataclass(frozen=True, kw_only=True)
class CheckVerdict:
    """The newest verdict on one check. `summary` is what was seen, `beside` the rules and the baseline it is held to.

    `blind` is how many of the newest looks told nothing, one after another.
    """

    step: str
    title: str
    verdict: Verdict
    summary: str
    beside: str
    at: datetime
    attempt: int
    blind: int

    @property
    def good(self) -> bool:
        """Whether it is known to be well."""
        return self.verdict == Verdict.OK


def check_verdicts(page: Page, record: Record) -> tuple[CheckVerdict, ...]:
    """The verdict on each check of the watch that was made at least once, in the page's order."""
    return tuple(found for step in page.part(Part.WATCH) if (found := check_verdict(page, record, step)))


def check_verdict(page: Page, record: Record, step: PageStep) -> CheckVerdict | None:
    """The newest verdict on one check; None where it was never made, or only asks people."""
    rows = samples(record, step.id)
    if not rows or step.box.asks_people:
        return None
    row = rows[-1]
    return CheckVerdict(
        step=step.id,
        title=step.title,
        verdict=_verdict(page, record, row),
        summary=row.summary,
        beside=_beside(page, record, row),
        at=row.at,
        attempt=row.attempt,
        blind=_blind(page, rows),
    )


def newest_failures(rows: list[Attempt]) -> list[Attempt]:
    """The looks that failed one after another until the newest, newest first; those that could not be made count for nothing."""
    return list(
        takewhile(lambda row: row.state != AttemptState.DONE, reversed([row for row in rows if not row.inconclusive]))
    )


def nothing_new(step: PageStep, row: Attempt, rows: list[Attempt]) -> bool:
    """Whether a look at a log, which reads from the restart on each time, found only the lines of the look before it."""
    if not step.box.cumulative or row.inconclusive:
        return False
    before = next((one for one in reversed(rows) if one.attempt < row.attempt and not one.inconclusive), None)
    return before is not None and (row.measures, row.outcome.get("output")) == (
        before.measures,
        before.outcome.get("output"),
    )


def _verdict(page: Page, record: Record, row: Attempt) -> Verdict:
    # what only an older look showed is no verdict on the newest; a countdown that it began goes on all the same
    levels = {raised.level for raised in alerts_raised_by(page, record, row.step) if raised.attempt == row.attempt}
    if row.inconclusive:
        return (
            Verdict.NO_DATA if row.state == AttemptState.FAILED and row.measures else Verdict.UNREACHABLE
        )  # it answered, and that told nothing
    if "alert" in levels:
        return Verdict.BAD
    if row.state != AttemptState.DONE:
        return Verdict.WARNING if nothing_new(page.step(row.step), row, samples(record, row.step)) else Verdict.BAD
    if _told_nothing(page, row):
        return Verdict.NO_DATA
    if instead := _judging_instead(page, row):
        return Verdict.QUIET if all(has_value(alert, record) for alert in instead) else Verdict.NO_DATA
    return Verdict.WARNING if levels else Verdict.OK


def _told_nothing(page: Page, row: Attempt) -> bool:
    """Whether the check was made, and gave a row of the alert table that watches it no value to judge by."""
    rows = _without_a_value(page, row)
    return any(not alert.otherwise for alert in rows)


def _judging_instead(page: Page, row: Attempt) -> list[AlertRule]:
    """The rows that judge in the stead of those to which a look gave no value. If they cannot either, their own look calls people."""
    names = {alert.otherwise for alert in _without_a_value(page, row)}
    return [alert for alert in page.alerts if alert.name in names]


def _without_a_value(page: Page, row: Attempt) -> list[AlertRule]:
    rows = [alert for alert in page.alerts if alert.check == row.step and not alert.expected]
    return [alert for alert in rows if not has_enough(alert, row)]


def _blind(page: Page, rows: list[Attempt]) -> int:
    blind = 0
    for row in reversed(rows):
        if not (row.inconclusive or (row.state == AttemptState.DONE and _told_nothing(page, row))):
            break
        blind += 1
    return blind


def _beside(page: Page, record: Record, row: Attempt) -> str:
    rows = [alert for alert in page.alerts if alert.check == row.step]
    parts = []
    for alert in rows:
        what = f"{alert.measure} " if len(rows) > 1 and alert.limit != NO_FAILURE else ""
        was = baseline_value(page, record, alert)
        said = "expected" if alert.expected else f"{what}limit: {alert.limit}"
        if alert.otherwise and not has_enough(alert, row):
            least = " and ".join(f"{most:g} {name}" for name, most in alert.enough.items())
            said = f"with less than {least} “{alert.otherwise}” judges"
        parts.append(said + (f", before {alert.format_value(was)}" if was is not None else ""))
    return "; ".join(dict.fromkeys(parts))
