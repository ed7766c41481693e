"""The success criteria held against the record: which GO lines hold and on what evidence, and which NO-GO signs are there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from commands.alerts import counts, judges
from commands.probes import TELLS_NOTHING, WARNING, probe
from commands.runbook.alert import Alert
from commands.runbook.page import Criterion, Page, PageStep
from commands.settle import NO, unsigned
from state.records import DONE, RUNNING, STOPPED, Record, Step

GO, NO_GO, OPEN, PEOPLE = "go", "no-go", "open", "people"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One line of the panel: `mark` is go, no-go, open (nothing shows it yet) or people (they answer for it).

    `evidence` is what shows it, in a few words, as of `at`. `sign` says that it is a NO-GO line of the page.
    """

    text: str
    mark: str
    evidence: str
    at: datetime | None = None
    sign: bool = False


@dataclass(frozen=True, kw_only=True)
class _Evidence:
    good: bool | None
    says: str
    at: datetime | None = None


def shown(page: Page, record: Record) -> tuple[Shown, ...]:
    """The panel: every GO line with its evidence, and each NO-GO sign that is there, the signs first."""
    if not page.criteria:
        return ()
    lines = [_line(page, record, one) for one in page.criteria.go]
    signs = [_line(page, record, one, sign=True) for one in page.criteria.no_go]
    return (*(one for one in signs if one.mark == NO_GO), *lines)


def holds(page: Page, record: Record, criterion: Criterion) -> bool | None:
    """Whether all that shows a criterion is good; None where nothing shows it (yet), so that people must look."""
    found = [_evidence(page, record, name).good for name in criterion.shown_by]
    if False in found:
        return False
    return None if not found or None in found else True


def _line(page: Page, record: Record, criterion: Criterion, *, sign: bool = False) -> Shown:
    if not criterion.shown_by:
        return Shown(text=criterion.text, mark=PEOPLE, evidence="people answer for it", sign=sign)
    found = [_evidence(page, record, name) for name in criterion.shown_by]
    bad = [one for one in found if one.good is False]
    missing = [one for one in found if one.good is None]
    said = bad or missing or found
    mark = NO_GO if bad else OPEN if missing else GO
    times = [one.at for one in found if one.at]
    says = f"{len(found)} of {len(found)} passed" if mark == GO and len(found) > 2 else said[0].says
    return Shown(text=criterion.text, mark=mark, evidence=says, at=max(times, default=None), sign=sign)


def _evidence(page: Page, record: Record, name: str) -> _Evidence:
    """What shows that a step or an alert is good: a step its newest attempt, a check of the watch every one."""
    for alert in page.alerts:
        if alert.name == name:
            return _of_alert(page, record, alert)
    step = page.step(name)
    rows = [row for row in record.steps if row.step == name and row.state != RUNNING]
    if not rows:
        return _Evidence(good=None, says="not measured yet")
    last = rows[-1]
    at = last.ended_at or last.began_at
    if step.part == "watch" and step.box.kind == "gate":
        return _answered(record, step, last)
    if step.part != "watch":
        return _Evidence(good=last.state == DONE, says=last.says, at=at)
    return _of_check(page, record, name, rows, at)


def _answered(record: Record, step: PageStep, row: Step) -> _Evidence:
    """A question of the watch, by its newest answer."""
    said = [fact for fact in record.facts if (fact.kind, fact.step, fact.attempt) == ("sign", row.step, row.attempt)]
    at = said[-1].at if said else row.began_at
    if no := [fact for fact in said if fact.said == NO]:
        return _Evidence(good=False, says=f"refused: {no[-1].reason}", at=at)
    if missing := unsigned(record, step, row):
        return _Evidence(good=None, says=f"nobody has answered as {', '.join(missing)} yet", at=row.began_at)
    return _Evidence(good=True, says="answered: yes", at=at)


def _of_check(page: Page, record: Record, name: str, rows: list[Step], at: datetime) -> _Evidence:
    """A check of the watch: one bad look makes it NO-GO; a newest look that told nothing leaves it open."""
    if bad := [row for row in rows if row.state != DONE and not row.unasked]:
        often = f" ({len(bad)} of {len(rows)} looks)" if len(rows) > 1 else ""
        return _Evidence(good=False, says=f"{bad[-1].says}{often}", at=bad[-1].ended_at or bad[-1].began_at)
    found = probe(page, record, page.step(name))
    if found is None or found.verdict in TELLS_NOTHING:
        return _Evidence(good=None, says=f"{found.verdict}: {found.says}" if found else "not measured yet", at=at)
    limits = [alert for alert in page.alerts if alert.check == name and not alert.expected]
    beyond = [one for alert in limits if (one := _within(alert, rows)).good is False]
    if beyond:
        return beyond[0]
    if found.verdict == WARNING:
        return _Evidence(good=False, says=found.says, at=at)
    often = f", {len(rows)} looks" if len(rows) > 1 else ""
    return _Evidence(good=True, says=f"{found.says.rstrip('.')}{often}", at=at)


def _of_alert(page: Page, record: Record, alert: Alert) -> _Evidence:
    """A row of the alert table; where another row judges in its stead, both are shown, and silence is never good by itself."""
    looks = [row for row in record.steps if row.step == alert.check and row.state not in {RUNNING, STOPPED}]
    own = _within(alert, looks)
    instead = next((one for one in page.alerts if one.name == alert.otherwise), None)
    if instead is None:
        return own
    other = _evidence(page, record, instead.check)
    good = False if False in {own.good, other.good} else own.good if judges(alert, record) else other.good
    names = [page.step(one.check).title.rpartition(": ")[2] for one in (alert, instead)]
    said = own.says if own.good is not None or not looks else "too little to judge by"
    often = f" ({sum(counts(alert, row) for row in looks)} of {len(looks)} looks had enough)" if looks else ""
    says = f"{names[0]}: {said}{often}; {names[1]}: {other.says}"
    return _Evidence(good=good, says=says, at=max((one.at for one in (own, other) if one.at), default=None))


def _within(alert: Alert, rows: list[Step]) -> _Evidence:
    """Whether every value of an alert's measure was within its limits, with the worst of them."""
    measured = [row for row in rows if counts(alert, row)]
    if not measured:
        return _Evidence(good=None, says="not measured yet")
    bad = [row for row in measured if alert.says(row.measures[alert.measure]) != "ok"]
    last = (bad or measured)[-1]
    says = alert.shown(last.measures[alert.measure])
    words = f"{says}, {len(bad)} of {len(measured)} looks beyond its limits" if bad else f"{says}, within its limits"
    return _Evidence(good=not bad, says=words, at=last.ended_at or last.began_at)
