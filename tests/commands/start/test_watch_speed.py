"""The speed of the watch: one for all pages, or each page its own."""

from __future__ import annotations

import pytest

from commands.start.watch_speed import WatchSpeed, read_watch_speed
from state.errors import BadSettings


@pytest.mark.parametrize("text", ["1", "240", "option-b.md=480", "60,option-b.md=480,option-a.md=2.5"])
def test_a_speed_is_read_as_it_is_written(text: str) -> None:
    assert read_watch_speed(str(read_watch_speed(text))) == read_watch_speed(text)


def test_each_page_has_its_own_speed_and_what_keep_starts_has_none_of_another() -> None:
    speed = read_watch_speed("60, option-b.md = 480")
    assert speed == WatchSpeed(by_people=60.0, pages={"option-b.md": 480.0})
    assert [speed.of("option-b.md"), speed.of("option-b.md", by_keep=True)] == [480, 480]
    assert [speed.of("option-a.md"), speed.of("option-a.md", by_keep=True)] == [60, 1]


@pytest.mark.parametrize("text", ["fast", "option-b.md=fast", "0.5", "option-b.md=0", "nan", "option-b.md="])
def test_a_wrong_speed_is_refused(text: str) -> None:
    with pytest.raises(BadSettings, match="GONOGO_WATCH_SPEED is "):
        read_watch_speed(text)
