"""`logs` on real log files, read by the real bash and awk: what counts as trouble, and logs that are rotated meanwhile."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.steps.shared.pm2 import NOW, STATE
from commands.steps.values import parse_values
from tests.commands.steps.making import box, context, plan
from tests.local_shell import LocalShell
from tests.world import World

BOX = 'host = "h"'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "dj-system-api-error.log"


def mark(file: Path, at: float | None = None) -> str:
    """Where a log stands now, as the restart notes it."""
    known, head = file.stat(), hashlib.sha256(file.read_bytes()[:65536]).hexdigest()[:16]
    return f"{known.st_size}:{known.st_ino}:{head}:{at or time.time()}"


def read(file: Path, since: str, toml: str = BOX) -> Outcome:
    """What the step says of a log since a mark."""
    values = {"log_err": str(file), "log_offset_err": since}
    return execute(box("logs", toml), context(World(), values, shell=LocalShell({})))


def later(file: Path, text: str) -> None:
    """Something is written some time after the mark."""
    with file.open("a") as out:
        out.write(text)


@pytest.mark.parametrize(
    "line",
    [
        "TypeError: Cannot read properties of undefined",
        "PrismaClientKnownRequestError: Invalid `prisma.job.create()` invocation",
        "Error: connect ECONNREFUSED 127.0.0.1:5432",
        "UnhandledPromiseRejection error: x",
        "2026-11-24T22:10:00.000Z ERROR POST /api/jobs no such column",
        '{"level":"error","path":"/api/jobs","msg":"boom"}',
        '{"errorMessage":"boom"}',
        "FATAL: terminating connection",
        "10 errors in the last minute",
        "error: no such table",
        "Error handling request for job 7",
        "the stream errored",
        'Error: null value in column "subject" of relation "jobs" violates not-null constraint',
        "TypeError: undefined is not iterable (cannot read property Symbol)",
        "Error: 0 rows updated, expected 1",
        '{"level":"error","msg":"boom","ctx":{"level":"info"}}',
        '{"level":50,"msg":"Unhandled error","user":{"level":10}}',
        "\x1b[31merror\x1b[39m: out of memory",
        "[Nest] 12  - 01/01/2026, 10:00:00 AM   ERROR [Jobs] boom",
        "query failed: SELECT 1; error: syntax",
    ],
)
def test_trouble_is_seen_in_any_case_and_inside_names(log: Path, line: str) -> None:
    log.write_text(f"{line}\n")
    found = read(log, "0")
    assert (found.state, found.measures, found.lines) == ("failed", {"lines": 1, "found": 1}, (line,)), found.summary


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-24T22:10:00.000Z INFO all is well, no error",
        "DEBUG retrying after an error of the cache",
        '{"level":30,"msg":"error budget is full"}',
        "checked 120 jobs, 0 errors, without error",
        '{"requests":100,"errors":0,"error":null}',
        '127.0.0.1 - - "GET /errors/7?error=1 HTTP/1.1" 200 512 "https://app/errors" "curl"',
        "/home/deploy/.pm2/logs/dj-system-api-error.log last 15 lines:",
        "serving logs/dj-system-api-error.log and errors.js",
        "error handler registered, ErrorBoundary mounted",
        'prisma:query SELECT "public"."jobs"."error_message" FROM "public"."jobs"',
        'Executing (default): SELECT "id", "error" FROM "jobs"',
        'query: SELECT "Job"."last_error" FROM jobs',
        "\x1b[32minfo\x1b[39m: error budget left",
        "\x1b[32m[Nest] 12  - \x1b[39m01/01/2026, 10:00:00 AM \x1b[32m    LOG\x1b[39m [Loader] ErrorsModule initialized",
        'time=2026-01-01T10:00:00Z level=info msg="last error was long ago"',
        '{"severity":"INFO","message":"error rate is low"}',
        "2026-01-01 10:00:00 UTC INFO error page is cached",
        "errors: [] fatal: ''",
        "done, errors: 0, warnings: 2; errors=0 warnings=2; error-rate 0%",
        "Sentry error tracking initialized",
    ],
)
def test_what_a_healthy_log_holds_of_such_words_does_not_count(log: Path, line: str) -> None:
    log.write_text(f"{line}\n")
    found = read(log, "0")
    assert (found.state, found.measures) == ("done", {"lines": 0, "found": 0}), found.lines


def test_what_the_page_allows_does_not_count(log: Path) -> None:
    log.write_text("Error: known noise 17\nError: new\n")
    found = read(log, "0", BOX + "\nallow = ['known noise \\d+']")
    assert (found.summary, found.lines) == ("1 new line with error or fatal since the restart.", ("Error: new",))


def test_words_of_the_pages_own_are_taken_as_they_stand(log: Path) -> None:
    log.write_text("a+b\nthe P2002 (unique) failed\nE1.5\nE1x5\n")
    assert read(log, "0", BOX + '\nbad = ["p2002 (unique)", "E1.5"]').measures["lines"] == 2


def test_lines_of_before_the_mark_do_not_count(log: Path) -> None:
    log.write_text("Error: old\n")
    since = mark(log)
    later(log, "Error: new\n")
    found = read(log, since)
    assert found.lines == ("Error: new",)
    assert "rotated" not in found.summary


def test_more_lines_than_are_told_are_not_counted_as_so_many(log: Path) -> None:
    log.write_text("Error: again\n" * 500)
    assert read(log, "0").summary == "At least 100 new lines with error or fatal since the restart."


def test_a_log_that_is_gone_tells_nothing(log: Path) -> None:
    found = read(log, "0")
    assert (found.state, found.summary, found.inconclusive) == (
        "failed",
        "The log cannot be read (it is not there).",
        True,
    )


@pytest.mark.parametrize("name", ["{}.1", "{}-20261125", "{}-2026-11-25.log"])
def test_renamed_by_logrotate_both_are_read_though_the_new_one_is_longer(log: Path, name: str) -> None:
    log.write_text("Error: old\n")
    since = mark(log)
    later(log, "Error: before the rotation\n")
    log.rename(name.format(log.with_suffix("") if name.endswith(".log") else log))
    log.write_text("Error: after 1\nError: after 2 which is much longer than what was there\n")
    found = read(log, since)
    assert [line[:18] for line in found.lines] == ["Error: before the ", "Error: after 1", "Error: after 2 whi"]
    assert found.summary.endswith("The log was rotated meanwhile; the rotated part was read as well.")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("old", ["Error: old\n", ""])
def test_copied_and_emptied_by_pm2_logrotate_both_are_read(log: Path, old: str, packed: bool) -> None:
    log.write_text(old)
    since = mark(log, time.time() - 0.1)
    later(log, "Error: before the rotation\n")
    copy = log.with_name(f"{log.stem}__2026-11-25_00-00-00.log{'.gz' if packed else ''}")
    copy.write_bytes(gzip.compress(log.read_bytes()) if packed else log.read_bytes())
    log.write_text("Error: after, and longer than all that was there\n")
    found = read(log, since)
    assert found.lines == ("Error: before the rotation", "Error: after, and longer than all that was there")
    assert "the rotated part was read as well" in found.summary


def test_the_same_words_at_the_head_of_the_new_log_do_not_hide_that_it_is_another(log: Path) -> None:
    log.write_text("Error: connect ECONNREFUSED\n")
    since = mark(log)
    later(log, "Error: 1\n")
    log.rename(f"{log}.1")
    log.write_text("Error: connect ECONNREFUSED\nError: 2\n")
    assert read(log, since).lines == ("Error: 1", "Error: connect ECONNREFUSED", "Error: 2")


def test_an_empty_log_that_was_renamed_and_is_written_on_is_read(log: Path) -> None:
    log.write_text("")
    since = mark(log, time.time() + 60)  # it is older than the restart, and nobody has made a new one yet
    log.rename(f"{log}.1")
    later(Path(f"{log}.1"), "Error: 1\n")
    assert read(log, since).lines == ("Error: 1",)


def test_what_a_process_of_before_still_writes_to_a_log_rotated_then_does_not_count(log: Path) -> None:
    older = log.with_name(f"{log.name}.1")
    older.write_text("Error: of yesterday\n")
    if not _born(older):
        pytest.skip("this file system does not know when a file was made")
    time.sleep(1.2)  # the moment of its making is told in whole seconds
    log.write_text("")
    since = mark(log, time.time() - 0.1)
    later(older, "the old process is stopping\n")
    assert read(log, since).state == "done"


def _born(file: Path) -> int:
    said = LocalShell({}).ask("h", 'stat -c %W "$FILE"', env={"FILE": str(file)}).tail.strip()
    return int(said) if said.isdigit() else 0


def test_rotated_twice_everything_between_is_read_in_order(log: Path) -> None:
    log.write_text("Error: old\n")
    since = mark(log, time.time() - 0.1)
    later(log, "Error: 1\n")
    log.rename(f"{log}.2")
    log.with_name(f"{log.name}.1").write_text("Error: 2\n")
    log.write_text("Error: 3\n")
    assert read(log, since).lines == ("Error: 1", "Error: 2", "Error: 3")


def test_where_the_rest_of_the_old_log_is_not_found_it_is_said(log: Path) -> None:
    log.write_text("Error: old\n")
    for since in (mark(log), "11"):
        log.write_text("Error: x\n")
        found = read(log, since)
        assert found.lines == ("Error: x",)
        assert found.summary.endswith("read from its start; the last lines before the rotation were not found.")


def test_what_was_rotated_away_before_the_restart_does_not_count(log: Path) -> None:
    older = log.with_name(f"{log.name}.1")
    older.write_text("Error: of yesterday\n")
    os.utime(older, (time.time() - 60, time.time() - 60))
    log.write_text("")
    found = read(log, mark(log))
    assert (found.state, found.summary) == ("done", "No line with error or fatal since the restart.")


def test_another_services_log_beside_it_is_not_taken_for_it(log: Path) -> None:
    log.write_text("")
    since = mark(log, time.time() - 0.1)
    log.with_name(f"{log.stem}-1.log").write_text("Error: of the second instance\n")
    assert read(log, since).state == "done"


def test_the_restart_notes_the_very_mark_that_is_read_from(log: Path, tmp_path: Path) -> None:
    log.write_text("Error: old\n" * 10_000)
    listed = {"name": "api", "pid": 7, "pm2_env": {"status": "online", "pm_uptime": 0, "restart_time": 1}}
    listed["pm2_env"] |= {"pm_out_log_path": "/dev/null", "pm_err_log_path": str(log)}  # type: ignore[operator]
    (tmp_path / "pm2").write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps([listed])}\nEND\n")
    (tmp_path / "pm2").chmod(0o755)
    ended = LocalShell({}, path=tmp_path).ask("h", f"{STATE}\n{NOW}", env={"NAME": "api"})
    service = json.loads(parse_values(ended.tail)["now"])["service"]
    assert service["err_from"].rsplit(":", 1)[0] == mark(log).rsplit(":", 1)[0]
    assert service["out_from"].startswith("0:")
    later(log, "Error: new\n")
    assert read(log, service["err_from"]).lines == ("Error: new",)


def test_the_plan_says_what_counts() -> None:
    assert "for lines with error or fatal in any case" in plan(box("logs", BOX))


def test_more_of_the_same_is_more_though_only_the_newest_are_shown(log: Path) -> None:
    log.write_text("Error: connect ECONNREFUSED\n" * 150)
    first = read(log, "0")
    log.write_text("Error: connect ECONNREFUSED\n" * 250)
    later = read(log, "0")
    assert first.summary.startswith("At least 100 new lines"), first.summary
    assert (first.output, first.measures["found"], later.measures["found"]) == (later.output, 150, 250)
