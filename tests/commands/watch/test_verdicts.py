"""The verdict on each check; only ok is healthy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.watch.verdicts import (
    BLIND_AFTER,
    INCONCLUSIVE,
    Verdict,
    check_verdict,
    check_verdicts,
    newest_failures,
    nothing_new,
)
from state.records import Attempt, AttemptState
from tests.commands.watch import stand_in
from tests.commands.watch.stand_in import jobs, real
from tests.commands.watch.watched import (
    CHECK,
    IN_A_ROW,
    LOG,
    PAGE,
    ended,
    failed,
    sample,
    slow,
    unreachable,
    verdict_on,
)
from tests.pages import NOON, record, row, small, stored

LOG_PAGE = stored(**LOG)


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([sample(1, seconds=0.2)], Verdict.OK),
        ([sample(1, seconds=2.0)], Verdict.WARNING),
        (slow(1), Verdict.WARNING),
        (slow(1, 2), Verdict.BAD),
        ([*slow(1, 2), sample(3, seconds=0.2)], Verdict.OK),
        ([failed(1, seconds=0.1)], Verdict.BAD),
        ([failed(1, seconds=2.0)], Verdict.BAD),
        ([failed(1)], Verdict.BAD),
        ([failed(1), failed(2)], Verdict.BAD),
        ([sample(1)], Verdict.NO_DATA),
        ([unreachable(1)], Verdict.UNREACHABLE),
        ([unreachable(1, failed=0.0)], Verdict.NO_DATA),
        ([sample(1, AttemptState.UNKNOWN)], Verdict.UNREACHABLE),
        ([sample(1, AttemptState.UNKNOWN, failed=1.0)], Verdict.UNREACHABLE),
        ([*slow(1, 2), unreachable(3)], Verdict.UNREACHABLE),
        ([*slow(1), unreachable(2, seconds=9.0)], Verdict.NO_DATA),
    ],
)
def test_each_sample_has_one_verdict(attempts: list[Attempt], expected: str) -> None:
    assert verdict_on(PAGE, *attempts).verdict == expected


def test_only_ok_is_healthy() -> None:
    assert [verdict for verdict in Verdict if replace(verdict_on(PAGE, sample(1)), verdict=verdict).good] == [
        Verdict.OK
    ]
    assert {"quiet", "no data", "unreachable"} == INCONCLUSIVE


def test_a_verdict_holds_the_newest_sample() -> None:
    newest = ended(sample(2, seconds=0.3, summary="300 ms"), 31)
    verdict = verdict_on(PAGE, sample(1, seconds=0.2, summary="200 ms"), newest)
    assert (verdict.step, verdict.title, verdict.summary) == (CHECK, "Response time", "300 ms")
    assert (verdict.at, verdict.attempt) == (newest.ended_at, 2)
    assert verdict.at != NOON


def test_a_check_without_a_sample_has_no_verdict() -> None:
    assert check_verdicts(PAGE, record()) == ()
    assert check_verdicts(PAGE, record(sample(1, AttemptState.RUNNING))) == ()
    assert check_verdict(PAGE, record(), PAGE.step(CHECK)) is None


def test_steps_that_are_no_checks_have_no_verdict() -> None:
    assert check_verdicts(PAGE, record(row("health", AttemptState.DONE))) == ()


def test_verdicts_come_in_the_order_of_the_page() -> None:
    verdicts = check_verdicts(stand_in.PAGE, record(jobs(1), real(1, 40), sample(1)))
    assert [verdict.step for verdict in verdicts] == [CHECK, "real", "tests"]


def test_too_few_requests_are_no_data() -> None:
    page = stored(**{IN_A_ROW: "enough = { requests = 20 }"})
    assert verdict_on(page, sample(1, seconds=0.1, requests=3)).verdict == Verdict.NO_DATA
    assert verdict_on(page, sample(1, seconds=9.0, requests=3)).verdict == Verdict.NO_DATA, (
        "few slow requests are no verdict"
    )
    assert verdict_on(page, sample(1, seconds=9.0, requests=30)).verdict == Verdict.BAD


def test_an_expected_rule_needs_no_data() -> None:
    page = small(**{IN_A_ROW: "expected = true"})
    assert verdict_on(page, sample(1)).verdict == Verdict.OK


def test_a_rule_of_another_check_needs_no_data_of_this_one() -> None:
    assert check_verdicts(stand_in.page_with(stand_in.RULES), record(sample(1)))[0].verdict == Verdict.OK


def test_an_older_sample_is_no_verdict_on_the_newest() -> None:
    page = stored(**{IN_A_ROW: "enough = { requests = 20 }"})
    bad, quiet = sample(1, seconds=9.0, requests=100), sample(2, requests=0)
    assert verdict_on(page, bad).verdict == Verdict.BAD
    assert verdict_on(page, bad, quiet).verdict == Verdict.NO_DATA


# -- logs -------------------------------------------------------------------------------------------------------------


def output(number: int, text: str, lines: float = 1.0) -> Attempt:
    """A sample of the log that failed, with its lines."""
    made = failed(number, lines=lines)
    made.outcome["output"] = text
    return made


def test_old_lines_of_a_log_are_a_warning_and_new_ones_are_bad() -> None:
    one, same, two = failed(1, lines=1.0), failed(2, lines=1.0), failed(3, lines=2.0)
    assert verdict_on(LOG_PAGE, one).verdict == Verdict.BAD
    assert verdict_on(LOG_PAGE, one, same).verdict == Verdict.WARNING
    assert verdict_on(LOG_PAGE, one, same, two).verdict == Verdict.BAD
    assert verdict_on(PAGE, one, same).verdict == Verdict.BAD, "a check that is no log fails anew each time"


@pytest.mark.parametrize(
    ("earlier", "newest", "expected"),
    [
        ([], output(2, "a"), False),
        ([output(1, "a")], output(2, "a"), True),
        ([output(1, "a")], output(2, "b"), False),
        ([output(1, "a")], output(2, "a", lines=2.0), False),
        ([output(1, "b"), output(2, "a")], output(3, "a"), True),
        ([output(1, "a"), output(2, "b")], output(3, "a"), False),
        ([output(1, "a"), unreachable(2)], output(3, "a"), True),
        ([unreachable(1)], output(2, "a"), False),
        ([unreachable(1)], unreachable(2), False),
    ],
)
def test_a_log_has_nothing_new_if_it_holds_what_it_held_in_the_sample_before(
    earlier: list[Attempt], newest: Attempt, expected: bool
) -> None:
    finished = [*earlier, newest]
    assert nothing_new(LOG_PAGE.step(CHECK), newest, finished) is expected
    assert nothing_new(PAGE.step(CHECK), newest, finished) is False, "each sample of other checks is news"


def test_later_samples_do_not_matter_to_what_was_new_before() -> None:
    first, second, third = output(1, "a"), output(2, "b"), output(3, "b")
    assert not nothing_new(LOG_PAGE.step(CHECK), second, [first, second, third])
    assert nothing_new(LOG_PAGE.step(CHECK), third, [first, second, third])


# -- failures in a row ------------------------------------------------------------------------------------------------


def test_the_newest_failures_are_those_since_the_last_success() -> None:
    finished = [failed(1), sample(2), failed(3), unreachable(4), failed(5), sample(6, AttemptState.UNKNOWN)]
    assert [one.attempt for one in newest_failures(finished)] == [5, 3]
    assert newest_failures([*finished, sample(7)]) == []
    assert newest_failures([]) == []


# -- without data -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([sample(1, seconds=0.1)], 0),
        ([sample(1)], 1),
        ([sample(1), sample(2)], 2),
        ([sample(1, seconds=0.1), sample(2), unreachable(3)], 2),
        ([sample(1), sample(2, seconds=0.1), unreachable(3)], 1),
        ([sample(1), failed(2)], 0),
        ([unreachable(1), sample(2, AttemptState.UNKNOWN)], 2),
    ],
)
def test_samples_without_data_are_counted_from_the_newest(attempts: list[Attempt], expected: int) -> None:
    assert verdict_on(PAGE, *attempts).blind == expected


def test_people_are_called_after_the_second_sample_without_data() -> None:
    assert BLIND_AFTER == 2
