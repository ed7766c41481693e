"""`logs` on real files, with the real bash and awk: which lines count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands.steps.base import execute
from commands.steps.shared.service import NOW
from commands.steps.values import parse_values
from commands.systems.services.pm2 import Pm2
from commands.text.terminal_codes import without_terminal_codes
from tests.commands.steps.builders import box, context, plan
from tests.commands.steps.service_log import LOGS, append, mark, read
from tests.local_shell import LocalShell
from tests.world import World


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "dj-system-api-error.log"


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
        '{"level":50,"time":1795449600000,"msg":"cannot read flows"}',
        '{"level": 60 ,"msg":"out of memory"}',
        '{"severity":"CRITICAL","message":"cannot read flows"}',
        "time=2026-01-01T10:00:00Z level=panic msg=stop",
        "2026-11-24 22:10:00,123 CRITICAL cannot read flows",
        "\x1b[1;31mCRITICAL\x1b[0m:root:cannot read flows",
        "2026/11/24 22:10:00 [crit] 12#12: *1 connect() to unix:/run/app.sock failed",
        "2026-11-24 22:10:00.123 UTC [12] PANIC:  could not write to file",
        "SEVERE: cannot read flows",
    ],
)
def test_error_lines_count_in_any_case_and_inside_names(log: Path, line: str) -> None:
    log.write_text(f"{line}\n")
    outcome = read(log, "0")
    assert (outcome.state, outcome.measures) == ("failed", {"lines": 1, "found": 1}), outcome.summary
    assert outcome.lines == (without_terminal_codes(line),)


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    "line",
    [
        "ERRO[0000] cannot read flows",
        "FATA[0012] cannot listen",
        "[12:00:01 ERR] cannot read flows",
        "2026-11-24T22:10:00Z FTL cannot read flows",
        "E1124 22:10:00.123456    1 main.go:12] cannot read flows",
        "EROR[11-24|22:10:00] cannot read flows",
        '{"level":"50","msg":"cannot read flows"}',
        '{"level":"err","msg":"cannot read flows"}',
        '{"levelname":"CRITICAL","message":"cannot read flows"}',
        '{"levelno": 40, "message":"cannot read flows"}',
        '{"log.level":"CRITICAL","message":"cannot read flows"}',
        '{"LogLevel":"Critical","Message":"cannot read flows"}',
        '{"SeverityText":"","SeverityNumber":17,"Body":"cannot read flows"}',
        '{"version":"1.1","short_message":"cannot read flows","level":3}',
        "lvl=eror msg=flows",
        "time=2026-01-01T10:00:00Z level=50 msg=flows",
        "fail: Shop.Jobs.Reader[13]",
        "crit: Shop.Jobs.Reader[0]",
        "npm ERR! missing script: start",
        "[E] cannot read flows",
    ],
)
def test_the_level_of_a_line_counts_in_the_form_of_each_logger(log: Path, line: str) -> None:
    log.write_text(f"{line}\n")
    outcome = read(log, "0")
    assert (outcome.state, outcome.lines) == ("failed", (line,)), outcome.summary


def test_a_line_with_the_level_of_syslog_counts_without_it(log: Path) -> None:
    log.write_text("<3>cannot read flows\n<6>ready\n")
    assert read(log, "0").lines == ("cannot read flows",)


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
        "\x1b[32m[Nest] 12  - \x1b[39m01/01/2026, 10:00:00 AM \x1b[32m    LOG\x1b[39m [Loader] ErrorsModule is up",
        'time=2026-01-01T10:00:00Z level=info msg="last error was long ago"',
        '{"severity":"INFO","message":"error rate is low"}',
        "2026-01-01 10:00:00 UTC INFO error page is cached",
        "errors: [] fatal: ''",
        "done, errors: 0, warnings: 2; errors=0 warnings=2; error-rate 0%",
        "Sentry error tracking initialized",
        "Alert rules are loaded, panic button is off",
        "2026-11-24 22:10:00 INFO CRITICAL section left",
        "ALERTING is on",
        "INFO[0000] error budget left",
        "[12:00:01 INF] error budget left",
        "I1124 22:10:00.123456    1 main.go:12] error budget left",
        '{"level":"30","msg":"error budget left"}',
        '{"levelno": 20, "message":"ready"}',
        '{"version":"1.1","short_message":"ready","level":6}',
        '{"SeverityNumber":9,"Body":"ready"}',
        "E1124 is a part number",
        "fail: nothing did",
        "WARN[0000] slow",
    ],
)
def test_error_words_of_a_healthy_log_do_not_count(log: Path, line: str) -> None:
    log.write_text(f"{line}\n")
    outcome = read(log, "0")
    assert (outcome.state, outcome.measures) == ("done", {"lines": 0, "found": 0}), outcome.lines


def test_the_colours_of_an_allowed_line_do_not_matter(log: Path) -> None:
    log.write_text("\x1b[31mError:\x1b[39m known \x1b[1mnoise\x1b[0m\n")
    assert read(log, "0", LOGS + "\nallow = ['^Error: known noise$']").state == "done"


def test_allowed_lines_do_not_count(log: Path) -> None:
    log.write_text("Error: known noise 17\nError: new\n")
    outcome = read(log, "0", LOGS + "\nallow = ['known noise \\d+']")
    assert (outcome.summary, outcome.lines) == ("1 new line with error or fatal since the restart.", ("Error: new",))


def test_the_words_of_the_page_are_not_regular_expressions(log: Path) -> None:
    log.write_text("a+b\nthe P2002 (unique) failed\nE1.5\nE1x5\n")
    assert read(log, "0", LOGS + '\nbad = ["p2002 (unique)", "E1.5"]').measures["lines"] == 2


def test_lines_before_the_mark_do_not_count(log: Path) -> None:
    log.write_text("Error: old\n")
    since = mark(log)
    append(log, "Error: new\n")
    outcome = read(log, since)
    assert outcome.lines == ("Error: new",)
    assert "rotated" not in outcome.summary


def test_more_lines_than_are_shown_are_reported_as_at_least(log: Path) -> None:
    log.write_text("Error: again\n" * 500)
    assert read(log, "0").summary == "At least 100 new lines with error or fatal since the restart."


def test_a_level_counts_only_where_the_page_asks_for_such_lines(log: Path) -> None:
    log.write_text('{"level":50,"msg":"cannot read flows"}\n{"level":60,"msg":"out of memory"}\n')
    outcome = read(log, "0", LOGS + '\nbad = ["fatal"]')
    assert outcome.lines == ('{"level":60,"msg":"out of memory"}',)


def test_a_level_inside_a_message_does_not_count(log: Path) -> None:
    log.write_text('{"level":30,"msg":"water level: 50, fine"}\n{"msg":"severity of alert rules is set"}\n')
    assert read(log, "0").state == "done"


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_log_that_keeps_no_lines_is_inconclusive() -> None:
    outcome = read(Path("/dev/null"), "0")
    assert (outcome.state, outcome.summary, outcome.inconclusive) == (
        "failed",
        "The log cannot be read: /dev/null is not a file that keeps lines.",
        True,
    )


def test_a_missing_log_is_inconclusive(log: Path) -> None:
    outcome = read(log, "0")
    assert (outcome.state, outcome.summary, outcome.inconclusive) == (
        "failed",
        f"The log cannot be read: {log} does not exist.",
        True,
    )


def test_the_mark_of_a_restart_is_the_mark_that_is_read_from(log: Path, tmp_path: Path) -> None:
    log.write_text("Error: old\n" * 10_000)
    listed = {"name": "api", "pid": 7, "pm2_env": {"status": "online", "pm_uptime": 0, "restart_time": 1}}
    listed["pm2_env"] |= {"pm_out_log_path": "/dev/null", "pm_err_log_path": str(log)}  # type: ignore[operator]
    (tmp_path / "pm2").write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps([listed])}\nEND\n")
    (tmp_path / "pm2").chmod(0o755)
    result = LocalShell({}, path=tmp_path).ask("h", f"{Pm2.state}\n{NOW}", env={"NAMES": "api"})
    service = json.loads(parse_values(result.tail)["now"])["processes"][0]
    assert service["err_from"].rsplit(":", 1)[0] == mark(log).rsplit(":", 1)[0]
    assert service["out_from"].startswith("0:")
    append(log, "Error: new\n")
    assert read(log, service["err_from"]).lines == ("Error: new",)


def test_the_plan_shows_which_lines_count() -> None:
    assert "for lines with error or fatal, upper or lower case" in plan(box("logs", LOGS))


def test_more_equal_lines_are_more_although_only_the_newest_are_shown(log: Path) -> None:
    log.write_text("Error: connect ECONNREFUSED\n" * 150)
    first = read(log, "0")
    log.write_text("Error: connect ECONNREFUSED\n" * 250)
    second = read(log, "0")
    assert first.summary.startswith("At least 100 new lines"), first.summary
    assert (first.output, first.measures["found"], second.measures["found"]) == (second.output, 150, 250)


@pytest.mark.fault("the first of several for all")
def test_the_logs_of_all_processes_are_read_each_from_its_own_mark(log: Path) -> None:
    second = log.with_name("dj-system-api-error-1.log")
    log.write_text("Error: old\n" * 9)
    second.write_text("Error: old too\n")
    since = f"{mark(log)},{mark(second)}"
    append(second, "TypeError: of the second process\n")
    values = {"log_err": f"{log}:{second}", "log_offset_err": since}
    outcome = execute(box("logs", LOGS), context(World(), values, shell=LocalShell({})))
    assert outcome.lines == ("TypeError: of the second process",)
    assert outcome.measures == {"lines": 1, "found": 1}


def test_a_log_that_cannot_be_read_beside_others_is_no_data_and_hides_no_error(log: Path) -> None:
    log.write_text("")
    values = {"log_err": f"/dev/null:{log}", "log_offset_err": f"0,{mark(log)}"}
    ctx = context(World(), values, shell=LocalShell({}))
    assert execute(box("logs", LOGS), ctx).inconclusive
    append(log, "Error: new\n")
    outcome = execute(box("logs", LOGS), ctx)
    assert (outcome.inconclusive, outcome.lines) == (False, ("Error: new",))
    assert outcome.summary.endswith("Not read: /dev/null is not a file that keeps lines.")


@pytest.mark.parametrize(
    ("since", "fits"), [("now", False), ("-1", False), ("0", True), ("4096", True), ("<mark>", True)]
)
def test_the_mark_of_a_file_is_a_place_in_it(since: str, fits: bool) -> None:
    error = box("logs", f'host = "h"\nfile = "/var/log/a"\nsince = "{since}"').page_error({})
    why = f'since: "{since}" is no place in a file; write a number of bytes, or <log_offset_err>'
    assert error == ("" if fits else why)
