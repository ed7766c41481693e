"""The layout of the report in parts of plain text, for its Markdown and its HTML page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.report.alt import alt_text
from bot.report.drills import NO_DEVICE, answer_rows, refused_rows, surprise_lines
from bot.report.history import metric_rows
from bot.report.labels import ACTIONS, DOORS, MARKS, STATES, state_in_words, tidy
from commands.progress.drill import MARK
from commands.progress.evidence import short
from commands.report.people import PersonAction
from commands.report.report import CriterionReport, Report, StepReport
from commands.report.stage import AFTER_STAGE
from commands.runbook.page import STAGES
from commands.runbook.page import Part as RunbookPart
from commands.text.actors import door_in_words
from commands.text.durations import format_duration
from commands.text.numbers import format_count
from state.frozen import dataclass
from state.records import AttemptState, RunState


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of plain texts under the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Card:
    """A step: its title, a line of details, its result in a sentence, and the lines of its output."""

    title: str
    details: str
    summary: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the report under its own heading. `chart` is the alt text of the picture that belongs here."""

    title: str
    bullets: tuple[str, ...] = ()
    table: Table | None = None
    cards: tuple[Card, ...] = ()
    chart: str = ""


_EXERCISE = (
    "This was an exercise, not on the real target.",
    "Hosts, databases and web addresses have their names from the page; here they were the drill's own.",
)


def headline(report: Report) -> str:
    """How the run ended, in one line."""
    run = report.run
    mark = f"{MARK} · " if run.drill else ""
    return f"{mark}{MARKS.get(run.state, '•')} Run {run.id}: {tidy(run.target)} {STATES.get(run.state, run.state)}"


def lay_out(report: Report) -> list[Part]:
    """Every part that has content, in the order in which people ask."""
    parts = [
        _summary(report),
        *_drill(report),
        _criteria(report),
        _sentences("Not restored by the rollback", report.not_restored),
        _sentences("Not undone by the rollback", report.not_undone),
        _sentences("Compared at the end", report.comparison.compared),
        _sentences("Not compared", report.comparison.not_compared),
        _alerts(report),
        Part(title="Charts", chart=alt_text(report.panels)),
        _timeline(report),
        _actions(report),
        _notes(report),
        _evidence(report),
        Part(title="Steps", cards=tuple(_card(step) for step in report.steps)),
        _sentences("Clean-up", report.cleanup),
        _metrics(report),
    ]
    return [part for part in parts if part.bullets or part.table or part.cards or part.chart]


def _summary(report: Report) -> Part:
    run = report.run
    rows = [
        ("Runbook", tidy(report.title)),
        ("Page", f"{tidy(run.page)}, SHA-256 {report.page_hash}"),
        ("Release", tidy(" ".join(dict.fromkeys(filter(None, (run.ref_name or run.ref, report.commit)))))),
        ("Started by", f"{person_name(report, run.starter)} {tidy(door_in_words(run.started_by), 300)}".strip()),
        ("Started", f"{local_time(report, run.began_at, year=True)} ({report.zone})"),
        ("Ended", local_time(report, run.ended_at) if run.ended_at else "in progress"),
        ("Duration", format_duration(report.clock)),
    ]
    if run.speed != 1:
        faster = f"the watch ran {run.speed:.12g} times faster; the times here are what really passed"
        rows.append(("Rehearsal", faster))
    if run.note:
        rows.append(("Note", tidy(run.note)))
    if report.reason:
        rows.append(("Reason", tidy(report.reason)))
    if report.rollback_at is not None:
        at = f"at T+{format_duration(report.rollback_at)}"
        what = "Aborted" if run.state == RunState.ABORTED else "Rollback requested"
        rows.append((what, tidy(f"by {_with_names(report, report.rollback_by)}, {at}")))
    if report.rollback_took is not None:
        budget = f"of a time budget of {format_duration(report.rollback_within)}"
        rows.append(("Rollback", f"{format_duration(report.rollback_took)} from request to end, {budget}"))
    return Part(title="Summary", table=Table(columns=("", ""), rows=tuple(rows)))


