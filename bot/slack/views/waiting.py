"""Who the run is waiting for and for what, and which alerts count down."""

from __future__ import annotations

from bot.slack.views.answer_buttons import agree_texts
from bot.slack.views.snapshot import Asked, Snapshot
from bot.text import bold, clock_time, escape, line, time_of
from commands.progress.start_gate import GATE
from commands.progress.step_state import DECISION
from commands.report.status import Status
from commands.signoff.permission_check import barred
from commands.signoff.waiting import Waiting
from commands.signoff.waits_for import act_of
from commands.text.durations import format_duration
from commands.watch.countdown import Countdown, time_left
from state.events import Ask
from state.facts import Choice
from state.records import AttemptState, RunState

_AGREE = {Choice.SKIP: "skip ", Choice.DONE: "fixed by hand: ", Choice.OVERRIDE: "overrule the refusal of "}
_VERBS = {Ask.SIGN: "sign", Ask.ANSWER: "decide what to do about", Ask.DECIDE: "decide"}

# what a second person is asked about where it is no step
_WANTED = {DECISION: "KEEP now?", GATE: "start all the same?"}


def waiting_lines(snapshot: Snapshot, status: Status, *, mentions: bool) -> str:
    """One line for each open question, at most six. With `mentions` the people are mentioned, on a line of their own.

    Countdowns are left out: they have their own lines.
    """
    questions = [waiting for waiting in status.waiting[:6] if waiting.ask is not Ask.COUNTDOWN]
    return "\n".join(_waiting_line(snapshot, waiting, mentions=mentions) for waiting in questions)


def people_asked(snapshot: Snapshot, waiting: Waiting) -> str:
    """Who is asked; of a second person without those who must not agree: the first one, who refused, the starter."""
    out: frozenset[str] = frozenset()
    if waiting.ask in {Ask.AGREE, Ask.START}:
        out = barred(snapshot.page, snapshot.record, act_of(waiting), waiting.step, waiting.attempt)
    return snapshot.roles_with_people(waiting.roles[:12], without=out)


def must_agree(snapshot: Snapshot, waiting: Waiting) -> str:
    """Who may agree as the second person, in a sentence."""
    people = people_asked(snapshot, waiting)
    return f"A second person must agree: {people or 'nobody else holds a role that may'}"


def question_of(snapshot: Snapshot, waiting: Waiting) -> Asked | None:
    """The message that asks this; None while it is not posted."""
    return snapshot.questions.get((waiting.ask, waiting.step, waiting.attempt))


def answer_link(asked: Asked | None) -> str:
    """Where the buttons of a question are: one tap where its address is known."""
    if asked is None or not asked.link.startswith(("https://", "http://")):
        return "👉 The buttons are in the thread"
    return f"👉 <{escape(asked.link).replace('|', '%7C')}|Go to the buttons>"


def asked_of(snapshot: Snapshot, waiting: Waiting) -> str:
    """What people are asked to do, for a notification."""
    title = f"“{waiting.title}”"
    match waiting.ask:
        case Ask.SIGN:
            return f"please sign {title}"
        case Ask.DECIDE:
            return "KEEP or ROLLBACK?"
        case Ask.START | Ask.AGREE if waiting.step in _WANTED:
            return f"second person needed: {_WANTED[waiting.step]}"
        case Ask.AGREE:
            return f"second person needed: {agree_texts(waiting.step, waiting.choices[0])[0].format(title)}"
        case Ask.COUNTDOWN:
            ends = next((one.ends_at for one in snapshot.status.countdowns if one.alert.name == waiting.step), None)
            at = f" at {clock_time(ends, snapshot.page.runbook.time_zone)}" if ends else ""
            return f"ALERT, rolls back{at}: {waiting.title}"
    last = snapshot.record.last(waiting.step)
    result = {AttemptState.DONE: "was refused", AttemptState.UNKNOWN: "has an unknown result"}
    waits = "the rollback waits: " if snapshot.record.run.state == RunState.ROLLING_BACK else ""
    return f"{waits}{title} {result.get(last.state, 'failed') if last else 'failed'}, what now?"


def _waiting_line(snapshot: Snapshot, waiting: Waiting, *, mentions: bool) -> str:
    title, asked = bold(waiting.title, 120), question_of(snapshot, waiting)
    since = f" since {time_of(asked.at, snapshot.page.runbook.time_zone)}" if asked and mentions else ""
    place = f"\n{answer_link(asked)}" if mentions else ""
    if waiting.ask is Ask.START:
        return f"🙋 *Waiting for a second person*{since} to agree to {title}{place}"
    if waiting.ask is Ask.AGREE:
        wanted = "" if waiting.step == DECISION else _AGREE[waiting.choices[0]]
        return f"🙋 *Waiting for a second person*{since} to agree: {wanted}{title}{place}"
    verb = _VERBS[waiting.ask]
    if mentions:
        people = snapshot.roles_with_people(waiting.roles[:8])
        return f"🙋 *Waiting for* {people}{since}\nto {verb} {title}{place}"
    return f"🙋 *Waiting for* {', '.join(map(snapshot.title_of, waiting.roles[:8]))} to {verb} {title}"


def countdown_line(snapshot: Snapshot, countdown: Countdown, *, clock: bool) -> str:
    """When an alert rolls back; with `clock` also how much time is left."""
    at = time_of(countdown.ends_at, snapshot.page.runbook.time_zone, seconds=True)
    left = format_duration(round(time_left(countdown, snapshot.now).total_seconds()))
    when = f"in {left}* at {at}" if clock else f"at {at}*"
    return f"⏳ *Rolls back {when}, unless somebody presses “Hold: false alarm…”"


def alert_lines(countdown: Countdown) -> str:
    """What is wrong: the alert's name, and below it what was measured."""
    return f"{bold(countdown.alert.name)}\n{line(countdown.summary, 200)}"
