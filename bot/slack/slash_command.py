"""`/deploy …`: the words after the command, and what each of them answers."""

from __future__ import annotations

import difflib

from bot.doors import actions
from bot.doors.deps import Deps
from bot.report.build import history_of
from bot.report.history import history_lines
from bot.slack.views.blocks import Message
from bot.slack.views.card import card
from bot.slack.views.snapshot import Snapshot, snapshot_of
from bot.text import escape
from commands.start.request import StartRequest

Reply = str | Message
SHOWN = 10  # runs of the history; more would fill a phone

HELP = {
    "start [page] [ref]": "begin a deployment; without words a form opens with the options side by side",
    "status": "where it is, who is waited for, and the buttons",
    "history": "the last ten runs, and the DORA metrics over all of them",
    "rollback [reason]": "take everything back; anybody may, at any moment",
    "hold [reason]": "let no new step begin",
    "resume [reason]": "go on after a hold",
    "sign": "sign what you are asked for",
    "refuse <reason>": "refuse to sign it",
    "again, done <reason>, skip <reason>, agree": "say what to do about a step that failed",
    "false-alarm <reason>": "hold an alert's countdown for half an hour",
    "keep [reason]": "decide KEEP when the watch is over; earlier with a reason and a second person",
    "help": "these lines",
}
SAID = ("rollback", "hold", "resume", "sign", "refuse", "again", "done", "skip", "agree", "false-alarm", "keep")


def opens_modal(text: str) -> bool:
    """Whether the words open the start form, which must happen before any other work."""
    return text.split() == ["start"]


def says_something(text: str) -> bool:
    """Whether the words are somebody's word on a run, which is written down before Slack is told that it arrived."""
    return text.split(maxsplit=1)[0].lower() in SAID if text.split() else False


def carry_out(deps: Deps, text: str, person: str) -> Reply:
    """Do what the words ask for; returns the answer for this person alone. Raises Refused."""
    verb, _, rest = text.strip().partition(" ")
    verb = verb.lower()
    if verb == "start":
        return _start(deps, person, rest)
    if verb == "status":
        return _status(deps)
    if verb == "history":
        return _history(deps)
    if verb in SAID:
        return actions.typed(deps, verb.replace("-", "_"), person, rest.strip())
    return _help(verb)


def _start(deps: Deps, person: str, rest: str) -> str:
    page, ref, *more = [*rest.split(), "", ""]
    if any(more):
        return "🚫 Type /deploy start, or /deploy start PAGE, or /deploy start PAGE REF."
    run = actions.start(deps, person, StartRequest(page=page, ref=ref))
    return f"Run {run.id} of {escape(run.page)} has begun; its card is in <#{run.channel}>."


def _status(deps: Deps) -> Reply:
    runs = deps.store.active_runs() or deps.store.runs(1)
    if not runs:
        return "Nothing has run yet. A deployment starts with /deploy start."
    cards = [card(_snapshot(deps, run.id)) for run in runs[:4]]
    if len(cards) == 1:
        return cards[0]
    named = [{**block, "block_id": f"{n}-{block['block_id']}"} for n, one in enumerate(cards) for block in one.blocks]
    return Message(text=" · ".join(one.text for one in cards), blocks=named[:50])


def _history(deps: Deps) -> Reply:
    whole = history_of(deps.store)
    if not whole:
        return "Nothing has run yet. A deployment starts with /deploy start."
    zone = actions.frozen_page(deps.store.run(whole[0].run.id)).runbook.time_zone
    return "\n".join(escape(line) for line in history_lines(whole[:SHOWN], whole, zone))


def _snapshot(deps: Deps, run: int) -> Snapshot:
    record = deps.store.record(run)
    return snapshot_of(deps, actions.frozen_page(record.run), record)


def _help(verb: str) -> str:
    lines = [f"`/deploy {words}`  {what}" for words, what in HELP.items()]
    near = difflib.get_close_matches(verb, ("start", "status", "history", "help", *SAID), 1)
    if verb not in {"", "help"}:
        hint = f" Did you mean `/deploy {near[0]}`?" if near else ""
        lines.insert(0, f"There is no `/deploy {escape(verb, 40)}`.{hint}")
    return "\n".join(lines)
