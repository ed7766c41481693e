"""What of a `traffic` box is known before the run: what the page's reader refuses, what the plan says, what the doctor sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from commands.ports.preflight import PreflightContext
from tests.commands.steps.access_log import BOX, line, looking
from tests.commands.steps.making import box, plan


@pytest.mark.parametrize(
    ("text", "level", "words"),
    [
        (lambda: line(60, seconds=None), "ok", "can be read, and its newest line fits"),
        (lambda: line(60) + "nonsense\n", "fail", "the newest line of the access log ($LOG) does not have the format"),
        (lambda: "nonsense\n", "fail", "none of the 1 newest lines"),
        (lambda: "", "warn", "has no line yet"),
        (lambda: line(200_000), "warn", "is 55 h 33 min old"),
        (None, "fail", "the log $LOG is not there"),
    ],
)
def test_the_doctor_looks_at_the_file_and_its_newest_line(
    tmp_path: Path, text: Callable[[], str] | None, level: str, words: str
) -> None:
    log = tmp_path / "access.log"
    if text is not None:
        log.write_text(text())
    (check,) = box("traffic", BOX).preflight()
    tools = looking(log).tools
    (found,) = check.examine(PreflightContext(tools=tools, ref="main"))
    assert (found.level, words in found.summary) == (level, True), found


def test_what_the_doctor_cannot_know_yet_it_does_not_ask() -> None:
    assert box("traffic", BOX.replace("$LOG", "<log_out>")).preflight() == []


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('path = "api/jobs"', "must begin with /"),
        ('path = "/api/jobs?a=1"', "without a query string"),
        ('bad = ["500-599"]', "bad"),
        ("bad = []", "bad"),
        ("line = '(?P<time>.)(?P<method>.)(?P<path>.)'", r"no group \(\?P<status>"),
        (
            "line = '(?P<time>.)(?P<method>.)(?P<path>.)(?P<status>.)(?P<bytes>.)'",
            r"\(\?P<bytes>...\), which is not known",
        ),
        (r"line = '(?P<time>\d+)(?P<method>.)(?P<path>.)(?P<status>.)'", r"sed on the host does not know"),
        ("line = '(?:a)(?P<time>.)(?P<method>.)(?P<path>.)(?P<status>.)'", r"sed on the host does not know"),
        ("line = '(?P<time>.)(?P<method>.)(?P<path>.)(?P<status>.)()()()()()()'", "more than nine groups"),
        ("line = '('", "no regular expression"),
    ],
)
def test_what_could_not_be_counted_is_refused_on_the_page(toml: str, words: str) -> None:
    field = toml.split(" = ", maxsplit=1)[0]
    kept = "".join(f"{one}\n" for one in BOX.splitlines() if not one.startswith(f"{field} "))
    with pytest.raises(ValidationError, match=words):
        box("traffic", kept + toml)


def test_the_plan_says_what_is_counted_and_how_far_back() -> None:
    text = plan(box("traffic", BOX))
    assert "on h: counts POST /api/jobs in $LOG, of the last 15 min and never before <restarted_at>" in text
    assert "at most the log's last 32 MB are read" in text
