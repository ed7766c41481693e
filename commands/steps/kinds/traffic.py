"""`traffic`: counts real requests and how they ended, in a web server's access log on its host, over a window of time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from commands.ports.preflight import PreflightCheck, PreflightResult, blocked, passed, warned
from commands.ports.shell import CommandResult
from commands.ports.web import USER_AGENT
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.values import fill, has_placeholder, parse_values
from commands.systems.preflight.hosts import HostCheck
from commands.systems.scripts import script
from commands.text.durations import Duration, format_duration, format_seconds, parse_duration

# nginx's "combined", and what is often written behind it: $request_time; lines without an agent fit as well
COMBINED = (
    r'^[^ ]+ [^ ]+ [^[]*\[(?P<time>[^]]+)\] "(?P<method>[^ "]*)( (?P<path>[^ "]*))?[^"]*" (?P<status>[0-9][0-9][0-9]) [^ ]+'
    r'( "[^"]*" "(?P<agent>[^"]*)"( (?P<seconds>[0-9]+\.[0-9]+))?)?.*$'
)
_FIELDS = ("time", "method", "path", "status", "seconds", "agent")  # in the order in which the script counts them
_NEEDED = {"time", "method", "path", "status"}
_MOST = 32 * 1024 * 1024  # bytes of a log that are read at most
_SIZES = (1024 * 1024, 8 * 1024 * 1024, _MOST)
_OLD = timedelta(days=1)  # a log whose newest line is older is perhaps not the one that is written


def _line(pattern: str) -> str:
    """Refuse what the host's own `sed` would not read as the page's author means it."""
    try:
        known = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    if missing := sorted(_NEEDED - set(known.groupindex)):
        raise ValueError(f"has no group (?P<{missing[0]}>...); the groups are {', '.join(_FIELDS)}")
    if unknown := sorted(set(known.groupindex) - set(_FIELDS)):
        raise ValueError(f"has a group (?P<{unknown[0]}>...), which is not known; the groups are {', '.join(_FIELDS)}")
    if found := re.search(r"\(\?(?!P<)|[*+?]\?|\\[A-Za-z0-9]", pattern):
        raise ValueError(f"holds {found[0]!r}, which sed on the host does not know; write [0-9] for \\d, ( for (?:")
    if known.groups > 9:
        raise ValueError("has more than nine groups, and sed on the host knows nine")
    return pattern


def _path(pattern: str) -> str:
    if not pattern.startswith("/") or "?" in pattern:
        raise ValueError(f"{pattern!r} must begin with / and be without a query string; * stands for one part of it")
    return pattern


class TrafficStep(StepBox):
    """Counts requests of `method` and `path` (`*` stands for one part, query strings count for nothing) in `file` on
    `host`, of the last `over` and never from before `since`, the moment at which requests were let in or the service was
    restarted; where that is not known, from before this check was first made. A baseline counts the whole of `over`.

    Measures `requests`; `failed_share` (0 to 1), how many of them had an answer in `bad` ("5xx", "422"; nginx writes 499
    when the client gave up), which is not measured where there were none; and `seconds_p95` where the log has times.
    Other answers of 4xx are refusals of the server's: they say nothing of whether it works, are `refused`, and are in
    neither of the two. The bot's own requests are known by their agent and left out. `line` is the format as a regular
    expression with the groups time (with its zone), method, path, status, and perhaps seconds and agent.
    """

    kind: ClassVar[str] = "traffic"

    host: str
    file: str
    method: Annotated[str, Field(pattern="^[A-Z]+$")] = "GET"
    path: Annotated[str, AfterValidator(_path)]
    over: Duration = parse_duration("15 min")
    since: str = "<restarted_at>"
    bad: list[Annotated[str, Field(pattern="^[1-5]([0-9][0-9]|xx)$")]] = Field(default=["5xx"], min_length=1)
    line: Annotated[str, AfterValidator(_line)] = COMBINED

    def plan(self) -> list[str]:
        return [
            f"on {self.host}: counts {self._what} in {self.file}, of the last {format_duration(self.over)} and never before {self.since}",
            f"bad answers are {', '.join(self.bad)}; at most the log's last {_MOST // 1024**2} MB are read, with sed and awk",
            f"lines fit {self.line}",
        ]

    def for_baseline(self) -> TrafficStep:
        return self.model_copy(update={"since": ""})

    def inputs(self) -> set[str]:
        return super().inputs() - set(_FIELDS)  # the groups of `line` look like values of earlier steps

    def preflight(self) -> list[PreflightCheck]:
        if has_placeholder(self.file):
            return []
        env = tuple(self._env(_OLD.total_seconds(), (64 * 1024,)).items())
        return [HostCheck(host=self.host, script=script("logs/traffic.sh"), judge=self._judge_known, env=env)]

    def run(self, ctx: Context) -> Outcome:
        age = self._age(ctx)
        env = {**self._env(age.total_seconds(), _SIZES), "FILE": fill(self.file, ctx.values)}
        ended = ctx.tools.shell.ask(self.host, script("logs/traffic.sh"), env=env, limit=60)
        words = parse_values(ended.tail)
        if wrong := self._unread(ended, words):
            return failed(f"{wrong[0].upper()}{wrong[1:]}.", lines=ended.last_lines[-2:], inconclusive=True)
        return self._judge(words, age)

    def _age(self, ctx: Context) -> timedelta:
        """How far back it counts; an age, so that it goes by the clock of the host that wrote the log."""
        if not self.since:
            return self.over
        since = _moment(fill(self.since, ctx.values)) or ctx.began_at
        return max(min(self.over, ctx.tools.clock.now() - since), timedelta(0))

    def _judge(self, words: dict[str, str], age: timedelta) -> Outcome:
        requests, bad_ones = float(words["requests"]), float(words["failed"])
        measures = {"requests": requests, "refused": float(words["refused"])}
        window = f"in the last {format_duration(int(age.total_seconds()))}"
        summary = (
            f"{self._what}: no request {window}" if words["fresh"] != "0" else f"No line at all in the log {window}"
        )
        if requests:
            measures["failed_share"] = bad_ones / requests
            share = f"{bad_ones:.0f} of {requests:.0f} requests failed ({100 * bad_ones / requests:.2g} %)"
            count = share if bad_ones else f"none of {requests:.0f} requests failed"
            summary = f"{self._what}: {count} {window}"
        if "p95" in words:
            measures["seconds_p95"] = float(words["p95"])
            summary += f", 95 % answered within {format_seconds(measures['seconds_p95'])}"
        return done(f"{summary}{self._beside(words)}.{self._notes(words)}", measures=measures)

    def _beside(self, words: dict[str, str]) -> str:
        beside = [f"{words['refused']} refused (4xx)"] if words["refused"] != "0" else []
        beside += [f"{words['own']} of the bot's own left out"] if words["own"] != "0" else []
        return f"; {', '.join(beside)}" if beside else ""

    def _notes(self, words: dict[str, str]) -> str:
        """What keeps the figures from being whole, a sentence each."""
        notes = {
            "read": " The log was rotated meanwhile, and the one before it was read as well.",
            "packed": " The log was rotated meanwhile; what was in the one before it could not be read.",
        }.get(words["rotated"], "")
        if words["cut"]:
            back = format_duration(int(words["read_at"]) - int(words.get("oldest", words["read_at"])))
            notes += f" The log is so long that only its last {int(words['cut']) // 1024**2} MB were read, which reach back {back}."
        if words["unread"] != "0":
            lines = f"{words['unread']} line{'' if words['unread'] == '1' else 's'}"
            notes += f" Of another format, so not counted: {lines}."
        return notes

    def _unread(self, ended: CommandResult, words: dict[str, str]) -> str:
        """Why nothing is known of the traffic; empty where the log was read."""
        if ended.code == 65:
            return f"the log {self.file} is not there"
        if ended.code == 66:
            return f"the log {self.file} is no file that this user may read"
        if ended.code or "fresh" not in words:
            return f"the log could not be counted (exit {ended.code})"
        if words["fresh"] == "0" and words["unread"] != "0":
            return f"none of the {words['unread']} newest lines of the log has the format that this step reads"
        return ""

    def _judge_known(self, ended: CommandResult) -> list[PreflightResult]:
        words = parse_values(ended.tail)
        name = f"the access log ({self.file})"
        if wrong := self._unread(ended, words):
            todo = "mend the file's name, its rights (nginx gives its logs to the group adm), or `line`"
            return blocked(wrong, todo)
        if "newest" not in words:
            return warned(f"{name} has no line yet", "whether `line` is its format will be seen with the first request")
        if words["fits"] == "0":
            return blocked(f"the newest line of {name} does not have the format that this step reads", "mend `line`")
        age = timedelta(seconds=int(words["read_at"]) - int(words["newest"]))
        if age > _OLD:
            return warned(
                f"the newest line of {name} is {format_duration(age)} old", "is it the log that is written now?"
            )
        return passed(f"{name} can be read, and its newest line fits")

    def _env(self, age: float, sizes: tuple[int, ...]) -> dict[str, str]:
        groups = re.compile(self.line).groupindex
        where = "[^/]*".join(re.sub(r"([].+()[{}|^$\\])", r"\\\1", part) for part in self.path.split("*"))
        return {
            "FILE": self.file,
            "AGE": str(int(age)),
            "SIZES": " ".join(str(size) for size in sizes),
            "LINE": re.sub(r"\(\?P<\w+>", "(", self.line),
            "FIELDS": " ".join(str(groups.get(name, "-")) for name in _FIELDS),
            "METHOD": self.method,
            "WHERE": f"^{where}$",
            "BAD": f"^({'|'.join(self.bad)})$".replace("x", "[0-9]"),
            "OWN": USER_AGENT,
            "COUNT": script("logs/traffic.awk"),
        }

    @property
    def _what(self) -> str:
        return f"{self.method} {self.path}"


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
