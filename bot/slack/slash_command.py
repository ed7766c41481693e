"""`/deploy …`: what each word after the command does, and the reply to its person."""

from __future__ import annotations

import difflib
import re

from bot.doors import actions
from bot.doors.deps import Deps
from bot.doors.freezes import WORDS as FREEZES
from bot.doors.freezes import freeze_lines
from bot.doors.queue_actions import QueueOrder, read_order
from bot.doors.visible import is_visible
from bot.report.build import history_of, left_out, zone_of_history
from bot.report.drills import drill_lines
from bot.report.history import history_lines
from bot.slack.views.blocks import Message, message, section
from bot.slack.views.card import card, headline, t_plus
from bot.slack.views.queue import MOST, queue_lines
from bot.slack.views.snapshot import Snapshot, snapshot_of
from bot.text import counted, escape, with_mentions
from commands.progress.drill import MARK
from commands.queue.places import all_places
from commands.run.engine import zone_of
from commands.start.advice_text import advice_lines
from commands.start.request import ANY, StartRequest
from commands.start.starter import Started
from commands.text.moments import FORMS
from state.errors import GonogoError, Refused, UnreadableRun
from state.records import Drill, Run

Reply = str | Message
HISTORY_LENGTH = 10  # runs; more would fill a phone's screen
MOST_CARDS, MOST_LINES = 4, 100  # of runs in one reply; Slack takes 50 blocks, and 40,000 characters of text
NONE_ACTIVE = "No run is active in any channel. Start one with /deploy start."
NOTHING_ACTIVE = "No run is active, and starts are queued."
NOTHING_QUEUED = "No start is queued in this channel. `/deploy start PAGE at 23:00` plans one."
NO_DRILL_YET = "There is no drill yet. Start one with /deploy drill."
NO_RUN_YET = "There is no run yet. Start one with /deploy start."

PREPARED = (
    f"{MARK} · its places are checked now. Where the page has none, a target is started for it, which takes a minute, "
    "and the first time some minutes."
)

HELP = {
    "start [page] [ref] [at 23:00] [because <why>]": "start or plan a deployment; alone, a form opens",
    "drill [page] [surprise [name]]": "play the page with real people, on places of its own",
    "freeze [page] until <when> <why>": "a start needs a second person until then; unfreeze lifts it",
    "lock [page] <why>": "the same for all but you, for 12 h; unlock lifts it",
    "status [all]": "show this channel's runs and who they wait for; all: list those of every channel",
    "queue [drop NUMBER | move NUMBER PLACE <why>]": "list the queued starts, drop one, or move one",
    "history [drills]": "show the last ten runs and the DORA metrics; drills: the last ten drills",
    "rollback [reason]": "roll back; anybody can, at any time",
    "hold [reason]": "start no new step",
    "resume [reason]": "continue after a hold",
    "sign": "sign what is waiting for you",
    "refuse <reason>": "refuse to sign it",
    "again": "run the failed step again",
    "done <reason>": "I fixed the failed step by hand",
    "skip <reason>": "skip the failed step",
    "override <reason>": "overrule a refusal; it needs a second person",
    "agree": "agree as the second person: to a fix, a skip, an overruled refusal or an early KEEP",
    "false-alarm <reason>": "hold an alert as a false alarm for 30 min",
    "keep [reason]": "decide KEEP; before the watch is over it needs a reason and a second person",
    "handover [@person] [role] [why]": "hand over a role; `take`, `decline` or `withdraw` answers it",
    "help": "show this list",
}
READS = ("status", "queue", "history")
HANDOVER = "handover"
SURPRISE = "surprise"
FACTS = (
    "rollback",
    "hold",
    "resume",
    "sign",
    "refuse",
    "again",
    "done",
    "skip",
    "override",
    "agree",
    "false-alarm",
    "keep",
)


def started_text(started: Started) -> str:
    """The reply to somebody who has started or queued a run, with what the evidence says of its option."""
    run = started.run
    if run.drill:
        asks = f"{MARK} · run {run.id} of {escape(run.page)} asks in <#{run.channel}> who takes part."
        story = started.surprise
        return f"{asks}\n🤫 Only you are told its surprise, *{story.name}*. {story.sentence}" if story else asks
    if run.of_queue:
        return (
            f"{escape(run.page)} is queued as start {run.id}. It never begins by itself: you are asked when its moment "
            f"has come. Its card is in <#{run.channel}>."
        )
    advice = [escape(line, 400) for line in advice_lines(started.advice)]
    return "\n".join([f"Run {run.id} of {escape(run.page)} has started. Its card is in <#{run.channel}>.", *advice])


