"""Questions of the watch: asked again and again, holding nothing up, chased, and never taken for a yes."""

from __future__ import annotations

from datetime import timedelta

from commands.progress.step_state import WATCH
from commands.run import events as run_events
from commands.run.decide import BeginStep, decide
from commands.signoff import events as signoff_events
from commands.signoff.reminders import due_reminders
from commands.signoff.waiting import waiting_for
from commands.steps.outcome import done
from commands.watch.criteria import criteria_status
from commands.watch.verdicts import check_verdicts
from state.facts import Fact
from state.records import Attempt, AttemptState, Record
from tests.pages import NOON, SIGNED, payload, record, row, said, small

GATE = """## Success criteria

```toml criteria
go = [{ text = "Users are well", shown_by = ["all-well"] }]
```

## Alerts
"""
ASKS = """lasts = "1 h"
```

### All well?

```toml gate
id = "all-well"
every = "30 min"
item = [{ text = "Users report nothing", role = "dba" }]
"""
PAGE = small(**{"## Alerts\n": GATE, 'lasts = "1 h"\n': ASKS})
BEFORE = (
    row("ready", AttemptState.DONE),
    row("put-the-code-there", AttemptState.DONE),
    row("health", AttemptState.DONE),
    row(WATCH, AttemptState.RUNNING),
)
CHECKED = row("response-time", AttemptState.DONE, seconds=0.1)


def watched(*rows: Attempt, facts: tuple[Fact, ...] = ()) -> Record:
    return record(*BEFORE, CHECKED, *rows, facts=(*SIGNED, *facts))


def yes(attempt: int) -> Fact:
    return said("sign", "all-well", attempt, role="dba", said="yes")


def evidence(*rows: Attempt, facts: tuple[Fact, ...] = ()) -> tuple[str, str]:
    (line,) = criteria_status(PAGE, watched(*rows, facts=facts))
    return line.mark, line.evidence


def test_it_is_asked_and_the_watch_goes_on_unanswered() -> None:
    asked = row("all-well", AttemptState.DONE)
    (waiting,) = waiting_for(PAGE, watched(asked))
    assert (waiting.ask, waiting.roles, waiting.blocks) == ("sign", ("dba",), False)
    following = decide(PAGE, watched(asked), NOON + timedelta(minutes=15))
    assert isinstance(following, BeginStep)
    assert following.step.id == "response-time"


def test_the_newest_question_counts() -> None:
    rows = (row("all-well", AttemptState.DONE), row("all-well", AttemptState.DONE, 2, after=30))
    assert [one.attempt for one in waiting_for(PAGE, watched(*rows, facts=(yes(1),)))] == [2]
    assert waiting_for(PAGE, watched(*rows, facts=(yes(2),))) == ()


def test_it_is_told_as_a_question_and_is_no_check() -> None:
    step = PAGE.step("all-well")
    news = run_events.step_ended(
        PAGE, watched(row("all-well", AttemptState.RUNNING)), step, row("all-well", AttemptState.DONE), done(""), 0
    )
    assert [(one.data.stored_kind, payload(one).ask) for one in news] == [("wanted", "sign")]
    assert [probe.step for probe in check_verdicts(PAGE, watched(row("all-well", AttemptState.DONE)))] == [
        "response-time"
    ]


def test_silence_is_chased_and_shows_nothing_to_be_well() -> None:
    asked = row("all-well", AttemptState.DONE)
    (news,) = due_reminders(PAGE, watched(asked), NOON + timedelta(minutes=30))
    assert (payload(news).roles, payload(news).loud) == (("dba", "lead"), True)
    assert evidence(asked) == ("open", "nobody has answered as dba yet")


def test_a_yes_shows_it_and_a_no_speaks_against_it() -> None:
    asked = row("all-well", AttemptState.DONE)
    assert evidence(asked, facts=(yes(1),)) == ("go", "answered: yes")
    no = said("sign", "all-well", 1, role="dba", said="no", reason="three complaints")
    assert evidence(asked, facts=(no,)) == ("no-go", "refused: three complaints")
    assert not waiting_for(PAGE, watched(asked, facts=(no,))), "a no stops nothing; people roll back"
    assert signoff_events.asked_after_refusal(PAGE, watched(asked, facts=(no,)), PAGE.step("all-well")) == []
