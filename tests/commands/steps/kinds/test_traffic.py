"""`traffic` on real log files, with the real bash, sed and awk: windows, formats and rotation."""

from __future__ import annotations

import gzip
import os
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from commands.steps.base import execute
from tests.commands.steps.access_log import BANGKOK, TRAFFIC, context_of_log, count, log_line
from tests.commands.steps.builders import box
from tests.commands.steps.rotated_logs import PACKED, ROTATED, rotate


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


def test_requests_and_failures_are_counted(log: Path) -> None:
    log.write_text(
        "".join(log_line(n, 201, n / 100) for n in range(19, 0, -1))
        + log_line(1, 502, 5.0)
        + log_line(1, 500, request="GET /api/jobs")
        + log_line(1, 500, request="POST /api/jobs/7/approve")
        + log_line(1, 201, 0.0, request="POST /api/jobs?draft=1")
    )
    outcome = count(log)
    assert (outcome.state, outcome.measures) == (
        "done",
        {"requests": 21, "failed_share": 1 / 21, "refused": 0, "given_up": 0, "seconds_p95": 0.19},
    ), outcome.lines
    assert (
        outcome.summary
        == "POST /api/jobs: 1 of 21 requests failed (4.8 %) in the last 15 min, 95 % answered within 190 ms."
    )


def test_only_requests_in_the_window_and_after_the_restart_count(log: Path) -> None:
    log.write_text(log_line(1000, 500) + log_line(890, 500) + log_line(400, 500) + log_line(200) + log_line(100))
    assert count(log).measures["failed_share"] == 0.5
    assert count(log, 'over = "10 min"').measures["failed_share"] == pytest.approx(1 / 3)
    outcome = count(log, restarted_ago=300)
    assert (outcome.measures["requests"], outcome.measures["failed_share"]) == (2, 0)
    assert "in the last 5 min" in outcome.summary, "the summary must say how far back it really counts"
    assert count(log, restarted_ago=-60).measures["requests"] == 0, "a restart in the future leaves nothing to count"


@pytest.mark.fault("not looked at, and said to be fine")
def test_an_old_newest_line_of_a_log_that_may_be_written_late_is_told(log: Path) -> None:
    log.write_text("".join(log_line(age, 201) for age in range(890, 660, -10)))
    assert count(log).summary.endswith(
        " The log's newest line is 11 min old; one with `buffer=` and no `flush=` is written late."
    )
    with log.open("a") as written:
        written.write(log_line(200, request="GET /"))
    assert "newest line" not in count(log).summary, "it was written a short time ago"
    assert "newest line" in count(log, 'over = "5 min"').summary
    log.write_text(log_line(45, 201))
    assert "newest line" not in count(log, 'over = "2 min"').summary, "nobody asks a quiet site every minute"


def test_if_the_restart_is_not_known_it_counts_from_the_first_check(log: Path) -> None:
    log.write_text(log_line(60, 500))
    assert count(log, restarted_ago=None).measures == {"requests": 0, "refused": 0, "given_up": 0}


def test_without_any_request_no_share_is_measured(log: Path) -> None:
    log.write_text(log_line(60, request="GET /"))
    outcome = count(log)
    assert (outcome.state, outcome.measures) == ("done", {"requests": 0, "refused": 0, "given_up": 0})
    assert outcome.summary == "POST /api/jobs: no request in the last 15 min."
    log.write_text(log_line(3000))
    assert count(log).summary == "The log has no line at all in the last 15 min."


def test_refused_requests_are_reported_and_are_neither_good_nor_bad(log: Path) -> None:
    log.write_text(log_line(9, 401) + log_line(8, 422) + log_line(7, 422) + log_line(6))
    outcome = count(log)
    assert (outcome.measures["requests"], outcome.measures["refused"], outcome.measures["failed_share"]) == (1, 3, 0)
    assert "; 3 refused (4xx)." in outcome.summary
    outcome = count(log, 'bad = ["5xx", "422"]')
    assert (outcome.measures["requests"], outcome.measures["refused"]) == (3, 1)
    assert outcome.measures["failed_share"] == pytest.approx(2 / 3)


@pytest.mark.fault("not looked at, and said to be fine")
def test_requests_that_who_asked_gave_up_are_named_and_the_time_until_then_counts(log: Path) -> None:
    log.write_text(log_line(9, seconds=0.1) + log_line(8, 499, seconds=10.0) + log_line(7, 499, seconds=9.0))
    outcome = count(log)
    assert outcome.measures == {"requests": 1, "failed_share": 0, "refused": 0, "given_up": 2, "seconds_p95": 10}
    assert "; 2 given up by who asked (499)." in outcome.summary
    assert count(log, 'bad = ["5xx", "499"]').measures["failed_share"] == pytest.approx(2 / 3)


