"""The checks of the watch as lines: each newest verdict, and how many checks are not ok."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.text import bold, counted, crossed_out, line
from commands.report.status import Status
from commands.watch.verdicts import CheckVerdict, Verdict

# the worst verdict first
VERDICTS = {
    Verdict.BAD: "❌",
    Verdict.UNREACHABLE: "🔌",
    Verdict.NO_DATA: "❔",
    Verdict.WARNING: "⚠️",
    Verdict.QUIET: "💤",
    Verdict.OK: "✅",
}


def check_lines(status: Status, *, details: bool = False) -> str:
    """The newest verdict on each check, one a line, the worst first; at most twelve lines.

    A check that is not ok shows its limits and its baseline; with `details` each check does. Checks of a version that
    is rolled back are crossed out, or without `details` only counted, until those of the watch after the rollback take
    their place.
    """
    worst_first = sorted(status.checks or status.checks_before, key=lambda check: list(VERDICTS).index(check.verdict))
    if status.checks or not worst_first:
        return "\n".join(_check_line(check, details=details) for check in worst_first[:12])
    if not details:
        return _no_longer_counted(worst_first)
    return "\n".join(["Before the rollback, of the version that was removed:", *map(_crossed_out, worst_first[:12])])


def _check_line(check: CheckVerdict, *, details: bool) -> str:
    # the checks of a tier all begin with the same "Every 15 minutes:"
    title = bold(check.title.rpartition(": ")[2], 80)
    verdict = "" if check.verdict in {Verdict.OK, Verdict.BAD, Verdict.WARNING} else f"{check.verdict}: "
    limits = f" ({line(check.limits, 120)})" if check.limits and (details or not check.good) else ""
    return f"{VERDICTS[check.verdict]} {title} {verdict}{line(check.summary, 160)}{limits}"


def _no_longer_counted(checks: Sequence[CheckVerdict]) -> str:
    """One line, because the card shows what happens now."""
    not_ok = [line(check.title.rpartition(": ")[2], 40) for check in checks if not check.good]
    more = f" and {len(not_ok) - 3} more" if len(not_ok) > 3 else ""
    named = f" (not ok: {', '.join(not_ok[:3])}{more})" if not_ok else ""
    return f"▫️ {counted(len(checks), 'check')} of the removed version ended with it{named}"


def _crossed_out(check: CheckVerdict) -> str:
    title = check.title.rpartition(": ")[2]
    return f"▫️ {crossed_out(f'{title}: {check.summary}', 240)}"


def check_summary(status: Status) -> str:
    """How many checks are not ok, in one line; empty before the first check."""
    if not status.checks:
        return ""
    not_ok = Counter(check.verdict for check in status.checks if not check.good)
    total = len(status.checks)
    if not not_ok:
        return f"✅ {counted(total, 'check')} ok"
    if not_ok.keys() == {Verdict.QUIET}:
        quiet = not_ok[Verdict.QUIET]
        return f"✅ {counted(total - quiet, 'check')} ok, {VERDICTS[Verdict.QUIET]} {quiet} quiet"
    summary = ", ".join(f"{VERDICTS[verdict]} {not_ok[verdict]} {verdict}" for verdict in VERDICTS if not_ok[verdict])
    return f"*{summary}* of {counted(total, 'check')}"
