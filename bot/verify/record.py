"""Verifies the record: one line for each run, with the first change."""

from __future__ import annotations

from bot.settings import Settings
from bot.text import clean, counted
from bot.verify.posted import compare_with_slack
from commands.text.phrases import capitalized
from state.place import verify_record as verdicts_on
from state.store.journal import RECORD
from state.store.verify import Verdict

SHOWN = 10  # changes of a run that are listed
NOT_COVERED = (
    "Not covered: the output of steps while they run, what a rollback would lose, which Slack messages show what, and "
    "whether the newest freeze was removed."
)
WITHOUT_KEY = (
    "The record's key is not here, so only the hashes were compared: they show every change by somebody who did not "
    "also write the hashes anew. Set GONOGO_RECORD_KEY or GONOGO_RECORD_KEY_FILE as for the bot."
)


def verify_record(settings: Settings, run: int) -> tuple[bool, list[str]]:
    """Whether one run, or with 0 the whole record, is as the bot wrote it, and the lines to print."""
    key = settings.find_record_key()
    verdicts = verdicts_on(settings.state, key, run)
    lines = [line for verdict in verdicts for line in lines_of(verdict)]
    if not [verdict for verdict in verdicts if verdict.run != RECORD]:
        lines.append(f"There is no run in {settings.state}.")
    if key:
        lines.append(f"Verified with the record's key {key.id}. {NOT_COVERED}")
    else:
        lines += [WITHOUT_KEY, NOT_COVERED]
    changed = any(verdict.changes for verdict in verdicts)
    if run:
        posted_good, posted_line = compare_with_slack(settings, verdicts[0])
        lines.append(posted_line)
        changed = changed or not posted_good
    return bool(key) and not changed and all(verdict.covered for verdict in verdicts), lines


def lines_of(verdict: Verdict) -> list[str]:
    """The lines about a run."""
    if verdict.run == RECORD:
        return [f"❌ {clean(change)}." for change in verdict.changes]
    name = f"Run {verdict.run}"
    if not verdict.changes:
        if not verdict.covered:
            return [f"➖ {name}: not covered. It ended before the record had a journal."]
        since = ", from the day on which the journal began" if verdict.found else ""
        entries = counted(verdict.entries, "entry").replace("entrys", "entries")
        return [f"✅ {name}: unchanged, {entries}{since}.", *_unsigned(verdict)]
    first, *others = [clean(change) for change in verdict.changes]
    absent = first == f"there is no run {verdict.run}"
    lines = [f"❌ {capitalized(first)}." if absent else f"❌ {name}: {first}."]
    lines += [f"   {other}." for other in others[: SHOWN - 1]]
    if len(others) >= SHOWN:
        lines.append(f"   … and {counted(len(others) - SHOWN + 1, 'more change')}.")
    return lines


def _unsigned(verdict: Verdict) -> list[str]:
    """What was written without the key and only stops the run, which everybody may do who can write the record."""
    if not verdict.unsigned_stops:
        return []
    first, more = clean(verdict.unsigned_stops[0]), len(verdict.unsigned_stops) - 1
    others = f", and {more} more" if more else ""
    return [f"   Written at the terminal without the record's key: {first}{others}. It can only stop the run."]
