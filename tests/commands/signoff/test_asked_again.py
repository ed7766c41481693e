"""Asking again for signatures: a new attempt with the old result, and what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from commands.progress.evidence import evidence_of, to_check
from commands.signoff.asked_again import asked_again
from commands.signoff.waiting import waiting_for
from state.events import PeopleAsked, SignaturesFell
from state.records import AttemptState
from tests.pages import NOON, attempt_at, fact, record, small

PAGE = small()
LATER = NOON + timedelta(hours=3)
OLD = "The signature of U2 at 19:00 is older than 2 h."
SIGNED_AT_NOON = (fact("sign", "ready", role="dba"), fact("sign", "ready", role="lead", person="U3"))
PROOF = """### Prove it

```toml proof
id = "proof"
host = "backend"
database_url = "$SHOP_URL"
folder = "$SHOP_URL"
file = "x"
sha256 = "x"
compared = "rows"
sign = ["dba"]
```

## Deploy
"""


def test_nothing_of_the_step_runs_again_and_its_result_stays() -> None:
    of = replace(attempt_at("ready", "done"), summary="Fine.", outcome={"values": {"a": "1"}})
    ((repeat,), events) = asked_again(PAGE, record(of, facts=SIGNED_AT_NOON), (("ready", (OLD,)),), LATER)
    assert (repeat.step, repeat.attempt, repeat.state, repeat.summary) == ("ready", 2, AttemptState.DONE, "Fine.")
    assert (repeat.began_at, repeat.ended_at, repeat.values) == (LATER, LATER, {"a": "1"})
    assert repeat.is_repeat
    fell, asked = (event.data for event in events)
    assert fell == SignaturesFell(title="✅ พร้อมไหม (ready?)", attempt=2, people=("U2", "U3"), summary=OLD)
    assert isinstance(asked, PeopleAsked)
    assert (asked.ask, asked.attempt, asked.roles) == ("sign", 2, ("dba", "lead"))


def test_all_roles_are_waited_for_again() -> None:
    of = record(attempt_at("ready", "done"), facts=SIGNED_AT_NOON)
    ((repeat,), _) = asked_again(PAGE, of, (("ready", (OLD,)),), LATER)
    (waiting,) = waiting_for(PAGE, replace(of, attempts=(*of.attempts, repeat)))
    assert (waiting.attempt, waiting.roles) == (2, ("dba", "lead"))


def test_a_step_that_never_began_is_left_out() -> None:
    assert asked_again(PAGE, record(), (("ready", (OLD,)),), LATER) == ([], [])


def test_that_a_step_was_fixed_by_hand_stays_its_evidence() -> None:
    page = small(**{"## Deploy\n": PROOF})
    facts = (fact("answer", "proof", said="done"), fact("sign", "proof", role="dba"))
    of = record(attempt_at("ready", "done"), attempt_at("proof", "failed"), facts=facts)
    ((repeat,), _) = asked_again(page, of, (("proof", (OLD,)),), LATER)
    assert repeat.state == AttemptState.DONE
    after = replace(of, attempts=(*of.attempts, repeat))
    assert evidence_of(page, after) == evidence_of(page, of)
    assert dict(evidence_of(page, after))["proof"] == "fixed by hand"
    assert list(to_check(page, after)) == [], "there are no values to compare, so the check could never succeed"
