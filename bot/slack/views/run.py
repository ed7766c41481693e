"""The messages of the whole run: start, hold, rollback, watch and end."""

from __future__ import annotations

from bot.slack.views.blocks import Message, context, message, section
from bot.slack.views.drill import drill_lost
from bot.slack.views.following import in_message
from bot.slack.views.hosts import host_lines
from bot.slack.views.notices import ended_by_hand, environment_warning
from bot.slack.views.request import request_head
from bot.slack.views.snapshot import Snapshot
from bot.text import acted, bold, clip, code, counted, first_lines, line, person, quoted_lines, with_owner
from commands.progress.drill import has_begun
from commands.progress.hold import environment_change
from commands.progress.start_gate import start_was_refused, words_of_refusal
from commands.progress.step_state import production_changed
from commands.rollback.loss import is_nothing
from commands.runbook.page import Part
from commands.runbook.plan import timeline
from commands.text.durations import format_duration
from commands.text.phrases import short_title
from state.events import (
    NextRunReported,
    RollbackRequested,
    RunHeld,
    RunMoved,
    RunResumed,
    RunStarted,
    WatchBegan,
    WatchOver,
)
from state.records import Event, RunState


def run_started(snapshot: Snapshot, _: Event, data: RunStarted) -> Message:
    """A run starts: what is deployed where, who started it, and when each step is planned."""
    planned = [f"{f'T+{int(at.total_seconds() // 60)} min':<10} {title}" for at, title in timeline(snapshot.page)]
    after_keep = f" after KEEP of run {data.follows}, in the name of" if data.follows else " by"
    queued = f"Queued start {data.queued}, confirmed by {_confirmed(data)}.\n" if data.queued else ""
    head = f"{queued}{bold(data.title)}: deploying `{line(snapshot.record.run.release, 100)}` to {bold(data.target)}"
    note = _quoted(data.note, 500)
    warnings = "\n".join(f"• {line(warning, 300)}" for warning in data.warnings[:8])
    release, target = snapshot.record.run.release, data.target
    return message(
        f"🚀 {target}: deploying {release}: {data.title}",
        [
            section(f"{head}\nStarted{after_keep} {acted(data)}{note}"),
            section(_against(data)),
            section(warnings and f"⚠️ Warnings before the start:\n{warnings}"),
            section(code(first_lines(planned, 40), 2800)),
            section(in_message(snapshot.following)),
            context("Anybody can press *Roll back* or *Hold* on the card at any time, or type `/deploy rollback`."),
        ],
    )


def _confirmed(data: RunStarted) -> str:
    return f"{person(data.confirmed_by)} {data.confirmed_door}".rstrip()


def _against(data: RunStarted) -> str:
    """What spoke against the start, and why it was started all the same; empty where nothing did."""
    if not data.objections:
        return ""
    against = "\n".join(f"⚠️ {with_owner(clip(objection, 600))}" for objection in data.objections[:8])
    return f"*Nothing begins before a second person agrees.*\n{against}\nReason: {line(data.reason, 500)}"


def run_held(snapshot: Snapshot, _: Event, data: RunHeld) -> Message:
    """Somebody holds the run, which stops no countdown of an alert."""
    decider = snapshot.title_of(snapshot.page.decision.role)
    head = f"⏸️ *On hold* by {acted(data)}. No new step starts until {decider} resumes."
    for countdown in snapshot.status.countdowns[:1]:
        head += f" {bold(countdown.alert.name)} still counts down to the rollback: only “Hold: false alarm…” stops it."
    (plain_decider,) = snapshot.titles([snapshot.page.decision.role])
    what = _said(f"⏸️ On hold until {plain_decider} resumes", data.reason)
    return message(what, [section(head + _quoted(data.reason))], target=snapshot.record.run.target, broadcast=True)


def run_resumed(snapshot: Snapshot, __: Event, data: RunResumed) -> Message:
    """Somebody resumes a held run."""
    head = f"▶️ *Resumed* by {acted(data)}"
    what = _said("▶️ Resumed", data.reason)
    return message(what, [section(head + _quoted(data.reason))], target=snapshot.record.run.target)


