"""`/deploy …`: what each word after the command does, and the reply to its person."""

from __future__ import annotations

import difflib

from bot.doors.freezes import WORDS as FREEZES
from bot.doors.queue_actions import QueueOrder, read_order
from bot.slack.typed_words import first_and_rest, names_in, reason_in
from bot.slack.views.blocks import Message
from bot.text import escape
from commands.progress.drill import MARK
from commands.start.advice_text import advice_lines
from commands.start.request import ANY, StartRequest
from commands.start.starter import Started
from commands.text.moments import FORMS
from state.errors import Refused
from state.records import Drill

Reply = str | Message

PREPARED = (
    f"{MARK} · its places are checked now. Where the page has none for drills, a sandbox is started, which takes a "
    "minute, and the first time some minutes."
)

HELP = {
    "start [page] [ref] [at 23:00] [because <why>]": "start or plan a deployment; alone, a form opens",
    "drill [page] [surprise [name]]": "play the page with the real people, not on its real target",
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
# every first word that is no mistake
WORDS = ("start", "drill", "help", HANDOVER, *FREEZES, *READS, *FACTS)


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
    if started.gated:  # the question in the thread shows what speaks against it
        return (
            f"Run {run.id} of {escape(run.page)} begins once a second person agrees. "
            f"Its card is in <#{run.channel}>, and the question is in its thread."
        )
    advice = [escape(line, 400) for line in advice_lines(started.advice)]
    return "\n".join([f"Run {run.id} of {escape(run.page)} has started. Its card is in <#{run.channel}>.", *advice])


def opens_form(text: str) -> bool:
    """Whether the command opens the start form, which must happen before any other work."""
    return words_of(text) == ("start", "")


def fact_of(text: str) -> tuple[str, str]:
    """The action of a command that writes a fact about a run, and its reason; ("", "") for every other command."""
    verb, reason = words_of(text)
    return (verb.replace("-", "_"), reason) if verb in FACTS else ("", "")


def start_of(text: str) -> StartRequest | None:
    """What a command asks to start; None for every other command. Raises Refused."""
    verb, rest = words_of(text)
    if verb == "drill":
        return _drill(rest)
    if verb != "start":
        return None
    asked, because = _reason_of(rest)
    what, at = _time_of(asked)
    page, ref, *more = [*names_in(what), "", ""]
    if any(more):
        raise Refused(
            "Too many words. Type /deploy start, or /deploy start PAGE, or /deploy start PAGE REF. "
            "Then comes a time, as in at 23:00. A reason comes last, after the word because."
        )
    return StartRequest(page=page, ref=ref, at=at, because=because)


def _time_of(asked: str) -> tuple[str, str]:
    """What stands before the word “at”, and the time after it; ("…", "") without that word. Raises Refused."""
    words = names_in(asked)
    if "at" not in (lower := [word.lower() for word in words]):
        return asked, ""
    at = lower.index("at")
    if not words[at + 1 :]:
        raise Refused(f"The time after “at” is missing. Write it like {FORMS}.")
    return " ".join(words[:at]), " ".join(words[at + 1 :])


def _reason_of(words: str) -> tuple[str, str]:
    """What is asked for, and the reason after the word "because"; "" without one. Raises Refused for an empty one."""
    asked, reason = reason_in(words)
    if reason == "":
        raise Refused("Say why after the word because.")
    return asked, reason or ""


def _drill(rest: str) -> StartRequest:
    words = names_in(rest)
    lower = [word.lower() for word in words]
    at = lower.index(SURPRISE) if SURPRISE in lower else len(words)
    pages, surprise = words[:at], words[at:]
    if len(pages) > 1 or len(surprise) > 2:
        raise Refused("Too many words. Type /deploy drill [PAGE], and after it surprise, or surprise NAME.")
    named = (*surprise[1:], ANY)[0] if surprise else ""
    return StartRequest(page=(*pages, "")[0], drill=Drill.PLACES, surprise=named)


def prepares_drill(text: str) -> bool:
    """Whether a command starts a drill, whose places take a while."""
    return words_of(text)[0] == "drill"


def may_mean_another(text: str) -> bool:
    """Whether a command goes on with something that it does not name so that two bots could tell whose it is.

    Stopping is free, a form says which bot has opened it, and whoever reads sees which runs are shown.
    """
    verb, rest = words_of(text)
    if verb in FACTS:
        return verb not in {"rollback", "hold"}
    return verb in {"unfreeze", "unlock"} or (verb in {"start", "queue", HANDOVER} and bool(rest))


def orders_queue(text: str) -> bool:
    """Whether a command does something to a queued start."""
    verb, rest = words_of(text)
    return verb == "queue" and bool(rest)


def order_of(text: str) -> QueueOrder | None:
    """What a command does to a queued start; None for every other command. Raises Refused."""
    verb, rest = words_of(text)
    return read_order(rest) if verb == "queue" else None


def asks_help(text: str) -> bool:
    """Whether a command is answered by the list of commands, as one that does not exist is."""
    return words_of(text)[0] not in {*WORDS} - {"help"}


def handover_of(text: str) -> str | None:
    """What follows the command that hands a role over; None for every other command."""
    verb, rest = words_of(text)
    return rest if verb == HANDOVER else None


def freeze_of(text: str) -> tuple[str, str]:
    """The word of a command about freezes and locks, and what follows it; ("", "") for every other command."""
    verb, rest = words_of(text)
    return (verb, rest) if verb in FREEZES else ("", "")


def help_text(text: str) -> str:
    """The list of commands; for one that does not exist, that first, with the nearest that does."""
    verb = words_of(text)[0]
    lines = [f"`/deploy {usage}`  {effect}" for usage, effect in HELP.items()]
    near = difflib.get_close_matches(verb, WORDS, 1)
    if verb not in {"", "help"}:
        hint = f" Did you mean `/deploy {near[0]}`?" if near else ""
        lines.insert(0, f"There is no `/deploy {escape(verb, 40)}`.{hint}")
    return "\n".join(lines)


def words_of(text: str) -> tuple[str, str]:
    """The first word of a command, in small letters, and what follows it."""
    return first_and_rest(text)
