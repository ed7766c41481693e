"""The checks of the watch: counted, those that are not well, and all for whoever asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.doors.button import button_value
from bot.slack.views.blocks import Block, Message, button, message, rich_lines, section, words
from bot.text import counted, line
from commands.report.status import Status
from commands.text.phrases import short_title
from commands.watch.verdicts import CheckVerdict, Verdict
from state.records import Run

# the worst verdict first
VERDICTS = {
    Verdict.BAD: "❌",
    Verdict.UNREACHABLE: "🔌",
    Verdict.NO_DATA: "❔",
    Verdict.WARNING: "⚠️",
    Verdict.QUIET: "💤",
    Verdict.OK: "✅",
}
_FINE = {Verdict.OK, Verdict.QUIET}  # what nobody has to look at
_CLEAR = {Verdict.OK, Verdict.BAD, Verdict.WARNING}  # verdicts that their mark explains
_LISTED, _SHOWN = 12, 30  # checks in a message of the run, and for a person who asks for all


def check_summary(status: Status) -> str:
    """How many checks are not ok, in one line; empty before the first check.

    Of a version that is rolled back it says only how its checks ended.
    """
    if not status.checks:
        return _no_longer_counted(status.checks_before) if status.checks_before else ""
    not_ok = Counter(check.verdict for check in status.checks if not check.good)
    total = len(status.checks)
    if not_ok.keys() <= _FINE:
        quiet = not_ok[Verdict.QUIET]
        return f"✅ {counted(total - quiet, 'check')} ok{f', {VERDICTS[Verdict.QUIET]} {quiet} quiet' if quiet else ''}"
    found = [verdict for verdict in VERDICTS if not_ok[verdict]]
    summary = ", ".join(f"{VERDICTS[verdict]} {_so_many(not_ok[verdict], verdict)}" for verdict in found)
    return f"*{summary}* of {counted(total, 'check')}"


def _so_many(number: int, verdict: Verdict) -> str:
    if verdict is Verdict.WARNING:
        return counted(number, verdict)
    return f"{number} {'without data' if verdict is Verdict.NO_DATA else verdict}"


def not_well(status: Status) -> Block | None:
    """The checks that people should look at, the worst first; None where all are well."""
    checks = [check for check in _worst_first(status.checks) if check.verdict not in _FINE]
    more = [[words(f"… and {len(checks) - _LISTED} more")]] if len(checks) > _LISTED else []
    return rich_lines([*map(_check_line, checks[:_LISTED]), *more])


def checks_button(run: Run, status: Status) -> Block | None:
    """The button that shows all checks to whoever presses it; None before the first check."""
    if not (status.checks or status.checks_before):
        return None
    return button("checks", "Show all checks", button_value(run))


def all_checks(status: Status) -> Message:
    """Every check with its newest result and its limits, the worst first, for one person."""
    checks = _worst_first(status.checks or status.checks_before)
    draw = _check_line if status.checks else _crossed_out
    head = check_summary(status) or "No check of this run has a result yet."
    more = [[words(f"… and {len(checks) - _SHOWN} more: type `gonogo status`")]] if len(checks) > _SHOWN else []
    return message("All checks", [section(head), rich_lines([*map(draw, checks[:_SHOWN]), *more])])


def _worst_first(checks: Sequence[CheckVerdict]) -> list[CheckVerdict]:
    return sorted(checks, key=lambda check: list(VERDICTS).index(check.verdict))


def _check_line(check: CheckVerdict) -> list[Block]:
    title = words(short_title(check.title), 80, bold=True)
    verdict = "" if check.verdict in _CLEAR else f"{check.verdict}: "
    limits = [words(f" ({check.limits})", 100)] if check.limits else []
    result = [words(f": {verdict}{check.summary.removesuffix('.')}", 140)] if verdict or check.summary else []
    return [words(f"{VERDICTS[check.verdict]} "), title, *result, *limits]


def _crossed_out(check: CheckVerdict) -> list[Block]:
    return [words("▫️ "), words(f"{short_title(check.title)}: {check.summary}", 240, strike=True)]


def _no_longer_counted(checks: Sequence[CheckVerdict]) -> str:
    """One line, because people should look at what happens now."""
    not_ok = [line(short_title(check.title), 40) for check in _worst_first(checks) if check.verdict not in _FINE]
    more = f" and {len(not_ok) - 3} more" if len(not_ok) > 3 else ""
    named = f"{len(not_ok)} not ok ({', '.join(not_ok[:3])}{more})" if not_ok else "all ok"
    return f"▫️ Before the rollback: {counted(len(checks), 'check')}, {named}"
