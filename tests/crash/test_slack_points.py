"""The bot is killed between Slack's yes and its own note, at a gate, at a due post; every message is there once and in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from bot.rehearsal.people import HOLDERS
from bot.rehearsal.workspace import Message
from state.events import StatusDue
from state.facts import FactKind
from tests.crash.conftest import Play
from tests.crash.people import DBA, LEAD, buttons
from tests.crash.point import SAY, Point, page, run_step
from tests.crash.posts import wrong_in_channel
from tests.crash.test_host_points import said

GATE = """
### Gate

```toml gate
id = "gate"
item = [{ text = "All is ready", role = "dba" }]
```
"""
WATCH = """
## Watch

```toml watch
lasts = "200 min"
```

### Health

```toml http
id = "watch-health"
web = "api_local"
path = "/api/health"
every = "20 min"
on_failure = "tell"
```

## Rollback
"""


def with_button(point: Point, action: str) -> Message | None:
    """The newest message of the run that has this button; a button's value begins with the run's number."""
    mine = [one for one in point.here.workspace.messages() if f"'value': '{point.run}:" in str(one.blocks)]
    found = [one for one in mine if action in buttons(one.blocks)]
    return found[-1] if found else None


async def press(point: Point, person: str, action: str) -> None:
    """Press a button, and again until the bot has acknowledged it."""
    while True:
        message = with_button(point, action)
        if message is None or (await point.here.workspace.press(person, message.ts, action)).acked:
            return
        await asyncio.sleep(0.05)


async def told(point: Point) -> None:
    """Wait until everything is told, and see that each event is there once and in order."""
    await point.until(
        lambda: point.store.events(point.run, 0, 1000)[-1].id in point.store.posts(point.run), "the last post"
    )
    assert not (wrong := wrong_in_channel(point.here.workspace, point.store, point.run)), wrong


async def kept(point: Point) -> None:
    """The tech lead decides KEEP, and all is told."""
    await point.until(lambda: with_button(point, "keep"), "the decision")
    await press(point, LEAD, "keep")
    await point.over("kept")
    await told(point)


@pytest.mark.parametrize("number", [0, 1, 2, 3], ids=["the card", "the first event", "a beginning", "a later event"])
def test_between_slacks_yes_and_our_note(play: Play, number: int) -> None:
    async def story(point: Point) -> None:
        workspace, posted = point.here.workspace, asyncio.Event()
        seen: list[Message] = []

        def heard(message: Message, change: str) -> None:
            seen.extend([message] if change == "posted" else [])
            if change == "posted" and len(seen) == number + 1:
                workspace.faults.lost_answers, workspace.faults.lost_after = 1, 5.0  # Slack's yes is on its way
                posted.set()

        workspace.on_message(heard)
        point.begin(page(run_step("one", SAY) + run_step("two", SAY)))
        await asyncio.wait_for(posted.wait(), 60)
        await point.restart()
        workspace.state.message_listeners.remove(heard)
        await kept(point)
        workspace.faults.lost_answers, workspace.faults.lost_after = 0, 0.0

    play(story)


def test_while_a_gate_waits(play: Play) -> None:
    async def story(point: Point) -> None:
        point.begin(page(run_step("one", SAY), before=GATE))
        await point.until(lambda: with_button(point, "sign"), "the question")
        await point.here.bot.kill()
        asked = with_button(point, "sign")
        assert asked is not None
        assert not (await point.here.workspace.press(DBA, asked.ts, "sign")).acked, "a dead bot took a signature"
        point.here.bot.start()
        await press(point, DBA, "sign")
        await point.restart()
        await kept(point)
        signed = [fact for fact in point.store.record(point.run).facts if fact.kind == "sign"]
        assert [fact.person for fact in signed] == [DBA]
        assert said(point, "one") == 1

    play(story)


def test_two_people_press_one_button_and_the_bot_is_killed(play: Play) -> None:
    async def story(point: Point) -> None:
        workspace = point.here.workspace
        point.begin(page(run_step("one", SAY), run_step("back", SAY)))
        await point.ends("one")
        await point.until(lambda: len(workspace.sockets) and with_button(point, "rollback"), "the card")
        workspace.faults.duplicate_envelopes = True
        people = [HOLDERS["rollback"].id, LEAD, DBA, HOLDERS["on_call"].id]
        presses: list[Awaitable[None]] = [press(point, person, "rollback") for person in people]
        pressing = asyncio.gather(*presses)
        await point.until(lambda: point.store.record(point.run).rollback, "the first press")
        await point.restart()
        await pressing
        workspace.faults.duplicate_envelopes = False
        await point.over("rolled back")
        await told(point)
        assert said(point, "back") == 1
        assert [fact.kind for fact in point.store.record(point.run).facts].count(FactKind.ROLLBACK) == 1

    play(story)


def test_exactly_when_a_status_post_is_due(play: Play) -> None:
    async def story(point: Point) -> None:
        text = page(run_step("one", SAY)).replace("\n## Rollback\n", WATCH, 1)
        point.begin(text.replace('status_every = "1 min"', 'status_every = "40 min"'))  # 10 s in this watch
        for number in (1, 2, 3):
            await point.until(lambda number=number: len(statuses(point)) >= number, "a status post")  # type: ignore[misc]
            await point.restart()
        await point.here.bot.kill()
        # the next one is due meanwhile, and the one after it not before a busy machine has the bot there again
        await asyncio.sleep(10.8)
        point.here.bot.start()
        await kept(point)
        slots = statuses(point)
        assert len(slots) == len(set(slots)), f"a status was told twice: {slots}"
        assert slots == sorted(slots)
        late = [one for one in point.here.workspace.messages() if "late: the bot was away" in str(one.blocks)]
        assert late, "the post that was due while the bot was away is not marked"

    play(story)


def statuses(point: Point) -> list[int]:
    """Which status posts are written down, each by the number of its moment."""
    return [one.data.slot for one in point.store.events(point.run, 0, 1000) if isinstance(one.data, StatusDue)]
