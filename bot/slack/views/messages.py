"""The thread's messages, one for each kind of event, drawn from the event and the run as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.slack.views import alerts as alarms
from bot.slack.views.blocks import Message, Upload, context, message, section
from bot.slack.views.card import checks, headline, sums, t_plus, watched
from bot.slack.views.notices import clock, ended_by_hand, slow
from bot.slack.views.panel import panel
from bot.slack.views.questions import question
from bot.slack.views.run_view import Scene
from bot.text import bold, clip, code, escape, line, person, time_of
from commands.report.status import progress_bar
from commands.runbook.page import STAGES
from commands.runbook.plan import timeline
from commands.text.durations import say
from state.records import DONE, ENDED, FAILED, KEPT, ROLLED_BACK, RUNNING, STOPPED, UNKNOWN, Event

MARKS = {DONE: "✅", FAILED: "❌", UNKNOWN: "❓", STOPPED: "⏹️"}
# what the card or another message shows already
SILENT = frozenset({"checked", "answered", "seconded", "keep"})
# what is drawn again as long as the run goes on (or its step), because its buttons, names or output so far may change
LIVE = frozenset({"began", "wanted", "alert", "warning", "panel"})


def draw(scene: Scene, event: Event, ended: Event | None = None) -> Message | None:
    """The message that tells an event, or None where another message does. `ended` is the end of a step that `event` begins."""
    if event.kind in SILENT or _told_elsewhere(scene, event):
        return None
    drawer = _DRAWERS.get(event.kind, _unknown_kind)
    return step_message(scene, event, ended) if event.kind == "began" else drawer(scene, event)


def plainly(event: Event) -> Message:
    """The event as one plain line, for when its proper message cannot be made or is refused by Slack."""
    data = event.data
    said = data.get("says") or data.get("reason") or data.get("name") or data.get("state") or ""
    words = f"{event.kind}: {line(str(data.get('title', '')), 200)} {line(str(said), 600)}".rstrip(": ")
    return Message(text=words, blocks=[])


def _told_elsewhere(scene: Scene, event: Event) -> bool:
    if event.kind == "signed":
        return bool(event.data["said"] == "yes")
    return event.kind == "began" and _kind(scene, event) == "notify"


def _kind(scene: Scene, event: Event) -> str:
    return next((step.box.kind for step in scene.page.steps if step.id == event.step), "")


def step_message(scene: Scene, began: Event, ended: Event | None) -> Message:
    """A step under way, and the same message when its end is known."""
    if ended:
        return _ended(scene, ended)
    data = began.data
    again = f" (attempt {data['attempt']})" if data["attempt"] > 1 else ""
    stage = STAGES.get(data["part"], data["part"])
    at = time_of(began.at, scene.page.runbook.time_zone)
    row = scene.record.last(began.step)
    shown = row.progress if row and (row.attempt, row.state) == (data["attempt"], RUNNING) else ""
    return message(
        f"⏳ {bold(data['title'])}{again}",
        [
            section(f"⏳ {bold(data['title'])}{again}"),
            section(code(_lines(data["plan"]), 1800)),
            section(shown and f"So far:\n{code(shown.splitlines(), 900)}"),
            context(f"{stage} · began at {at}"),
        ],
    )


def _ended(scene: Scene, event: Event) -> Message:
    data = event.data
    if _kind(scene, event) == "notify" and data["state"] == DONE:
        return _notice(scene, event)
    again = f" (attempt {data['attempt']})" if data["attempt"] > 1 and data["part"] != "watch" else ""
    head = f"{MARKS.get(data['state'], '•')} {bold(data['title'])}{again}"
    took = f"{STAGES.get(data['part'], data['part'])} · took {say(data['seconds'])}"
    blocks = [
        section(f"{head}\n{escape(data['says'], 1200)}"),
        section(code(data["lines"], 2400)),
        context(took),
    ]
    return message(f"{head} {line(data['says'], 500)}", blocks, upload=_upload(event))


def _upload(event: Event) -> Upload | None:
    """The whole output as a file, where the message does not show all of it."""
    output = str(event.data["output"])
    if len(output.splitlines()) <= max(2, len(event.data["lines"])):
        return None
    name = f"run-{event.run}-{event.id}-attempt-{event.data['attempt']}.txt"
    return Upload(name=name, title=clip(f"Output of {event.data['title']}", 120), content=output)


def _notice(scene: Scene, event: Event) -> Message:
    """A `notify` step: its words in the channel itself, calling the roles it names."""
    words = "\n".join([escape(event.data["says"], 1500), *(line(one) for one in event.data["lines"][:3])])
    called = " ".join(filter(None, (scene.called(role) for role in event.data["roles"])))
    return message(f"📣 {words}", [section(f"📣 {words}"), context(called and f"For {called}")], broadcast=True)


def _started(scene: Scene, event: Event) -> Message:
    data = event.data
    moments = [f"{f'T+{int(at.total_seconds() // 60)} min':<10} {title}" for at, title in timeline(scene.page)]
    head = f"{bold(data['title'])}: `{line(data['ref'], 100)}` goes to {bold(data['target'])}"
    note = f"\n> {line(data['note'], 500)}" if data["note"] else ""
    warned = "\n".join(f"• {line(warning, 300)}" for warning in data.get("warnings", [])[:8])
    return message(
        head,
        [
            section(f"{head}\nStarted by {person(data['person'])}{note}"),
            section(warned and f"⚠️ Known before the start:\n{warned}"),
            section(code(_lines(moments, 40), 2800)),
            context("Anybody may press *Roll back* or *Hold* on the card at any moment, or type `/deploy rollback`."),
        ],
    )


def _signed(_: Scene, event: Event) -> Message:
    data = event.data
    head = f"⛔ {person(data['person'])} refused to sign {bold(data['title'])}"
    return message(head, [section(f"{head}\n> {line(data['reason'], 600)}")], broadcast=True)


def _hold(_: Scene, event: Event) -> Message:
    why = f"\n> {line(event.data['reason'], 600)}" if event.data["reason"] else ""
    if event.kind == "resume":
        head = f"▶️ {person(event.data['person'])} lets it go on"
    else:
        head = f"⏸️ *On hold* by {person(event.data['person'])}: no new step begins"
    return message(head, [section(head + why)], broadcast=event.kind == "hold")


def _rollback(scene: Scene, event: Event) -> Message:
    within = say(scene.page.rollback.within)
    head = f"⏪ *Rollback* asked for by {person(event.data['person'])}"
    why = f"\n> {line(event.data['reason'], 600)}" if event.data["reason"] else ""
    aim = f"Everything is to be back within {within}; the card shows the time left."
    return message(head, [section(head + why), context(aim)], broadcast=True)


def _watch(scene: Scene, event: Event) -> Message:
    data = event.data
    steps = scene.page.part("watch")
    rows = [f"{say(s.box.every) if s.box.every else '15 min':>7}  {s.title}" for s in steps]
    faster = f" ({data['speed']:g} times faster: a rehearsal)" if data["speed"] != 1 else ""
    head = f"👀 *The watch begins*: {data['lasts']}{faster}"
    return message(head, [section(head), section(code(["every", *rows], 2400))])


def _watch_over(_: Scene, __: Event) -> Message:
    head = "👀 *The watch is over*"
    return message(head, [section(f"{head}; its checks go on, and its alerts count, until somebody decides.")])


def _status(scene: Scene, event: Event) -> Message:
    """The post of every 15 minutes: where it is, for whom it waits, and the newest checks."""
    status = scene.status
    at = time_of(event.at, scene.page.runbook.time_zone)
    late = line(str(event.data.get("late", "")), 40)
    bar = watched(scene) if status.stage == "Watch" else progress_bar(status.settled, status.total)
    head = f"📋 *{t_plus(status)}* · {status.stage}\n{bar}"
    doing = f"→ {line(status.doing, 200)}" if status.doing else ""
    waits = "\n".join(
        f"🙋 waits for {', '.join(scene.title_of(r) for r in one.roles[:6])}" for one in status.waiting[:4]
    )
    loses = f"⚠️ Rolling back now loses {line(status.loses, 200)}" if status.loses and scene.can_turn_back else ""
    blocks = [
        section("\n".join(filter(None, [head, doing, waits, sums(status), loses]))),
        section(checks(status, whole=True)),
        context(f"{headline(status)} · {at}" + (f" · ⏰ {late} late: the bot was away" if late else "")),
    ]
    return message(head, blocks)


def _moved(scene: Scene, event: Event) -> Message:
    data = event.data
    if data["state"] == "rolling back":
        head = "⏪ *The rollback begins*"
        return message(head, [section(head)])
    if data["state"] == ENDED:
        return ended_by_hand(scene, event)
    emoji, words = {KEPT: ("✅", "kept"), ROLLED_BACK: ("↩️", "rolled back")}.get(
        data["state"], ("⛔", "aborted; nothing was changed in production")
    )
    not_restored = data.get("not_restored", [])
    if not_restored:
        emoji, words = "⚠️", "rolled back, but NOT all of it"
    took = f", {data['since_rollback']} after it was asked for" if data["state"] == ROLLED_BACK else ""
    head = f"{emoji} *{line(scene.record.run.target)} is {words}*{took}"
    why = f"\n> {line(data['reason'], 600)}" if data["reason"] else ""
    lost = scene.record.run.loses if data["state"] == ROLLED_BACK else ""
    why += f"\n⚠️ Lost by it: {line(lost, 200)}" if lost else ""
    why += "".join(f"\n❌ NOT restored: {line(one, 300)}" for one in not_restored[:8])
    return message(head, [section(head + why), context(f"The run took {data['clock']}")], broadcast=True)


def _next(_: Scene, event: Event) -> Message:
    head = f"➡️ {line(event.data['says'], 600)}"
    return message(head, [section(head)])


def _unknown_kind(_: Scene, event: Event) -> Message:
    return plainly(event)


def _lines(texts: Iterable[str], most: int = 14) -> list[str]:
    lines = [one for text in texts for one in text.splitlines()]
    return lines if len(lines) <= most else [*lines[: most - 1], f"… and {len(lines) - most + 1} more lines"]


_DRAWERS: dict[str, Callable[[Scene, Event], Message]] = {
    "started": _started,
    "ended": _ended,
    "wanted": question,
    "signed": _signed,
    "hold": _hold,
    "resume": _hold,
    "rollback": _rollback,
    "alert": alarms.alert,
    "warning": alarms.alert,
    "held alert": alarms.held,
    "recovered": alarms.recovered,
    "blind": alarms.blind,
    "bad": alarms.bad,
    "budget": alarms.budget,
    "chase": alarms.chase,
    "panel": panel,
    "watch": _watch,
    "watch over": _watch_over,
    "status": _status,
    "moved": _moved,
    "next": _next,
    "slow": slow,
    "clock": clock,
}
