"""`baseline`: medians of what checks of the watch measure before the deploy; what is bad or silent is said."""

from __future__ import annotations

import pytest

from commands.runbook import read_page
from commands.steps.base import execute
from commands.steps.kinds.baseline import BaselineStep, joined, split
from commands.steps.outcome import Outcome, done, failed
from state.errors import BadPage
from tests.commands.steps.making import box, context
from tests.pages import spoil
from tests.world import World

QUICK = 'of = ["a/b", "c"]\nsamples = 3\napart = "1 s"'


def baseline(toml: str = QUICK) -> BaselineStep:
    made = box("baseline", toml)
    assert isinstance(made, BaselineStep)
    return made


def test_the_median_of_each_measure_counts_so_that_one_outlier_does_not() -> None:
    values = iter([0.1, 0.2, 9.0, 0.2, 0.3, 0.2])
    outcome = execute(baseline(), context(World(), measured=lambda _: done("fine", measures={"seconds": next(values)})))
    assert dict(outcome.measures) == {"a/b/seconds": 0.3, "c/seconds": 0.2}
    assert outcome.summary == "2 checks, 3 times each."


def test_what_is_bad_already_is_said_and_kept() -> None:
    def measured(check: str) -> Outcome:
        return (
            failed("it is slow", measures={"failed": 1.0}) if check == "c" else done("fine", measures={"failed": 0.0})
        )

    outcome = execute(baseline(), context(World(), measured=measured))
    assert outcome.state == "done"
    assert "1 of them not well before the deploy" in outcome.summary
    assert "C: bad already: it is slow" in outcome.lines
    assert outcome.measures["c/failed"] == 1.0


def test_nothing_measured_is_no_baseline() -> None:
    outcome = execute(baseline(), context(World()))
    assert outcome.state == "failed"
    assert any("could not be asked" in line for line in outcome.lines)


def test_a_measure_is_found_again_under_its_name() -> None:
    assert split(joined("a/b", "seconds")) == ("a/b", "seconds")


@pytest.mark.parametrize(
    ("of", "words"),
    [
        ('["no-such-check"]', 'there is no check "no-such-check" in the watch'),
        ('["health"]', 'there is no check "health" in the watch'),
        ('["late"]', "needs <commit_now>, which is known after the deploy only"),
    ],
)
def test_a_check_that_cannot_be_made_beforehand_is_refused(of: str, words: str) -> None:
    baseline_box = f"## Before\n\n### Baseline\n\n```toml baseline\nof = {of}\n```\n"
    late = (
        "## Alerts\n",
        '### Late\n\n```toml http\nid = "late"\nweb = "api"\npath = "/<commit_now>"\nevery = "15 min"\n```\n\n## Alerts\n',
    )
    outputs = ('path = "/health"', 'path = "/health"\nvalues = { commit_now = "commit" }')
    with pytest.raises(BadPage, match=words):
        read_page(spoil(("## Before\n", baseline_box), late, outputs), "small.md")
