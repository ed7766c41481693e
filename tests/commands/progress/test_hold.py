"""Whether a run is on hold."""

from __future__ import annotations

from commands.progress.hold import hold_of
from tests.pages import fact, record

HOLD, RESUME = fact("hold", attempt=0), fact("resume", attempt=0)


def test_a_run_is_on_hold_from_a_hold_to_the_next_resume() -> None:
    assert hold_of(record()) is None
    assert hold_of(record(facts=(HOLD,))) is HOLD
    assert hold_of(record(facts=(HOLD, RESUME))) is None


def test_the_newest_hold_counts() -> None:
    again = fact("hold", attempt=1, reason="again")
    assert hold_of(record(facts=(HOLD, RESUME, again))) is again


def test_other_facts_and_held_alerts_do_not_hold_a_run_and_do_not_resume_it() -> None:
    others = (fact("sign", "ready", role="dba"), fact("false alarm", "API", said="30 min"), fact("keep"))
    assert hold_of(record(facts=others)) is None
    assert hold_of(record(facts=(HOLD, *others))) is HOLD
