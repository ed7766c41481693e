"""Messages about the unusual: slow steps, clock jumps, changed records, runs ended by hand."""

from __future__ import annotations

from bot.slack.views.blocks import Message, context, message, section
from bot.slack.views.snapshot import Snapshot
from bot.text import acted, bold, line
from commands.text.numbers import format_count
from commands.text.phrases import capitalized
from state.events import (
    ClockJumped,
    EnvironmentChanged,
    FeedWaits,
    MirrorRead,
    RecordChanged,
    RunMoved,
    StepInterrupted,
    StepSlow,
)
from state.records import Event


def slow_step(snapshot: Snapshot, _: Event, data: StepSlow) -> Message:
    """A step runs longer than usual: the numbers, and who should check it."""
    head = f"🐢 {bold(data.title)} is slower than usual"
    people = " ".join(filter(None, (snapshot.mentions_of(role) for role in data.roles)))
    summary = line(data.summary, 600)
    blocks = [section(f"{head}\n{capitalized(summary)}."), context(people and f"Please check: {people}")]
    return message(f"🐢 {data.title} is slower than usual", blocks, roles=snapshot.titles(data.roles))


def interrupted_step(snapshot: Snapshot, _: Event, data: StepInterrupted) -> Message:
    """A step began again and again, because the bot ended each time: who should look at the bot's machine."""
    head = f"🔁 {bold(data.title)} does not finish"
    people = " ".join(filter(None, (snapshot.mentions_of(role) for role in data.roles)))
    summary = line(data.summary, 600)
    what = f"{capitalized(summary)}. It continues now. Check the bot's machine and its log."
    blocks = [section(f"{head}\n{what}"), context(people and f"Please check: {people}")]
    return message(f"🔁 {data.title} does not finish", blocks, roles=snapshot.titles(data.roles))


def clock_jumped(_: Snapshot, __: Event, data: ClockJumped) -> Message:
    """The clock of the bot's machine jumped, and what that means for the run."""
    return message(f"🕰️ {data.summary}", [section(f"🕰️ {line(data.summary, 600)}.")])


def record_changed(snapshot: Snapshot, event: Event, data: RecordChanged) -> Message:
    """The record was changed from outside: the first entry, what the bot does now, and who decides."""
    more = f" (and {data.number - 1} more)" if data.number > 1 else ""
    head = f"🚨 *The record of this run was changed from outside*: {line(data.summary, 400)}{more}."
    if data.refused:
        then = (
            "The bot does nothing more in this run, not even the rollback: it cannot know what that would do. Restore "
            "the state file as it was, or roll back by hand."
        )
    elif data.held:
        then = (
            "No new step starts and KEEP waits until somebody resumes the run (`/deploy resume`). "
            "Anybody can still roll back."
        )
    else:
        then = "The rollback continues."
    check = f"`gonogo verify {event.run}` shows what else was changed. This thread shows what the bot wrote before."
    people = " ".join(filter(None, (snapshot.mentions_of(role) for role in data.roles)))
    blocks = [section(f"{head}\n{then}\n{check}"), context(people and f"Please check: {people}")]
    what = f"🚨 the record of run {event.run} was changed from outside"
    return message(what, blocks, roles=snapshot.titles(data.roles), broadcast=True)


def ended_by_hand(snapshot: Snapshot, _: Event, data: RunMoved) -> Message:
    """The run was ended at the terminal: by whom, why, and what it leaves on production."""
    target = line(snapshot.record.run.target)
    head = f"🛑 *The run of {target} was ended by hand* by {acted(data)}. Nothing was rolled back."
    left = "\n".join(f"• {line(item, 200)}" for item in data.left[:12])
    production = f"Left as it is:\n{left}" if left else "According to the record, no step changed anything."
    blocks = [
        section(f"{head}\n> {line(data.reason, 600)}"),
        section(production),
        context(f"The run took {data.clock}"),
    ]
    what = f"🛑 {snapshot.record.run.target}: ended by hand, nothing was rolled back"
    return message(what, blocks, broadcast=True)


def feed_waits(_: Snapshot, __: Event, data: FeedWaits) -> Message:
    """Another program takes nothing, for a while already: what waits, why, and that the run does not."""
    what = line(data.what, 40)
    head = (
        f"📡 *Other programs get no {what} of this run*: {line(data.name, 120)} does not take them ({line(data.why)})."
    )
    then = f"The run continues. The {what} wait and are sent again. For whoever runs the bot: `gonogo doctor`."
    return message(f"📡 The run continues, but {data.name} takes no {data.what}", [section(f"{head}\n{then}")])


def environment_changed(snapshot: Snapshot, _: Event, data: EnvironmentChanged) -> Message:
    """The bot has started with another environment, or with the old one again: what that means, and what to do."""
    summary = line(data.summary, 900)
    if data.restored:
        head, then = f"{capitalized(summary)}.", "The run continues."
        if data.waits:
            (decider,) = snapshot.titles([snapshot.page.decision.role])
            then = f"It stays on hold until {line(decider, 100)} resumes."
        mark = "⏸️" if data.waits else "▶️"
        return message(f"{mark} {then} {capitalized(data.summary)}", [section(f"{mark} {head} {then}")], broadcast=True)
    head = f"⚠️ *{capitalized(summary)}.*"
    people = snapshot.roles_with_people(data.roles[:8])
    then = "The rollback goes on with these places. Check that they are the right ones."
    if data.waits:
        then = (
            "No new step starts. Put the environment back and restart the bot, or continue with these places: "
            "`/deploy resume`."
        )
    blocks = [section(f"{head}\n{then}"), context(people and f"For {people}")]
    what = f"⚠️ {'no new step starts: ' if data.waits else ''}{data.summary}"
    return message(what, blocks, roles=snapshot.titles(data.roles), broadcast=True)


def environment_warning(change: str) -> str:
    """A warning for a rollback that runs in another environment than the run began with."""
    change = line(change, 600)
    return f"⚠️ {capitalized(change)}. The rollback runs there."


def mirror_read(snapshot: Snapshot, _: Event, data: MirrorRead) -> Message:
    """What happened while the record was away comes only now: what that means, and what to look at."""
    head = "The bot could not reach its record. Meanwhile people rolled this run back at the terminal."
    number, entries = snapshot.record.run.id, format_count(data.entries, "entry", "entries")
    then = f"What happened there follows now: {entries}. `gonogo log {number}` shows the times."
    what = f"📼 {snapshot.record.run.target} was rolled back at the terminal while the record was away"
    return message(what, [section(f"📼 *{head}*\n{then}")], broadcast=True)
