"""Verdicts where a stand-in rule applies, and the limits that are shown with a verdict."""

from __future__ import annotations

import pytest

from commands.watch.verdicts import (
    Verdict,
    check_verdicts,
)
from state.records import Attempt
from tests.commands.watch import stand_in
from tests.commands.watch.stand_in import jobs, jobs_unreachable, real
from tests.commands.watch.watched import (
    CHECK,
    LIMITS,
    baseline,
    sample,
    verdict_on,
    with_alerts,
    with_limits,
)
from tests.pages import record

# -- stand-in rules ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([real(1, 40), jobs(1)], Verdict.OK),
        ([real(1, 40, 0.05), jobs(1)], Verdict.WARNING),
        ([real(1, 40, 0.2), jobs(1)], Verdict.BAD),
        ([real(1, 0, None), jobs(1)], Verdict.QUIET),
        ([real(1, 3, 1.0), jobs(1)], Verdict.QUIET),
        ([real(1, 0, None), jobs(1, 1.0)], Verdict.QUIET),
        ([real(1, 0, None)], Verdict.NO_DATA),
        ([real(1, 0, None), jobs_unreachable(1)], Verdict.NO_DATA),
        ([real(1, 0, None, unreachable=True), jobs(1)], Verdict.UNREACHABLE),
    ],
)
def test_too_little_data_is_quiet_while_the_stand_in_can_judge(attempts: list[Attempt], expected: str) -> None:
    assert check_verdicts(stand_in.PAGE, record(*attempts))[0].verdict == expected


def test_a_check_with_two_rules_is_quiet_only_if_each_has_its_stand_in() -> None:
    both = '\n[[alert]]\nname = "Slow"\ncheck = "real"\nmeasure = "seconds"\nabove = 5.0\n'
    page = stand_in.page_with(stand_in.RULES + both)
    assert check_verdicts(page, record(real(1, 3), jobs(1)))[0].verdict == Verdict.NO_DATA
    with_stand_in = both + 'enough = { requests = 20 }\notherwise = "Failures (test jobs)"\n'
    page = stand_in.page_with(stand_in.RULES + with_stand_in)
    assert check_verdicts(page, record(real(1, 3), jobs(1)))[0].verdict == Verdict.QUIET


def test_two_stand_ins_must_both_have_data() -> None:
    second = """
[[alert]]
name = "Slow"
check = "real"
measure = "seconds"
above = 5.0
enough = { requests = 20 }
otherwise = "API response > 5 s"

[[alert]]
name = "API response > 5 s"
check = "response-time"
measure = "seconds"
above = 5.0
"""
    page = stand_in.page_with(stand_in.RULES + second)
    by_step = {one.step: one.verdict for one in check_verdicts(page, record(real(1, 3), jobs(1), sample(1)))}
    assert by_step["real"] == Verdict.NO_DATA
    by_step = {one.step: one.verdict for one in check_verdicts(page, record(real(1, 3), jobs(1), sample(1, seconds=1)))}
    assert by_step["real"] == Verdict.QUIET


def test_a_quiet_check_is_not_without_data() -> None:
    nights = [attempt for number in range(1, 9) for attempt in (real(number, 2), jobs(number))]
    assert [verdict.blind for verdict in check_verdicts(stand_in.PAGE, record(*nights))] == [0, 0]


# -- the limits in words ----------------------------------------------------------------------------------------------


def test_the_limit_and_the_baseline_are_shown_in_one_line() -> None:
    page = with_limits(LIMITS)
    assert (
        verdict_on(page, baseline(seconds=0.031), sample(1, seconds=0.2)).limits == "limit: above 5 s, baseline 31 ms"
    )
    assert verdict_on(page, sample(1, seconds=0.2)).limits == "limit: above 5 s"


def test_of_several_rules_each_names_its_measure() -> None:
    page = with_alerts(
        """[[alert]]
name = "Slow"
check = "response-time"
measure = "seconds"
above = 5.0

[[alert]]
name = "Failing"
check = "response-time"
measure = "failed"
above = 0.0

[[alert]]
name = "Busy"
check = "response-time"
measure = "users"
above = 9.0
expected = true
"""
    )
    assert (
        verdict_on(page, sample(1, seconds=0.2, failed=0)).limits
        == "seconds limit: above 5 s; limit: no failure; expected"
    )


def test_equal_limits_are_shown_once() -> None:
    rule = '[[alert]]\nname = "{}"\ncheck = "response-time"\nmeasure = "seconds"\nabove = 5.0\n{}'
    page = with_alerts(rule.format("One", "") + rule.format("Two", "in_a_row = 2\n"))
    assert verdict_on(page, sample(1, seconds=0.2)).limits == "seconds limit: above 5 s"


def test_a_check_without_rules_has_no_limits_to_show() -> None:
    (first, *_) = check_verdicts(stand_in.PAGE, record(sample(1)))
    assert (first.step, first.limits) == (CHECK, "")


def test_a_quiet_check_says_which_rule_applies() -> None:
    quiet = check_verdicts(stand_in.PAGE, record(real(1, 3), jobs(1)))[0]
    assert quiet.limits == "below 20 requests, “Failures (test jobs)” applies"
    assert check_verdicts(stand_in.PAGE, record(real(1, 30), jobs(1)))[0].limits == "limit: above 10 %"
    both = stand_in.page_with(stand_in.RULES.replace("requests = 20", "requests = 20, users = 1000000"))
    (two, _) = check_verdicts(both, record(real(1, 3), jobs(1)))
    assert two.limits == "below 20 requests and 1000000 users, “Failures (test jobs)” applies"
