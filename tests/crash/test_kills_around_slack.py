"""Kills around Slack's acks and posts: each message is there once, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial

import pytest

from bot.rehearsal.message_content import action_ids
from bot.rehearsal.role_holders import ROLE_HOLDERS
from bot.rehearsal.workspace import Message
from state.events import StatusDue
from state.facts import FactKind
from tests.crash.conftest import Play
from tests.crash.message_checks import message_problems
from tests.crash.simulated_users import DBA, LEAD
from tests.crash.single_run import RECORD, SingleRun, page, run_step
from tests.crash.test_kills_on_the_host import times_recorded

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


def message_with_button(single: SingleRun, action: str) -> Message | None:
    """The newest message of the run with this button; a button's value begins with the run's id."""
    own = [one for one in single.sandbox.workspace.messages() if f"'value': '{single.run}:" in str(one.blocks)]
    matches = [message for message in own if action in action_ids(message.blocks)]
    return matches[-1] if matches else None


async def press(single: SingleRun, person: str, action: str) -> None:
    """Press a button, and again until the bot acknowledges."""
    while True:
        message = message_with_button(single, action)
        if message is None or (await single.sandbox.workspace.press(person, message.ts, action)).acked:
            return
        await asyncio.sleep(0.05)


async def check_messages(single: SingleRun) -> None:
    """Wait until everything is posted, and check that each event is there once and in order."""
    store, run = single.store, single.run
    await single.wait_until(lambda: store.events(run, 0, 1000)[-1].id in store.posts(run), "the last post")
    assert not (problems := message_problems(single.sandbox.workspace, store, run)), problems


async def keep(single: SingleRun) -> None:
    """Decide KEEP as the tech lead, and check the messages."""
    await single.wait_until(lambda: message_with_button(single, "keep"), "the decision")
    await press(single, LEAD, "keep")
    await single.wait_for_end("kept")
    await check_messages(single)


@pytest.mark.parametrize("number", [0, 1, 2, 3], ids=["the card", "the first event", "a beginning", "a later event"])
def test_between_slacks_ok_and_our_note(play: Play, number: int) -> None:
    async def test(single: SingleRun) -> None:
        workspace, is_posted = single.sandbox.workspace, asyncio.Event()
        posted: list[Message] = []

        def listen(message: Message, change: str) -> None:
            posted.extend([message] if change == "posted" else [])
            if change == "posted" and len(posted) == number + 1:
                workspace.faults.lost_answers, workspace.faults.lost_after = 1, 5.0  # Slack's ok is on its way
                is_posted.set()

        workspace.on_message(listen)
        single.begin(page(run_step("one", RECORD) + run_step("two", RECORD)))
        await asyncio.wait_for(is_posted.wait(), 60)
        await single.restart_bot()
        workspace.state.message_listeners.remove(listen)
        await keep(single)
        workspace.faults.lost_answers, workspace.faults.lost_after = 0, 0.0

    play(test)


def test_while_a_gate_waits(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        single.begin(page(run_step("one", RECORD), before=GATE))
        await single.wait_until(lambda: message_with_button(single, "sign"), "the question")
        single.sandbox.bot.kill()
        question = message_with_button(single, "sign")
        assert question is not None
        reply = await single.sandbox.workspace.press(DBA, question.ts, "sign")
        assert not reply.acked, "a dead bot acknowledged a signature"
        single.sandbox.bot.start()
        await press(single, DBA, "sign")
        await single.restart_bot()
        await keep(single)
        signatures = [fact for fact in single.store.record(single.run).facts if fact.kind == "sign"]
        assert [fact.person for fact in signatures] == [DBA]
        assert times_recorded(single, "one") == 1

    play(test)


def test_several_people_press_one_button_and_the_bot_is_killed(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        workspace = single.sandbox.workspace
        single.begin(page(run_step("one", RECORD), run_step("back", RECORD)))
        await single.wait_for_step("one")
        await single.wait_until(
            lambda: len(workspace.sockets) and message_with_button(single, "rollback"), "the card with its button"
        )
        workspace.faults.duplicate_envelopes = True
        people = [ROLE_HOLDERS["rollback"].id, LEAD, DBA, ROLE_HOLDERS["on_call"].id]
        presses: list[Awaitable[None]] = [press(single, person, "rollback") for person in people]
        pressing = asyncio.gather(*presses)
        await single.wait_until(lambda: single.store.record(single.run).rollback, "the first press")
        await single.restart_bot()
        await pressing
        workspace.faults.duplicate_envelopes = False
        await single.wait_for_end("rolled back")
        await check_messages(single)
        assert times_recorded(single, "back") == 1
        assert [fact.kind for fact in single.store.record(single.run).facts].count(FactKind.ROLLBACK) == 1

    play(test)


def test_exactly_when_a_status_post_is_due(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        text = page(run_step("one", RECORD)).replace("\n## Rollback\n", WATCH, 1)
        single.begin(text.replace('status_every = "1 min"', 'status_every = "40 min"'))  # 10 s in this watch
        for number in (1, 2, 3):
            await single.wait_until(partial(has_status_slots, single, number), "a status post")
            await single.restart_bot()
        single.sandbox.bot.kill()
        # the next post becomes due meanwhile, and the one after it only when a busy machine has the bot up again
        await asyncio.sleep(10.8)
        single.sandbox.bot.start()
        await keep(single)
        slots = status_slots(single)
        assert len(slots) == len(set(slots)), f"a status was posted twice: {slots}"
        assert slots == sorted(slots)
        late = [
            one for one in single.sandbox.workspace.messages() if "late: the bot was not running" in str(one.blocks)
        ]
        assert late, "the post that was due while the bot was dead is not marked as late"

    play(test)


def has_status_slots(single: SingleRun, number: int) -> bool:
    """Whether so many status posts are in the record."""
    return len(status_slots(single)) >= number


def status_slots(single: SingleRun) -> list[int]:
    """The number of each status post in the state file."""
    events = single.store.events(single.run, 0, 1000)
    return [event.data.slot for event in events if isinstance(event.data, StatusDue)]
