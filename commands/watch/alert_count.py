"""Counts the alerts of a watch: each time that people were called because of a check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from commands.progress.step_state import WATCH
from commands.runbook.page import Page, PageStep, Part
from commands.text.durations import format_duration
from commands.text.numbers import format_count
from commands.watch.alerts import alerts_raised_by, count_of_samples, raises_any_alert, samples
from commands.watch.verdicts import nothing_new
from state.facts import AlertHold
from state.frozen import dataclass
from state.records import Attempt, AttemptState, Record

_OFTEN, _SHORT = 3, timedelta(minutes=10)  # a check may be late, and a bot that starts again takes a moment
_MOMENT = timedelta(minutes=1)  # by the clock: checks take as long in a rehearsal whose watch is sped up


@dataclass(frozen=True, kw_only=True)
class AlertCount:
    """How often each alert was raised; of a failing check without a rule, its title. One that lasts counts once.

    `held` is how often people held one as a false alarm: that is for whoever decides, and counts all the same.

    `samples` were taken, `without_data` of them gave no data, and an earlier version took `uncounted` of them. `over`
    is the time from the start of the watch to the newest sample, at the watch's planned speed, and `gap` the longest
    part of it in which none was taken though some were due, as where the bot did not run.
    """

    raised: Counter[str]
    held: int
    samples: int
    without_data: int
    uncounted: int
    over: timedelta
    gap: timedelta

    def judged(self, most: int) -> tuple[bool | None, str]:
        """Whether there were at most so many, and the evidence in words; empty before the first sample.

        What was not counted, or gave no data, is no evidence that there was none: then it is None.
        """
        total, taken = sum(self.raised.values()), count_of_samples(self.samples)
        if total > most:
            names = ", ".join(f"“{name}” {times}×" for name, times in self.raised.most_common())
            held = f"; {self.held} held as a false alarm" if self.held else ""
            return False, f"{format_count(total, 'alert')}: {names}{held}"
        if self.uncounted:
            return None, f"an earlier version of the bot took {self.uncounted} of {taken}"
        if self.samples == self.without_data:
            return None, f"no data in {taken}" if self.samples else ""
        lacking = f", {self.without_data} of them without data" if self.without_data else ""
        alerts = format_count(total, "alert") if total else "no alert"
        gap = f", and for {format_duration(self.gap)} of it none was taken" if self.gap else ""
        return True, f"{alerts} in {taken}{lacking} over {format_duration(self.over)}{gap}"


def raised_by_sample(page: Page, record: Record, step: PageStep) -> tuple[str, ...]:
    """The names for which people are called because of a check's newest sample."""
    sample = samples(record, step.id)[-1]
    raised = alerts_raised_by(page, record, step.id)
    names = [one.alert.name for one in raised if one.level == "alert" and one.attempt == sample.attempt]
    failed = sample.state != AttemptState.DONE and not sample.inconclusive
    if (
        failed
        and not raises_any_alert(page, record, sample)
        and not nothing_new(step, sample, samples(record, step.id))
    ):
        names.append(step.title)
    return tuple(names)


def count_alerts(page: Page, record: Record) -> AlertCount:
    """The alerts of the watch so far."""
    raised: Counter[str] = Counter()
    taken: list[Attempt] = []
    for step in page.part(Part.WATCH):
        if step.box.asks_people:
            continue
        still: frozenset[str] = frozenset()
        for sample in samples(record, step.id):
            taken.append(sample)
            if not sample.inconclusive:
                names = frozenset(sample.alerts or ())
                raised.update(names - still)
                still = names
    watch = record.last(WATCH)
    times = sorted(sample.began_at for sample in taken)
    begins = [watch.began_at] if watch else []
    return AlertCount(
        raised=raised,
        held=sum(isinstance(fact, AlertHold) for fact in record.facts),
        samples=len(taken),
        without_data=sum(sample.inconclusive for sample in taken),
        uncounted=sum(sample.alerts is None for sample in taken),
        over=(times[-1] - watch.began_at) * record.run.speed if times and watch else timedelta(0),
        gap=_gap(page, [*begins, *times], record.run.speed),
    )


def _gap(page: Page, times: Sequence[datetime], speed: float) -> timedelta:
    """The longest time between two samples, if it is far longer than the checks' own; else nothing."""
    due = min((step.box.every for step in page.part(Part.WATCH) if step.box.every), default=timedelta(0))
    longest = max((later - earlier for earlier, later in pairwise(times)), default=timedelta(0))
    planned = longest * speed
    return planned if planned > max(_OFTEN * due, _SHORT) and longest > _MOMENT else timedelta(0)
