"""GO and NO-GO lines that a check or an alert shows: every sample counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.runbook.head_boxes import Criterion
from commands.watch.criteria import criteria_status, criterion_holds
from state.errors import BadPage
from state.records import AttemptState
from tests.commands.watch import stand_in
from tests.commands.watch.criteria_lines import FAST, OVER_2_S, PAGE, go_line, mark_and_evidence, page_with, signs
from tests.commands.watch.stand_in import jobs, real
from tests.commands.watch.watched import (
    BASELINE,
    CHECK,
    IN_A_ROW,
    LIMITS,
    LOG,
    baseline,
    ended,
    failed,
    sample,
    slow,
    unreachable,
)
from tests.pages import record

# -- checks of the watch ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [([], None), ([0.2, 0.3], True), ([1.0], True), ([0.2, 1.4, 0.2], False), ([0.2, 9.0], False)],
)
def test_one_slow_answer_in_the_watch_is_not_forgotten(seconds: list[float], expected: bool | None) -> None:
    attempts = [sample(n, seconds=value) for n, value in enumerate(seconds, start=1)]
    assert criterion_holds(PAGE, record(*attempts), Criterion(text="Fast", shown_by=[CHECK])) is expected


def test_a_failed_sample_counts_although_a_later_one_was_good() -> None:
    down = ended(failed(1, seconds=0.1, summary="500 in 5 ms"), 16)
    line = go_line(PAGE, record(down, sample(2, seconds=0.1)))
    assert (line.mark, line.evidence, line.at) == ("no-go", "500 in 5 ms (2 samples, 1 failed)", down.at)
    again = failed(3, seconds=0.1, summary="502 in 5 ms")
    assert mark_and_evidence(PAGE, down, again) == ("no-go", "502 in 5 ms (2 samples, 2 failed)")
    assert mark_and_evidence(PAGE, down) == ("no-go", "500 in 5 ms")


def test_good_samples_show_the_newest_result_and_their_number() -> None:
    first, newest = (
        sample(1, seconds=0.1, summary="200 in 5 ms."),
        ended(sample(2, seconds=0.1, summary="200 in 7 ms."), 31),
    )
    assert mark_and_evidence(PAGE, first) == ("go", "200 in 5 ms")
    assert mark_and_evidence(PAGE, replace(first, summary="Tested by MAX.")) == ("go", "Tested by MAX")
    line = go_line(PAGE, record(first, newest))
    assert (line.evidence, line.at) == ("200 in 7 ms (2 samples)", newest.at)


def test_a_check_is_open_until_it_is_measured_and_whenever_it_gives_no_data() -> None:
    assert mark_and_evidence(PAGE) == ("open", "not measured yet")
    assert mark_and_evidence(PAGE, sample(1, AttemptState.RUNNING)) == ("open", "not measured yet")
    none = ended(sample(2, summary="no requests"), 31)
    line = go_line(PAGE, record(sample(1, seconds=0.1), none))
    assert (line.mark, line.evidence, line.at) == ("open", "no data: no requests", none.at)
    gone = unreachable(2, summary="no way to its address")
    assert mark_and_evidence(PAGE, sample(1, seconds=0.1), gone) == ("open", "unreachable: no way to its address")
    assert mark_and_evidence(PAGE, gone, sample(3, seconds=0.1)) == ("go", " (2 samples)")


def test_a_value_over_the_limit_is_shown_with_its_number_of_samples() -> None:
    over = ended(sample(2, seconds=1.4), 31)
    line = go_line(PAGE, record(sample(1, seconds=0.2), over, sample(3, seconds=0.2)))
    assert (line.mark, line.evidence, line.at) == ("no-go", "1.4 s (3 samples, 1 over the limit)", over.at)
    assert mark_and_evidence(PAGE, over) == ("no-go", "1.4 s (1 sample, 1 over the limit)")
    low = page_with(FAST, **{LIMITS: "below = 0.1"})
    assert mark_and_evidence(low, sample(1, seconds=0.05)) == ("no-go", "50 ms (1 sample, 1 under the limit)")
    warns = page_with(FAST, **{LIMITS: "below = 0.1\nwarn_above = 1.0"})
    assert mark_and_evidence(warns, sample(1, seconds=1.5)) == ("no-go", "1.5 s (1 sample, 1 over the limit)")


TWO_RULES = """above = 5.0