def opens_form(text: str) -> bool:
    """Whether the command opens the start form, which must happen before any other work."""
    return text.split() == ["start"]


def fact_of(text: str) -> tuple[str, str]:
    """The action of a command that writes a fact about a run, and its reason; ("", "") for every other command."""
    verb, reason = _words(text)
    return (verb.replace("-", "_"), reason) if verb in FACTS else ("", "")


def start_of(text: str) -> StartRequest | None:
    """What a command asks to start; None for every other command. Raises Refused."""
    verb, rest = _words(text)
    if verb == "drill":
        return _drill(rest)
    if verb != "start":
        return None
    asked, because = _reason_of(rest)
    what, at = _time_of(asked)
    page, ref, *more = [*what.split(), "", ""]
    if any(more):
        raise Refused(
            "Too many words. Type /deploy start, or /deploy start PAGE, or /deploy start PAGE REF. "
            "Then comes a time, as in at 23:00. A reason comes last, after the word because."
        )
    return StartRequest(page=page, ref=ref, at=at, because=because)


def _time_of(asked: str) -> tuple[str, str]:
    """What stands before the word “at”, and the time after it; ("…", "") without that word. Raises Refused."""
    words = asked.split()
    if "at" not in (lower := [word.lower() for word in words]):
        return asked, ""
    at = lower.index("at")
    if not words[at + 1 :]:
        raise Refused(f"The time after “at” is missing. Write it like {FORMS}.")
    return " ".join(words[:at]), " ".join(words[at + 1 :])


def _reason_of(words: str) -> tuple[str, str]:
    """What is asked for, and the reason after the word "because"; "" without one. Raises Refused for an empty one."""
    asked, *after = re.split(r"(?:^|\s)because(?=\s|$)", words, maxsplit=1)
    if after and not after[0].strip():
        raise Refused("Say why after the word because.")
    return asked, "".join(after).strip()


def _drill(rest: str) -> StartRequest:
    words = rest.split()
    lower = [word.lower() for word in words]
    at = lower.index(SURPRISE) if SURPRISE in lower else len(words)
    pages, surprise = words[:at], words[at:]
    if len(pages) > 1 or len(surprise) > 2:
        raise Refused("Too many words. Type /deploy drill [PAGE], and after it surprise, or surprise NAME.")
    named = (*surprise[1:], ANY)[0] if surprise else ""
    return StartRequest(page=(*pages, "")[0], drill=Drill.PLACES, surprise=named)


def prepares_drill(text: str) -> bool:
    """Whether a command starts a drill, whose places take a while."""
    return _words(text)[0] == "drill"


def orders_queue(text: str) -> bool:
    """Whether a command does something to a queued start."""
    verb, rest = _words(text)
    return verb == "queue" and bool(rest)


def order_of(text: str) -> QueueOrder | None:
    """What a command does to a queued start; None for every other command. Raises Refused."""
    verb, rest = _words(text)
    return read_order(rest) if verb == "queue" else None


def asks_help(text: str) -> bool:
    """Whether a command is answered by the list of commands, as one that does not exist is."""
    return _words(text)[0] not in {"start", "drill", HANDOVER, *FREEZES, *READS, *FACTS}


def handover_of(text: str) -> str | None:
    """What follows the command that hands a role over; None for every other command."""
    verb, rest = _words(text)
    return rest if verb == HANDOVER else None


def freeze_of(text: str) -> tuple[str, str]:
    """The word of a command about freezes and locks, and what follows it; ("", "") for every other command."""
    verb, rest = _words(text)
    return (verb, rest) if verb in FREEZES else ("", "")


def read_command(deps: Deps, text: str, channel: str) -> Reply:
    """The status of the runs of one channel or of all, or the history. Only its person sees it."""
    verb, of = _words(text)
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


def help_text(text: str) -> str:
    """The list of commands; for one that does not exist, that first, with the nearest that does."""
    verb = _words(text)[0]
    lines = [f"`/deploy {usage}`  {effect}" for usage, effect in HELP.items()]
    near = difflib.get_close_matches(verb, ("start", "drill", "help", HANDOVER, *FREEZES, *READS, *FACTS), 1)
    if verb not in {"", "help"}:
        hint = f" Did you mean `/deploy {near[0]}`?" if near else ""
        lines.insert(0, f"There is no `/deploy {escape(verb, 40)}`.{hint}")
    return "\n".join(lines)


def _words(text: str) -> tuple[str, str]:
    verb, _, rest = text.strip().partition(" ")
    return verb.lower(), rest.strip()


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
    return snapshot_of(deps, actions.frozen_page(record.run), record)
