"""A drill in Slack: its mark on every message, and the message in which people take part."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from bot.doors.button import button_value
from bot.slack.views.blocks import Block, Message, actions, button, confirm, context, message, section
from bot.slack.views.push import LENGTH
from bot.slack.views.snapshot import INVITED, Snapshot
from bot.slack.views.waiting import answer_link
from bot.text import acted, bold, clip, escape, line, person
from commands.progress.drill import MARK, has_begun, takes_part, waits_for_people
from commands.start.drill_actions import why_not_yet
from state.events import DrillBegan, PeopleInvited, RunMoved
from state.frozen import dataclass
from state.records import Event

_HOW_IT_BEGINS = "Once every role has somebody, one of them presses *Begin the drill*."
EXERCISE = f"🎯 *{MARK}* · an exercise, not on the real target"
LONGEST, NAME = 2990, 40  # characters of a text, by Slack, and of a name in it
_BANNER = "drill"  # the id of the block that marks a message
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)>")
_CALLS_MANY = re.compile(r"<!(?:subteam\^[A-Z0-9]+|here|channel|everyone)(?:\|[^>]*)?>")


def marked(shown: Message, may_be_called: Collection[str], names: Mapping[str, str] | None = None) -> Message:
    """A message of a drill: it says so first, on the phone and on the screen, and calls only these people.

    Others are shown by their `names`, and by their ids where those are not known.
    """
    uncalled = _Uncalled(may_be_called, names or {})
    text = uncalled.in_text(shown.text if shown.text.startswith(MARK) else f"{MARK} · {shown.text}")
    if shown.blocks:
        text = escape(clip(html.unescape(text), LENGTH))
    blocks = uncalled.in_all(shown.blocks)
    if blocks and blocks[0].get("block_id") != _BANNER:
        blocks = [_banner(), *blocks[:49]]
    return replace(shown, text=text, blocks=blocks)


def not_called(shown: Message, may_be_called: Collection[str]) -> set[str]:
    """The ids of the people whom a message mentions, and whom it must not call."""
    everything = f"{shown.text} {json.dumps(shown.blocks, ensure_ascii=False)}"
    return set(_MENTION.findall(everything)).difference(may_be_called)


def _banner() -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": EXERCISE}], "block_id": _BANNER}


@dataclass(frozen=True)
class _Uncalled:
    """Puts names in the place of mentions."""

    may_be_called: Collection[str]
    names: Mapping[str, str]

    def in_all(self, part: Any) -> Any:
        """A part of a message, with all texts in it."""
        if isinstance(part, dict):
            return {name: self.in_all(value) for name, value in part.items()}
        if isinstance(part, list):
            return [self.in_all(value) for value in part]
        return self.in_text(part) if isinstance(part, str) else part

    def in_text(self, text: str) -> str:
        """One text, which stays within Slack's limit although a name is longer than an id."""
        without = _CALLS_MANY.sub("(not called in a drill)", _MENTION.sub(self._name, text))
        return without if without == text else clip(without, LONGEST)

    def _name(self, found: re.Match[str]) -> str:
        person = found[1]
        return found[0] if person in self.may_be_called else line(self.names.get(person, person), NAME)


def invitation(snapshot: Snapshot, event: Event, _: PeopleInvited) -> Message:
    """Who takes part: the roles with those who agreed, and the buttons until the drill begins."""
    run, asks = snapshot.record.run, waits_for_people(snapshot.record)
    value = button_value(run, event=event.id)
    lines = [_role(snapshot, name) for name in snapshot.page.roles]
    lacking, there = _lacking(snapshot), [snapshot.mentions.get(name) for name in snapshot.page.roles]
    head = f"*Who takes part in this drill of {bold(snapshot.page.title).strip('*')}?*"
    why = (
        f"{acted(run.started_by)} starts it: the whole page, with its real people, but not on its real target. "
        "Only people who take part are called."
    )
    others = sorted(takes_part(snapshot.record) - {one for held in snapshot.mentions.values() for one in held})
    take_part = button("take_part", "🙋 I take part", value, style="primary")
    begin = button("begin_drill", "▶️ Begin the drill", value, confirm=_begin_confirm()) if not lacking else None
    return message(
        "🙋 Who takes part?",
        [
            section(f"{head}\n{why}" if asks else _settled(snapshot)),
            section("\n".join(lines[:20])),
            section(f"Also there: {' '.join(person(one) for one in others)}" if others else ""),
            actions(take_part, begin) if asks else None,
            # the list above says which roles are empty
            context(f"{lacking if all(there) else ''} {_HOW_IT_BEGINS}".strip()) if asks else None,
        ],
        target=run.target,
        broadcast=asks,
    )


def what_lets_it_begin(snapshot: Snapshot) -> str:
    """For the card of a drill that waits for people: who is missing, and what to press; empty for every other run."""
    if not waits_for_people(snapshot.record):
        return ""
    link = answer_link(snapshot.questions.get(INVITED))
    if lacking := _lacking(snapshot):
        return f"🙋 *Waiting for people to take part.* {lacking}\nHold one of these roles? Press *I take part*\n{link}"
    return f"🙋 *Everybody it needs takes part.* One of you presses *Begin the drill*\n{link}"


def _lacking(snapshot: Snapshot) -> str:
    """Why those who take part are not enough yet, in sentences; empty once they are."""
    there = {role: frozenset(names) for role, names in snapshot.mentions.items()}
    return " ".join(line(why, 600) for why in why_not_yet(snapshot.page, there, snapshot.record))


def _settled(snapshot: Snapshot) -> str:
    return "*Who takes part in this drill*" if has_begun(snapshot.record) else "*This drill is over. It never began.*"


def drill_lost(snapshot: Snapshot, data: RunMoved) -> Message:
    """The drill is over, because its places are gone or are others now."""
    target = line(snapshot.record.run.target)
    head = f"🛑 *The drill of {target} has ended*: {line(data.reason, 300)}."
    after = "It was an exercise: the real target was not touched. `/deploy drill` starts another one."
    clock = context(f"The drill took {data.clock}")
    return message(
        f"🛑 The drill of {target} has ended: {data.reason}", [section(f"{head}\n{after}"), clock], broadcast=True
    )


def drill_began(snapshot: Snapshot, _: Event, data: DrillBegan) -> Message:
    """The drill begins."""
    return message(
        "▶️ The drill begins", [section(f"▶️ *The drill begins*, by {acted(data)}")], target=snapshot.record.run.target
    )


def _role(snapshot: Snapshot, role: str) -> str:
    there = snapshot.mentions_of(role)
    return f"{'✅' if there else '⬜'} {snapshot.title_of(role)}: {there or 'nobody yet'}"


def _begin_confirm() -> Block:
    return confirm("Begin the drill?", "From now on the people who take part are asked, on their phones.", "Begin")
