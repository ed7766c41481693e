"""Questions of the watch: asked repeatedly, blocking nothing, and never taken for a yes."""

from __future__ import annotations

from datetime import timedelta

from commands.progress.step_state import WATCH
from commands.run import events as run_events
from commands.run.decide import decide
from commands.run.instructions import BeginStep
from commands.signoff import events as signoff_events
from commands.signoff.reminders import due_reminders
from commands.signoff.waiting import waiting_for
from commands.steps.outcome import done
from commands.watch.criteria import criteria_status
from commands.watch.verdicts import check_verdicts
from state.facts import Fact
from state.records import Attempt, AttemptState, Record
from tests.commands.watch.watched import QUESTION, WATCH_BOX
from tests.pages import NOON, SIGNED, payload, record, row, said, small

CRITERIA = """## Success criteria

```toml criteria
go = [{ text = "Users are well", shown_by = ["all-well"] }]
```

## Alerts
"""
PAGE = small(**{"## Alerts\n": CRITERIA, WATCH_BOX: QUESTION})
BEFORE = (
    row("ready", AttemptState.DONE),
    row("put-the-code-there", AttemptState.DONE),
    row("health", AttemptState.DONE),
    row(WATCH, AttemptState.RUNNING),
)
SAMPLE = row("response-time", AttemptState.DONE, seconds=0.1)
ASKED = row("all-well", AttemptState.DONE)


def watched(*attempts: Attempt, facts: tuple[Fact, ...] = ()) -> Record:
    """A run that is being watched, with the question's attempts."""
    return record(*BEFORE, SAMPLE, *attempts, facts=(*SIGNED, *facts))


def yes(attempt: int) -> Fact:
    """The answer yes to an attempt of the question."""
    return said("sign", "all-well", attempt, role="dba", said="yes")


def evidence(*attempts: Attempt, facts: tuple[Fact, ...] = ()) -> tuple[str, str]:
    """The mark and the evidence of the criterion that the question shows."""
    (line,) = criteria_status(PAGE, watched(*attempts, facts=facts))
    return line.mark, line.evidence


def test_the_watch_continues_while_a_question_is_unanswered() -> None:
    (waiting,) = waiting_for(PAGE, watched(ASKED))
    assert (waiting.ask, waiting.roles, waiting.blocks) == ("sign", ("dba",), False)
    act = decide(PAGE, watched(ASKED), NOON + timedelta(minutes=15))
    assert isinstance(act, BeginStep)
    assert act.step.id == "response-time"


def test_the_newest_question_counts() -> None:
    attempts = (ASKED, row("all-well", AttemptState.DONE, 2, after=30))
    assert [one.attempt for one in waiting_for(PAGE, watched(*attempts, facts=(yes(1),)))] == [2]
    assert waiting_for(PAGE, watched(*attempts, facts=(yes(2),))) == ()


def test_a_question_is_posted_as_a_question_and_has_no_verdict() -> None:
    step, running = PAGE.step("all-well"), row("all-well", AttemptState.RUNNING)
    events = run_events.step_ended(PAGE, watched(running), step, ASKED, done(""), 0)
    assert [(one.data.stored_kind, payload(one).ask) for one in events] == [("wanted", "sign")]
    assert [verdict.step for verdict in check_verdicts(PAGE, watched(ASKED))] == ["response-time"]


def test_people_are_reminded_of_a_question_and_silence_is_no_yes() -> None:
    (reminder,) = due_reminders(PAGE, watched(ASKED), NOON + timedelta(minutes=30))
    assert (payload(reminder).roles, payload(reminder).loud) == (("dba", "lead"), True)
    assert evidence(ASKED) == ("open", "waiting for an answer from Database Admin")


def test_a_yes_shows_the_criterion_and_a_no_speaks_against_it() -> None:
    assert evidence(ASKED, facts=(yes(1),)) == ("go", "answered: yes")
    no = said("sign", "all-well", 1, role="dba", said="no", reason="three complaints")
    assert evidence(ASKED, facts=(no,)) == ("no-go", "refused: three complaints")
    assert not waiting_for(PAGE, watched(ASKED, facts=(no,))), "a no stops nothing; people roll back"
    assert signoff_events.asked_after_refusal(PAGE, watched(ASKED, facts=(no,)), PAGE.step("all-well")) == []
