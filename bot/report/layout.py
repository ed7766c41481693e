"""The report laid out once, in parts of plain text, from which both its Markdown and its HTML page are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.report.alt import alt_text
from bot.report.delivery_figures import figure_rows
from bot.report.labels import ACTS, MARKS, STATES, state_in_words, tidy
from commands.report.report import CriterionReport, Report, StepReport
from commands.text.durations import format_duration
from state.records import AttemptState, RunState


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of plain texts under the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Card:
    """A step: its title, a line of small facts, its sentence, and the telling lines of its output."""

    title: str
    small: str
    summary: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part under a headline; `chart` is the text that stands for the picture, where it belongs here."""

    title: str
    words: tuple[str, ...] = ()
    table: Table | None = None
    cards: tuple[Card, ...] = ()
    chart: str = ""


def headline(report: Report) -> str:
    """The one line that says how the run ended."""
    run = report.run
    return f"{MARKS.get(run.state, '•')} Run {run.id}: {tidy(run.target)} {STATES.get(run.state, run.state)}"


def lay_out(report: Report) -> list[Part]:
    """Every part that has something to say, in the order in which people ask."""
    parts = [
        _summary(report),
        _criteria(report),
        _remains(
            "What the rollback could not bring back", report.not_brought_back, report.run.state == RunState.ROLLED_BACK
        ),
        _alerts(report),
        Part(title="Charts", chart=alt_text(report.panels)),
        _timeline(report),
        _said(report),
        Part(title="Steps", cards=tuple(_card(one) for one in report.steps)),
        _remains("What was cleaned up", report.cleaned, False),
        _figures(report),
    ]
    return [part for part in parts if part.words or part.table or part.cards or part.chart]


def _summary(report: Report) -> Part:
    run = report.run
    rows = [
        ("Runbook", tidy(report.title)),
        ("Release", tidy(f"{run.ref} {report.commit[:10]}".strip())),
        ("Started by", who(report, run.starter)),
        ("Began", moment(report, run.began_at)),
        ("Ended", moment(report, run.ended_at) if run.ended_at else "it goes on"),
        ("Took", f"{format_duration(report.clock)} on the page's clock"),
    ]
    if run.speed != 1:
        rows.append(("Rehearsal", f"the watch ran {run.speed:g} times faster"))
    if run.note:
        rows.append(("Note", tidy(run.note)))
    if report.reason:
        rows.append(("Why", tidy(report.reason)))
    if report.rollback_took is not None:
        limit = f"of the {format_duration(report.rollback_within)} that it may take"
        rows.append(("Rollback", f"{format_duration(report.rollback_took)} from the asking to the end, {limit}"))
    return Part(title="In short", table=Table(columns=("", ""), rows=tuple(rows)))


def _criteria(report: Report) -> Part:
    def row(kind: str, line: CriterionReport) -> tuple[str, ...]:
        # a NO-GO line that "holds" has everything good: the sign is not there
        good = {"GO": ("✅ shown", "❌ not so"), "NO-GO": ("✅ not seen", "❌ seen")}[kind]
        unknown = "🙋 for people" if line.by_people else "– not measured"
        return f"{kind}: {tidy(line.text)}", unknown if line.holds is None else good[not line.holds]

    rows = [row("GO", line) for line in report.go] + [row("NO-GO", line) for line in report.no_go]
    if not rows:
        return Part(title="GO / NO-GO")
    return Part(title="GO / NO-GO", table=Table(columns=("Sign", "At the end"), rows=tuple(rows)))


def _alerts(report: Report) -> Part:
    rows = [
        (
            f"T+{format_duration(one.at)}",
            f"{'🚨' if one.level == 'alert' else '⚠️'} {tidy(one.name)}",
            f"{one.value:.4g} ({tidy(one.rule)})",
            tidy(one.ended),
        )
        for one in report.alerts
    ]
    if not rows:
        return Part(title="Alerts", words=("No alert and no warning.",))
    columns = ("When", "Alert", "Measured", "How it ended")
    return Part(title="Alerts", table=Table(columns=columns, rows=tuple(rows)))


def _timeline(report: Report) -> Part:
    rows = tuple(
        (
            tidy(one.title),
            _t(one.planned),
            _t(one.began),
            format_duration(one.took) if one.took is not None else "",
            state_in_words(one.state) if one.state else "did not begin",
        )
        for one in report.timeline
    )
    columns = ("Step", "Planned", "Began", "Took", "End")
    return Part(title="Timeline", table=Table(columns=columns, rows=rows))


def _said(report: Report) -> Part:
    rows = [
        (
            moment(report, one.at),
            f"{who(report, one.person)}{f' ({tidy(one.role)})' if one.role else ''}",
            tidy(f"{ACTS[one.act]} {one.title}".strip()),
            tidy(one.reason),
        )
        for one in report.actions
    ]
    if not rows:
        return Part(title="Who said what", words=("Nobody signed anything.",))
    table = Table(columns=("When", "Who", "What", "Reason"), rows=tuple(rows))
    return Part(title="Who said what", table=table)


def _card(one: StepReport) -> Card:
    small = [one.part, f"T+{format_duration(one.began)}"]
    small += [f"took {format_duration(one.took)}"] if one.took is not None else []
    small += [f"attempt {one.attempt}"] if one.attempt > 1 and one.times == 1 else []
    small += [f"{one.times} times, {one.bad} of them bad; the newest:"] if one.times > 1 else []
    mark = MARKS.get(one.state, "•")
    lines = tuple(tidy(line, 300) for line in one.lines[:40])
    title = f"{mark} {tidy(one.title)}"
    summary = (
        ""
        if one.state == AttemptState.DONE and not one.summary
        else f"{state_in_words(one.state)}: {tidy(one.summary, 2000)}"
    )
    return Card(title=title, small=" · ".join(small), summary=summary.rstrip(": "), lines=lines)


def _remains(title: str, lines: tuple[str, ...], asked: bool) -> Part:
    words = tuple(tidy(line, 600) for line in lines)
    return Part(title=title, words=words or (("Nothing is known to be missing.",) if asked else ()))


def _figures(report: Report) -> Part:
    since = f"{report.run.target}, since {_day(report, report.figures.since)}" if report.figures.since else ""
    table = Table(columns=("", ""), rows=tuple(figure_rows(report.figures)))
    return Part(title="The four figures of delivery", words=(tidy(since),) if since else (), table=table)


# -- small words --------------------------------------------------------------------------------------------------


def who(report: Report, person: str) -> str:
    """A person by name where it is known, else as the record has it."""
    return "the bot" if person in {"", "gonogo"} else tidy(report.names.get(person, person), 80)


def moment(report: Report, at: datetime) -> str:
    """A moment in the page's time zone."""
    return f"{at.astimezone(ZoneInfo(report.zone)):%a %d %b %H:%M:%S}"


def _day(report: Report, at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(report.zone)):%d %b %Y}"


def _t(at: timedelta | None) -> str:
    return "" if at is None else f"T+{format_duration(timedelta(seconds=round(at.total_seconds())))}"


def facts(parts: list[Part]) -> Iterator[str]:
    """Every text that the report shows, in order."""
    for part in parts:
        yield part.title
        yield from part.words
        for row in (part.table.columns, *part.table.rows) if part.table else ():
            yield from row
        for card in part.cards:
            yield from (card.title, card.small, card.summary, *card.lines)
        yield part.chart
