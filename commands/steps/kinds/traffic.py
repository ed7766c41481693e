"""`traffic`: counts real requests and their failures in a web server's access log."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from commands.ports.page_text import PageText, Text
from commands.ports.preflight import PreflightCheck, PreflightResult, blocked, passed, warned
from commands.ports.shell import CommandResult
from commands.ports.web import USER_AGENT
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import HttpMethod, VariableText
from commands.steps.shared_fields import HostName
from commands.steps.values import fill, has_placeholder, parse_values
from commands.systems.preflight.hosts import HostCheck
from commands.systems.scripts import script
from commands.text.durations import Duration, format_duration, format_seconds, parse_duration
from commands.text.field_words import Form
from commands.text.numbers import format_count, format_percent
from commands.text.phrases import capitalized

# nginx's format "combined", with or without the agent, and perhaps followed by $request_time
COMBINED = (
    r"^[^ ]+ [^ ]+ [^[]*\[(?P<time>[^]]+)\] "
    r'"(?P<method>[^ "]*)( (?P<path>[^ "]*))?[^"]*" (?P<status>[0-9][0-9][0-9]) [^ ]+'
    r'( "[^"]*" "(?P<agent>[^"]*)"( (?P<seconds>[0-9]+\.[0-9]+))?)?.*$'
)
_GROUPS = ("time", "method", "path", "status", "seconds", "agent")  # in the order in which the script expects them
_REQUIRED_GROUPS = {"time", "method", "path", "status"}
_MAX_BYTES = 32 * 1024 * 1024  # of a log that are read
_READ_SIZES = (1024 * 1024, 8 * 1024 * 1024, _MAX_BYTES)  # tried in turn until the window is covered
_PREFLIGHT_SIZES = (64 * 1024,)
_OLD = timedelta(days=1)  # a log whose newest line is older may be the wrong file
_LATE = timedelta(minutes=1)  # in a log that is written at once, such an age says that nobody asked for so long
_SCRIPT = "".join(map(script, ("logs/rotated.sh", "logs/log_writers.sh", "logs/traffic.sh")))
_UNCOUNTED = "requests from before, if there were any, are not counted"
_NO_HOUR = "has no zone or an unknown form, so it could be any hour"
_NO_FILE, _NOT_READABLE = 65, 66  # exit codes of the script


def _check_line(pattern: str) -> str:
    """Refuse patterns that `sed` on the host would read differently from the page's author."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    groups = set(compiled.groupindex)
    if missing := sorted(_REQUIRED_GROUPS - groups):
        raise ValueError(f"has no group (?P<{missing[0]}>...); the groups are {', '.join(_GROUPS)}")
    if unknown := sorted(groups - set(_GROUPS)):
        raise ValueError(f"has an unknown group (?P<{unknown[0]}>...); the groups are {', '.join(_GROUPS)}")
    if match := re.search(r"\(\?(?!P<)|[*+?]\?|\\[A-Za-z0-9]", pattern):
        raise ValueError(f"has {match[0]!r}, which sed on the host does not support; write [0-9] for \\d, ( for (?:")
    if compiled.groups > 9:
        raise ValueError("has more than nine groups, but sed on the host supports only nine")
    return pattern


def _check_path(pattern: str) -> str:
    if not pattern.startswith("/") or "?" in pattern:
        raise ValueError(f"{pattern!r} must start with / and have no query string; * stands for one part of the path")
    return pattern


