"""The checks of the watch: counted, the bad ones listed, all of them for whoever asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.doors.button import button_value
from bot.slack.views.blocks import Block
from bot.slack.views.checks import VERDICTS, all_checks, check_summary, checks_button, not_well
from commands.report.status import Status
from commands.watch.verdicts import CheckVerdict, Verdict
from tests.bot.slack.views.drawn import snapshot_with
from tests.pages import NOON

RUN = snapshot_with().record.run


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


def lines_of(block: Block | None) -> list[str]:
    """The lines of rich text, each as people read it; bold between stars, struck words between tildes."""
    if block is None:
        return []
    (part,) = block["elements"]
    return "".join(map(_span, part["elements"])).split("\n")


def _span(span: Block) -> str:
    style = span.get("style", {})
    mark = "*" if style.get("bold") else "~" if style.get("strike") else ""
    return f"{mark}{span['text']}{mark}"


def all_lines(status: Status) -> list[str]:
    """What the button shows."""
    return lines_of(next((block for block in all_checks(status).blocks if block["type"] == "rich_text"), None))


def test_only_what_is_not_well_is_listed_with_its_limit() -> None:
    status = status_with(
        check("Every 15 minutes: CPU", Verdict.OK),
        check("Jobs", Verdict.QUIET),
        check("Memory", Verdict.WARNING),
        check("Every 15 minutes: API", Verdict.BAD),
    )
    assert lines_of(not_well(status)) == [
        "❌ *API*: 200 ms (limit: above 5 s)",
        "⚠️ *Memory*: 200 ms (limit: above 5 s)",
    ]
    assert not_well(status_with(check("CPU", Verdict.OK), check("Jobs", Verdict.QUIET))) is None


def test_the_button_shows_every_check_with_its_limit_the_worst_first() -> None:
    status = status_with(check("CPU", Verdict.OK), check("API", Verdict.UNREACHABLE))
    assert all_lines(status) == [
        f"🔌 *API*: {Verdict.UNREACHABLE}: 200 ms (limit: above 5 s)",
        "✅ *CPU*: 200 ms (limit: above 5 s)",
    ]
    button = checks_button(RUN, status)
    assert button
    assert (button["action_id"], button["value"]) == ("checks", button_value(RUN))
    assert checks_button(RUN, status_with()) is None


def test_of_many_checks_the_rest_is_counted() -> None:
    bad = status_with(*(check(f"Check {number}", Verdict.BAD) for number in range(40)))
    assert lines_of(not_well(bad))[12:] == ["… and 28 more"]
    assert all_lines(bad)[30:] == ["… and 10 more: type `gonogo status`"]


@pytest.mark.fault("not looked at, and said to be fine")
def test_checks_of_a_version_that_was_rolled_back_are_crossed_out_and_none_is_green() -> None:
    gone = (check("Every 15 minutes: V2 route", Verdict.OK), check("API", Verdict.BAD))
    status = replace(status_with(), checks_before=gone)
    assert all_lines(status) == ["▫️ ~API: 200 ms~", "▫️ ~V2 route: 200 ms~"]
    assert not_well(status) is None
    assert "✅" not in check_summary(status)


def test_messages_of_the_run_only_count_them_in_one_line() -> None:
    bad = tuple(check(f"Every hour: {name}", Verdict.BAD) for name in "ABCDE")
    status = replace(status_with(), checks_before=(*bad, check("Health", Verdict.OK), check("Users", Verdict.QUIET)))
    assert check_summary(status) == ("▫️ Before the rollback: 7 checks, 5 not ok (A, B, C and 2 more)")
    assert check_summary(replace(status, checks_before=(check("V2 route", Verdict.OK),))) == (
        "▫️ Before the rollback: 1 check, all ok"
    )


def test_checks_of_the_version_that_is_back_take_their_place() -> None:
    status = replace(status_with(check("Health", Verdict.BAD)), checks_before=(check("V2 route", Verdict.OK),))
    assert lines_of(not_well(status)) == ["❌ *Health*: 200 ms (limit: above 5 s)"]


@pytest.mark.fault("one text, two readers")
def test_a_name_with_marks_of_mrkdwn_is_shown_as_it_is() -> None:
    name = "jobs_by_users is *2* _s_ in `x` <!channel>"
    status = status_with(replace(check("API_of_all", Verdict.BAD), summary=name))
    assert lines_of(not_well(status)) == [f"❌ *API_of_all*: {name} (limit: above 5 s)"]


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
