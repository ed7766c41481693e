"""The verdict on each check of the watch: ok, warning, bad, quiet, no data or unreachable."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from itertools import takewhile

from commands.runbook.alert_rule import NO_FAILURE, AlertRule
from commands.runbook.page import Page, PageStep, Part
from commands.watch.alerts import alerts_raised_by, has_enough, has_value, samples
from commands.watch.baseline import baseline_value
from state.frozen import dataclass
from state.records import Attempt, AttemptState, Record


class Verdict(StrEnum):
    """What a check is judged to be by its newest sample, the worst first."""

    BAD = "bad"
    UNREACHABLE = "unreachable"
    NO_DATA = "no data"
    WARNING = "warning"
    QUIET = "quiet"  # too little data, which is acceptable here because a stand-in rule applies
    OK = "ok"


INCONCLUSIVE = frozenset({Verdict.QUIET, Verdict.NO_DATA, Verdict.UNREACHABLE})
BLIND_AFTER = 2  # samples without data in a row before people are called


@dataclass(frozen=True, kw_only=True)
class CheckVerdict:
    """The verdict on one check's newest sample, whose number is `attempt`.

    `summary` is the sample's result, `limits` the rules and the baseline that it is judged by. `blind` counts the
    newest samples in a row that gave no data.
    """

    step: str
    title: str
    verdict: Verdict
    summary: str
    limits: str
    at: datetime
    attempt: int
    blind: int

    @property
    def good(self) -> bool:
        """Whether the check is known to be healthy."""
        return self.verdict == Verdict.OK


def check_verdicts(page: Page, record: Record) -> tuple[CheckVerdict, ...]:
    """The verdict on each check of the watch that has a sample, in the page's order."""
    return tuple(verdict for step in page.part(Part.WATCH) if (verdict := check_verdict(page, record, step)))


def check_verdict(page: Page, record: Record, step: PageStep) -> CheckVerdict | None:
    """The verdict on one check. None where it has no sample, or only asks people."""
    finished = samples(record, step.id)
    if not finished or step.box.asks_people:
        return None
    newest = finished[-1]
    return CheckVerdict(
        step=step.id,
        title=step.title,
        verdict=_verdict(page, record, newest),
        summary=newest.summary,
        limits=_limits(page, record, newest),
        at=newest.at,
        attempt=newest.attempt,
        blind=_blind(page, finished),
    )


def newest_failures(finished: list[Attempt]) -> list[Attempt]:
    """The newest samples that failed in a row, newest first. Inconclusive samples are skipped."""
    conclusive = [sample for sample in finished if not sample.inconclusive]
    return list(takewhile(lambda sample: sample.state != AttemptState.DONE, reversed(conclusive)))


def nothing_new(step: PageStep, sample: Attempt, finished: list[Attempt]) -> bool:
    """Whether a sample of a log, which is read from the restart on each time, found nothing since the sample before."""
    if not step.box.cumulative or sample.inconclusive:
        return False
    earlier = (one for one in reversed(finished) if one.attempt < sample.attempt and not one.inconclusive)
    previous = next(earlier, None)
    return previous is not None and _findings(sample) == _findings(previous)


def _findings(sample: Attempt) -> tuple[dict[str, float], object]:
    return sample.measures, sample.outcome.get("output")


def _verdict(page: Page, record: Record, sample: Attempt) -> Verdict:
    # an alert raised by an older sample is no verdict on this one; the countdown it started continues all the same
    levels = {
        raised.level for raised in alerts_raised_by(page, record, sample.step) if raised.attempt == sample.attempt
    }
    if sample.inconclusive:
        answered = sample.state == AttemptState.FAILED and sample.measures
        return Verdict.NO_DATA if answered else Verdict.UNREACHABLE
    if "alert" in levels:
        return Verdict.BAD
    if sample.state != AttemptState.DONE:
        old_news = nothing_new(page.step(sample.step), sample, samples(record, sample.step))
        return Verdict.WARNING if old_news else Verdict.BAD
    if _gave_no_data(page, sample):
        return Verdict.NO_DATA
    if _without_value(page, sample):
        stand_ins = _stand_ins(page, sample)
        applies = stand_ins and all(has_value(alert, record) for alert in stand_ins)
        return Verdict.QUIET if applies else Verdict.NO_DATA
    return Verdict.WARNING if levels else Verdict.OK


def _gave_no_data(page: Page, sample: Attempt) -> bool:
    """Whether the sample gave some rule of its check too little data, and no stand-in applies for that rule."""
    return any(not alert.otherwise for alert in _without_value(page, sample))


def _stand_ins(page: Page, sample: Attempt) -> list[AlertRule]:
    """The rules that apply instead of those to which a sample gave no value. Their own check calls people."""
    names = {alert.otherwise for alert in _without_value(page, sample)}
    return [alert for alert in page.alerts if alert.name in names]


def _without_value(page: Page, sample: Attempt) -> list[AlertRule]:
    """The rules of the sample's check to which it gave no value."""
    rules = [alert for alert in page.alerts if alert.check == sample.step and not alert.expected]
    return [alert for alert in rules if not has_enough(alert, sample)]


def _blind(page: Page, finished: list[Attempt]) -> int:
    """How many of the newest samples in a row gave no data."""

    def gave_none(sample: Attempt) -> bool:
        return sample.inconclusive or (sample.state == AttemptState.DONE and _gave_no_data(page, sample))

    return len(list(takewhile(gave_none, reversed(finished))))


def _limits(page: Page, record: Record, sample: Attempt) -> str:
    """The rules and the baseline that a sample is judged by, in one line; the same words appear once."""
    rules = [alert for alert in page.alerts if alert.check == sample.step]
    parts = []
    for alert in rules:
        measure = f"{alert.measure} " if len(rules) > 1 and alert.limit != NO_FAILURE else ""
        baseline = baseline_value(page, record, alert)
        limit = "expected" if alert.expected else f"{measure}limit: {alert.limit}"
        if alert.otherwise and not has_enough(alert, sample):
            least = " and ".join(f"{count:.12g} {name}" for name, count in alert.enough.items())
            limit = f"below {least}, “{alert.otherwise}” applies"
        parts.append(limit + (f", baseline {alert.format_value(baseline)}" if baseline is not None else ""))
    return "; ".join(dict.fromkeys(parts))