def _drill(report: Report) -> Iterator[Part]:
    """Who took part and answered after how long, and what was pressed in vain."""
    if not (drill := report.drill):
        return

    def name(person: str) -> str:
        return person_name(report, person)

    people = ", ".join(map(name, drill.people)) or "nobody"
    yield Part(title="Drill", bullets=(*_EXERCISE, f"Took part: {people}."))
    if drill.surprise:
        yield Part(title="Surprise", bullets=tuple(surprise_lines(drill.surprise, name)))
    columns = ("Asked", "What, of whom", "Answered by", "After")
    answers, refused = tuple(answer_rows(drill, name)), tuple(refused_rows(drill, name))
    if answers:
        yield Part(title="Answers", bullets=(NO_DEVICE,), table=Table(columns=columns, rows=answers))
    columns = ("Time", "Who", "Pressed", "Why it was refused")
    none = () if refused else ("Nobody pressed anything in vain.",)
    yield Part(title="Refused", bullets=none, table=Table(columns=columns, rows=refused) if refused else None)


def _criteria(report: Report) -> Part:
    def row(kind: str, criterion: CriterionReport) -> tuple[str, ...]:
        # a NO-GO line "holds" while its evidence is good, which means that the sign is not there
        good, bad = {"GO": ("✅ met", "❌ not met"), "NO-GO": ("✅ not seen", "❌ seen")}[kind]
        unknown = "🙋 for people to judge" if criterion.by_people else "– not measured"
        result = unknown if criterion.holds is None else good if criterion.holds else bad
        result = f"▫️ {result.partition(' ')[2]} before the rollback" if report.rolled_back else result
        return f"{kind}: {tidy(criterion.text)}", result

    rows = [row("GO", criterion) for criterion in report.go] + [row("NO-GO", sign) for sign in report.no_go]
    if not rows:
        return Part(title="GO / NO-GO")
    title, when = ("GO / NO-GO before the rollback", "Then") if report.rolled_back else ("GO / NO-GO", "At the end")
    return Part(title=title, table=Table(columns=("Criterion", when), rows=tuple(rows)))


def _alerts(report: Report) -> Part:
    rows = [
        (
            f"T+{format_duration(alert.at)}",
            f"{'🚨' if alert.level == 'alert' else '⚠️'} {tidy(alert.name)}",
            f"{tidy(alert.value)} ({tidy(alert.rule)})",
            tidy(alert.ended),
        )
        for alert in report.alerts
    ]
    if not rows:
        samples = sum(step.times for step in report.steps if step.part in {STAGES[RunbookPart.WATCH], AFTER_STAGE})
        none = f"No alerts or warnings in {format_count(samples, 'sample')}."
        return Part(title="Alerts", bullets=(none if samples else "Not watched: no check of the watch was made.",))
    columns = ("Time", "Alert", "Measured", "How it ended")
    return Part(title="Alerts", table=Table(columns=columns, rows=tuple(rows)))


def _timeline(report: Report) -> Part:
    rows = tuple(
        (
            tidy(entry.title),
            _t_plus(entry.planned),
            _t_plus(entry.began),
            format_duration(entry.took) if entry.took is not None else "",
            ", ".join(filter(None, (state_in_words(entry.state), entry.went_on))) if entry.state else "did not start",
        )
        for entry in report.timeline
    )
    columns = ("Step", "Planned", "Started", "Duration", "Result")
    return Part(title="Timeline", table=Table(columns=columns, rows=rows))


def _actions(report: Report) -> Part:
    rows = [
        (
            local_time(report, action.at),
            _who(report, action),
            DOORS[action.door],
            tidy(_with_names(report, f"{ACTIONS[action.kind]} {action.title} {action.evidence}".strip())),
            tidy(action.reason),
        )
        for action in report.actions
    ]
    if not rows:
        return Part(title="Who did what", bullets=("Nobody acted on this run.",))
    table = Table(columns=("Time", "Who", "Door", "Action", "Reason"), rows=tuple(rows))
    return Part(title="Who did what", table=table)


