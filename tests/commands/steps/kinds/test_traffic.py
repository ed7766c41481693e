"""`traffic` on real log files, counted by the real bash, sed and awk: windows, formats, rotation, and logs of many megabytes."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from commands.steps.base import execute
from tests.commands.steps.access_log import BANGKOK, BOX, count, line, looking
from tests.commands.steps.making import box


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


def test_requests_are_counted_and_how_many_failed(log: Path) -> None:
    log.write_text(
        "".join(line(n, 201, n / 100) for n in range(19, 0, -1))
        + line(1, 502, 5.0)
        + line(1, 500, asked="GET /api/jobs")
        + line(1, 500, asked="POST /api/jobs/7/approve")
        + line(1, 201, 0.0, asked="POST /api/jobs?draft=1")
    )
    found = count(log)
    assert (found.state, found.measures) == (
        "done",
        {"requests": 21, "failed_share": 1 / 21, "refused": 0, "seconds_p95": 0.19},
    ), found.lines
    assert (
        found.summary
        == "POST /api/jobs: 1 of 21 requests failed (4.8 %) in the last 15 min, 95 % answered within 190 ms."
    )


def test_nothing_older_than_the_window_counts_and_nothing_from_before_the_restart(log: Path) -> None:
    log.write_text(line(1000, 500) + line(890, 500) + line(400, 500) + line(200) + line(100))
    assert count(log).measures["failed_share"] == 0.5
    assert count(log, 'over = "10 min"').measures["failed_share"] == pytest.approx(1 / 3)
    found = count(log, let_in=300)
    assert (found.measures["requests"], found.measures["failed_share"]) == (2, 0)
    assert "in the last 5 min" in found.summary, "the span says how far back it really reaches"
    assert count(log, let_in=-60).measures["requests"] == 0, "a restart in the future leaves nothing to count"


def test_where_the_restart_is_not_known_the_first_look_of_the_watch_counts(log: Path) -> None:
    log.write_text(line(60, 500))
    assert count(log, let_in=None).measures == {"requests": 0, "refused": 0}


def test_where_there_was_no_request_no_share_is_measured(log: Path) -> None:
    log.write_text(line(60, asked="GET /"))
    found = count(log)
    assert (found.state, found.measures) == ("done", {"requests": 0, "refused": 0})
    assert found.summary == "POST /api/jobs: no request in the last 15 min."
    log.write_text(line(3000))
    assert count(log).summary == "No line at all in the log in the last 15 min."


def test_what_the_server_refused_is_said_and_is_neither_good_nor_bad(log: Path) -> None:
    log.write_text(line(9, 401) + line(8, 422) + line(7, 422) + line(6))
    found = count(log)
    assert (found.measures["requests"], found.measures["refused"], found.measures["failed_share"]) == (1, 3, 0)
    assert "; 3 refused (4xx)." in found.summary
    found = count(log, 'bad = ["5xx", "422"]')
    assert (found.measures["requests"], found.measures["refused"]) == (3, 1)
    assert found.measures["failed_share"] == pytest.approx(2 / 3)


def test_the_bots_own_test_jobs_do_not_hide_among_real_requests(log: Path) -> None:
    log.write_text(line(9, 500) + line(8, 201, agent="gonogo") + line(7, 500, agent="gonogo"))
    found = count(log)
    assert (found.measures["requests"], found.measures["failed_share"]) == (1, 1)
    assert "; 2 of the bot's own left out." in found.summary


def test_a_path_may_leave_one_part_open_and_its_other_signs_mean_themselves(log: Path) -> None:
    paths = ["/api/jobs/7/approve", "/api/jobs/7/8/approve", "/api/v1.0/jobs", "/api/v1x0/jobs"]
    log.write_text("".join(line(9, asked=f"POST {path}") for path in paths))
    for path in ("/api/jobs/*/approve", "/api/v1.0/jobs"):
        found = execute(box("traffic", BOX.replace("/api/jobs", path)), looking(log))
        assert found.measures["requests"] == 1, path


def test_the_plain_combined_format_has_no_times(log: Path) -> None:
    log.write_text(line(9, seconds=None))
    assert count(log).measures == {"requests": 1, "failed_share": 0, "refused": 0}


@pytest.mark.parametrize("form", ["iso", "zone", "west", "epoch"])
def test_a_page_may_give_another_format(log: Path, form: str) -> None:
    now = datetime.now(UTC)
    stamps = {
        "iso": f"{now:%Y-%m-%dT%H:%M:%S}Z",
        "zone": f"{now.astimezone(BANGKOK):%Y-%m-%dT%H:%M:%S.123}+07:00",
        "west": f"{now.astimezone(timezone(-timedelta(hours=3, minutes=30))):%d/%b/%Y:%H:%M:%S} -0330",
        "epoch": f"{now.timestamp():.3f}",
    }
    log.write_text(f'{{"time":"{stamps[form]}","verb":"POST","uri":"/api/jobs?a=1","code":503,"took":0.25}}\n')
    pattern = (
        r'"time":"(?P<time>[^"]+)","verb":"(?P<method>[^"]+)","uri":"(?P<path>[^"]+)",'
        r'"code":(?P<status>[0-9]+),"took":(?P<seconds>[0-9.]+)'
    )
    found = count(log, f"line = '''^.*{pattern}.*$'''")
    assert (found.measures["failed_share"], found.measures["seconds_p95"]) == (1, 0.25), found.summary


def test_lines_of_another_shape_are_counted_and_said(log: Path) -> None:
    as_if_counted = f"{time.time():.0f}\tPOST\t/api/jobs\t500\t\t\n"
    log.write_text("old nonsense\n" + line(2000) + line(9) + "\x16\xff nonsense\n" + as_if_counted + line(8))
    found = count(log)
    assert (found.measures["requests"], found.measures["failed_share"]) == (2, 0)
    assert found.summary.endswith(" Of another format, so not counted: 2 lines.")


def test_what_strangers_send_to_every_open_port_is_no_other_format(log: Path) -> None:
    stamp = line(9).split('"')[0]
    log.write_text(f'{stamp}"\\x16\\x03\\x01" 400 157 "-" "-" 0.002\n{stamp}"" 408 0 "-" "-" 60.000\n' + line(8))
    found = count(log)
    assert (found.measures["requests"], "another format" in found.summary) == (1, False), found.summary


def test_a_format_that_changed_since_the_restart_is_not_taken_for_silence(log: Path) -> None:
    log.write_text(line(9000) + "another format\n" * 3)
    found = count(log)
    assert (found.inconclusive, found.measures) == (True, {})
    assert found.summary == "None of the 3 newest lines of the log has the format that this step reads."


def test_a_time_without_a_zone_is_not_guessed(log: Path) -> None:
    log.write_text(line(9).replace(" +0700]", "]"))
    found = count(log)
    assert (found.inconclusive, found.measures) == (True, {})


@pytest.mark.parametrize("named", ["access.log.1", "access.log-20261124"])
def test_a_log_rotated_within_the_window_is_read_together_with_the_one_before_it(log: Path, named: str) -> None:
    (log.parent / named).write_text(line(3000, 500) + line(60, 500))
    log.write_text(line(30))
    found = count(log)
    assert (found.measures["requests"], found.measures["failed_share"]) == (2, 0.5)
    assert "rotated meanwhile, and the one before it was read as well." in found.summary


def test_a_log_that_was_packed_at_once_is_said_to_be_missing(log: Path) -> None:
    (log.parent / "access.log.1.gz").write_bytes(b"packed")
    log.write_text(line(30))
    found = count(log)
    assert found.measures["requests"] == 1
    assert "rotated meanwhile; what was in the one before it could not be read." in found.summary


def test_a_log_rotated_long_ago_is_left_alone(log: Path) -> None:
    before = log.parent / "access.log.1"
    before.write_text(line(60, 500))
    os.utime(before, (time.time() - 5000,) * 2)
    log.write_text(line(30))
    assert "rotated" not in count(log).summary


def test_of_a_long_log_only_its_end_is_read(log: Path) -> None:
    old, new = line(5000, 500), line(60, 201)
    log.write_text(old * (3_000_000 // len(old)) + new * (1_500_000 // len(new)))
    found = count(log)
    assert found.measures["requests"] == 1_500_000 // len(new), "the second piece reaches back to the window"
    assert found.measures["failed_share"] == 0
    assert "MB" not in found.summary


def test_a_window_that_reaches_further_back_than_is_read_is_said(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commands.steps.kinds.traffic._SIZES", (65536, 1024 * 1024))
    log.write_text("".join(line(800 - n / 20) for n in range(16000)))
    found = count(log)
    assert 7000 < found.measures["requests"] < 16000
    assert "only its last 1 MB were read, which reach back 7 min" in found.summary


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda log: None, "The log $LOG is not there."),
        (lambda log: log.mkdir(), "The log $LOG is no file that this user may read."),
        (
            lambda log: log.write_text("a\nb\n"),
            "None of the 2 newest lines of the log has the format that this step reads.",
        ),
    ],
)
def test_a_log_of_which_nothing_is_learned_is_no_verdict(log: Path, spoil: Any, words: str) -> None:
    spoil(log)
    found = count(log)
    assert (found.state, found.inconclusive, found.measures, found.summary) == ("failed", True, {}, words)


def test_an_empty_log_is_silence_and_no_mistake(log: Path) -> None:
    log.touch()
    found = count(log)
    assert (found.state, found.measures) == ("done", {"requests": 0, "refused": 0})


def test_a_baseline_counts_the_whole_window_and_needs_nothing_of_the_deploy(log: Path) -> None:
    log.write_text("".join(line(ago) for ago in (60, 600, 1000)))
    step = box("traffic", BOX)
    assert (step.inputs(), step.for_baseline().inputs()) == ({"restarted_at"}, set())
    assert execute(step.for_baseline(), looking(log, let_in=None)).measures["requests"] == 2