def test_requests_of_the_bot_itself_and_of_its_browser_do_not_count(log: Path) -> None:
    log.write_text(
        log_line(9, 500) + log_line(8, 201, agent="gonogo") + log_line(7, 500, agent="Mozilla/5.0 Safari/537.36 gonogo")
    )
    outcome = count(log)
    assert (outcome.measures["requests"], outcome.measures["failed_share"]) == (1, 1)
    assert "; 2 of the bot's own not counted." in outcome.summary


def test_a_star_in_the_path_stands_for_one_part_and_other_signs_are_literal(log: Path) -> None:
    paths = ["/api/jobs/7/approve", "/api/jobs/7/8/approve", "/api/v1.0/jobs", "/api/v1x0/jobs"]
    log.write_text("".join(log_line(9, request=f"POST {path}") for path in paths))
    for path in ("/api/jobs/*/approve", "/api/v1.0/jobs"):
        outcome = execute(box("traffic", TRAFFIC.replace("/api/jobs", path)), context_of_log(log))
        assert outcome.measures["requests"] == 1, path


def test_the_plain_combined_format_has_no_times(log: Path) -> None:
    log.write_text(log_line(9, seconds=None))
    assert count(log).measures == {"requests": 1, "failed_share": 0, "refused": 0, "given_up": 0}


@pytest.mark.parametrize("form", ["iso", "zone", "west", "epoch"])
def test_the_page_may_define_another_format(log: Path, form: str) -> None:
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
    outcome = count(log, f"line = '''^.*{pattern}.*$'''")
    assert (outcome.measures["failed_share"], outcome.measures["seconds_p95"]) == (1, 0.25), outcome.summary


def test_lines_of_another_format_are_reported(log: Path) -> None:
    like_counted = f"{time.time():.0f}\tPOST\t/api/jobs\t500\t\t\n"
    log.write_text("old nonsense\n" + log_line(2000) + log_line(9) + "\x16\xff nonsense\n" + like_counted + log_line(8))
    outcome = count(log)
    assert (outcome.measures["requests"], outcome.measures["failed_share"]) == (2, 0)
    assert outcome.summary.endswith(" 2 lines of another format not counted.")


def test_invalid_requests_from_scanners_are_not_another_format(log: Path) -> None:
    stamp = log_line(9).split('"')[0]
    log.write_text(f'{stamp}"\\x16\\x03\\x01" 400 157 "-" "-" 0.002\n{stamp}"" 408 0 "-" "-" 60.000\n' + log_line(8))
    outcome = count(log)
    assert (outcome.measures["requests"], "another format" in outcome.summary) == (1, False), outcome.summary


def test_a_format_that_changed_since_the_restart_does_not_count_as_no_traffic(log: Path) -> None:
    log.write_text(log_line(9000) + "another format\n" * 3)
    outcome = count(log)
    assert (outcome.inconclusive, outcome.measures) == (True, {})
    assert outcome.summary == "The format `line` does not match any of the 3 newest lines of the log."


def test_a_time_without_a_zone_is_not_guessed(log: Path) -> None:
    log.write_text(log_line(9).replace(" +0700]", "]"))
    outcome = count(log)
    assert (outcome.inconclusive, outcome.measures) == (True, {})
    why = "has no zone or an unknown form, so it could be any hour."
    assert outcome.summary == f"The time in the newest line of the log {why}"


@pytest.mark.parametrize("name", ROTATED)
def test_a_log_that_was_rotated_in_the_window_is_read_with_the_rotated_file(log: Path, name: str) -> None:
    log.write_text(log_line(3000, 500) + log_line(60, 500))
    rotate(log, name)
    log.write_text(log_line(30))
    outcome = count(log)
    assert (outcome.measures["requests"], outcome.measures["failed_share"]) == (2, 0.5)
    assert "The log was rotated during this time; the rotated file was read too." in outcome.summary


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize("end", PACKED)
def test_a_rotated_file_that_cannot_be_read_is_no_data_unless_requests_failed(log: Path, end: str) -> None:
    packed = log.parent / f"access.log.1.{end}"
    packed.write_bytes(b"packed")
    log.write_text(log_line(30))
    outcome = count(log)
    assert (outcome.state, outcome.inconclusive, outcome.measures) == ("failed", True, {})
    assert outcome.summary == (
        f"Whether requests failed is not known: {packed}, which was rotated meanwhile, cannot be read."
    )
    log.write_text(log_line(30, 500))
    outcome = count(log)
    assert outcome.measures["failed_share"] == 1
    assert outcome.summary.endswith("not all that was rotated could be read, so its requests are missing.")


