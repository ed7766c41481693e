"""`logs`: levels as many loggers write them, crashes without a level, and words of no error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.steps.service_log import LOGS, read

LEVELS = [
    "30-Nov-2026 03:20:00.123 SEVERE [main] core.StandardContext.startInternal One or more listeners did not start",
    "2026-11-30 03:20:00,123 - shop.api - CRITICAL - cannot read flows",
    "2026-11-30 03:20:00.123 | CRITICAL | shop.api:read:12 - cannot read flows",
    "2026-11-30 03:20:00 [critical ] cannot read flows              user=7",
    '{"level":"dpanic","ts":1764472800.123,"msg":"cannot read flows"}',
    "3:20AM PNC cannot read flows user=7",
    "Nov 30 03:20:00.123 CRIT cannot read flows, user: 7",
    "Mon Nov 30 03:20:00 2026 CRITICAL cannot read flows",
    '[2026-11-30T03:20:00.123456+00:00] app.CRITICAL: cannot read flows {"user":7} []',
    "[30-Nov-2026 03:20:00] ALERT: [pool www] child 12 exited on signal 11",
    "[Mon Nov 30 03:20:00.123456 2026] [core:crit] [pid 12] (13)Permission denied: AH00529",
    "2026-11-30 03:20:00.123 +07 [12] shop@shop PANIC:  could not write",
    "03:20:00.123 request_id=Fx [critical] cannot read flows",
    "Nov 30 03:20:00 web1 api[12]: CRITICAL cannot read flows",
    "2026-11-30T03:20:00Z web1 api[12]: CRITICAL cannot read flows",
    "api-1  | CRITICAL cannot read flows",
    "0|api  | CRITICAL cannot read flows",
    '{"t":{"$date":"2026-11-30T03:20:00.123+00:00"},"s":"E",  "c":"NETWORK","msg":"Failed to set up listener"}',
    '{"severity":3,"message":"cannot read flows","facility":1}',
    '{"PRIORITY":"3","MESSAGE":"cannot read flows"}',
    '{"log.level":"ERROR","message":"cannot read flows"}',
    '{"message":"cannot read flows","context":{},"level":500,"level_name":"CRITICAL","channel":"app"}',
    '{"ts":1764472800.123,"level":"E","msg":"cannot read flows"}',
    "E, [2026-11-30T03:20:00.123456 #12]   ANY -- : cannot read flows",
    "[2026-11-30T03:20:00.123456+00:00] debug-tool.ERROR: cannot read flows [] []",
]
CRASHES = [
    "2026/11/30 03:20:00 http: panic serving 127.0.0.1:40312: cannot read flows",
    "2026/11/30 03:20:00 [Recovery] 2026/11/30 - 03:20:00 panic recovered:",
    " panic: cannot read flows",
    "panic: cannot read flows",
    "thread 'main' panicked at src/main.rs:2:5:",
    'Exception in thread "main" java.lang.NullPointerException: Cannot invoke "String.length()"',
    "java.lang.IllegalStateException: cannot read flows",
    "Traceback (most recent call last):",
    "Unhandled exception. System.InvalidOperationException: cannot read flows",
    "(node:12) UnhandledPromiseRejectionWarning: cannot read flows",
    "⨯ unhandledRejection: cannot read flows",
    "Unhandled Rejection at: Promise { <rejected> }",
    "uncaughtException: cannot read flows",
    "terminate called after throwing an instance of 'std::out_of_range'",
    "Segmentation fault (core dumped)",
    "** (EXIT from #PID<0.98.0>) shell process exited with reason: killed",
    "=CRASH REPORT==== 30-Nov-2026::03:20:00.123456 ===",
    "Nov 30 03:20:00 lb1 varnishd[12]: Child (13) died signal=6",
    "Nov 30 03:20:00 web1 kernel: Out of memory: Killed process 12 (node) total-vm:1kB",
]
WORDS = [
    "JSON error: on the way",
    "onError: cannot read flows",
    "failed on error: 12",
    "last_error=timeout",
    "isError=true",
    "error = null value in column",
    'loglevel=error msg="cannot read flows"',
    "2026-11-30T03:20:00Z ERROR shop: info is missing",
    "Nov 30 03:20:00 ERROR shop: info is missing",
    "2026-11-30 03:20:00,123 - shop.api - ERROR - user - INFO - x",
    "a non-fatal error came",
]
HEALTHY = [
    "2026-11-30 03:20:00,123 - shop.api - INFO - retry after error: attempt 2",
    "2026-11-30 03:20:00.123 UTC [12] LOG:  statement: select count(*) from errors",
    "2026-11-30 03:20:00.123 UTC [12] shop@shop STATEMENT:  insert into errors values (1)",
    "[Mon Nov 30 03:20:00.123456 2026] [core:info] [pid 12] error pages are on",
    '[2026-11-30T03:20:00.123456+00:00] app.INFO: last error was long ago {"user":7} []',
    "Nov 30 03:20:00 web1 api[12]: INFO error budget left",
    "api-1  | INFO error budget left",
    "2026-11-30 03:20:00 INFO [monitor:alert] started",
    "2026-11-30 03:20:00 INFO x - ALERT - y",
    '{"severity":3,"msg":"of the storm"}',
    "I, [2026-11-30T03:20:00.123456 #12]  INFO -- : [7d1] Processing by ErrorsController#show as HTML",
    "0|web  | I, [2026-11-30T03:20:00.123456 #12]  INFO -- : [7d1]   Rendered errors/404.html.erb",
    '{"message":"last error was long ago","context":{},"level":200,"level_name":"INFO","channel":"app"}',
    '{"message":"slow","context":{"error":"none yet"},"level":100,"level_name":"DEBUG","channel":"app"}',
    '{"Level":"Information","MessageTemplate":"error budget left"}',
    '{"@t":"2026-11-30T03:20:00.123Z","@mt":"error budget left"}',
    '{"level":"I","msg":"error budget left"}',
    "03:20:00 do not panic: all is well",
    '{"t":{"$date":"2026-11-30T03:20:00.123+00:00"},"s":"I","msg":"error budget left"}',
    "Compiled with no fatal errors",
    "errors=0 fatal=0",
    "error=<nil> status=200",
    "error = None",
    "errors per minute: 0",
    "NODE_ENV=live LOG_LEVEL=error",
    "Log level set to error",
    "display_errors = Off",
    "max_errors=10",
    "on_error=continue",
    "ignoreErrors: true",
    "ERROR_PAGE=/srv/e.html",
    "not an error",
    "Unhandled exception handler installed",
    "Uncaught exceptions are reported to Sentry",
    "unhandledRejection handler registered",
    # HAProxy says this in each restart of a backend's only server
    "Nov 30 03:20:00 lb1 haproxy[12]: backend web has no server available!",
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "dj-system-api-error.log"


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize("line", LEVELS)
def test_a_level_counts_behind_a_prefix_a_name_and_between_fields(log: Path, line: str) -> None:
    log.write_text(f"{line}\n")
    assert read(log, "0").lines == (line,)


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize("line", CRASHES)
def test_a_crash_counts_though_no_logger_gave_it_a_level(log: Path, line: str) -> None:
    log.write_text(f"{line}\n")
    assert read(log, "0").lines == (line,)


@pytest.mark.parametrize(
    "line", ["<27>Nov 30 03:20:00 web1 api[12]: cannot read", "<11>1 2026-11-30T03:20:00Z web1 api 12 - - no"]
)
def test_a_priority_of_syslog_counts_with_its_facility(log: Path, line: str) -> None:
    log.write_text(f"{line}\n<30>Nov 30 03:20:00 web1 api[12]: ready\n")
    assert read(log, "0").measures == {"lines": 1, "found": 1}


@pytest.mark.parametrize("line", WORDS)
def test_what_looks_like_a_setting_or_another_level_hides_no_error(log: Path, line: str) -> None:
    log.write_text(f"{line}\n")
    assert read(log, "0").lines == (line,)


@pytest.mark.parametrize("line", HEALTHY)
def test_low_levels_zero_counts_and_settings_do_not_count(log: Path, line: str) -> None:
    log.write_text(f"{line}\n")
    assert read(log, "0").state == "done"


def test_a_crash_counts_whatever_words_the_page_looks_for(log: Path) -> None:
    log.write_text("panic: cannot read flows\nError: once\n")
    assert read(log, "0", LOGS + '\nbad = ["fatal"]').lines == ("panic: cannot read flows",)


TRACE = 'Traceback (most recent call last):\n  File "/srv/api.py", line 9, in <module>\n    serve()\n'
ENDED = "KeyboardInterrupt\n"
CANCELLED = f"{TRACE}asyncio.exceptions.CancelledError\n\nDuring handling of the above exception, another one came:\n\n"
AT_ONCE = f"{TRACE}{TRACE}^^^^^^\n{ENDED}    serve()\n{ENDED}"  # of two processes
PREFIXES = [
    "",
    "api-1  | ",
    "Nov 30 03:20:00 web1 api[12]: ",
    "2026-11-30T03:20:00: ",  # pm2 --time
    "2026-11-30 03:20 +07:00: ",
    "0|api  | 2026-11-30T03:20:00: ",
    "2026-11-30T03:20:00.123456789Z ",  # docker logs -t
    "api-1  | 2026-11-30T03:20:00.123456789Z ",
    "2026-11-30T03:20:00.123456789Z stderr F ",  # kubernetes
    "[api] ",
    "[pod/api-7c/api] 2026-11-30T03:20:00.1Z ",
    "[2026-11-30 03:20:00,123: WARNING/Worker-1] ",  # celery
    "03:20:00 api.1   | ",  # foreman
    "2026-11-30T03:20:00.123456+00:00 app[api.1]: ",  # heroku
]
# of a program that hands on what another one prints, as lines of its own
RELAYED = ["2026-11-30 03:20:00,120 INFO [relay] worker stderr: ", "INFO:relay:", "[03:20:00] INFO relay - "]
STOPS = [f"{TRACE}{ENDED}", f"{CANCELLED}{TRACE}{ENDED}", AT_ONCE, f"{TRACE}KeyboardInterrupt: \n"]


@pytest.mark.fault("foreign words taken for the program's own")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("prefix", PREFIXES + RELAYED)
@pytest.mark.parametrize("text", STOPS)
def test_the_last_words_of_a_python_process_that_was_told_to_stop_do_not_count(
    log: Path, text: str, prefix: str, end: str
) -> None:
    log.write_bytes("".join(f"{prefix}{line}{end}" for line in text.splitlines()).encode())
    assert read(log, "0").state == "done"


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize("prefix", PREFIXES + RELAYED)
@pytest.mark.parametrize("end", ["KeyError: 7", "shop.Missing: 7", "shop.jobs.Ended"])
def test_a_traceback_counts_once_behind_whatever_stands_before_each_line(log: Path, end: str, prefix: str) -> None:
    log.write_text("".join(f"{prefix}{line}\n" for line in f"ready\n{TRACE}{end}\nready\n".splitlines()))
    assert read(log, "0").lines == (f"{prefix}{end}",)


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"[03:20:00] DEBUG relay - {line}\n" for line in f"{TRACE}KeyError: 7".splitlines()),
        "INFO: To report a bug, send us the text after Traceback (most recent call last):\n",
        "INFO: a bug shows itself by: Traceback (most recent call last):\nINFO: ready\n",
        "".join(f"INFO:relay:{line}\n" for line in f"{TRACE}{ENDED}panic: none".splitlines()),
    ],
)
def test_a_handled_traceback_and_words_about_one_do_not_count(log: Path, text: str) -> None:
    log.write_text(text)
    assert read(log, "0").state == "done"


def test_a_traceback_without_the_prefix_of_its_first_line_counts_once(log: Path) -> None:
    log.write_text('INFO:app: retrying: Traceback (most recent call last):\n  File "x.py", line 1\nKeyError: 7\n')
    assert read(log, "0").lines == ("KeyError: 7",)


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("line", ["panic: no route", "terminate called after throwing", "shop.LostException: 7"])
def test_a_crash_counts_behind_whatever_stands_before_each_line(log: Path, line: str, prefix: str) -> None:
    log.write_text(f"{prefix}{line}\n")
    assert read(log, "0").lines == (f"{prefix}{line}",)


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_line_of_dockers_own_files_is_read_as_its_program_wrote_it(log: Path) -> None:
    said = [
        "Traceback (most recent call last):",
        '  File "/srv/api.py"',
        "shop.Missing: 7",
        '{"level":"info","errors":1}',
    ]
    log.write_text(
        "".join(
            json.dumps({"log": f"{one}\n", "stream": "stderr", "time": "t"}, separators=(",", ":")) + "\n"
            for one in said
        )
    )
    (line,) = read(log, "0").lines
    assert "shop.Missing: 7" in line


@pytest.mark.fault("the first of several for all")
@pytest.mark.parametrize(("own", "other"), [("[api] ", "[jobs] "), ("api-1  | ", "jobs-1 | ")])
def test_lines_of_another_service_between_those_of_a_traceback_end_nothing(log: Path, own: str, other: str) -> None:
    first, *rest = TRACE.splitlines()
    trace = [f"{own}{first}", f"{other}ready", *(f"{own}{line}" for line in rest), f"{other}ready"]
    log.write_text("".join(f"{line}\n" for line in [*trace, f"{own}KeyboardInterrupt"]))
    assert read(log, "0").state == "done"
    log.write_text("".join(f"{line}\n" for line in [*trace, f"{own}shop.Missing: 7", f"{own}ready"]))
    assert read(log, "0").lines == (f"{own}shop.Missing: 7",)


def test_pm2_writes_a_time_before_what_it_got_at_once(log: Path) -> None:
    time = "2026-11-30T03:20:00: "
    log.write_text(f"{time}{TRACE}{ENDED}{time}ready\n")
    assert read(log, "0").state == "done"
    log.write_text(f"{time}{TRACE}shop.Missing: 7\n{time}ready\n")
    assert read(log, "0").lines == ("shop.Missing: 7",)


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("text", "counts"),
    [
        (f"{TRACE}KeyError: 7\n", "KeyError: 7"),
        (f"{TRACE}shop.Missing: 7\nready\n", "shop.Missing: 7"),
        (TRACE, TRACE.splitlines()[0]),
        (f"{TRACE}INFO: ready\n", TRACE.splitlines()[0]),
        (f"{TRACE}2026-11-30 ready\n", TRACE.splitlines()[0]),
    ],
)
def test_a_traceback_counts_once_by_its_exception_or_by_its_first_line(log: Path, text: str, counts: str) -> None:
    log.write_text(f"{TRACE}{ENDED}{text}")
    outcome = read(log, "0")
    assert (outcome.state, outcome.lines) == ("failed", (counts,))


def test_an_exception_that_the_page_allows_is_allowed_with_its_traceback(log: Path) -> None:
    log.write_text(f"{TRACE}ConnectionResetError: known trouble\n")
    assert read(log, "0", LOGS + '\nallow = ["known trouble"]').state == "done"