class TrafficStep(StepBox):
    """Counts real requests of one address, and how many failed, in the web server's access log.

    It measures `requests` (all but the refused ones), `failed_share` of them (0 to 1; not without requests), `refused`
    (other 4xx answers, which do not show whether the server works), `given_up` (nginx's 499: who asked did not wait for
    the answer, as many do where a server hangs), and `seconds_p95` if the log has times, those of 499 included. The
    bot's own requests and those of its browser do not count. A baseline counts the whole of `over`.
    """

    kind: ClassVar[str] = "traffic"
    proves: ClassVar[str] = "how users fare, not the bot's own test requests"
    measured: ClassVar[frozenset[str]] = frozenset({"requests", "refused", "given_up", "failed_share", "seconds_p95"})

    host: HostName
    file: VariableText = Field(
        description="The web server's access log on the host.", examples=["/var/log/nginx/access.log"]
    )
    method: HttpMethod = Field(default="GET", description="The method of the requests to count.", examples=["POST"])
    path: Annotated[str, AfterValidator(_check_path)] = Field(
        description="The path of the requests to count. `*` stands for one part; a query string is ignored.",
        examples=["/api/jobs/*"],
    )
    over: Duration = Field(
        default=parse_duration("15 min"), description="Only requests of the last so long count.", examples=["30 min"]
    )
    since: str = Field(
        default="<restarted_at>",
        description="No request from before this moment counts. Without it, the restart.",
        examples=["<let_in_at>"],
    )
    bad: list[Annotated[str, Field(pattern="^[1-5]([0-9][0-9]|xx)$")]] = Field(
        default=["5xx"],
        min_length=1,
        description="The statuses that count as failed.",
        examples=[["5xx", "422"]],
        json_schema_extra={"unit": "HTTP status"},
    )
    line: Annotated[str, AfterValidator(_check_line), Form("regular expression")] = Field(
        default=COMBINED,
        description=(
            "The format of the log's lines, with the groups time, method, path and status, and perhaps "
            "seconds and agent. Without it, nginx's `combined`."
        ),
        examples=[r"^(?P<time>.+) (?P<method>.+) (?P<path>.+) (?P<status>.+)$"],
    )

    def plan(self) -> list[str]:
        return [
            (
                f"on {self.host}: counts {self._request} in {self.file}, "
                f"of the last {format_duration(self.over)} and not from before {self.since}"
            ),
            (
                f"failed means status {' or '.join(self.bad)}; "
                f"reads at most the last {_MAX_BYTES // 1024**2} MiB of the log, with sed and awk"
            ),
            f"format of the lines: {self.line}",
        ]

    def for_baseline(self) -> TrafficStep:
        return self.model_copy(update={"since": ""})

    def inputs(self) -> set[str]:
        return super().inputs() - set(_GROUPS)  # the groups of `line` look like values of earlier steps

    def preflight(self) -> list[PreflightCheck]:
        if has_placeholder(self.file):
            return []
        env, data = (("FILE", self.file),), tuple(self._data(_OLD, _PREFLIGHT_SIZES).items())
        return [HostCheck(host=self.host, script=_SCRIPT, judge=self._judge_preflight, env=env, data=data)]

    def run(self, ctx: Context) -> Outcome:
        window = self._window(ctx)
        env: dict[str, Text] = {"FILE": PageText(self.file, ctx.values), **self._data(window, _READ_SIZES)}
        result = ctx.tools.shell.ask(self.host, _SCRIPT, env=env, limit=60)
        values = parse_values(result.tail)
        if problem := self._read_problem(result, values):
            return failed(f"{capitalized(problem)}.", lines=result.last_lines[-2:], inconclusive=True)
        if (unread := values.get("unread_file")) and values["failed"] == "0":
            summary = f"Whether requests failed is not known: {unread}, which was rotated meanwhile, cannot be read."
            return failed(summary, lines=result.last_lines[-2:], inconclusive=True)
        return self._judge(values, window)

    def _window(self, ctx: Context) -> timedelta:
        """How far back it counts. A duration, because the clock of the host that writes the log may differ."""
        if not self.since:
            return self.over
        since = _moment(fill(self.since, ctx.values)) or ctx.began_at
        return max(min(self.over, ctx.tools.clock.now() - since), timedelta(0))

    def _judge(self, values: dict[str, str], window: timedelta) -> Outcome:
        requests, bad = int(values["requests"]), int(values["failed"])
        counted = {name: float(values[name]) for name in ("refused", "given_up")}
        measures = {"requests": float(requests), **counted}
        when = f"in the last {format_duration(int(window.total_seconds()))}"
        summary = f"{self._request}: no request {when}"
        if values["fresh"] == "0":
            summary = f"The log has no line at all {when}"
        if requests:
            measures["failed_share"] = bad / requests
            share = f" ({format_percent(bad / requests)})" if bad else ""
            summary = f"{self._request}: {bad} of {format_count(requests, 'request')} failed{share} {when}"
        if "p95" in values:
            measures["seconds_p95"] = float(values["p95"])
            how = "answered or given up" if counted["given_up"] else "answered"
            summary += f", 95 % {how} within {format_seconds(measures['seconds_p95'])}"
        notes = _notes(values) + _written_late(values, window)
        return done(f"{summary}{_not_counted(values)}.{notes}", measures=measures)

    def _read_problem(self, result: CommandResult, values: dict[str, str]) -> str:
        """Why nothing is known of the traffic, as a clause. Empty if the log was read."""
        if result.code == _NO_FILE:
            return f"the log {self.file} does not exist"
        if result.code == _NOT_READABLE:
            return f"the log {self.file} is not a file that this user may read"
        if result.code or "fresh" not in values:
            return f"the log could not be counted (exit code {result.code})"
        if values["fresh"] == "0" and values["unread"] != "0" and values["untimed"] == "1":
            return f"the time in the newest line of the log {_NO_HOUR}"
        if values["fresh"] == "0" and values["unread"] != "0":
            newest = "the newest line" if values["unread"] == "1" else f"any of the {values['unread']} newest lines"
            return f"the format `line` does not match {newest} of the log"
        return ""

    def _judge_preflight(self, result: CommandResult) -> list[PreflightResult]:
        values = parse_values(result.tail)
        name = f"the access log ({self.file})"
        if problem := self._read_problem(result, values):
            todo = "fix the file's name, its rights (nginx gives its logs to the group adm), or `line`"
            return blocked(problem, todo)
        if "newest" not in values:
            return warned(f"{name} has no line yet", "the first request will show whether `line` matches its format")
        if values["fits"] == "0" and values["untimed"] == "1":
            return blocked(f"the time in the newest line of {name} {_NO_HOUR}", "let the web server log it with a zone")
        if values["fits"] == "0":
            return blocked(f"the format `line` does not match the newest line of {name}", "fix `line`")
        age = _age(values)
        if age > _OLD:
            return warned(
                f"the newest line of {name} is {format_duration(age)} old", "check that this log is still written to"
            )
        return passed(f"{name} is readable, and `line` matches its newest line")

    def _data(self, window: timedelta, sizes: tuple[int, ...]) -> dict[str, str]:
        """The script's variables besides FILE: `path` and `line` are patterns, in which nothing is put in."""
        groups = re.compile(self.line).groupindex
        path = "[^/]*".join(re.sub(r"([].+()[{}|^$\\])", r"\\\1", part) for part in self.path.split("*"))
        return {
            "AGE": str(int(window.total_seconds())),
            "SIZES": " ".join(str(size) for size in sizes),
            "LINE": re.sub(r"\(\?P<\w+>", "(", self.line),
            "FIELDS": " ".join(str(groups.get(name, "-")) for name in _GROUPS),
            "METHOD": self.method,
            "WHERE": f"^{path}$",
            "BAD": f"^({'|'.join(self.bad)})$".replace("x", "[0-9]"),
            "OWN": USER_AGENT,
            "COUNT": script("logs/traffic.awk"),
        }

    @property
    def _request(self) -> str:
        return f"{self.method} {self.path}"