def rollback_requested(snapshot: Snapshot, _: Event, data: RollbackRequested) -> Message:
    """Somebody, or the bot because of an alert, requested the rollback."""
    head = request_head(snapshot, data)
    if start_was_refused(snapshot.record):  # nothing has begun, so nothing is rolled back
        why = words_of_refusal(data.reason)
        refused = section(head + _quoted(why))
        return message(_said(f"⛔ Start of {snapshot.record.run.target} refused", why), [refused])
    change = environment_change(snapshot.record)
    warning = section(change and environment_warning(change))
    what = f"⏪ Rollback of {snapshot.record.run.target} requested"
    if not production_changed(snapshot.page, snapshot.record):
        what = f"⛔ {snapshot.record.run.target}: aborted before any change"
    what = _said(what, data.reason)
    return message(
        what, [section(head + _quoted(data.reason)), warning, context(_what_follows_request(snapshot))], broadcast=True
    )


def _what_follows_request(snapshot: Snapshot) -> str:
    if production_changed(snapshot.page, snapshot.record):
        within = format_duration(snapshot.page.rollback.within)
        return f"Time budget: {within}. The card shows the time left."
    if snapshot.record.run.drill and not has_begun(snapshot.record):
        return "The drill had not begun. It just ends."
    return "Nothing was changed yet, so nothing is rolled back. The run just ends."


def watch_began(snapshot: Snapshot, _: Event, data: WatchBegan) -> Message:
    """The watch begins: its checks, and how often each runs."""
    steps = snapshot.page.part(Part.WATCH)
    # the title of a check often begins with "Every 15 minutes:"
    every = (format_duration(s.box.every) if s.box.every else "15 min" for s in steps)
    checks = [f"{often:>7}  {short_title(s.title)}" for often, s in zip(every, steps, strict=True)]
    faster = f" ({data.speed:g} times faster: a rehearsal)" if data.speed != 1 else ""
    head = f"👀 *The watch begins*: {data.lasts}{faster}"
    what = f"👀 The watch begins: {data.lasts}"
    blocks = [section(head), section(code(["every", *checks], 2400))]
    return message(what, blocks, target=snapshot.record.run.target)


def watch_over(snapshot: Snapshot, __: Event, ___: WatchOver) -> Message:
    """The watch is over."""
    head, target = "👀 *The watch is over.*", snapshot.record.run.target
    goes_on = section(f"{head} Its checks and alerts go on until somebody decides KEEP or ROLLBACK.")
    return message("👀 The watch is over", [goes_on], target=target)


def run_moved(snapshot: Snapshot, event: Event, data: RunMoved) -> Message:
    """The run moved to another state: the rollback begins, or the run is over."""
    if data.state == RunState.ROLLING_BACK:
        head = "⏪ *The rollback begins*"
        return message("⏪ The rollback begins", [section(head)], target=snapshot.record.run.target)
    if data.state == RunState.ENDED:
        return drill_lost(snapshot, data) if snapshot.status.lost else ended_by_hand(snapshot, event, data)
    if data.watched:
        return _watch_after_over(snapshot, data)
    head = _end(line(snapshot.record.run.target), data)
    details = _quoted(data.reason)
    if data.state == RunState.KEPT and (following := snapshot.following):
        details += f"\n➡️ Next, {bold(following.name, 80)} is checked and started. The result is posted here."
    if data.state == RunState.KEPT and (left_out := host_lines(snapshot.status)):
        details += f"\n{left_out}"
    mark = "✅" if is_nothing(data.lost) else "⚠️"
    details += f"\n{mark} Lost by the rollback: {line(data.lost, 300)}" if data.lost else ""
    details += "".join(f"\n❌ NOT restored: {line(loss, 300)}" for loss in data.not_restored[:8])
    details += "".join(f"\n⚠️ {line(left, 300)}" for left in data.not_undone[:8])
    looked = filter(None, (_some("🔎 *Compared*", data.compared, 12), _some("👀 *Not compared*", data.not_compared, 6)))
    blocks = [section(head + details), *map(section, looked), context(_what_follows(snapshot, data))]
    what = _end(snapshot.record.run.target, data).replace("*", "")
    return message(what, blocks, broadcast=True)


