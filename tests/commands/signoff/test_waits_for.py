"""For whom a question waits: who holds a role that is asked, without whom the rules bar."""

from __future__ import annotations

import pytest

from commands.progress.step_state import DECISION
from commands.runbook import Page
from commands.signoff.waiting import Waiting
from commands.signoff.waits_for import waits_for
from state.events import Ask
from state.facts import Choice, Fact
from tests.pages import fact, record, small

STEP = "put-the-code-there"
PEOPLE = {"dba": frozenset({"DBA"}), "lead": frozenset({"LEAD", "STARTER"})}
FOUR_EYES = {'target = "shop"': 'target = "shop"\nfour_eyes = true'}


def for_whom(page: Page, ask: Ask, roles: tuple[str, ...], *facts: Fact, choices: tuple[Choice, ...] = ()) -> set[str]:
    step = DECISION if ask is Ask.DECIDE else STEP
    waiting = Waiting(ask=ask, step=step, attempt=1, title="It", roles=roles, choices=choices)
    of = record(facts=facts, starter="STARTER")
    return {one for one in ("DBA", "LEAD", "STARTER", "GUEST") if waits_for(one, PEOPLE, page, of, waiting)}


@pytest.mark.parametrize("ask", [Ask.SIGN, Ask.ANSWER, Ask.COUNTDOWN, Ask.DECIDE])
def test_a_question_waits_for_the_holders_of_its_roles(ask: Ask) -> None:
    assert for_whom(small(), ask, ("dba",)) == {"DBA"}
    assert for_whom(small(), ask, ("dba", "lead")) == {"DBA", "LEAD", "STARTER"}


@pytest.mark.parametrize("ask", [Ask.SIGN, Ask.COUNTDOWN, Ask.DECIDE])
def test_under_four_eyes_nothing_waits_for_the_starter(ask: Ask) -> None:
    assert for_whom(small(**FOUR_EYES), ask, ("lead",)) == {"LEAD"}


def test_a_failed_step_waits_for_the_starter_too_who_may_run_it_again() -> None:
    assert for_whom(small(**FOUR_EYES), Ask.ANSWER, ("lead",)) == {"LEAD", "STARTER"}


def test_a_second_person_is_not_the_first_nor_who_refused() -> None:
    every = ("dba", "lead")
    skipped = fact("answer", STEP, said="skip", person="LEAD")
    assert for_whom(small(), Ask.AGREE, every, skipped, choices=(Choice.SKIP,)) == {"DBA", "STARTER"}
    refused = fact("sign", STEP, role="dba", said="no", person="DBA")
    overruled = fact("answer", STEP, said="override", person="U9")
    assert for_whom(small(), Ask.AGREE, every, refused, overruled, choices=(Choice.OVERRIDE,)) == {"LEAD"}