def test_a_log_that_was_begun_anew_without_its_rotated_file_is_not_taken_for_the_whole(log: Path) -> None:
    log.write_text(log_line(-1))  # right after the file was made, as when logrotate moved or removed the one before
    assert count(log).summary.endswith(
        "The log was begun anew during this time; requests from before, if there were any, are not counted."
    )
    log.write_text("")
    assert "begun anew" in count(log).summary, "an empty log says nothing about the requests of before"
    log.write_text(log_line(60))
    assert "anew" not in count(log).summary, "a line from before it was made: nothing was moved away"


@pytest.mark.fault("the first of several for all")
@pytest.mark.parametrize("packed", [False, True])
def test_each_file_that_was_rotated_in_the_window_is_read(log: Path, packed: bool) -> None:
    log.write_text(log_line(5))
    (log.parent / "access.log.1").write_text(log_line(60) + log_line(50))
    failures = (log_line(1000, 500) + log_line(300, 500) * 3).encode()
    older = log.parent / ("access.log.2.gz" if packed else "access.log.2")
    older.write_bytes(gzip.compress(failures) if packed else failures)
    for ago, file in ((50, log.parent / "access.log.1"), (300, older)):
        os.utime(file, (time.time() - ago,) * 2)
    outcome = count(log)
    assert (outcome.measures["requests"], outcome.measures["failed_share"]) == (6, 0.5)
    assert outcome.summary.endswith("the 2 rotated files were read too.")


def test_a_file_that_is_being_packed_counts_once(log: Path) -> None:
    (log.parent / "access.log.1").write_text(log_line(60, 500))
    (log.parent / "access.log.1.gz").write_bytes(gzip.compress(log_line(60, 500).encode()))
    log.write_text(log_line(5))
    assert count(log).measures["requests"] == 2


@pytest.mark.fault("the first of several for all")
@pytest.mark.parametrize("name", ["access-20261130.log", "access.log.20261130", "access.log-20261130"])
def test_a_log_that_is_a_link_to_the_file_of_the_day_is_counted_once(log: Path, name: str) -> None:
    (log.parent / name).write_text(log_line(20, 500) + log_line(10))
    log.symlink_to(name)
    outcome = count(log)
    assert outcome.measures["requests"] == 2
    assert "was rotated" not in outcome.summary


def test_a_file_that_was_rotated_long_ago_is_not_read(log: Path) -> None:
    before = log.parent / "access.log.1"
    before.write_text(log_line(60, 500))
    os.utime(before, (time.time() - 5000,) * 2)
    log.write_text(log_line(30))
    assert "rotated" not in count(log).summary


