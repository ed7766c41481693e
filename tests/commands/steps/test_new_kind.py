"""A new step kind is one file and one line: here the file, which the test puts under a name of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import ClassVar

import pytest

from commands.progress.step_state import WATCH
from commands.rollback.budget import shares
from commands.run.events import step_began, step_ended
from commands.runbook import Page, read_page
from commands.runbook.page import Part
from commands.signoff.waiting import waiting_for
from commands.steps import KINDS
from commands.steps.base import AppliedFile, ChecklistItem, StepBox
from commands.steps.outcome import Context, Outcome, done
from commands.watch.baseline import baseline_of_run
from commands.watch.verdicts import check_verdicts
from state.events import Ask
from state.records import AttemptState
from tests.pages import SMALL, payload, record, row


class ToyStep(StepBox):
    """A kind that no module of the product knows; `does` names what it can do."""

    kind: ClassVar[str] = "toy"

    does: str = ""

    def plan(self) -> list[str]:
        return ["plays"]

    def run(self, ctx: Context) -> Outcome:
        return done("Played.")


def kind(name: str, **can: object) -> type[ToyStep]:
    """The toy with some of a kind's abilities."""
    return type(name, (ToyStep,), {"__annotations__": {}, **can})


@pytest.fixture
def known() -> Iterator[None]:
    """The product's kinds, as they were before the test."""
    before = dict(KINDS)
    yield
    KINDS.clear()
    KINDS.update(before)


def page_with(toy: type[ToyStep], part: Part, more: str = "") -> Page:
    """The small page with a toy step at the end of a part."""
    KINDS["toy"] = toy
    heading = f"## {part.value.capitalize()}"
    begin = SMALL.index(heading)
    end = SMALL.find("\n## ", begin + 1)
    box = f"\n### Toy\n\n```toml toy\n{more}\n```\n"
    return read_page(SMALL[:end] + box + SMALL[end:], "toy.md")


@pytest.mark.usefixtures("known")
def test_a_page_may_hold_it_and_shows_its_plan() -> None:
    page = page_with(kind("Toy"), Part.DEPLOY)
    assert page.step("toy").box.plan() == ["plays"]
    (began,) = step_began(page, page.step("toy"), 1)
    assert payload(began).plan == ("plays",)


@pytest.mark.usefixtures("known")
def test_a_kind_that_asks_people_is_signed_for_and_begins_without_a_message() -> None:
    items = (ChecklistItem(text="Is it safe?", role="dba"),)
    asking = kind("Asking", asks_people=True, roles=lambda _: {"dba"}, checklist=lambda _: items)
    page = page_with(asking, Part.DEPLOY)
    step = page.step("toy")
    assert step_began(page, step, 1) == []
    running = record(row("toy", AttemptState.RUNNING))
    (asked,) = step_ended(page, running, step, row("toy", AttemptState.DONE), done("asks"), 0.0)
    assert payload(asked).items == (("dba", "Is it safe?"),), "the checklist is not shown to those who sign"
    (waiting,) = [one for one in waiting_for(page, record(row("toy", AttemptState.DONE))) if one.step == "toy"]
    assert (waiting.ask, waiting.roles) == (Ask.SIGN, ("dba",))


@pytest.mark.usefixtures("known")
def test_a_kind_that_asks_people_in_the_watch_has_no_verdict() -> None:
    page = page_with(kind("Asking", asks_people=True), Part.WATCH, 'every = "15 min"')
    watched = record(row(WATCH, AttemptState.RUNNING), row("toy", AttemptState.DONE))
    assert [one.step for one in check_verdicts(page, watched)] == []


@pytest.mark.usefixtures("known")
def test_a_kind_whose_samples_add_up_is_no_worse_while_nothing_is_new() -> None:
    every = 'every = "15 min"'
    rows = [row("toy", AttemptState.FAILED, n, after=15 * n, lines=3.0) for n in (1, 2)]
    watched = record(row(WATCH, AttemptState.RUNNING), *rows)
    (adds,) = check_verdicts(page_with(kind("Log", cumulative=True), Part.WATCH, every), watched)
    (plain,) = check_verdicts(page_with(kind("Plain"), Part.WATCH, every), watched)
    assert (adds.verdict, plain.verdict) == ("warning", "bad")


@pytest.mark.usefixtures("known")
def test_a_kind_that_measures_what_was_usual_is_the_baseline() -> None:
    page = page_with(kind("Usual", is_baseline=True), Part.BEFORE)
    before = record(row("toy", AttemptState.DONE, **{"response-time/seconds": 0.2}))
    assert baseline_of_run(page, before) == {("response-time", "seconds"): 0.2}


@pytest.mark.usefixtures("known")
def test_a_kind_that_applies_a_file_and_one_that_rehearses_it_know_nothing_of_each_other() -> None:
    def rehearsed(_: ToyStep, boxes: Mapping[str, StepBox], measures: Mapping[str, float]) -> dict[str, timedelta]:
        applying = [name for name, box in boxes.items() if (file := box.applied_file()) and file.path == "down.sql"]
        return dict.fromkeys(applying, timedelta(seconds=measures["back"]))

    down = AppliedFile(path="down.sql", verify=(), receipt=True)
    page = page_with(kind("Both", rehearsed=rehearsed, applied_file=lambda _: down), Part.ROLLBACK)
    steps = page.part(Part.ROLLBACK)
    slow = shares(page, record(row("toy", AttemptState.DONE, back=600.0)), steps, {})["toy"]
    quick = shares(page, record(row("toy", AttemptState.DONE, back=1.0)), steps, {})["toy"]
    assert slow > quick, "what the rehearsal took does not count for the step that applies the file"


@pytest.mark.usefixtures("known")
def test_a_kind_that_calls_roles_and_cleans_up_says_so_itself() -> None:
    calls = kind("Calls", called_roles=lambda _: ("dba",))
    page = page_with(calls, Part.DEPLOY)
    running = record(row("toy", AttemptState.RUNNING))
    ended = step_ended(page, running, page.step("toy"), row("toy", AttemptState.DONE), done("told"), 0.0)
    assert payload(ended[0]).roles == ("dba",)
