"""Messages that call people: alerts, checks without an answer, reminders, the time budget."""

from __future__ import annotations

from bot.doors.button import button_value
from bot.slack.views.blocks import Block, Message, actions, button, context, header, message, section
from bot.slack.views.snapshot import Snapshot
from bot.slack.views.waiting import answer_link, question_of
from bot.text import acted, bold, clock_time, line, time_of
from commands.progress.step_state import AFTER_ROLLBACK
from commands.text.durations import format_duration
from commands.text.phrases import capitalized
from commands.watch.countdown import Countdown, newest_countdown
from commands.watch.verdicts import Verdict
from state.events import (
    AlertHeld,
    AlertRaised,
    CheckBlind,
    CheckFailed,
    Recovered,
    Reminder,
    RollbackBudget,
    WarningRaised,
)
from state.records import Event


def alert(snapshot: Snapshot, event: Event, data: WarningRaised) -> Message:
    """A raised alert or warning: the value and its limit, what happens next, the buttons, and whom it calls."""
    urgent = isinstance(data, AlertRaised)
    mark = "🚨" if urgent else "⚠️"
    measured = f"{bold(data.seen, 300)}\n{line(data.title, 120)}"
    next_step = _next_step(snapshot, event, data)
    contacts = snapshot.contacts(data.roles)
    buttons = _buttons(snapshot, event, data)
    blocks = [header(f"{mark} {data.name}"), section(measured), section(next_step), buttons]
    blocks += [_effects(snapshot, buttons), section(contacts)]
    asked = _asked(snapshot, event, data)
    what = f"{asked or mark} {data.name}: {data.seen}"
    return message(what, blocks, roles=snapshot.titles(data.roles) if asked else (), broadcast=urgent)


def _asked(snapshot: Snapshot, event: Event, data: WarningRaised) -> str:
    """When this alert rolls back, or that somebody must check it; empty if nobody must do anything any more."""
    countdown = _countdown(snapshot, data)
    if countdown is None:
        return "" if _rolled_back_since(snapshot, event) else "please check:"
    if not countdown.running or countdown.number != _countdown_number(data) or not snapshot.can_roll_back:
        return ""
    return f"ALERT, rolls back at {clock_time(countdown.ends_at, snapshot.page.runbook.time_zone)}:"


def _next_step(snapshot: Snapshot, event: Event, data: WarningRaised) -> str:
    if countdown := _countdown(snapshot, data):
        return _countdown_state(snapshot, event, countdown, _countdown_number(data))
    if requested := _rolled_back_since(snapshot, event):
        return requested
    if data.was_bad:
        was = "It was outside its limit before the deploy too"
        after = _after(snapshot)
        return f"{was}. {after}" if after else f"{was}, so the bot does not roll back. A person decides."
    return "Check it, and roll back if it is real." if snapshot.can_roll_back else _after(snapshot)


def _rolled_back_since(snapshot: Snapshot, event: Event) -> str:
    """That a rollback was requested after this message: what it says is of the version before. Empty otherwise."""
    request = snapshot.record.rollback
    if request is None or request.at < event.at:
        return ""
    at = time_of(request.at, snapshot.page.runbook.time_zone)
    return f"⏪ Rollback requested by {acted(request)} at {at}."


def _after(snapshot: Snapshot) -> str:
    """What people must do about a bad value after a rollback; empty before that."""
    if not snapshot.record.last(AFTER_ROLLBACK):
        return ""
    return (
        f"The rollback is over, and nothing is left to roll back. Please check {line(snapshot.record.run.target)} now."
    )


def _countdown_number(data: WarningRaised) -> int:
    """The number of the countdown that this alert started; 0 if it started none."""
    return data.number if isinstance(data, AlertRaised) else 0


def _countdown(snapshot: Snapshot, data: WarningRaised) -> Countdown | None:
    """The newest countdown of this alert; None if this message's alert started none."""
    if not _countdown_number(data):
        return None
    rule = next((rule for rule in snapshot.page.alerts if rule.name == data.name), None)
    return newest_countdown(rule, snapshot.record) if rule else None


def _countdown_state(snapshot: Snapshot, event: Event, countdown: Countdown, number: int) -> str:
    zone = snapshot.page.runbook.time_zone
    if countdown.number != number:
        return "The alert was raised again later; see below."
    if countdown.hold and countdown.held_until:
        until, by = time_of(countdown.held_until, zone), acted(countdown.hold)
        return f"🔕 *Held as a false alarm* by {by} until {until}\n> {line(countdown.hold.reason, 500)}"
    if countdown.cancelled_at:
        # older versions stored no reason
        why = countdown.cancel_reason or "within its limits again before the countdown was at zero"
        return f"✅ {line(capitalized(why), 300)}. The countdown was cancelled; nothing was rolled back."
    if requested := _rolled_back_since(snapshot, event):
        return requested
    if not snapshot.can_roll_back:
        return ""
    at, after = time_of(countdown.ends_at, zone, seconds=True), format_duration(countdown.alert.countdown)
    return f"⏳ *Rolls back at {at}* ({after} after the alert), unless somebody presses “Hold: false alarm…”"


