"""What `gonogo status` prints: what is happening, who must act, and what to type."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.progress.step_state import DECISION, WATCH
from state.facts import Actor, Door
from state.records import AttemptState, RunState
from tests.commands.report.deployed import ALERT, CHECK, DEPLOYED
from tests.commands.report.printed import DEPLOY, READY, WATCHING, lines
from tests.losing import counted, losing_page
from tests.pages import SIGNED, row, said, small

ROLL_BACK = ["Anybody can roll back now", "  type: gonogo rollback REASON"]


def test_a_run_that_waits_for_signatures() -> None:
    assert lines(READY, facts=(), minutes=2) == [
        "shop: waiting for sign-off",
        "Waiting for Database Admin and Tech Lead to sign “✅ พร้อมไหม (ready?)”",
        "  Database Admin: The backup is there",
        "  Tech Lead: The plan is read",
        "  type: gonogo sign ready",
        "Before: ✅ พร้อมไหม (ready?)  ▱▱▱▱▱▱▱▱▱▱▱▱ 0/3 steps",
        "Run 1 · main · T+2 min · times in Asia/Bangkok",
        *ROLL_BACK,
    ]


def test_a_role_that_has_signed_is_not_shown_what_it_signed() -> None:
    printed = lines(READY, facts=SIGNED[:1], minutes=2)
    assert [line for line in printed if line.startswith(("  Database", "  Tech"))] == ["  Tech Lead: The plan is read"]


def test_a_step_without_a_checklist_is_signed_for_its_result() -> None:
    page = small(**{'takes = "10 min"': 'sign = ["dba"]'})
    done = replace(row("put-the-code-there", AttemptState.DONE), outcome={"summary": "4 commands succeeded."})
    printed = lines(READY, replace(done, summary="4 commands succeeded."), facts=SIGNED, page=page)
    assert printed[1:3] == [
        "Waiting for Database Admin to sign “Put the code there”",
        "  Database Admin: 4 commands succeeded.",
    ]


def test_a_run_that_waits_for_nobody() -> None:
    assert lines(READY, row("put-the-code-there", AttemptState.RUNNING, after=1)) == [
        "shop: deploying",
        "Waiting for nobody.",
        "Deploy: Put the code there  ▰▰▰▰▱▱▱▱▱▱▱▱ 1/3 steps",
        "Run 1 · main · T+20 min · times in Asia/Bangkok",
        *ROLL_BACK,
    ]


RUN_BOX = 'run\nhost = "backend"\ncommands = ["deploy"]\ntakes = "10 min"'


@pytest.mark.parametrize(
    ("box", "until"),
    [
        ('wait\nlasts = "24 h"\nwhy = "soak"', "Tue 19:01"),
        ('notify\ntext = "We begin"\ncountdown = true', "Mon 19:11"),
        ('notify\ntext = "We begin"', ""),
    ],
)
def test_a_step_that_lets_time_pass_says_until_when(box: str, until: str) -> None:
    page = small(**{RUN_BOX: box, 'undoes = "put-the-code-there"\n': ""})
    running = row("put-the-code-there", AttemptState.RUNNING, after=1)
    ending = f", until {until}  " if until else "  "
    assert lines(READY, running, page=page, notice=10)[2].startswith(f"Deploy: Put the code there{ending}")
    assert "until" not in lines(READY, page=page, notice=10)[2], "it does not wait before it begins"


def test_a_failed_step() -> None:
    failed = "“Put the code there”, which did not succeed"
    assert lines(READY, row("put-the-code-there", AttemptState.FAILED))[:3] == [
        "shop: a step needs an answer",
        f"Waiting for Tech Lead to say what to do about {failed}: run it again, fix it by hand, or skip it",
        "  type: gonogo answer put-the-code-there again|done|skip REASON",
    ]


def test_why_a_step_failed_stands_before_what_is_asked() -> None:
    failed = replace(row("put-the-code-there", AttemptState.FAILED), outcome={"summary": "npm ended with code 1."})
    printed = lines(READY, replace(failed, summary="npm ended with code 1."))
    assert printed[1] == "“Put the code there”: Failed: npm ended with code 1"
    assert printed[2].startswith("Waiting for Tech Lead to say what to do about “Put the code there”")


def test_who_refused_and_why_and_who_wants_a_second_person_stand_there_too() -> None:
    page = small(**{'takes = "10 min"': 'sign = ["dba"]'})
    refusal = said("sign", "put-the-code-there", said="no", role="dba", reason="the log has errors")
    answer = said("answer", "put-the-code-there", said="override", person="U3", reason="they are known")
    done = row("put-the-code-there", AttemptState.DONE)
    assert lines(READY, done, facts=(*SIGNED, refusal), page=page)[1] == (
        "“Put the code there”: Refused by U2: the log has errors"
    )
    assert lines(READY, done, facts=(*SIGNED, refusal, answer), page=page)[1] == (
        "“Put the code there”: Refused by U2: the log has errors. U3 wants to go on: they are known"
    )


def test_a_refused_step() -> None:
    page = small(**{'takes = "10 min"': 'sign = ["dba"]'})
    facts = (*SIGNED, said("sign", "put-the-code-there", said="no", role="dba"))
    refused = "“Put the code there”, whose sign-off was refused"
    assert lines(READY, row("put-the-code-there", AttemptState.DONE), facts=facts, page=page)[1:3] == [
        f"Waiting for Tech Lead to say what to do about {refused}: run it again, or overrule the refusal",
        "  type: gonogo answer put-the-code-there again|override REASON",
    ]


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        ("skip", "skip “The window”"),
        ("done", "that “The window” is fixed by hand"),
        ("override", "overrule the refusal of “The window”"),
    ],
)
def test_an_answer_that_a_second_person_must_agree_to(choice: str, wanted: str) -> None:
    page = small(**{"## Before\n": WINDOW})
    answer = said("answer", "window", 1, said=choice, reason="urgent")
    refused = [said("sign", "window", said="no", role="dba")] * (choice == "override")
    agree = "to agree " if choice == "done" else "to agree to "
    assert lines(row("window", AttemptState.FAILED), facts=(*refused, answer), page=page)[:4] == [
        "shop: waiting for a second person",
        "“The window”: U2 wants to go on: urgent",
        f"Waiting for a second person {agree}{wanted}",
        "  type: gonogo answer window agree",
    ]


WINDOW = """## Before

