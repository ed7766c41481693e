"""A tool is made at its first use, once for all threads, and closed only if it was made."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.tools.first_use import made_at_first_use


class Tool:
    """Counts how many were made and closed."""

    made = closed = 0

    def __init__(self) -> None:
        type(self).made += 1

    def work(self) -> int:
        return id(self)

    def close(self) -> None:
        type(self).closed += 1


def test_it_is_made_at_its_first_use_and_closed_only_then() -> None:
    class Counted(Tool):
        pass

    tool = made_at_first_use(Counted)
    tool.close()
    assert (Counted.made, Counted.closed) == (0, 0)
    tool.work()
    tool.close()
    assert (Counted.made, Counted.closed) == (1, 1)


def test_threads_that_use_it_at_once_use_the_same_one() -> None:
    begun = threading.Barrier(8)

    class Slow(Tool):
        def __init__(self) -> None:
            super().__init__()
            threading.Event().wait(0.05)

    tool = made_at_first_use(Slow)

    def use(_: int) -> int:
        begun.wait(60)
        return tool.work()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(use, range(8)))) == 1
    assert Slow.made == 1


def test_one_that_could_not_be_made_is_tried_again() -> None:
    tries = iter([ImportError("not there yet"), None])

    def make() -> Tool:
        if error := next(tries):
            raise error
        return Tool()

    tool = made_at_first_use(make)
    with pytest.raises(ImportError):
        tool.work()
    assert tool.work()
