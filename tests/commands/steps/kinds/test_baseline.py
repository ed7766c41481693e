"""`baseline`: keeps the median of each measure, and reports checks that are already bad."""

from __future__ import annotations

import pytest

from commands.runbook import read_page
from commands.steps.base import execute
from commands.steps.kinds.baseline import BaselineStep, join_measure, split_measure
from commands.steps.outcome import Outcome, done, failed
from state.errors import BadPage
from tests.commands.steps.builders import box, context, plan
from tests.pages import spoil
from tests.world import World

QUICK = 'of = ["a/b", "c"]\nsamples = 3\napart = "1 s"'


def baseline(toml: str = QUICK) -> BaselineStep:
    step = box("baseline", toml)
    assert isinstance(step, BaselineStep)
    return step


def test_the_median_counts_so_that_one_outlier_does_not() -> None:
    values = iter([0.1, 0.2, 9.0, 0.2, 0.3, 0.2])
    ctx = context(World(), run_check=lambda _: done("fine", measures={"seconds": next(values)}))
    outcome = execute(baseline(), ctx)
    assert dict(outcome.measures) == {"a/b/seconds": 0.3, "c/seconds": 0.2}
    assert outcome.summary == "2 checks, 3 samples each."
    assert outcome.lines == ("a/b: seconds 0.3", "c: seconds 0.2")


def test_large_values_are_shown_without_an_exponent() -> None:
    step = baseline('of = ["c"]\nsamples = 1')
    outcome = execute(step, context(World(), run_check=lambda _: done("fine", measures={"requests": 123456.0})))
    assert outcome.summary == "1 check, 1 sample each."
    assert outcome.lines == ("c: requests 123,456",)


def test_a_check_that_is_already_bad_is_reported_and_measured() -> None:
    def run_check(check: str) -> Outcome:
        if check == "c":
            return failed("it is slow", measures={"failed": 1.0})
        return done("fine", measures={"failed": 0.0})

    outcome = execute(baseline(), context(World(), run_check=run_check))
    assert outcome.state == "done"
    assert outcome.summary == "2 checks, 3 samples each; 1 not healthy before the deploy."
    assert "C: already bad: it is slow" in outcome.lines
    assert outcome.measures["c/failed"] == 1.0


def test_without_any_measure_the_step_fails() -> None:
    outcome = execute(baseline(), context(World()))
    assert (outcome.state, outcome.summary) == ("failed", "No check could be measured before the deploy.")
    assert any("unreachable" in line for line in outcome.lines), outcome.lines


def test_the_plan_names_the_checks_and_the_samples() -> None:
    assert plan(baseline()) == "takes 3 samples of each check (a/b, c), 1 s apart"


def test_a_measure_is_split_into_its_check_and_its_name() -> None:
    assert split_measure(join_measure("a/b", "seconds")) == ("a/b", "seconds")


@pytest.mark.parametrize(
    ("of", "error"),
    [
        ('["no-such-check"]', 'the watch has no check "no-such-check"'),
        ('["health"]', 'the watch has no check "health"'),
        ('["late"]', "needs <commit_now>, which is not known before the deploy"),
    ],
)
def test_a_check_that_cannot_run_before_the_deploy_is_refused(of: str, error: str) -> None:
    baseline_box = f"## Before\n\n### Baseline\n\n```toml baseline\nof = {of}\n```\n"
    late_box = '```toml http\nid = "late"\nweb = "api"\npath = "/<commit_now>"\nevery = "15 min"\n```'
    late = ("## Alerts\n", f"### Late\n\n{late_box}\n\n## Alerts\n")
    outputs = ('path = "/health"', 'path = "/health"\nvalues = { commit_now = "commit" }')
    with pytest.raises(BadPage, match=error):
        read_page(spoil(("## Before\n", baseline_box), late, outputs), "small.md")


def interrupted_in_sample(number: int, *, away: float = 0) -> tuple[Outcome, list[str]]:
    """The outcome of a baseline whose bot ends in this sample and is away for some seconds; what was measured then."""
    world, measured = World(), list[str]()
    calls = iter(range(100))

    def killed(check: str) -> Outcome:
        if next(calls) == 2 * number - 1:
            raise KeyboardInterrupt
        return done("fine", measures={"seconds": 1.0})

    def later(check: str) -> Outcome:
        measured.append(check)
        return failed("slow", measures={"seconds": 4.0})

    with pytest.raises(KeyboardInterrupt):
        baseline().run(context(world, run_check=killed))
    world.clock.move(seconds=away)
    return baseline().recover(context(world, run_check=later)) or failed("none"), measured


@pytest.mark.fault("a deadline that success does not reset")
def test_samples_that_were_taken_are_kept_over_a_restart() -> None:
    outcome, measured = interrupted_in_sample(3)
    assert measured == ["a/b", "c"], "only the third sample was missing"
    assert dict(outcome.measures) == {"a/b/seconds": 1.0, "c/seconds": 1.0}
    assert outcome.summary == "2 checks, 3 samples each; 2 not healthy before the deploy."
    assert outcome.lines[0] == "A/b: already bad: slow"


def test_a_sample_from_long_before_does_not_count() -> None:
    outcome, measured = interrupted_in_sample(3, away=3600)
    assert measured == ["a/b", "c"] * 3
    assert dict(outcome.measures) == {"a/b/seconds": 4.0, "c/seconds": 4.0}


def test_another_attempt_takes_its_own_samples() -> None:
    world, measured = World(), list[str]()

    def run_check(check: str) -> Outcome:
        measured.append(check)
        return done("fine", measures={"seconds": 1.0})

    for attempt in (1, 2):
        baseline().run(context(world, attempt=attempt, run_check=run_check))
    assert measured == ["a/b", "c"] * 6