### The window

```toml window
id = "window"
days = ["mon"]
hours = ["02:00-04:00"]
```
"""


def test_an_early_keep_that_a_second_person_must_agree_to() -> None:
    facts = (*SIGNED, said("early keep", reason="quiet"))
    assert lines(*DEPLOYED, WATCHING, facts=facts)[:4] == [
        "shop: waiting for a second person",
        "“KEEP before the watch is over”: U2 wants it: quiet",
        "Waiting for a second person to agree to “KEEP before the watch is over”",
        "  type: gonogo answer 'the decision' agree",
    ]


def test_the_decision() -> None:
    over = (row(WATCH, AttemptState.DONE, after=15), row(DECISION, AttemptState.RUNNING, after=75))
    assert lines(*DEPLOYED, *over, minutes=80)[:4] == [
        "shop: KEEP or ROLLBACK?",
        "Waiting for Tech Lead to decide KEEP or ROLLBACK",
        "  type: gonogo keep",
        "Decision: KEEP or ROLLBACK; the checks continue until then, and alerts count  ▰▰▰▰▰▰▰▰▰▰▰▰ 3/3 steps",
    ]


def test_a_question_of_the_watch_does_not_block_the_run() -> None:
    question = """lasts = "1 h"
```

### All well?

```toml gate
id = "all-well"
every = "30 min"
item = [{ text = "Users report nothing", role = "dba" }]
"""
    page = small(**{'lasts = "1 h"\n': question})
    assert lines(*DEPLOYED, WATCHING, row("all-well", AttemptState.DONE, after=16), page=page)[:4] == [
        "shop: watching",
        "Waiting for Database Admin to sign “All well?” (the run continues meanwhile)",
        "  Database Admin: Users report nothing",
        "  type: gonogo sign all-well",
    ]


def test_a_hold() -> None:
    hold = said("hold", person="UDBA", reason="load test")
    assert lines(READY, DEPLOY, facts=(*SIGNED, hold))[:3] == [
        "shop: ON HOLD",
        "On hold by UDBA: load test. No new step starts.",
        "  type: gonogo resume",
    ]
    bare = lines(READY, DEPLOY, facts=(*SIGNED, said("hold", person="UDBA")))
    assert bare[1] == "On hold by UDBA. No new step starts."
    assert "Waiting for nobody." not in bare, "it waits for somebody to resume it"


def test_an_alert_that_counts_down_says_when_it_rolls_back_in_the_teams_time() -> None:
    countdown = said("countdown", ALERT, after=20, reason="9 s (limit: above 5 s)")
    assert lines(*DEPLOYED, WATCHING, facts=(*SIGNED, countdown), minutes=20.5)[:5] == [
        "shop: ALERT, about to roll back",
        "ALERT API response > 5 s: 9 s (limit: above 5 s)",
        "Rolls back at 19:21:00, unless Tech Lead holds it as a false alarm",
        "  type: gonogo false-alarm 'API response > 5 s' --reason WHY",
        "Watch  ▰▱▱▱▱▱▱▱▱▱▱▱ 5 min 30 s of 1 h",
    ]


def test_each_role_that_an_alert_calls_can_hold_it() -> None:
    page = small(**{"in_a_row = 2": 'in_a_row = 2\npings = ["dba"]'})
    countdown = said("countdown", ALERT, after=20, reason="9 s")
    printed = lines(*DEPLOYED, WATCHING, facts=(*SIGNED, countdown), page=page)
    assert "Rolls back at 19:21:00, unless Database Admin or Tech Lead holds it as a false alarm" in printed


def test_an_alert_that_is_held() -> None:
    facts = (
        *SIGNED,
        said("countdown", ALERT, after=20, reason="9 s"),
        said("false alarm", ALERT, after=20.5, said="30 min", reason="a load test", person="ULEAD"),
    )
    printed = lines(*DEPLOYED, WATCHING, facts=facts, minutes=30)
    assert printed[:2] == [
        "shop: watching",
        "“API response > 5 s” is held as a false alarm by ULEAD until 19:50: a load test",
    ]


def test_the_watch_shows_its_own_time_and_what_is_checked() -> None:
    running = row(CHECK, AttemptState.RUNNING, after=30)
    printed = lines(*DEPLOYED, WATCHING, running, minutes=45)
    assert "Watch: Response time  ▰▰▰▰▰▰▱▱▱▱▱▱ 30 min of 1 h" in printed


def test_a_rollback_in_progress() -> None:
    undoing = row("put-the-old-code-back", AttemptState.RUNNING)
    facts = (*SIGNED, said("rollback", reason="too slow"))

    def printed(minutes: float) -> list[str]:
        return lines(DEPLOY, undoing, facts=facts, minutes=minutes, state=RunState.ROLLING_BACK)

    assert printed(4) == [
        "shop: ROLLING BACK",
        "Rollback requested: too slow",
        "11 min left for the rollback",
        "Waiting for nobody.",
        "Rollback: Put the old code back  ▱▱▱▱▱▱▱▱▱▱▱▱ 0/1 steps",
        "Run 1 · main · T+4 min · times in Asia/Bangkok",
    ]
    assert printed(16)[2:4] == ["1 min over its time budget", "Put the old code back is 1 min over its share of 15 min"]
    assert printed(15)[2] == "0 s left for the rollback"


@pytest.mark.parametrize(
    ("state", "says"), [(RunState.ABORTED, "aborted, by"), (RunState.ROLLED_BACK, "rolled back, by")]
)
def test_who_ended_a_run_before_any_change_at_the_terminal_rolled_nothing_back(state: RunState, says: str) -> None:
    at_terminal = Actor(person="U1", door=Door.TERMINAL, account="ana@web1")
    asked = replace(said("rollback", reason="too early"), by=at_terminal)
    printed = lines(facts=(asked,), state=state, ended=0)
    assert sum(says in line for line in printed[printed.index("At the terminal:") :]) == 1
    assert ("Aborted: too early" in printed) == (state == RunState.ABORTED)


def test_a_rollback_that_did_not_restore_everything() -> None:
    failed = row("put-the-old-code-back", AttemptState.FAILED)
    skip = said("answer", "put-the-old-code-back", 1, said="skip", reason="tomorrow")
    facts = (*SIGNED, said("rollback"), skip)
    page = losing_page(migration=False)
    deployed = counted(DEPLOY, made=0)
    assert lines(deployed, failed, facts=facts, page=page, state=RunState.ROLLED_BACK, ended=0) == [
        "shop: ROLLED BACK, but NOT all of it",
        "Lost: not known, because “Put the old code back” failed:  (skip: tomorrow)",
        "NOT restored: “Put the old code back” failed:  (skip: tomorrow)",
        "Run 1 · main · T+0 s · times in Asia/Bangkok",
    ]


def test_what_a_rollback_loses_now_is_said_before_it_is_requested() -> None:
    printed = lines(READY, DEPLOY, loses="3 orders")
    assert printed[-2:] == ["Anybody can roll back now; that loses 3 orders", ROLL_BACK[1]]


def test_a_run_that_is_over_waits_for_nobody_and_offers_nothing() -> None:
    assert lines(*DEPLOYED, state=RunState.KEPT, ended=5) == [
        "shop: KEPT",
        "Run 1 · main · T+5 min · times in Asia/Bangkok",
    ]