def _buttons(snapshot: Snapshot, event: Event, data: WarningRaised) -> Block | None:
    countdown = _countdown(snapshot, data)
    counts = countdown and countdown.running and countdown.number == _countdown_number(data)
    if counts and snapshot.can_roll_back:
        value = button_value(snapshot.record.run, event=event.id)
        hold = button("false_alarm", "🔕 Hold: false alarm…", value)
        return actions(snapshot.rollback_button("⏪ Roll back now"), hold)
    return actions(snapshot.rollback_button())


def _effects(snapshot: Snapshot, buttons: Block | None) -> Block | None:
    """What each button of an alert does."""
    if buttons is None:
        return None
    counts = len(buttons["elements"]) > 1
    lines = [f"• *Roll back{' now' if counts else ''}*: {line(snapshot.rollback_effect, 600)}"]
    if counts:
        lines.append("• *Hold: false alarm…*: stops the countdown for as long as you say. Then the alert counts again.")
    return context("\n".join(lines))


def held(_: Snapshot, __: Event, data: AlertHeld) -> Message:
    """Somebody holds an alert as a false alarm."""
    head = f"🔕 {bold(data.title)} is held as a false alarm for {line(data.lasts, 40)} by {acted(data)}"
    after = "Then it counts again, from the next measurement, unless somebody has decided KEEP."
    blocks = [section(f"{head}\n> {line(data.reason, 600)}"), context(after)]
    return message(f"🔕 Held as a false alarm for {data.lasts}: {data.title}", blocks)


def recovered(_: Snapshot, __: Event, data: Recovered) -> Message:
    """An alert's countdown was cancelled because its values are within the limits again."""
    head = f"✅ {bold(data.title)} is {line(data.summary, 300)}."
    return message(f"✅ {data.title} is {data.summary}", [section(head)])


def blind(snapshot: Snapshot, _: Event, data: CheckBlind) -> Message:
    """A check gave no result several times in a row."""
    result = "was unreachable" if data.verdict == Verdict.UNREACHABLE else "gave no data"
    head = f"🔌 {bold(data.title)} {result} {data.times} times in a row"
    todo = "Missing data never counts as healthy. Please check it yourself:\n" + snapshot.contacts(data.roles)
    blocks = [section(f"{head}\n> {line(data.summary, 600)}"), section(todo)]
    return message(f"please check: {data.title} {result}", blocks, roles=snapshot.titles(data.roles))


def failed_check(snapshot: Snapshot, event: Event, data: CheckFailed) -> Message:
    """A check failed that no row of the alert table judges: people are called, and the bot does not roll back."""
    head = f"❌ {bold(data.title)} failed"
    todo = (
        _rolled_back_since(snapshot, event)
        or _after(snapshot)
        or "The bot does not roll back for this check. Please check now, and roll back if it is real."
    )
    buttons = actions(snapshot.rollback_button())
    blocks = [
        section(f"{head}\n> {line(data.summary, 600)}"),
        section(todo),
        buttons,
        _effects(snapshot, buttons),
        section(snapshot.contacts(data.roles)),
    ]
    what = f"please check: {data.title} failed: {data.summary}"
    return message(what, blocks, roles=snapshot.titles(data.roles), broadcast=True)


def reminder(snapshot: Snapshot, _: Event, data: Reminder) -> Message:
    """A question is still open: the people are called again, a loud reminder with phone numbers and in the channel."""
    head = f"⏰ No answer for {line(data.silent, 40)}: {bold(data.title)}"
    people = snapshot.contacts(data.roles) if data.loud else snapshot.roles_with_people(data.roles)
    note = "The run keeps waiting; silence decides nothing. Anybody can roll back."
    waiting = next((one for one in snapshot.status.waiting if one.title == data.title), None)
    place = f"\n{answer_link(question_of(snapshot, waiting))}" if waiting else ""
    blocks = [section(f"{head}\nWaiting for {people}{place}"), context(note)]
    what = f"no answer for {data.silent}: {data.title}"
    return message(what, blocks, roles=snapshot.titles(data.roles), broadcast=data.loud)


def budget(snapshot: Snapshot, _: Event, data: RollbackBudget) -> Message:
    """The rollback has used 50, 80 or 100 % of its time budget: what runs, what is still to do, and who is called."""
    if data.mark == 100:
        used = f"🚨 *The {data.within} time budget is used up*"
    else:
        used = f"⏱️ *{data.mark} % of the {data.within} time budget is used*"
    head = f"{used}. The rollback has been running for {line(data.ran, 40)}"
    running = "\n".join(f"⏳ {line(step, 200)}" for step in data.doing[:4])
    still_to_do = f"Still to do: {line(', '.join(data.left), 600)}" if data.left else ""
    contacts = snapshot.contacts(data.roles)
    blocks = [section(head), section(running), section(still_to_do), section(contacts)]
    what = f"{data.mark} % of the rollback's {data.within} is used"
    return message(what, blocks, roles=snapshot.titles(data.roles), broadcast=data.mark > 50)
