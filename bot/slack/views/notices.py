"""The thread's messages about what is not as usual: a slow step, a run that was ended by hand."""

from __future__ import annotations

from bot.slack.views.blocks import Message, context, message, section
from bot.slack.views.snapshot import Snapshot
from bot.text import bold, line, person
from state.events import ClockJumped, RunMoved, StepSlow
from state.records import Event


def slow(snapshot: Snapshot, _: Event, data: StepSlow) -> Message:
    """A step runs longer than usual: the numbers, and who is to look."""
    head = f"🐢 {bold(data.title)} is slower than usual"
    called = " ".join(filter(None, (snapshot.called(role) for role in data.roles)))
    summary = line(data.summary, 600)
    return message(
        head,
        [section(f"{head}\n{summary[:1].upper()}{summary[1:]}."), context(called and f"Please look: {called}")],
    )


def clock(_: Snapshot, __: Event, data: ClockJumped) -> Message:
    """The clock of the bot's machine jumped: what counts on by the time that really passed."""
    head = f"🕰️ {line(data.summary, 600)}."
    return message(head, [section(head)])


def ended_by_hand(snapshot: Snapshot, _: Event, data: RunMoved) -> Message:
    """The run was ended at the terminal: by whom, why, and what stays on production."""
    target = line(snapshot.record.run.target)
    head = f"🛑 *The run of {target} was ended by hand* by {person(data.person)}; nothing was taken back"
    stays = "\n".join(f"• {line(one, 200)}" for one in data.left[:12]) or "Nothing was changed in production."
    told = [section(f"{head}\n> {line(data.reason, 600)}"), section(f"What stays:\n{stays}")]
    return message(head, [*told, context(f"The run took {data.clock}")], broadcast=True)
