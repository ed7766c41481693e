"""The messages that call people: alerts with their countdown, what could not be seen, and people who are waited for too long."""

from __future__ import annotations

from bot.slack.views.blocks import Block, Message, actions, button, context, header, message, section
from bot.slack.views.run_view import Scene
from bot.text import bold, line, person, time_of
from commands.text.durations import say
from commands.watch.countdown import Countdown, newest
from commands.watch.verdicts import NOT_ASKED
from state.records import Event


def alert(scene: Scene, event: Event) -> Message:
    """A row of the alert table that holds: what was seen beside what is expected, who is called, and what happens next."""
    data = event.data
    urgent = event.kind == "alert"
    name = f"{'🚨' if urgent else '⚠️'} {line(data['name'], 200)}"
    seen = f"{bold(data['seen'], 300)}\n{line(data['title'], 120)}"
    then = _then(scene, event)
    contacts = scene.contacts(data["roles"])
    buttons = _buttons(scene, event)
    blocks = [header(name), section(seen), section(then), section(contacts), buttons]
    return message(f"{name}: {data['seen']}. {then} {contacts}", blocks, broadcast=urgent)


def _then(scene: Scene, event: Event) -> str:
    if one := _countdown(scene, event):
        return _how_it_goes(scene, one, int(event.data["attempt"]))
    if event.data["was_bad"]:
        return (
            "It was beyond its limit before the deploy as well, so the bot does not roll back for it. A person decides."
        )
    return "Look at it, and roll back if it is real." if scene.can_turn_back else ""


def _countdown(scene: Scene, event: Event) -> Countdown | None:
    """The countdown that this event began, or the newest of the same alert."""
    if event.kind != "alert" or "attempt" not in event.data:
        return None
    row = next((one for one in scene.page.alerts if one.name == event.data["name"]), None)
    return newest(row, scene.record) if row else None


def _how_it_goes(scene: Scene, one: Countdown, number: int) -> str:
    zone = scene.page.runbook.time_zone
    if one.number != number:
        return "It rang again later; see below."
    if one.held and one.held_until:
        until = time_of(one.held_until, zone)
        return f"🔕 *Held as a false alarm* by {person(one.held.person)} until {until}\n> {line(one.held.reason, 500)}"
    if one.over:
        why = one.why_over or "within its limits again before the countdown was at zero"  # older records have none
        return f"✅ {line(why[0].upper() + why[1:], 300)}; nothing was rolled back for it."
    if back := scene.record.fact("rollback"):
        return f"⏪ Rollback asked for by {person(back.person)} at {time_of(back.at, zone)}."
    if not scene.can_turn_back:
        return ""
    at = time_of(one.ends, zone, seconds=True)
    return f"⏳ *Rolls back by itself at {at}*, {say(one.alert.countdown)} after the alert, unless somebody holds it."


def _buttons(scene: Scene, event: Event) -> Block | None:
    one = _countdown(scene, event)
    if one and one.runs and one.number == event.data["attempt"] and scene.can_turn_back:
        hold = button("false_alarm", "🔕 Hold: false alarm…", f"{event.run}:{event.id}")
        return actions(scene.rollback_button("⏪ Roll back now"), hold)
    return actions(scene.rollback_button())


def held(_: Scene, event: Event) -> Message:
    """Somebody takes an alert for a false alarm."""
    data = event.data
    head = f"🔕 {bold(data['title'])} is held for {line(data['lasts'], 40)} by {person(data['person'])}"
    after = "After that it counts again, from the next measurement on, as long as nobody has decided KEEP."
    return message(head, [section(f"{head}\n> {line(data['reason'], 600)}"), context(after)])


def recovered(_: Scene, event: Event) -> Message:
    """An alert went away by itself before its countdown was at zero."""
    head = f"✅ {bold(event.data['title'])} is {line(str(event.data['says']), 300)}."
    return message(head, [section(head)])


def blind(scene: Scene, event: Event) -> Message:
    """A check that has told nothing several times in a row."""
    data = event.data
    what = "could not be asked" if data["verdict"] == NOT_ASKED else "gave no data"
    head = f"🔌 {bold(data['title'])} {what}, {data['times']} times in a row"
    todo = "No data is not healthy. Please look yourself:\n" + scene.contacts(data["roles"])
    return message(f"{head} {todo}", [section(f"{head}\n> {line(data['says'], 600)}"), section(todo)])


def bad(scene: Scene, event: Event) -> Message:
    """A check that fails and that no row of the alert table judges: the bot calls people and does nothing by itself."""
    data = event.data
    head = f"❌ {bold(data['title'])} fails"
    todo = "Nothing is rolled back for it by itself. Please look now, and roll back if it is real."
    called = scene.contacts(data["roles"])
    told = [section(f"{head}\n> {line(data['says'], 600)}"), section(todo), section(called)]
    return message(f"{head}. {todo} {called}", [*told, actions(scene.rollback_button())], broadcast=True)


def chase(scene: Scene, event: Event) -> Message:
    """Somebody is waited for and silent: asked again, and louder with the deciding role and phone numbers."""
    data = event.data
    head = f"⏰ Nobody has answered for {line(data['silent'], 40)}: {bold(data['title'])}"
    if data["loud"]:
        called = scene.contacts(data["roles"])
    else:
        called = " ".join(f"{scene.title_of(role)} {scene.called(role)}" for role in data["roles"])
    never = "Silence decides nothing: the run waits, and anybody may roll back."
    return message(f"{head} {called}", [section(f"{head}\n{called}"), context(never)], broadcast=bool(data["loud"]))


def budget(scene: Scene, event: Event) -> Message:
    """Half, four fifths or all of the time is over that the rollback may take: what is slow, what is left, and who is called."""
    data = event.data
    over = (
        f"🚨 *The {data['within']} are over*"
        if data["mark"] == 100
        else f"⏱️ *{data['mark']} % of {data['within']} are over*"
    )
    head = f"{over}: the rollback runs for {line(data['ran'], 40)}"
    doing = "\n".join(f"⏳ {line(one, 200)}" for one in data["doing"][:4])
    left = f"Left: {line(', '.join(data['left']), 600)}" if data["left"] else ""
    called = scene.contacts(data["roles"])
    return message(
        f"{head} {called}", [section(head), section(doing), section(left), section(called)], broadcast=data["mark"] > 50
    )