[[alert]]
name = "Failing"
check = "response-time"
measure = "failed"
above = 0.5
"""


def test_a_check_is_judged_by_each_of_its_own_rules() -> None:
    page = page_with(FAST, **{LIMITS: TWO_RULES})
    assert mark_and_evidence(page, sample(1, seconds=0.1, failed=0.0))[0] == "go"
    assert mark_and_evidence(page, sample(1, seconds=0.1, failed=1.0)) == ("no-go", "1 (1 sample, 1 over the limit)")
    assert mark_and_evidence(page, sample(1, seconds=9.0, failed=1.0))[1].startswith("9 s"), "the first rule is shown"
    expected = page_with(FAST, **{LIMITS: f"{TWO_RULES}expected = true\n"})
    assert mark_and_evidence(expected, sample(1, seconds=0.1, failed=1.0))[0] == "go"


def test_the_rules_of_other_checks_do_not_judge_it() -> None:
    go = '{ text = "Traffic", shown_by = ["real"] }'
    criteria = f"## Success criteria\n\n```toml criteria\ngo = [{go}]\n```\n\n## Decision"
    page = stand_in.page_with(criteria=criteria)
    both = record(replace(real(1, 40), summary="40 requests"), jobs(1, 1.0))
    assert (go_line(page, both).mark, go_line(page, both).evidence) == ("go", "40 requests")


# -- limits -------------------------------------------------------------------------------------------------------


def test_a_warning_keeps_a_go_line_from_being_met_and_is_no_sign_of_no_go() -> None:
    page = page_with(FAST, OVER_2_S)
    warned = sample(1, seconds=1.2)
    assert mark_and_evidence(page, warned)[0] == "no-go"
    assert signs(page, warned) == signs(PAGE, warned) == []


def test_a_sign_of_no_go_holds_until_the_alert_limit_is_crossed() -> None:
    fast = Criterion(text="Fast", shown_by=[CHECK])
    warned, over = record(sample(1, seconds=1.2)), record(*slow(1))
    assert [criterion_holds(PAGE, of, fast, sign=True) for of in (warned, over)] == [True, False]
    assert [criterion_holds(PAGE, of, fast, sign=False) for of in (warned, over)] == [False, False]


def test_a_line_with_its_own_limit_is_judged_by_that_one_alone() -> None:
    page = page_with(FAST, OVER_2_S)
    assert signs(page, sample(1, seconds=2.0)) == []
    assert signs(page, sample(1, seconds=2.5)) == ["API slow (> 2s)"], "the line's own limit is 2 s"
    assert signs(PAGE, sample(1, seconds=2.5)) == [], "the alert table's limit is 5 s"
    assert signs(page, failed(1, seconds=0.05)) == [], "an API that answers 500 at once is not slow"
    (line,) = [one for one in criteria_status(page, record(sample(1, seconds=2.5))) if one.sign]
    assert line.evidence == "2.5 s (1 sample, 1 over the limit)"
    loose = page_with('{ text = "Not too slow", shown_by = ["API response > 5 s"], above = 8.0 }')
    assert mark_and_evidence(loose, sample(1, seconds=7.0)) == ("go", "7 s, within the limit")
    low = '{ text = "Low", shown_by = ["API response > 5 s"], above = 2.0 }'
    own = page_with(low, **{LIMITS: "below = 0.1"})
    assert mark_and_evidence(own, sample(1, seconds=2.5))[1].endswith("1 over the limit)")


def test_an_alert_line_shows_the_newest_value_and_its_time() -> None:
    page = page_with('{ text = "Fast", shown_by = ["API response > 5 s"] }')
    newest = ended(sample(2, seconds=0.3), 31)
    line = go_line(page, record(sample(1, seconds=0.2), newest))
    assert (line.mark, line.evidence, line.at) == ("go", "300 ms, within the limit", newest.at)
    assert mark_and_evidence(page) == ("open", "not measured yet")
    assert mark_and_evidence(page, *slow(1, 2, seconds=6.0)) == ("no-go", "6 s (2 samples, 2 over the limit)")
    assert mark_and_evidence(page, sample(1, seconds=6.0), sample(2)) == ("no-go", "6 s (1 sample, 1 over the limit)")


def test_the_baseline_judges_a_criterion_as_it_judges_the_check() -> None:
    rules = {f"warn_above = 1.0\n{IN_A_ROW}": "times_baseline = 3.0", "## Before\n": BASELINE}
    page = page_with(f'{{ text = "Fast", shown_by = ["{CHECK}", "API response > 5 s"] }}', **rules)
    assert mark_and_evidence(page, baseline(seconds=4.0), *slow(1))[0] == "go", "nine seconds are not three times four"
    assert mark_and_evidence(page, *slow(1))[0] == "no-go"


@pytest.mark.parametrize(
    ("go", "words"),
    [
        ('text = "Fast", shown_by = ["response-time"], above = 2.0', "name only alerts in shown_by"),
        ('text = "Fast", above = 2.0', "name only alerts in shown_by"),
        ('text = "Quiet", shown_by = ["health"], within = "1 h"', "not a check that runs within that time"),
        ('text = "Quiet", shown_by = ["response-time"], within = "5 min"', "not a check that runs within"),
    ],
)
def test_a_limit_or_a_time_that_would_mean_nothing_is_refused(go: str, words: str) -> None:
    with pytest.raises(BadPage, match=words):
        page_with(f"{{ {go} }}")


# -- the last hour ------------------------------------------------------------------------------------------------

NO_ERRORS = page_with('{ text = "No error logs in 1 hour", shown_by = ["response-time"], within = "1 h" }', **LOG)


def test_new_lines_of_a_log_are_forgotten_after_an_hour() -> None:
    early = [failed(n, lines=1.0) for n in range(1, 6)]
    assert mark_and_evidence(NO_ERRORS, *early[:1])[0] == "no-go"
    assert mark_and_evidence(NO_ERRORS, *early[:4])[0] == "no-go"
    assert mark_and_evidence(NO_ERRORS, *early) == ("go", "nothing new in 4 samples over the last 1 h")
    assert mark_and_evidence(NO_ERRORS, *early, failed(6, lines=2.0))[0] == "no-go"
    assert mark_and_evidence(NO_ERRORS, *early[:4], speed=15.0)[0] == "go", "the hour is one of the watch's time"
    assert mark_and_evidence(NO_ERRORS, sample(1)) == ("go", "nothing new in 1 sample over the last 1 h")


def test_the_newest_failure_within_the_hour_is_shown() -> None:
    first, second = failed(1, lines=1.0, summary="1 line"), ended(failed(2, lines=2.0, summary="2 lines"), 31)
    line = go_line(NO_ERRORS, record(first, second, sample(3)))
    assert (line.mark, line.evidence, line.at) == ("no-go", "2 lines", second.at)
    good = ended(sample(3), 46)
    assert go_line(NO_ERRORS, record(good)).at == good.at


def test_a_log_that_cannot_be_read_now_is_open() -> None:
    early = [failed(n, lines=1.0) for n in range(1, 6)]
    blind = ended(sample(6, AttemptState.UNKNOWN, summary="no connection"), 91)
    line = go_line(NO_ERRORS, record(*early, blind))
    assert (line.mark, line.evidence, line.at) == ("open", "unreachable: no connection", blind.at)
    assert mark_and_evidence(NO_ERRORS, unreachable(1), sample(2))[0] == "go", (
        "an earlier unreachable sample is no error"
    )
    new = failed(5, lines=2.0)
    assert mark_and_evidence(NO_ERRORS, *early[:4], new, blind)[0] == "no-go", "there were new lines within the hour"