def test_only_the_end_of_a_long_log_is_read(log: Path) -> None:
    old, new = log_line(5000, 500), log_line(60, 201)
    log.write_text(old * (3_000_000 // len(old)) + new * (1_500_000 // len(new)))
    outcome = count(log)
    assert outcome.measures["requests"] == 1_500_000 // len(new), "the second read size must cover the window"
    assert outcome.measures["failed_share"] == 0
    assert "MiB" not in outcome.summary


def test_a_window_that_is_not_fully_covered_is_reported(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commands.steps.kinds.traffic._READ_SIZES", (65536, 1024 * 1024))
    log.write_text("".join(log_line(800 - n / 20) for n in range(16000)))
    outcome = count(log)
    assert 7000 < outcome.measures["requests"] < 16000
    assert "only its last 1 MiB was read, which covers 7 min" in outcome.summary


@pytest.mark.parametrize(
    ("prepare", "summary"),
    [
        (lambda log: None, "The log $LOG does not exist."),
        (lambda log: log.mkdir(), "The log $LOG is not a file that this user may read."),
        (
            lambda log: log.write_text("a\nb\n"),
            "The format `line` does not match any of the 2 newest lines of the log.",
        ),
    ],
)
def test_a_log_that_cannot_be_read_is_inconclusive(log: Path, prepare: Any, summary: str) -> None:
    prepare(log)
    outcome = count(log)
    assert (outcome.state, outcome.inconclusive, outcome.measures, outcome.summary) == ("failed", True, {}, summary)


def test_an_empty_log_means_no_traffic(log: Path) -> None:
    log.touch()
    outcome = count(log)
    assert (outcome.state, outcome.measures) == ("done", {"requests": 0, "refused": 0, "given_up": 0})


def test_a_baseline_counts_the_whole_window_and_needs_no_value_of_the_deploy(log: Path) -> None:
    log.write_text("".join(log_line(ago) for ago in (60, 600, 1000)))
    step = box("traffic", TRAFFIC)
    assert (step.inputs(), step.for_baseline().inputs()) == ({"restarted_at"}, set())
    assert execute(step.for_baseline(), context_of_log(log, restarted_ago=None)).measures["requests"] == 2


@pytest.mark.parametrize(
    ("failures", "share"), [(30, "30 of 30 requests failed (100 %)"), (1, "1 of 30 requests failed (3.3 %)")]
)
def test_the_share_is_written_without_an_exponent(log: Path, failures: int, share: str) -> None:
    log.write_text(log_line(9, 500) * failures + log_line(9) * (30 - failures))
    assert count(log).summary.startswith(f"POST /api/jobs: {share} in the last 15 min")


def test_without_failures_no_share_is_written(log: Path) -> None:
    log.write_text(log_line(9))
    assert count(log).summary.startswith("POST /api/jobs: 0 of 1 request failed in the last 15 min")


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_process_that_still_writes_to_a_removed_file_is_not_taken_for_no_traffic(log: Path) -> None:
    log.write_text(log_line(60))
    with log.open("a") as held:
        log.unlink()
        log.write_text("")
        held.write(log_line(5, 500))
        held.flush()
        assert count(log).summary.endswith(
            "The log was rotated during this time; a process still writes to the old file, which was packed or "
            "removed, so its requests are missing."
        )
    assert "still writes" not in count(log).summary


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_log_that_was_emptied_while_its_process_wrote_on_is_not_taken_for_the_whole(log: Path) -> None:
    note = "The log was emptied while a process wrote to it during this time; requests from before, if there were any"
    hole = "\0" * 200_000
    log.write_text(hole + log_line(60, 500) + log_line(30))
    outcome = count(log)
    assert (outcome.measures["requests"], note in outcome.summary) == (2, True), outcome.summary
    log.write_text(hole)
    assert note in count(log).summary, "nothing but the hole says nothing about the requests of before"
    log.write_text(hole + log_line(3000) + log_line(30))
    assert "emptied" not in count(log).summary, "it was emptied before the window"
    log.write_text(hole + log_line(30))
    (log.parent / "access.log.1").write_text(log_line(60, 500))
    outcome = count(log)
    assert (outcome.measures["requests"], "emptied" in outcome.summary) == (2, False), "its copy is read"


def test_the_first_line_behind_zero_bytes_counts_also_where_it_begins_with_the_time(log: Path) -> None:
    form = "line = '^(?P<time>[^ ]+) (?P<method>[^ ]+) (?P<path>[^ ]+) (?P<status>[0-9]+)$'"
    log.write_text("\0" * 300 + f"{int(time.time()) - 20} POST /api/jobs 500\n")
    outcome = count(log, form)
    assert outcome.measures["failed_share"] == 1, outcome.summary


CADDY = (
    """line = '"ts":(?P<time>[0-9.]+),.*"method":"(?P<method>[^"]*)".*"uri":"(?P<path>[^"]*)".*"""
    """"duration":(?P<seconds>[0-9.e-]+),.*"status":(?P<status>[0-9]+)'"""
)


@pytest.mark.fault("a cause that nobody has seen")
def test_a_format_may_begin_in_the_middle_of_a_line_as_json_makes_it(log: Path) -> None:
    def line(ago: float, status: int, seconds: str) -> str:
        ts = f"{time.time() - ago:.7f}"
        request = '{"proto":"HTTP/2.0","method":"POST","host":"shop.test","uri":"/api/jobs?draft=1"}'
        told = f'"request":{request},"duration":{seconds},"size":13341,"status":{status},"resp_headers":{{}}'
        return f'{{"level":"info","ts":{ts},"logger":"http.log.access",{told}}}\n'

    log.write_text("".join(line(n, 201, "2.4323e-05") for n in range(19, 0, -1)) + line(1, 502, "3.5"))
    measures = count(log, CADDY).measures
    assert (measures["requests"], measures["failed_share"]) == (20, 0.05)
    assert measures["seconds_p95"] == pytest.approx(2.4323e-05), "also what is shorter than a millisecond"


@pytest.mark.fault("foreign words taken for the program's own")
def test_no_text_in_a_log_is_taken_for_what_its_format_found(log: Path) -> None:
    forged = f"\x02{int(time.time()) - 5}\tPOST\t/api/jobs\t500\t9\tan agent\n"
    log.write_text(log_line(30) + forged + log_line(20))
    assert count(log).measures["requests"] == 2
