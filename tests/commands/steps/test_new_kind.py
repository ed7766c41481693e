"""A new step kind is one file: the rest of the product needs only what the kind says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

import pytest

from commands.progress.step_state import WATCH
from commands.report.left_behind import cleanup_results
from commands.report.run_data import RunData
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
    """A kind that no module of the product knows."""

    kind: ClassVar[str] = "toy"

    def plan(self) -> list[str]:
        return ["plays"]

    def run(self, ctx: Context) -> Outcome:
        return done("Played.")


def kind(name: str, **members: object) -> type[ToyStep]:
    """The toy kind with other class variables and methods."""
    return type(name, (ToyStep,), {"__annotations__": {}, **members})


@pytest.fixture
def restored_kinds() -> Iterator[None]:
    """Restores the product's kinds after the test."""
    before = dict(KINDS)
    yield
    KINDS.clear()
    KINDS.update(before)


def page_with(toy: type[ToyStep], part: Part, more: str = "") -> Page:
    """The small page with a toy step at the end of a part. Registers the kind."""
    KINDS["toy"] = toy
    heading = f"## {part.value.capitalize()}"
    begin = SMALL.index(heading)
    end = SMALL.find("\n## ", begin + 1)
    box = f"\n### Toy\n\n```toml toy\n{more}\n```\n"
    return read_page(SMALL[:end] + box + SMALL[end:], "toy.md")


@pytest.mark.usefixtures("restored_kinds")
def test_a_page_may_use_the_kind_and_shows_its_plan() -> None:
    page = page_with(kind("Toy"), Part.DEPLOY)
    assert page.step("toy").box.plan() == ["plays"]
    (began,) = step_began(page, page.step("toy"), 1)
    assert payload(began).plan == ("plays",)


@pytest.mark.usefixtures("restored_kinds")
def test_a_kind_that_asks_people_is_signed_and_begins_without_a_message() -> None:
    items = (ChecklistItem(text="Is it safe?", role="dba"),)
    asking = kind("Asking", asks_people=True, roles=lambda _: {"dba"}, checklist=lambda _: items)
    page = page_with(asking, Part.DEPLOY)
    step = page.step("toy")
    assert step_began(page, step, 1) == []
    running = record(row("toy", AttemptState.RUNNING))
    (asked,) = step_ended(page, running, step, row("toy", AttemptState.DONE), done("asks"), 0.0)
    assert payload(asked).items == (("dba", "Is it safe?"),), "the people who sign do not see the checklist"
    everybody = waiting_for(page, record(row("toy", AttemptState.DONE)))
    (waiting,) = [waiting for waiting in everybody if waiting.step == "toy"]
    assert (waiting.ask, waiting.roles) == (Ask.SIGN, ("dba",))


@pytest.mark.usefixtures("restored_kinds")
def test_a_kind_that_asks_people_in_the_watch_has_no_verdict() -> None:
    page = page_with(kind("Asking", asks_people=True), Part.WATCH, 'every = "15 min"')
    watched = record(row(WATCH, AttemptState.RUNNING), row("toy", AttemptState.DONE))
    assert [one.step for one in check_verdicts(page, watched)] == []


@pytest.mark.usefixtures("restored_kinds")
def test_a_cumulative_kind_does_not_get_worse_without_anything_new() -> None:
    every = 'every = "15 min"'
    rows = [row("toy", AttemptState.FAILED, n, after=15 * n, lines=3.0) for n in (1, 2)]
    watched = record(row(WATCH, AttemptState.RUNNING), *rows)
    (cumulative,) = check_verdicts(page_with(kind("Log", cumulative=True), Part.WATCH, every), watched)
    (plain,) = check_verdicts(page_with(kind("Plain"), Part.WATCH, every), watched)
    assert (cumulative.verdict, plain.verdict) == ("warning", "bad")


@pytest.mark.usefixtures("restored_kinds")
def test_a_baseline_kind_sets_the_values_to_compare_with() -> None:
    page = page_with(kind("Usual", is_baseline=True), Part.BEFORE)
    measures = {"response-time/seconds": 0.2}
    attempt = replace(row("toy", AttemptState.DONE), outcome={"measures": measures})
    before = record(attempt)
    assert baseline_of_run(page, before) == {("response-time", "seconds"): 0.2}


@pytest.mark.usefixtures("restored_kinds")
def test_a_rehearsed_duration_counts_for_the_step_that_applies_the_file() -> None:
    def rehearsed_durations(
        _: ToyStep, boxes: Mapping[str, StepBox], measures: Mapping[str, float]
    ) -> dict[str, timedelta]:
        applying = [name for name, box in boxes.items() if (file := box.applied_file()) and file.path == "down.sql"]
        return dict.fromkeys(applying, timedelta(seconds=measures["back"]))

    down = AppliedFile(path="down.sql", verify=(), receipt=True)
    page = page_with(kind("Both", rehearsed_durations=rehearsed_durations, applied_file=lambda _: down), Part.ROLLBACK)
    steps = page.part(Part.ROLLBACK)
    slow = shares(page, record(row("toy", AttemptState.DONE, back=600.0)), steps, {})["toy"]
    quick = shares(page, record(row("toy", AttemptState.DONE, back=1.0)), steps, {})["toy"]
    assert slow > quick, "the duration in the rehearsal does not count for the step that applies the file"


@pytest.mark.usefixtures("restored_kinds")
def test_a_kind_that_notifies_roles_mentions_them_with_its_result() -> None:
    notifying = kind("Notifying", notified_roles=lambda _: ("dba",))
    page = page_with(notifying, Part.DEPLOY)
    running = record(row("toy", AttemptState.RUNNING))
    ended = step_ended(page, running, page.step("toy"), row("toy", AttemptState.DONE), done("Played."), 0.0)
    assert payload(ended[0]).roles == ("dba",)


@pytest.mark.usefixtures("restored_kinds")
def test_a_kind_that_deletes_test_data_is_listed_in_the_report() -> None:
    page = page_with(kind("Deleting", deleted_paths=lambda _: ("/api/jobs/<job>",)), Part.DEPLOY)
    data = RunData(page, record(row("toy", AttemptState.DONE)))
    (line,) = cleanup_results(data)
    assert "/api/jobs/<job>" in line
