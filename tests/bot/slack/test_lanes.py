"""Stopping has its own lane: it is written while everything slow is under way."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from bot.doors import actions
from bot.slack import lanes, listeners
from bot.slack.lanes import Lane, Lanes
from state.errors import Refused
from tests.bot.slack.run_writer import DBA, GUEST, LEAD, STARTER
from tests.bot.slack.slack_box import SlackBox, play
from tests.pages import small

STARTS = 60
BLOG = small(**{'target = "shop"': 'target = "blog"'})


class SlowHost:
    """A preflight that looks at a host which does not answer until the test lets it."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.asked = threading.Semaphore(0)

    def __call__(self, *_: object) -> tuple[str, ...]:
        self.asked.release()
        assert self.may_answer.wait(30)
        raise Refused("the host does not answer")


async def begin_starts(box: SlackBox, host: SlowHost) -> list[asyncio.Task[object]]:
    """Sixty people type `/deploy start`; returns when the first of them is being checked."""
    typing = [asyncio.create_task(box.workspace.command(DBA, "/deploy start blog.md")) for _ in range(STARTS)]
    await asyncio.gather(*typing)
    assert await asyncio.to_thread(host.asked.acquire, timeout=60)
    return list(typing)


def test_stopping_is_written_while_sixty_starts_wait_for_a_slow_host(tmp_path: Path) -> None:
    host = SlowHost()

    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        question, card = await box.message_with("Please sign"), await box.card()
        await begin_starts(box, host)
        try:
            await box.workspace.press(LEAD, question.ts, "refuse")
            await box.wait_until(lambda: box.workspace.views(LEAD))
            form = box.workspace.views(LEAD)[-1]
            refused = await box.workspace.submit(LEAD, form.id, {"reason": {"reason": "The backup is old"}})
            assert (refused.errors, box.workspace.views(LEAD)) == ({}, [])
            await box.workspace.press(GUEST, card.ts, "hold")
            await box.workspace.press(GUEST, card.ts, "rollback")
            # each is acknowledged when it is written; no start has an answer yet
            assert [fact.kind for fact in box.store.record(run.id).facts] == ["sign", "hold", "rollback"]
            assert box.workspace.ephemerals(STARTER) == []
        finally:
            host.may_answer.set()

    play(tmp_path, story, pages=lambda: {"blog.md": BLOG}, preflight=host)


def test_going_on_does_not_wait_for_the_starts_either(tmp_path: Path) -> None:
    host = SlowHost()

    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        question = await box.message_with("Please sign")
        await begin_starts(box, host)
        try:
            await box.workspace.press(DBA, question.ts, "sign")
            await box.reply_to(DBA, "Signed as Database Admin")
            await box.workspace.command(GUEST, "/deploy status")
            await box.reply_to(GUEST, "shop: waiting for sign-off")
        finally:
            host.may_answer.set()

    play(tmp_path, story, pages=lambda: {"blog.md": BLOG}, preflight=host)


def test_a_form_stays_open_until_its_act_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "ACK_LIMIT", 0.05)
    may_write = threading.Event()
    press = actions.press

    def slow(*args: Any) -> str:
        assert may_write.wait(60)
        return press(*args)

    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        question = await box.message_with("Please sign")
        await box.workspace.press(LEAD, question.ts, "refuse")
        await box.wait_until(lambda: box.workspace.views(LEAD))
        form = box.workspace.views(LEAD)[-1]
        reply = await box.workspace.submit(LEAD, form.id, {"reason": {"reason": "The backup is old"}})
        assert reply.errors["reason"].startswith("Not recorded yet. Leave this form open")
        assert len(reply.errors["reason"]) <= listeners.FIELD_LIMIT
        assert box.workspace.views(LEAD) == [form]
        assert box.store.record(run.id).facts == ()
        may_write.set()
        await box.wait_until(lambda: "Refused as Tech Lead" in str(box.workspace.views(LEAD)[-1].blocks))
        assert [fact.kind for fact in box.store.record(run.id).facts] == ["sign"]

    monkeypatch.setattr(actions, "press", slow)
    play(tmp_path, story)


def test_a_late_refusal_reaches_somebody_who_closed_the_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "ACK_LIMIT", 0.05)
    is_closed = threading.Event()

    def slow(*_: object) -> str:
        assert is_closed.wait(60)
        raise Refused("It is decided already.")

    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        question = await box.message_with("Please sign")
        await box.workspace.press(LEAD, question.ts, "refuse")
        await box.wait_until(lambda: box.workspace.views(LEAD))
        form = box.workspace.views(LEAD)[-1]
        await box.workspace.submit(LEAD, form.id, {"reason": {"reason": "The backup is old"}})
        await box.workspace.dismiss(LEAD, form.id)
        is_closed.set()
        await box.message_with("It is decided already.")

    monkeypatch.setattr(actions, "press", slow)
    play(tmp_path, story)


def test_a_full_lane_delays_no_other() -> None:
    async def story() -> None:
        busy, other = threading.Event(), Lanes()
        filling = [asyncio.create_task(other.run(Lane.START, busy.wait)) for _ in range(20)]
        await asyncio.sleep(0)
        for lane in (Lane.STOP, Lane.ACT, Lane.READ):
            assert await asyncio.wait_for(other.run(lane, lambda: "done"), 30) == "done"
        busy.set()
        await asyncio.gather(*filling)
        other.close()

    asyncio.run(story())


def test_no_more_than_so_many_starts_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "MOST_STARTS", 2)

    async def story() -> None:
        busy, full = threading.Event(), Lanes()
        filling = [asyncio.create_task(full.run(Lane.START, busy.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Refused, match=r"2 starts are being checked now\. Try again in a minute\."):
            await full.run(Lane.START, busy.wait)
        busy.set()
        await asyncio.gather(*filling)
        assert await full.run(Lane.START, lambda: "room again") == "room again"
        full.close()

    asyncio.run(story())


@pytest.mark.parametrize("lane", Lane)
def test_a_bot_that_stops_refuses_what_comes_late_and_calls_it_no_error_of_its_own(lane: Lane) -> None:
    stopping = Lanes()
    stopping.close()
    with pytest.raises(Refused, match="This bot is stopping, and nothing was done"):
        asyncio.run(stopping.run(lane, lambda: None))
