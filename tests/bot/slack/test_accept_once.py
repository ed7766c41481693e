"""A signed request is accepted once, for as long as its signature is valid."""

from __future__ import annotations

import asyncio

import pytest

from bot.slack import accept_once
from bot.slack.accept_once import AcceptOnce, Answer


def test_requests_are_forgotten_after_their_signatures_and_never_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accept_once, "MOST", 3)
    acted: list[str] = []

    async def act() -> Answer:
        acted.append("")
        return 200, {}, ""

    async def story() -> None:
        once = AcceptOnce()
        for body in (b"1", b"2", b"1", b"3", b"4", b"4", b"5"):
            await once.answer(body, act)
        assert len(acted) == 5
        assert len(once._accepted) <= 3
        monkeypatch.setattr(accept_once, "REMEMBERED", 0.0)
        await once.answer(b"5", act)
        assert (len(acted), len(once._accepted)) == (6, 1)

    asyncio.run(story())


def test_what_is_under_way_is_waited_for() -> None:
    async def story() -> None:
        once, may_end, acts = AcceptOnce(), asyncio.Event(), 0

        async def slow() -> Answer:
            nonlocal acts
            acts += 1
            await may_end.wait()
            return 200, {}, f"act {acts}"

        both = [asyncio.create_task(once.answer(b"a", slow)) for _ in range(2)]
        await asyncio.sleep(0)
        may_end.set()
        assert await asyncio.gather(*both) == [(200, {}, "act 1")] * 2

    asyncio.run(story())


@pytest.mark.parametrize("status", [0, 401, 404, 500])
def test_a_failure_is_not_remembered_and_those_who_waited_for_it_act_once(status: int) -> None:
    async def story() -> None:
        once, may_end, acts = AcceptOnce(), asyncio.Event(), 0

        async def broken() -> Answer:
            await may_end.wait()
            if not status:
                raise ValueError
            return status, {}, ""

        async def good() -> Answer:
            nonlocal acts
            acts += 1
            await asyncio.sleep(0)
            return 200, {}, f"act {acts}"

        first = asyncio.create_task(once.answer(b"a", broken))
        await asyncio.sleep(0)
        others = [asyncio.create_task(once.answer(b"a", good)) for _ in range(3)]
        await asyncio.sleep(0)
        may_end.set()
        await asyncio.wait({first})
        assert isinstance(first.exception(), ValueError) if not status else first.result()[0] == status
        assert await asyncio.gather(*others) == [(200, {}, "act 1")] * 3
        assert await once.answer(b"a", broken) == (200, {}, "act 1")

    asyncio.run(story())
