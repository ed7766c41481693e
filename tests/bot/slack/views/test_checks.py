"""The checks of the watch as lines: the worst first, with limits where they matter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.slack.views.checks import VERDICTS, check_lines, check_summary
from commands.report.status import Status
from commands.watch.verdicts import CheckVerdict, Verdict
from tests.bot.slack.views.drawn import snapshot_with
from tests.pages import NOON


def check(title: str, verdict: Verdict, *, limits: str = "limit: above 5 s") -> CheckVerdict:
    """A check with this newest verdict."""
    return CheckVerdict(
        step="x", title=title, verdict=verdict, summary="200 ms", limits=limits, at=NOON, attempt=1, blind=0
    )


def status_with(*checks: CheckVerdict) -> Status:
    """A run's status with these checks."""
    return replace(snapshot_with().status, checks=checks)


def test_every_verdict_has_a_mark() -> None:
    assert set(VERDICTS) == set(Verdict)


def test_the_worst_check_comes_first_and_only_it_shows_its_limit() -> None:
    status = status_with(check("Every 15 minutes: CPU", Verdict.OK), check("Every 15 minutes: API", Verdict.BAD))
    assert check_lines(status).splitlines() == ["❌ *API* 200 ms (limit: above 5 s)", "✅ *CPU* 200 ms"]


def test_with_details_every_check_shows_its_limit() -> None:
    assert check_lines(status_with(check("CPU", Verdict.OK)), details=True) == "✅ *CPU* 200 ms (limit: above 5 s)"


@pytest.mark.fault("not looked at, and said to be fine")
def test_checks_of_a_version_that_was_rolled_back_are_crossed_out_and_none_is_green() -> None:
    gone = (check("Every 15 minutes: V2 route ~404", Verdict.OK), check("API", Verdict.BAD))
    status = replace(status_with(), checks_before=gone)
    assert check_lines(status, details=True).splitlines() == [
        "Before the rollback, of the version that was removed:",
        "▫️ ~API: 200 ms~",
        "▫️ ~V2 route ∼404: 200 ms~",
    ]
    assert check_summary(status) == "", "the status post counted them as ok"


def test_the_card_only_counts_them_in_one_line() -> None:
    bad = tuple(check(f"Every hour: {name}", Verdict.BAD) for name in "ABCDE")
    status = replace(status_with(), checks_before=(*bad, check("Health", Verdict.OK)))
    assert check_lines(status) == "▫️ 6 checks of the removed version ended with it (not ok: A, B, C and 2 more)"
    assert check_lines(replace(status, checks_before=(check("V2 route", Verdict.OK),))) == (
        "▫️ 1 check of the removed version ended with it"
    )


def test_checks_of_the_version_that_is_back_take_their_place() -> None:
    status = replace(status_with(check("Health", Verdict.OK)), checks_before=(check("V2 route", Verdict.OK),))
    assert check_lines(status) == "✅ *Health* 200 ms"


@pytest.mark.fault("one text, two readers")
def test_names_with_underscores_never_stand_in_italics() -> None:
    status = status_with(check("API", Verdict.BAD, limits="was 2 s in job_creation_by_users"))
    assert "_(" not in check_lines(status), "Slack would show the underscores of the name"


def test_a_verdict_that_its_mark_does_not_explain_is_named() -> None:
    assert check_lines(status_with(check("API", Verdict.UNREACHABLE))).startswith(f"🔌 *API* {Verdict.UNREACHABLE}: ")


@pytest.mark.parametrize(
    ("verdicts", "summary"),
    [
        ([], ""),
        ([Verdict.OK], "✅ 1 check ok"),
        ([Verdict.OK, Verdict.OK], "✅ 2 checks ok"),
        ([Verdict.OK, Verdict.QUIET], "✅ 1 check ok, 💤 1 quiet"),
        ([Verdict.OK, Verdict.WARNING, Verdict.BAD], "*❌ 1 bad, ⚠️ 1 warning* of 3 checks"),
    ],
)
def test_the_summary_counts_what_is_not_ok(verdicts: list[Verdict], summary: str) -> None:
    assert check_summary(status_with(*(check("x", verdict) for verdict in verdicts))) == summary
