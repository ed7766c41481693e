"""`traffic` before the run: what the page must not say, the plan, and the preflight."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from commands.ports.preflight import PreflightContext
from tests.commands.steps.access_log import TRAFFIC, context_of_log, log_line
from tests.commands.steps.builders import box, plan


@pytest.mark.parametrize(
    ("text", "level", "summary"),
    [
        (lambda: log_line(60, seconds=None), "ok", "is readable, and `line` matches its newest line"),
        (
            lambda: log_line(60) + "nonsense\n",
            "fail",
            "the format `line` does not match the newest line of the access log ($LOG)",
        ),
        (
            lambda: log_line(60) + log_line(9).replace(" +0700]", "]"),
            "fail",
            "the time in the newest line of the access log ($LOG) has no zone or an unknown form",
        ),
        (lambda: "nonsense\n", "fail", "the format `line` does not match the newest line of the log"),
        (lambda: "", "warn", "has no line yet"),
        (lambda: log_line(200_000), "warn", "is 55 h 33 min old"),
        (None, "fail", "the log $LOG does not exist"),
    ],
)
def test_the_preflight_checks_the_file_and_its_newest_line(
    tmp_path: Path, text: Callable[[], str] | None, level: str, summary: str
) -> None:
    log = tmp_path / "access.log"
    if text is not None:
        log.write_text(text())
    (check,) = box("traffic", TRAFFIC).preflight()
    tools = context_of_log(log).tools
    (result,) = check.run_preflight(PreflightContext(tools=tools, ref="main"))
    assert (result.level, summary in result.summary) == (level, True), result


def test_a_file_that_is_not_known_yet_is_not_checked() -> None:
    assert box("traffic", TRAFFIC.replace("$LOG", "<log_out>")).preflight() == []


@pytest.mark.parametrize(
    ("toml", "error"),
    [
        ('path = "api/jobs"', "must start with /"),
        ('path = "/api/jobs?a=1"', "have no query string"),
        ('bad = ["500-599"]', "bad"),
        ("bad = []", "bad"),
        ("line = '(?P<time>.)(?P<method>.)(?P<path>.)'", r"no group \(\?P<status>"),
        (
            "line = '(?P<time>.)(?P<method>.)(?P<path>.)(?P<status>.)(?P<bytes>.)'",
            r"unknown group \(\?P<bytes>...\)",
        ),
        (r"line = '(?P<time>\d+)(?P<method>.)(?P<path>.)(?P<status>.)'", r"sed on the host does not support"),
        ("line = '(?:a)(?P<time>.)(?P<method>.)(?P<path>.)(?P<status>.)'", r"sed on the host does not support"),
        ("line = '(?P<time>.)(?P<method>.)(?P<path>.)(?P<status>.)()()()()()()'", "more than nine groups"),
        ("line = '('", "is not a regular expression"),
    ],
)
def test_a_box_that_cannot_be_counted_is_refused(toml: str, error: str) -> None:
    field = toml.split(" = ", maxsplit=1)[0]
    others = "".join(f"{text}\n" for text in TRAFFIC.splitlines() if not text.startswith(f"{field} "))
    with pytest.raises(ValidationError, match=error):
        box("traffic", others + toml)


def test_the_plan_shows_what_is_counted_and_how_far_back() -> None:
    text = plan(box("traffic", TRAFFIC))
    assert "on h: counts POST /api/jobs in $LOG, of the last 15 min and not from before <restarted_at>" in text
    assert "failed means status 5xx; reads at most the last 32 MiB of the log" in text