def _notes(report: Report) -> Part:
    """What people have noted, with the message that it is about."""
    rows = [
        (
            local_time(report, note.at),
            person_name(report, note.person),
            tidy(_with_names(report, note.text), 600),
            " ".join(filter(None, (f"by {person_name(report, note.author)}:" if note.author else "", tidy(note.link)))),
        )
        for note in report.notes
    ]
    table = Table(columns=("Time", "Who", "Note", "Message"), rows=tuple(rows)) if rows else None
    return Part(title="Notes", table=table)


def _who(report: Report, action: PersonAction) -> str:
    role = f" ({tidy(action.role)})" if action.role else ""
    # at the terminal a system user may be called "gonogo"; that is not the bot
    name = action.person if action.account and action.person == "gonogo" else person_name(report, action.person)
    return f"{name}{role} {tidy(action.account, 300)}".strip()


def _evidence(report: Report) -> Part:
    rows = [(short(signed.hash), tidy(name), tidy(value)) for signed in report.evidence for name, value in signed.items]
    table = Table(columns=("Evidence", "Item", "Value"), rows=tuple(rows)) if rows else None
    fallen = tuple(tidy(_with_names(report, sentence), 600) for sentence in report.fallen)
    return Part(title="What was signed for", bullets=fallen, table=table)


def _with_names(report: Report, sentence: str) -> str:
    for person, name in report.names.items():
        sentence = re.sub(rf"\b{re.escape(person)}\b", name.replace("\\", ""), sentence)
    return sentence


def _card(step: StepReport) -> Card:
    details = [step.part, *(["before the rollback"] if step.is_over else []), f"T+{format_duration(step.began)}"]
    details += [f"took {format_duration(step.took)}"] if step.took is not None else []
    details += [f"attempt {step.attempt}"] if step.attempt > 1 and step.times == 1 else []
    details += [f"{step.times} samples, {step.bad} failed; the newest:"] if step.times > 1 else []
    mark = "▫️" if step.is_over else MARKS.get(step.state, "•")
    title = f"{mark} {tidy(step.title)}"
    state = f"was {step.state}" if step.is_over else state_in_words(step.state)
    result = f"{state}: {tidy(step.summary, 2000)}".rstrip(": ")
    summary = "" if step.state == AttemptState.DONE and not step.summary else result
    lines = tuple(tidy(line, 300) for line in step.lines[:40])
    return Card(title=title, details=" · ".join(details), summary=summary, lines=lines)


def _sentences(title: str, sentences: tuple[str, ...]) -> Part:
    return Part(title=title, bullets=tuple(tidy(sentence, 600) for sentence in sentences))


def _metrics(report: Report) -> Part:
    since = f"{report.run.target}, since {_date(report, report.metrics.since)}" if report.metrics.since else ""
    table = Table(columns=("", ""), rows=tuple(metric_rows(report.metrics)))
    return Part(title="DORA metrics", bullets=(tidy(since),) if since else (), table=table)


def person_name(report: Report, person: str) -> str:
    """A person's name where it is known, else the id in the record."""
    return "the bot" if person in {"", "gonogo"} else tidy(report.names.get(person, person), 80)


def local_time(report: Report, at: datetime, *, year: bool = False) -> str:
    """A time in the page's time zone."""
    return f"{at.astimezone(ZoneInfo(report.zone)):%a %d %b {'%Y ' if year else ''}%H:%M:%S}"


def _date(report: Report, at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(report.zone)):%d %b %Y}"


def _t_plus(at: timedelta | None) -> str:
    return "" if at is None else f"T+{format_duration(timedelta(seconds=round(at.total_seconds())))}"


def texts(parts: list[Part]) -> Iterator[str]:
    """Every text that the report shows, in order."""
    for part in parts:
        yield part.title
        yield from part.bullets
        for row in (part.table.columns, *part.table.rows) if part.table else ():
            yield from row
        for card in part.cards:
            yield from (card.title, card.details, card.summary, *card.lines)
        yield part.chart
