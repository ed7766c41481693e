"""A drill in Slack: its mark on every message, and the message in which people take part."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection
from dataclasses import replace

from bot.doors.button import ButtonValue
from bot.slack.views.blocks import Block, Message, actions, button, confirm, context, message, section
from bot.slack.views.push import LENGTH
from bot.slack.views.snapshot import Snapshot
from bot.text import acted, bold, clip, escape, line, person
from commands.progress.drill import MARK, has_begun, takes_part, waits_for_people
from commands.text.foreign_json import read_json
from state.events import DrillBegan, PeopleInvited, RunMoved
from state.records import Event

EXERCISE = f"🎯 *{MARK}* · an exercise, on places of its own"
_BANNER = "drill"  # the id of the block that marks a message
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)>")
_CALLS_MANY = re.compile(r"<!(?:subteam\^[A-Z0-9]+|here|channel|everyone)(?:\|[^>]*)?>")


def marked(shown: Message, may_be_called: Collection[str]) -> Message:
    """A message of a drill: it says so first, on the phone and on the screen, and calls only these people."""
    text = shown.text if shown.text.startswith(MARK) else f"{MARK} · {shown.text}"
    if shown.blocks:
        text = escape(clip(html.unescape(text), LENGTH))
    blocks = read_json(_without_calls(json.dumps(shown.blocks, ensure_ascii=False), may_be_called))
    if blocks and blocks[0].get("block_id") != _BANNER:
        blocks = [_banner(), *blocks[:49]]
    return replace(shown, text=_without_calls(text, may_be_called), blocks=blocks)


def _banner() -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": EXERCISE}], "block_id": _BANNER}


def _without_calls(text: str, may_be_called: Collection[str]) -> str:
    text = _MENTION.sub(lambda found: found[0] if found[1] in may_be_called else found[1], text)
    return _CALLS_MANY.sub("(not called in a drill)", text)


def invitation(snapshot: Snapshot, event: Event, _: PeopleInvited) -> Message:
    """Who takes part: the roles with those who agreed, and the buttons until the drill begins."""
    run, asks = snapshot.record.run, waits_for_people(snapshot.record)
    value = str(ButtonValue(run=run.id, event=event.id))
    lines = [_role(snapshot, name) for name in snapshot.page.roles]
    complete = all(snapshot.mentions.get(name) for name in snapshot.page.roles)
    head = f"*Who takes part in this drill of {bold(snapshot.page.title).strip('*')}?*"
    why = (
        f"{acted(run.started_by)} starts it: the whole page, with its real people, on places of its own. "
        "Only people who take part are called."
    )
    others = sorted(takes_part(snapshot.record) - {one for held in snapshot.mentions.values() for one in held})
    take_part = button("take_part", "🙋 I take part", value, style="primary")
    begin = button("begin_drill", "▶️ Begin the drill", value, confirm=_begin_confirm()) if complete else None
    wait = "It begins when every role has somebody who takes part, and one of them presses *Begin the drill*."
    return message(
        "🙋 Who takes part?",
        [
            section(f"{head}\n{why}" if asks else _settled(snapshot)),
            section("\n".join(lines[:20])),
            section(f"Also there: {' '.join(person(one) for one in others)}" if others else ""),
            actions(take_part, begin) if asks else None,
            context(wait) if asks else None,
        ],
        target=run.target,
        broadcast=asks,
    )


def _settled(snapshot: Snapshot) -> str:
    return "*Who takes part in this drill*" if has_begun(snapshot.record) else "*This drill is over. It never began.*"


def drill_lost(snapshot: Snapshot, data: RunMoved) -> Message:
    """The drill is over, because its target is gone."""
    target = line(snapshot.record.run.target)
    head = f"🛑 *{target} is over*: {line(data.reason, 300)}."
    after = "It was an exercise: the page's own places were no part of it. `/deploy drill` starts another one."
    clock = context(f"The drill took {data.clock}")
    return message(f"🛑 {target} is over", [section(f"{head}\n{after}"), clock], broadcast=True)


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
