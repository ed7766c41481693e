"""The report's labels for states and actions, and any text cut down to one clean line."""

from __future__ import annotations

from bot.text import clean, clip
from commands.report.people import ActionKind
from state.facts import Door
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
    RunState.QUEUED: "⏳",
    RunState.STARTED: "✅",
    RunState.DROPPED: "⏹️",
}
STATES = {
    RunState.KEPT: "was kept",
    RunState.ROLLED_BACK: "was rolled back",
    RunState.ABORTED: "was not changed: the run was aborted before the deploy",
    RunState.ENDED: "was left as it is: the run was ended without a rollback",
    RunState.GOING: "is being deployed",
    RunState.ROLLING_BACK: "is being rolled back",
    RunState.QUEUED: "was not changed: the start is queued",
    RunState.STARTED: "was not changed by this queued start: a run of its own came of it",
    RunState.DROPPED: "was not changed: the start has left its queue",
}
ACTIONS = {
    ActionKind.SIGNED: "signed",
    ActionKind.REFUSED: "refused to sign",
    ActionKind.RETRIED: "ran again:",
    ActionKind.FIXED_BY_HAND: "fixed by hand:",
    ActionKind.SKIPPED: "skipped",
    ActionKind.OVERRULED: "overruled the refusal of",
    ActionKind.AGREED: "agreed to skip",
    ActionKind.AGREED_TO_FIX: "agreed that it is fixed by hand:",
    ActionKind.AGREED_TO_OVERRULE: "agreed to overrule the refusal of",
    ActionKind.KEPT_EARLY: "decided KEEP before the watch was over",
    ActionKind.AGREED_TO_KEEP: "agreed to KEEP before the watch was over",
    ActionKind.HELD_ALERT: "held as a false alarm",
    ActionKind.HELD: "put the run on hold",
    ActionKind.RESUMED: "resumed the run",
    ActionKind.ROLLED_BACK: "requested the rollback",
    ActionKind.KEPT: "decided KEEP",
    ActionKind.CLOSED: "closed the run by hand",
    ActionKind.STARTED: "started the run although it was known:",
    ActionKind.AGREED_TO_START: "agreed to the start",
    ActionKind.LAPSED: "no longer counts the decision that waited for a second person:",
    ActionKind.OFFERED: "offered the role",
    ActionKind.TOOK_OVER: "took over the role",
    ActionKind.DECLINED: "declined the role",
    ActionKind.WITHDREW: "withdrew the offer of the role",
    ActionKind.OFFER_EXPIRED: "let the offer expire of the role",
}
# by the word under which a door is stored
DOORS: dict[str, str] = {Door.SLACK: "Slack", Door.TERMINAL: "terminal", Door.BOT: "the bot itself"}


def tidy(text: str, most: int = 500) -> str:
    """Any text as one clean line of at most `most` characters, without control characters or half emoji."""
    whole = clean(text.encode("utf-8", "replace").decode())
    return clip(" ".join(whole.split()), most)


def state_in_words(state: RunState | AttemptState) -> str:
    """A state with its mark."""
    return f"{MARKS[state]} {state}"
