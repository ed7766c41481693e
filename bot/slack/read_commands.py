"""The commands that only read, the status, the queue and the history: a reply to one person."""

from __future__ import annotations

from bot.doors.acts_of_run import frozen_page
from bot.doors.deps import Deps
from bot.doors.freezes import freeze_lines
from bot.doors.visible import is_visible
from bot.report.build import history_of, left_out, zone_of_history
from bot.report.drills import drill_lines
from bot.report.history import history_lines
from bot.slack.slash_command import Reply, words_of
from bot.slack.views.blocks import Message, message, section
from bot.slack.views.card import card, headline, t_plus
from bot.slack.views.queue import MOST, queue_lines
from bot.slack.views.snapshot import Snapshot, snapshot_of
from bot.text import counted, escape, with_mentions
from commands.queue.places import all_places
from commands.run.engine import zone_of
from state.errors import GonogoError, UnreadableRun
from state.records import Run

HISTORY_LENGTH = 10  # runs; more would fill a phone's screen
MOST_CARDS, MOST_LINES = 4, 100  # of runs in one reply; Slack takes 50 blocks, and 40,000 characters of text
NONE_ACTIVE = "No run is active in any channel. Start one with `/deploy start`."
NOTHING_ACTIVE = "No run is active, and starts are queued."
NOTHING_QUEUED = "No start is queued in this channel. `/deploy start PAGE at 23:00` plans one."
NO_DRILL_YET = "There is no drill yet. Start one with `/deploy drill`."
NO_RUN_YET = "There is no run yet. Start one with `/deploy start`."


def read_command(deps: Deps, text: str, channel: str) -> Reply:
    """The status of the runs of one channel or of all, or the history. Only its person sees it."""
    verb, of = words_of(text)
    if verb == "queue":
        return _queue(deps, channel)
    if verb != "status":
        return _drills(deps) if of.lower() == "drills" else _history(deps)
    everywhere = of.lower() == "all"
    frozen = with_mentions("\n".join(freeze_lines(deps, "" if everywhere else channel)))
    reply: Reply = _list(deps) if everywhere else _status(deps, channel)
    if not frozen:
        return reply
    if isinstance(reply, str):
        return f"{frozen}\n{reply}"
    return Message(text=reply.text, blocks=[*filter(None, [section(frozen)]), *reply.blocks][:50])


def _status(deps: Deps, channel: str) -> Reply:
    everywhere = deps.store.active_runs()
    active = [run for run in everywhere if is_visible(run, [channel])]
    runs = active or [run for run in deps.store.runs(1) if is_visible(run, [channel])]
    unreadable = "\n".join(f"⚠️ {UnreadableRun(number)}" for number in deps.store.unreadable_runs(everywhere))
    if unreadable and not active:
        return unreadable
    if not runs:
        return _queued_in(deps, channel) or NO_RUN_YET
    cards = [card(_snapshot(deps, run.id)) for run in runs[:MOST_CARDS]]
    if more := runs[MOST_CARDS:]:
        told = f"And {counted(len(more), 'more run')} in this channel; `/deploy status all` lists every run."
        cards.append(message(told, [section(told)]))
    if not active and (queued := _queued_in(deps, channel)):  # else the cards of the runs show it
        cards.insert(0, message(NOTHING_ACTIVE, [section(queued)]))
    if unreadable:
        cards.append(message(unreadable, [section(unreadable)]))
    if len(cards) == 1:
        return cards[0]
    # two cards with the same content would have the same block ids
    blocks = [
        {**block, "block_id": f"{n}-{block['block_id']}"} for n, each in enumerate(cards) for block in each.blocks
    ]
    return Message(text=" · ".join(each.text for each in cards), blocks=blocks[:50])


def _queue(deps: Deps, channel: str) -> str:
    return _queued_in(deps, channel, MOST_LINES) or NOTHING_QUEUED


def _queued_in(deps: Deps, channel: str, most: int = MOST) -> str:
    """The queued starts of one channel, by target; empty for none."""
    places = [one for one in all_places(deps.store) if is_visible(one.run, [channel])]
    targets = dict.fromkeys(one.run.target for one in places)
    parts = []
    for target in targets:
        own = [one for one in places if one.run.target == target]
        lines = queue_lines(own, zone_of(own[0].run).key, most)
        parts.append(f"🕓 *Queued for {escape(target, 100)}*\n{lines}")
    return "\n".join(parts)


def _list(deps: Deps) -> str:
    """The active runs of all channels, one a line, without buttons: whoever acts does so in the run's channel."""
    active = deps.store.active_runs()
    lines = [_listed(deps, run) for run in active[:MOST_LINES]]
    if more := active[MOST_LINES:]:
        lines.append(f"And {counted(len(more), 'more run')}: {escape(', '.join(run.target for run in more), 1000)}")
    lines += [f"⚠️ {UnreadableRun(number)}" for number in deps.store.unreadable_runs(active)]
    return "\n".join(lines) or NONE_ACTIVE


def _listed(deps: Deps, run: Run) -> str:
    where = f" in <#{run.channel}>" if run.channel else ""
    try:
        status = _snapshot(deps, run.id).status
    except GonogoError as error:  # one that cannot be read hides no other
        return f"⚠️ {escape(run.target)}, run {run.id}{where}: {escape(' '.join(str(error).split()), 300)}"
    return f"{escape(headline(status))} · {t_plus(status)} · run {run.id}{where}"


def _history(deps: Deps) -> Reply:
    runs = history_of(deps.store)
    unread = left_out(deps.store, runs)
    if not runs and not unread:
        return NO_RUN_YET
    shown = runs[:HISTORY_LENGTH]
    zone = zone_of_history(deps.store, shown)
    return "\n".join(escape(line) for line in [*history_lines(shown, runs, zone), *unread])


def _drills(deps: Deps) -> Reply:
    drills = history_of(deps.store, drills=True)
    unread = left_out(deps.store, drills, drills=True)
    if not drills and not unread:
        return NO_DRILL_YET
    shown = drills[:HISTORY_LENGTH]
    zone = zone_of_history(deps.store, shown)
    return "\n".join(escape(line) for line in [*drill_lines(deps.store, shown, zone), *unread])


def _snapshot(deps: Deps, run: int) -> Snapshot:
    record = deps.store.record(run)
    return snapshot_of(deps, frozen_page(record.run), record)
