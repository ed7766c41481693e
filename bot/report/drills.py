"""Drills in words: what only their reports have, and the list of all drills."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from zoneinfo import ZoneInfo

from bot.report.labels import MARKS, tidy
from commands.progress.drill import MARK, takes_part
from commands.report.dora import Deploy
from commands.report.drill_report import DrillAnswer, DrillReport
from commands.report.surprise_report import SurpriseReport
from commands.text.durations import format_duration
from commands.text.numbers import format_count
from state.store import RecordStore

NO_DEVICE = "Slack does not tell on which device somebody pressed, so nobody's is named."
Name = Callable[[str], str]


def answer_rows(drill: DrillReport, name: Name) -> Iterator[tuple[str, str, str, str]]:
    """One row for each answer: when it was asked, what and of whom, who answered, and after how long."""
    for answer in drill.answers:
        asked = f"{tidy(answer.title)} ({', '.join(map(tidy, answer.roles))})"
        yield f"T+{format_duration(answer.asked)}", asked, _who(answer, name), _after(answer)


def refused_rows(drill: DrillReport, name: Name) -> Iterator[tuple[str, str, str, str]]:
    """One row for each press in vain: when, who, what, and what they read."""
    for refused in drill.refused:
        what = tidy(refused.action.replace("_", " "))
        yield f"T+{format_duration(refused.at)}", name(refused.person), what, tidy(refused.why)


def surprise_lines(surprise: SurpriseReport, name: Name) -> Iterator[str]:
    """What the surprise was, when it began, and when and by whom it was noticed first."""
    if not surprise.name:
        yield "This drill had a surprise. Without the record's key its name cannot be read."
        return
    yield f"{surprise.name}: {surprise.sentence}"
    yield f"Only {name(surprise.told)}, who started the drill, was told before its end which one it is."
    if surprise.began is None:
        yield "The drill did not come to it."
        return
    yield f"It began at T+{format_duration(surprise.began)}."
    if surprise.after is None:
        yield "Nothing in this drill shows that it was noticed."
        return
    who = name(surprise.person) if surprise.person else "the bot"
    after = format_duration(round(surprise.after.total_seconds()))
    yield f"First noticed {after} later, by {who}: {tidy(surprise.sign)}."


def drill_lines(store: RecordStore, drills: Sequence[Deploy], zone: str) -> Iterator[str]:
    """One line for each drill: when, of what, how it ended, who took part and how long its rollback took."""
    for deploy in drills:
        run = deploy.run
        people = format_count(len(takes_part(store.record(run.id))), "person", "people")
        took = format_duration(run.ended_at - run.began_at) if run.ended_at else "in progress"
        restored = f", rollback took {format_duration(deploy.restored)}" if deploy.restored is not None else ""
        at = f"{run.began_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
        where = tidy(run.target, 60)
        how = f"{run.how_over} ({took}{restored}), {people}"
        yield f"{MARK} {MARKS.get(run.state, '•')} {f'run {run.id}':<7}  {at}  {where}: {how}"


def _who(answer: DrillAnswer, name: Name) -> str:
    if not answer.person:
        return "nobody"
    role = f" as {tidy(answer.role)}" if answer.role else ""
    return f"{name(answer.person)}{role} {tidy(answer.door)}".strip()


def _after(answer: DrillAnswer) -> str:
    return "no answer" if answer.after is None else format_duration(round(answer.after.total_seconds()))