def _not_counted(values: dict[str, str]) -> str:
    parts = [f"{values['refused']} refused (4xx)"] if values["refused"] != "0" else []
    parts += [f"{values['given_up']} given up by who asked (499)"] if values["given_up"] != "0" else []
    parts += [f"{values['own']} of the bot's own not counted"] if values["own"] != "0" else []
    return f"; {', '.join(parts)}" if parts else ""


def _age(values: dict[str, str]) -> timedelta:
    """How old the newest line is."""
    return timedelta(seconds=int(values["read_at"]) - int(values["newest"]))


def _written_late(values: dict[str, str], window: timedelta) -> str:
    """That newer requests may be still to come: nginx's `buffer=` keeps lines back until it is full.

    Source: https://nginx.org/en/docs/http/ngx_http_log_module.html#access_log
    """
    if values["fresh"] == "0" or "newest" not in values or (age := _age(values)) < max(_LATE, window / 3):
        return ""
    return f" The log's newest line is {format_duration(age)} old; one with `buffer=` and no `flush=` is written late."


def _notes(values: dict[str, str]) -> str:
    """Why the figures may be incomplete, one sentence each."""
    rotated = {
        "": "",
        "1": "the rotated file was read too",
        "unread": "not all that was rotated could be read, so its requests are missing",
        "held": "a process still writes to the old file, which was packed or removed, so its requests are missing",
        "anew": _UNCOUNTED,
        "emptied": _UNCOUNTED,
    }.get(values["rotated"], f"the {values['rotated']} rotated files were read too")
    begun = {"anew": "was begun anew", "emptied": "was emptied while a process wrote to it"}
    happened = begun.get(values["rotated"], "was rotated")
    notes = rotated and f" The log {happened} during this time; {rotated}."
    if values["cut"]:
        back = format_duration(int(values["read_at"]) - int(values.get("oldest", values["read_at"])))
        size = f"{int(values['cut']) // 1024**2} MiB"
        notes += f" The log is long, so only its last {size} was read, which covers {back}."
    if values["unread"] != "0":
        notes += f" {format_count(int(values['unread']), 'line')} of another format not counted."
    return notes


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