def _what_follows(snapshot: Snapshot, data: RunMoved) -> str:
    if not data.watch:
        return f"The run took {data.clock}"
    # a real start has another target than its drills
    next_one = "`/deploy drill` of this page" if snapshot.record.run.drill else "`/deploy start`"
    target = line(snapshot.record.run.target)
    more = f"{target} is watched for {data.watch} more. A check that fails calls people."
    return f"{more} The next {next_one} ends this watch."


def _watch_after_over(snapshot: Snapshot, data: RunMoved) -> Message:
    """The watch after a rollback is over: whether the version that is back was well to the end."""
    target, ok = line(snapshot.record.run.target), data.checks - len(data.not_well) - len(data.not_judged)
    early = f" early: {acted(data)} starts the next run" if data.person else ""
    mark = "⚠️" if data.not_well or snapshot.status.not_restored else "↩️"
    unjudged = f", {len(data.not_judged)} not judged" if data.not_judged else ""
    counts = f"{ok} of {counted(data.checks, 'check')} ok{unjudged}"
    head = f"{mark} *{target}: the watch after the rollback is over*{early}. {counts}."
    details = "".join(f"\n• {line(one, 300)}" for one in data.not_well[:8])
    details += "".join(f"\n❔ {line(one, 300)}" for one in data.not_judged[:8])
    details += "".join(f"\n❌ NOT restored: {line(loss, 300)}" for loss in snapshot.status.not_restored[:8])
    blocks = [section(head + details), context(f"The run took {data.clock}")]
    what = f"{mark} {snapshot.record.run.target}: the watch after the rollback is over, {counts}"
    return message(what, blocks, broadcast=True)


def _some(title: str, things: tuple[str, ...], most: int) -> str:
    """The first things of a list after its title, and how many more there are; empty for an empty list."""
    more = f" · and {len(things) - most} more, see the report" if len(things) > most else ""
    return f"{title}: {' · '.join(line(thing, 120) for thing in things[:most])}{more}" if things else ""


def _end(target: str, data: RunMoved) -> str:
    """How a run ended, in one line."""
    if data.state == RunState.KEPT:
        return f"✅ *{target}: KEPT.* The new version stays."
    if data.state == RunState.ABORTED:
        what = "The deploy had not begun." if data.not_undone else "Nothing was changed."
        return f"⛔ *{target}: ABORTED.* {what}"
    took = f", {data.since_rollback} after the request" if data.since_rollback else ""
    if data.not_restored:
        return f"⚠️ *{target}: ROLLED BACK, but NOT all of it*{took}"
    return f"↩️ *{target}: ROLLED BACK*{took}"


def _said(what: str, reason: str) -> str:
    """What happened, and why, if somebody said that."""
    return f"{what}: {reason}" if reason else what


def _quoted(text: str, limit: int = 600) -> str:
    """A reason or note as a quoted line below; empty for an empty text."""
    return f"\n> {line(text, limit)}" if text else ""


def next_run(snapshot: Snapshot, _: Event, data: NextRunReported) -> Message:
    """What became of the page that KEEP starts: where its card is, or why it did not start and what starts it."""
    if data.started:
        channel = f" Its card and sign-offs are in <#{data.channel}>." if data.channel else ""
        head = f"➡️ *Run {data.started} of {line(data.page, 80)} has started.*{channel}"
        what, details = f"➡️ Run {data.started} of {data.page} has started", ""
    elif data.why:
        what = f"⚠️ KEEP did NOT start {data.page}: {data.why}"
        head = f"⚠️ *KEEP did NOT start {line(data.page, 80)}.*"
        details = f"{quoted_lines(data.why, 1500)}\nFix that, then type `/deploy {line(data.command, 200)}`"
    else:
        what = f"➡️ {data.summary}"
        head, details = f"➡️ {line(data.summary, 600)}", ""  # as an earlier version stored it
    people = ", ".join(filter(None, [data.starter and person(data.starter), snapshot.roles_with_people(data.roles)]))
    blocks = [section(head), section(details), context(people and f"For {people}")]
    asked = snapshot.titles(data.roles) if data.why else ()
    return message(what, blocks, roles=asked, broadcast=True)
