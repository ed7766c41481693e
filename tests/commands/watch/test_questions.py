"""Questions of the watch: asked again and again, holding nothing up, chased, and never taken for a yes."""

from __future__ import annotations

from datetime import timedelta

from commands.progress.step_state import WATCH
from commands.run import events as run_events
from commands.run.decide import Begin, decide
from commands.signoff import events as signoff_events
from commands.signoff.reminders import chases
from commands.signoff.waiting import waiting_for
from commands.steps.outcome import done
from commands.watch.criteria import shown
from commands.watch.verdicts import probes
from state.records import DONE, RUNNING, Fact, Record, Step
from tests.pages import NOON, SIGNED, record, row, said, small

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
BEFORE = (row("ready", DONE), row("put-the-code-there", DONE), row("health", DONE), row(WATCH, RUNNING))
CHECKED = row("response-time", DONE, seconds=0.1)


def watched(*rows: Step, facts: tuple[Fact, ...] = ()) -> Record:
    return record(*BEFORE, CHECKED, *rows, facts=(*SIGNED, *facts))


def yes(attempt: int) -> Fact:
    return said("sign", "all-well", attempt, role="dba", said="yes")


def evidence(*rows: Step, facts: tuple[Fact, ...] = ()) -> tuple[str, str]:
    (line,) = shown(PAGE, watched(*rows, facts=facts))
    return line.mark, line.evidence


def test_it_is_asked_and_the_watch_goes_on_unanswered() -> None:
    asked = row("all-well", DONE)
    (waiting,) = waiting_for(PAGE, watched(asked))
    assert (waiting.kind, waiting.roles, waiting.blocks) == ("sign", ("dba",), False)
    following = decide(PAGE, watched(asked), NOON + timedelta(minutes=15))
    assert isinstance(following, Begin)
    assert following.step.id == "response-time"


def test_the_newest_question_counts() -> None:
    rows = (row("all-well", DONE), row("all-well", DONE, 2, after=30))
    assert [one.attempt for one in waiting_for(PAGE, watched(*rows, facts=(yes(1),)))] == [2]
    assert waiting_for(PAGE, watched(*rows, facts=(yes(2),))) == ()


def test_it_is_told_as_a_question_and_is_no_check() -> None:
    step = PAGE.step("all-well")
    news = run_events.ended(PAGE, watched(row("all-well", RUNNING)), step, row("all-well", DONE), done(""), 0)
    assert [(one.kind, one.data["kind"]) for one in news] == [("wanted", "sign")]
    assert [probe.step for probe in probes(PAGE, watched(row("all-well", DONE)))] == ["response-time"]


def test_silence_is_chased_and_shows_nothing_to_be_well() -> None:
    asked = row("all-well", DONE)
    (news,) = chases(PAGE, watched(asked), NOON + timedelta(minutes=30))
    assert (news.data["roles"], news.data["loud"]) == (["dba", "lead"], True)
    assert evidence(asked) == ("open", "nobody has answered as dba yet")


def test_a_yes_shows_it_and_a_no_speaks_against_it() -> None:
    asked = row("all-well", DONE)
    assert evidence(asked, facts=(yes(1),)) == ("go", "answered: yes")
    no = said("sign", "all-well", 1, role="dba", said="no", reason="three complaints")
    assert evidence(asked, facts=(no,)) == ("no-go", "refused: three complaints")
    assert not waiting_for(PAGE, watched(asked, facts=(no,))), "a no stops nothing; people roll back"
    assert signoff_events.refused(PAGE, watched(asked, facts=(no,)), PAGE.step("all-well")) == []
