"""The report's small words: the marks and names of states, what people did, and anybody's text made fit for a line."""

from __future__ import annotations

from bot.text import clean, clip
from state.records import (
    ABORTED,
    DONE,
    ENDED,
    FAILED,
    GOING,
    KEPT,
    ROLLED_BACK,
    ROLLING_BACK,
    RUNNING,
    STOPPED,
    UNKNOWN,
)

MARKS = {
    DONE: "✅",
    FAILED: "❌",
    UNKNOWN: "❓",
    STOPPED: "⏹️",
    RUNNING: "⏳",
    KEPT: "✅",
    ROLLED_BACK: "↩️",
    ABORTED: "⛔",
    ENDED: "⏹️",
    GOING: "⏳",
    ROLLING_BACK: "⏪",
}
STATES = {
    KEPT: "is kept",
    ROLLED_BACK: "is rolled back",
    ABORTED: "was not changed: the run was ended before the deploy",
    ENDED: "is left as it is: the run was ended by hand",
    GOING: "is being deployed",
    ROLLING_BACK: "is being rolled back",
}
WHAT = {
    "sign yes": "signed",
    "sign no": "refused to sign",
    "answer again": "had it run again:",
    "answer done": "said that it is done:",
    "answer skip": "went on without",
    "second": "agreed to go on without",
    "answer keep": "wanted to KEEP before the watch was over",
    "second keep": "agreed to KEEP before the watch was over",
    "false alarm": "held as a false alarm",
    "hold": "put it on hold",
    "resume": "let it go on",
    "rollback": "asked for the rollback",
    "keep": "decided KEEP",
    "end": "ended the run by hand",
}


def tidy(text: str, most: int = 500) -> str:
    """Anybody's text as one clean line: no control characters, no half emoji, at most `most` long."""
    whole = clean(text.encode("utf-8", "replace").decode())
    return clip(" ".join(whole.split()), most)


def in_words(state: str) -> str:
    """A step's state with its mark."""
    return f"{MARKS.get(state, '•')} {state}"
