"""Why an alert of a page could never be raised, or would always be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from commands.runbook.alert_rule import AlertRule
from commands.runbook.page import Page, Part
from commands.steps.base import StepBox
from commands.text.durations import format_duration
from commands.text.numbers import format_short
from commands.text.page_rules import for_authors

# measure -> the highest value it can have
_MAXIMUM = {"cpu": 100, "memory": 100, "failed": 1, "failed_share": 1}


def alert_errors(page: Page, alert: AlertRule) -> Iterator[str]:
    """Why an alert could never be raised, or would always be; nothing if it can do its work."""
    if alert.expected:
        return
    for errors in (_limit_errors(alert), _sample_errors(page, alert), _otherwise_errors(page, alert)):
        yield from islice(errors, 1)
    if for_authors():
        yield from _measure_errors(page.step(alert.check).box, alert)


def _measure_errors(box: StepBox, alert: AlertRule) -> Iterator[str]:
    known = ", ".join(sorted(box.measures_of())) or "nothing"
    for field, name in [("measure", alert.measure), *(("enough", name) for name in alert.enough)]:
        if not box.may_measure(name):
            yield f'{field}: "{alert.check}" does not measure {name}; it measures {known}'


def _limit_errors(alert: AlertRule) -> Iterator[str]:
    above, below = alert.above, alert.below
    if above is None and below is None:
        yield "above: the alert has neither above nor below, so it could never be raised; add one"
    if above is not None and below is not None and below > above:
        sides = f"above {format_short(above)} or below {format_short(below)}"
        yield f"below: every value is {sides}, so it would always be raised; write less"
    if alert.warn_above is not None and above is not None and alert.warn_above >= above:
        warns, alerts = format_short(alert.warn_above), format_short(above)
        yield f"warn_above: {warns} is not below {alerts} (above), so it would never warn; write less"
    if alert.times_baseline is not None and above is None:
        yield "times_baseline: needs above as well, because every value is many times a baseline of 0; add it"
    if alert.measure in _MAXIMUM and above is not None and above >= _MAXIMUM[alert.measure]:
        highest = _MAXIMUM[alert.measure]
        yield f"above: {alert.measure} is never above {highest}, so it could never be raised; write less"


def _sample_errors(page: Page, alert: AlertRule) -> Iterator[str]:
    step = page.step(alert.check)
    every = step.box.every
    if every is None and step.part == Part.WATCH:
        return  # its own mistake is told
    if every is None or page.watch is None:
        yield f'check: "{alert.check}" is not in the watch, so it is measured only once; name a check of the watch'
        return
    samples = max(1, int(page.watch.lasts / every))
    if alert.in_a_row > samples:
        yield f"in_a_row: the watch takes only {samples} samples, so it could never be raised; write at most {samples}"
    if alert.lasting is not None and alert.lasting >= page.watch.lasts:
        lasts = format_duration(page.watch.lasts)
        yield f"lasting: the watch itself takes only {lasts}, so it could never be raised; write less"


def _otherwise_errors(page: Page, alert: AlertRule) -> Iterator[str]:
    """A quiet alert may be normal only if another one then always judges instead."""
    if not alert.otherwise:
        return
    if not alert.enough:
        yield "otherwise: needs enough as well, which says how much this alert needs to judge; add it"
    other = next((other for other in page.alerts if other.name == alert.otherwise), None)
    if other is None:
        yield f'otherwise: there is no alert "{alert.otherwise}"; name another alert of the table'
    elif other.expected or other.enough or other.check == alert.check:
        todo = "name an alert of another check that has neither expected nor enough"
        yield f'otherwise: "{other.name}" cannot judge instead; {todo}'
