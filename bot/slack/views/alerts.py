"""The messages that call people: alerts with their countdown, what could not be seen, and people who are waited for too long."""

from __future__ import annotations

from bot.slack.views.blocks import Block, Message, actions, button, context, header, message, section
from bot.slack.views.snapshot import Snapshot
from bot.text import bold, line, person, time_of
from commands.text.durations import format_duration
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
    """A row of the alert table that holds: what was seen beside what is expected, who is called, and what happens next."""
    urgent = isinstance(data, AlertRaised)
    name = f"{'🚨' if urgent else '⚠️'} {line(data.name, 200)}"
    seen = f"{bold(data.seen, 300)}\n{line(data.title, 120)}"
    then = _then(snapshot, data)
    contacts = snapshot.contacts(data.roles)
    buttons = _buttons(snapshot, event, data)
    blocks = [header(name), section(seen), section(then), section(contacts), buttons]
    return message(f"{name}: {data.seen}. {then} {contacts}", blocks, broadcast=urgent)


def _then(snapshot: Snapshot, data: WarningRaised) -> str:
    if one := _countdown(snapshot, data):
        return _how_it_goes(snapshot, one, _number(data))
    if data.was_bad:
        return (
            "It was beyond its limit before the deploy as well, so the bot does not roll back for it. A person decides."
        )
    return "Look at it, and roll back if it is real." if snapshot.can_roll_back else ""


def _number(data: WarningRaised) -> int:
    """The number of the countdown that this alert began; 0 where it began none."""
    return data.number if isinstance(data, AlertRaised) else 0


def _countdown(snapshot: Snapshot, data: WarningRaised) -> Countdown | None:
    """The countdown that this alert began, or the newest of the same alert."""
    if not _number(data):
        return None
    row = next((one for one in snapshot.page.alerts if one.name == data.name), None)
    return newest_countdown(row, snapshot.record) if row else None


def _how_it_goes(snapshot: Snapshot, one: Countdown, number: int) -> str:
    zone = snapshot.page.runbook.time_zone
    if one.number != number:
        return "It rang again later; see below."
    if one.hold and one.held_until:
        until = time_of(one.held_until, zone)
        return f"🔕 *Held as a false alarm* by {person(one.hold.person)} until {until}\n> {line(one.hold.reason, 500)}"
    if one.cancelled_at:
        why = one.cancel_reason or "back within the limit before the countdown expired"  # older records have none
        return f"✅ {line(why[0].upper() + why[1:], 300)}; nothing was rolled back for it."
    if back := snapshot.record.rollback:
        return f"⏪ Rollback asked for by {person(back.person)} at {time_of(back.at, zone)}."
    if not snapshot.can_roll_back:
        return ""
    at = time_of(one.ends_at, zone, seconds=True)
    return f"⏳ *Rolls back by itself at {at}*, {format_duration(one.alert.countdown)} after the alert, unless somebody holds it."


def _buttons(snapshot: Snapshot, event: Event, data: WarningRaised) -> Block | None:
    one = _countdown(snapshot, data)
    if one and one.running and one.number == _number(data) and snapshot.can_roll_back:
        hold = button("false_alarm", "🔕 Hold: false alarm…", f"{event.run}:{event.id}")
        return actions(snapshot.rollback_button("⏪ Roll back now"), hold)
    return actions(snapshot.rollback_button())


def held(_: Snapshot, __: Event, data: AlertHeld) -> Message:
    """Somebody takes an alert for a false alarm."""
    head = f"🔕 {bold(data.title)} is held for {line(data.lasts, 40)} by {person(data.person)}"
    after = "After that it counts again, from the next measurement on, as long as nobody has decided KEEP."
    return message(head, [section(f"{head}\n> {line(data.reason, 600)}"), context(after)])


def recovered(_: Snapshot, __: Event, data: Recovered) -> Message:
    """An alert went away by itself before its countdown was at zero."""
    head = f"✅ {bold(data.title)}: {line(data.summary, 300)}."
    return message(head, [section(head)])


def blind(snapshot: Snapshot, _: Event, data: CheckBlind) -> Message:
    """A check that has told nothing several times in a row."""
    what = "was unreachable" if data.verdict == Verdict.UNREACHABLE else "gave no data"
    head = f"🔌 {bold(data.title)} {what}, {data.times} times in a row"
    todo = "No data is not healthy. Please look yourself:\n" + snapshot.contacts(data.roles)
    return message(f"{head} {todo}", [section(f"{head}\n> {line(data.summary, 600)}"), section(todo)])


def bad(snapshot: Snapshot, _: Event, data: CheckFailed) -> Message:
    """A check that fails and that no row of the alert table judges: the bot calls people and does nothing by itself."""
    head = f"❌ {bold(data.title)} fails"
    todo = "Nothing is rolled back for it by itself. Please look now, and roll back if it is real."
    called = snapshot.contacts(data.roles)
    told = [section(f"{head}\n> {line(data.summary, 600)}"), section(todo), section(called)]
    return message(f"{head}. {todo} {called}", [*told, actions(snapshot.rollback_button())], broadcast=True)


def reminder(snapshot: Snapshot, _: Event, data: Reminder) -> Message:
    """Somebody is waited for and silent: asked again, and louder with the deciding role and phone numbers."""
    head = f"⏰ Nobody has answered for {line(data.silent, 40)}: {bold(data.title)}"
    if data.loud:
        called = snapshot.contacts(data.roles)
    else:
        called = " ".join(f"{snapshot.title_of(role)} {snapshot.called(role)}" for role in data.roles)
    never = "Silence decides nothing: the run waits, and anybody may roll back."
    return message(f"{head} {called}", [section(f"{head}\n{called}"), context(never)], broadcast=data.loud)


def budget(snapshot: Snapshot, _: Event, data: RollbackBudget) -> Message:
    """Half, four fifths or all of the time is over that the rollback may take: what is slow, what is left, and who is called."""
    over = f"🚨 *The {data.within} are over*" if data.mark == 100 else f"⏱️ *{data.mark} % of {data.within} are over*"
    head = f"{over}: the rollback runs for {line(data.ran, 40)}"
    doing = "\n".join(f"⏳ {line(one, 200)}" for one in data.doing[:4])
    left = f"Left: {line(', '.join(data.left), 600)}" if data.left else ""
    called = snapshot.contacts(data.roles)
    return message(
        f"{head} {called}", [section(head), section(doing), section(left), section(called)], broadcast=data.mark > 50
    )
