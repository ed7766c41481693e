"""The types of the events that others are sent, and the fields of each."""

from __future__ import annotations

from state.events import EventKind
from state.frozen import dataclass

PREFIX = "io.gonogo."
TEST = f"{PREFIX}test"  # what the doctor sends; it is of no run


@dataclass(frozen=True)
class EventType:
    """A type without its prefix, what has happened, and its fields by their names in `state.events`."""

    name: str
    means: str
    fields: tuple[str, ...] = ()


_STEP = ("title", "attempt")
_ENDED = ("title", "part", "attempt", "state", "summary", "seconds")
_ALERT = ("name", "title", "measure", "value", "rule", "seen", "was_bad", "roles")
# What is not named here is not sent. Left out on purpose: commands, queries and their output, addresses, what people
# typed, and how somebody acted at the terminal.
EVENT_TYPES: dict[EventKind, EventType] = {
    EventKind.STARTED: EventType("run.started", "a run was started", ("title", "person", "follows")),
    EventKind.RUN_MOVED: EventType(
        "run.moved",
        "the run is in another state: `rolling back`, `kept`, `rolled back`, `aborted` or `ended by hand`; with "
        "`watched`, the watch after a rollback is over",
        ("state", "clock", "since_rollback", "watch", "watched", "checks", "person"),
    ),
    EventKind.HELD: EventType("run.held", "a person put the run on hold", ("person",)),
    EventKind.RESUMED: EventType("run.resumed", "a person resumed it", ("person",)),
    EventKind.KEEP_DECIDED: EventType("run.keep_decided", "a person decided KEEP", ("person",)),
    EventKind.NEXT_RUN: EventType(
        "run.next", "what KEEP starts was started: `started` is its number, or 0", ("page", "started")
    ),
    EventKind.NOTE: EventType("run.noted", "a person added a note; its text is not sent", ("person",)),
    EventKind.PEOPLE_INVITED: EventType("drill.invited", "people are asked whether they take part in a drill", ()),
    EventKind.DRILL_BEGAN: EventType("drill.began", "a person let the drill begin", ("person",)),
    EventKind.ROLLBACK_REQUESTED: EventType(
        "rollback.requested", "a person, or the bot because of an alert (`gonogo`), asked for the rollback", ("person",)
    ),
    EventKind.ROLLBACK_BUDGET: EventType(
        "rollback.budget", "`mark` percent of the rollback's time budget is used", ("mark", "within", "ran")
    ),
    EventKind.STEP_BEGAN: EventType("step.began", "an attempt at a step begins", ("title", "part", "attempt")),
    EventKind.STEP_ENDED: EventType("step.ended", "an attempt ended: `done`, `failed`, `unknown` or `stopped`", _ENDED),
    EventKind.STEP_SLOW: EventType("step.slow", "a step takes longer than usual", (*_STEP, "summary")),
    EventKind.STEP_INTERRUPTED: EventType(
        "step.interrupted", "a step was running when the bot ended, again and again", (*_STEP, "times")
    ),
    EventKind.PEOPLE_ASKED: EventType(
        "people.asked",
        "people are asked to agree to the `start` or as a `second` person, to `sign`, to `answer` or to `decide`",
        ("ask", *_STEP, "roles", "state"),
    ),
    EventKind.REMINDER: EventType(
        "people.reminded", "people who have not acted for a while are reminded", ("title", "roles", "loud", "silent")
    ),
    EventKind.STEP_SIGNED: EventType(
        "step.signed", "a person signed a step, or `refused` to", (*_STEP, "role", "refused", "person")
    ),
    EventKind.STEP_ANSWERED: EventType(
        "step.answered", "a person answered for a step that did not succeed", (*_STEP, "choice", "person")
    ),
    EventKind.STEP_AGREED: EventType("step.agreed", "a second person agreed", (*_STEP, "person")),
    EventKind.SIGNATURES_FELL: EventType("step.signatures_fell", "a step's signatures no longer hold", _STEP),
    EventKind.HANDOVER_OFFERED: EventType(
        "role.offered", "a person offers a role to another one (`to`) for this run", ("number", "role", "person", "to")
    ),
    EventKind.HANDOVER_ENDED: EventType(
        "role.offer_ended",
        "such an offer was `taken over`, `declined`, `withdrawn`, or it `expired`",
        ("number", "role", "giver", "taker", "state"),
    ),
    EventKind.WATCH_BEGAN: EventType("watch.began", "the watch begins", ("lasts", "speed")),
    EventKind.WATCH_OVER: EventType("watch.over", "the watch is over"),
    EventKind.STATUS_DUE: EventType("watch.status", "a status post is due", ("slot", "late")),
    EventKind.CHECK_PASSED: EventType("check.passed", "a check of the watch succeeded", _ENDED),
    EventKind.CHECK_FAILED: EventType("check.failed", "a check failed that no alert judges", ("title", "summary")),
    EventKind.CHECK_BLIND: EventType(
        "check.blind", "a check has given no data `times` times in a row", ("title", "verdict", "summary", "times")
    ),
    EventKind.ALERT: EventType(
        "alert.raised",
        "a value is beyond its limit; with a `number`, a countdown of `seconds` begins",
        (*_ALERT, "number", "seconds"),
    ),
    EventKind.WARNING: EventType("alert.warned", "a value must be judged by a person", _ALERT),
    EventKind.ALERT_HELD: EventType(
        "alert.held", "a person held an alert as a false alarm", ("title", "lasts", "person")
    ),
    EventKind.RECOVERED: EventType(
        "alert.recovered", "a check or an alert is within its limits again", ("title", "summary")
    ),
    EventKind.CRITERIA: EventType("criteria.shown", "the GO / NO-GO panel begins"),
    EventKind.CLOCK_JUMPED: EventType("record.clock_jumped", "the clock of the bot's machine jumped"),
    EventKind.RECORD_CHANGED: EventType(
        "record.changed", "the run's record was changed from outside", ("number", "held", "refused")
    ),
    EventKind.ENVIRONMENT_CHANGED: EventType(
        "record.environment", "the bot's environment leads to other places than at the start", ("restored", "waits")
    ),
    EventKind.MIRROR_READ: EventType(
        "record.mirror_read", "what happened while the record was away was read into it", ("entries",)
    ),
}
# an outage of the receiver is no news to it; a kind that this version does not know has no type; a queued start is no
# run, and no bot sends for it; what people press in a drill is theirs
NOT_SENT = {
    EventKind.UNKNOWN,
    EventKind.FEED_WAITS,
    EventKind.TOOK_PART,
    EventKind.PRESS_REFUSED,
    EventKind.START_QUEUED,
    EventKind.START_ASKED,
    EventKind.START_PUT_OFF,
    EventKind.QUEUE_MOVED,
    EventKind.QUEUE_LEFT,
}
