"""The report's small words: the marks and names of states, what people did, and anybody's text made fit for a line."""

from __future__ import annotations

from bot.text import clean, clip
from commands.report.people import Act
from state.records import AttemptState, RunState

MARKS: dict[RunState | AttemptState, str] = {
    AttemptState.DONE: "✅",
    AttemptState.FAILED: "❌",
    AttemptState.UNKNOWN: "❓",
    AttemptState.STOPPED: "⏹️",
    AttemptState.RUNNING: "⏳",
    RunState.KEPT: "✅",
    RunState.ROLLED_BACK: "↩️",
    RunState.ABORTED: "⛔",
    RunState.ENDED: "⏹️",
    RunState.GOING: "⏳",
    RunState.ROLLING_BACK: "⏪",
}
STATES = {
    RunState.KEPT: "is kept",
    RunState.ROLLED_BACK: "is rolled back",
    RunState.ABORTED: "was not changed: the run was ended before the deploy",
    RunState.ENDED: "is left as it is: the run was ended by hand",
    RunState.GOING: "is being deployed",
    RunState.ROLLING_BACK: "is being rolled back",
}
ACTS = {
    Act.SIGNED: "signed",
    Act.REFUSED: "refused to sign",
    Act.RETRIED: "had it run again:",
    Act.DONE_BY_HAND: "said that it is done:",
    Act.SKIPPED: "went on without",
    Act.AGREED: "agreed to go on without",
    Act.KEPT_EARLY: "wanted to KEEP before the watch was over",
    Act.AGREED_TO_KEEP: "agreed to KEEP before the watch was over",
    Act.HELD_ALERT: "held as a false alarm",
    Act.HELD: "put it on hold",
    Act.RESUMED: "let it go on",
    Act.ROLLED_BACK: "asked for the rollback",
    Act.KEPT: "decided KEEP",
    Act.CLOSED: "ended the run by hand",
}


def tidy(text: str, most: int = 500) -> str:
    """Anybody's text as one clean line: no control characters, no half emoji, at most `most` long."""
    whole = clean(text.encode("utf-8", "replace").decode())
    return clip(" ".join(whole.split()), most)


def state_in_words(state: RunState | AttemptState) -> str:
    """A state with its mark."""
    return f"{MARKS[state]} {state}"
