"""The surprise of a drill in its report: what it was, and who or what noticed it first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from commands.progress.surprises import Story
from commands.report.run_data import RunData
from state.events import AlertRaised, CheckFailed, RollbackBudget, WarningRaised
from state.facts import Hold, RollbackRequest, Surprise
from state.frozen import dataclass
from state.records import AttemptState, Event


@dataclass(frozen=True, kw_only=True)
class SurpriseReport:
    """The surprise of a drill that is over. `name` is empty where the record's key is not there to open it.

    `told` is the one person who was told which one it is when the drill was started.
    `began` is None if the drill did not come to it; `after` is None if nobody noticed it. `sign` is by what it was
    noticed, and `person` who noticed it, empty for the bot.
    """

    name: str = ""
    sentence: str = ""
    told: str = ""
    began: timedelta | None = None
    after: timedelta | None = None
    sign: str = ""
    person: str = ""


@dataclass(frozen=True)
class _Sign:
    at: datetime
    sign: str
    person: str = ""


def surprise_report(data: RunData, events: Iterable[Event], story: Story | None) -> SurpriseReport | None:
    """The surprise of a drill; None without one, and before the drill is over: until then it is a secret."""
    record = data.record
    sealed = record.newest(Surprise)
    if not record.run.drill or record.run.ended_at is None or sealed is None:
        return None
    if story is None:
        return SurpriseReport()
    began = story.began(data.page, record)
    if began is None:
        return SurpriseReport(name=story.name, sentence=story.sentence, told=sealed.person)
    seen = list(_of_people(data)) if story.people_notice else [*_of_people(data), *_of_bot(data, events, story)]
    first = min((sign for sign in seen if sign.at >= began), key=lambda sign: sign.at, default=None)
    return SurpriseReport(
        name=story.name,
        sentence=story.sentence,
        told=sealed.person,
        began=data.t_plus(began),
        after=first.at - began if first else None,
        sign=first.sign if first else "",
        person=first.person if first else "",
    )


def _of_people(data: RunData) -> Iterator[_Sign]:
    for fact in data.record.facts:
        if isinstance(fact, Hold | RollbackRequest):
            word = "a hold" if isinstance(fact, Hold) else "the request to roll back"
            yield _Sign(fact.at, word, fact.person)


def _of_bot(data: RunData, events: Iterable[Event], story: Story) -> Iterator[_Sign]:
    """What the bot found of it; what has nothing to do with it is no sign of it."""
    checks = {alert.name: alert.check for alert in data.page.alerts}
    titles = {step.id: step.title for step in data.page.steps}
    for attempt in data.record.attempts:
        if attempt.state == AttemptState.FAILED and story.shown_by(data.page, attempt.step):
            yield _Sign(attempt.at, f"the failed check “{titles.get(attempt.step, attempt.step)}”")
    for event in events:
        if isinstance(event.data, WarningRaised | CheckFailed):
            step = checks.get(event.data.name, "") if isinstance(event.data, WarningRaised) else event.step
            if not story.shown_by(data.page, step):
                continue
            word = "alert" if isinstance(event.data, AlertRaised) else "warning"
            yield _Sign(event.at, f"the {word} “{_title(event.data)}”")
        elif isinstance(event.data, RollbackBudget):
            yield _Sign(event.at, f"the warning at {event.data.mark} % of the rollback's time budget")


def _title(told: WarningRaised | CheckFailed) -> str:
    return told.name if isinstance(told, WarningRaised) else told.title
