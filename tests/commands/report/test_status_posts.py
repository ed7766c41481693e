"""The status posts: when they are due, that each is posted once, and that late ones say so."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from commands.progress.step_state import WATCH
from commands.report.status_posts import StatusPosts, lateness
from state.events import StatusDue
from state.records import AttemptState, Record
from state.sqlite.store import Store
from tests.commands.report.deployed import PAGE
from tests.pages import NOON, event, record, row

RUN = {"target": "shop", "speed": 1.0, "notice_minutes": 0} | dict.fromkeys(
    ("page", "text", "ref", "note", "starter", "channel"), ""
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A state file with one run."""
    store = Store(tmp_path / "gonogo.db")
    store.start_run(RUN, NOON, event("started"))
    return store


@pytest.fixture
def posts(store: Store) -> StatusPosts:
    """The status posts of its run, one every 15 minutes."""
    return StatusPosts(store, PAGE, 1)


def at(minutes: float) -> datetime:
    """So many minutes past noon."""
    return NOON + timedelta(minutes=minutes)


def posted(store: Store) -> list[tuple[int, str]]:
    """The number of each post, and by how much it was late."""
    return [(one.data.slot, one.data.late) for one in store.events(1) if isinstance(one.data, StatusDue)]


def write(posts: StatusPosts, *minutes: float, of: Record | None = None) -> None:
    """Let the posts be written at these times."""
    for time in minutes:
        posts.write_due(of or record(), at(time))


def test_a_post_is_written_once_when_it_is_due_and_not_before(store: Store, posts: StatusPosts) -> None:
    write(posts, 0, 14.99)
    assert posted(store) == []
    write(posts, 15, 15.001, 29)
    assert posted(store) == [(1, "")]
    write(posts, 30)
    assert posted(store) == [(1, ""), (2, "")]


def test_a_post_that_is_late_says_by_how_much(store: Store, posts: StatusPosts) -> None:
    write(posts, 15 + 1 / 60, 32)
    assert posted(store) == [(1, ""), (2, "2 min")], "one second is not late"


def test_of_several_missed_posts_only_the_newest_is_written(store: Store, posts: StatusPosts) -> None:
    write(posts, 50)
    assert posted(store) == [(3, "5 min")]


def test_the_next_post_is_due_after_the_newest(posts: StatusPosts) -> None:
    assert posts.due(record(), at(0)) == at(15)
    assert posts.due(record(), at(14)) == at(15)
    assert posts.due(record(), at(16)) == at(16), "it is overdue"
    write(posts, 15)
    assert posts.due(record(), at(16)) == at(30)


def test_after_a_restart_the_newest_missed_post_is_still_written(store: Store, posts: StatusPosts) -> None:
    posts.take_over(record(), at(50))
    assert posts.due(record(), at(50)) == at(50)
    write(posts, 50)
    assert posted(store) == [(3, "5 min")]


def test_after_a_restart_a_post_that_was_written_is_not_written_again(store: Store, posts: StatusPosts) -> None:
    write(posts, 15)
    again = StatusPosts(store, PAGE, 1)
    again.take_over(record(), at(16))
    write(again, 16)
    assert posted(store) == [(1, "")]
    early = StatusPosts(store, PAGE, 1)
    early.take_over(record(), at(1))
    assert early.due(record(), at(1)) == at(15)


def test_in_a_rehearsal_posts_follow_the_time_of_the_watch(store: Store, posts: StatusPosts) -> None:
    watching = record(row(WATCH, AttemptState.RUNNING, after=10), speed=10.0)
    assert posts.due(watching, at(10)) == at(10.5), "T+15 min is half a minute after the start of the watch"
    write(posts, 10.5, of=watching)
    assert posted(store) == [(1, "")]
    write(posts, 12.1, of=watching)
    assert posted(store) == [(1, ""), (2, "6 s")]
    over = record(row(WATCH, AttemptState.DONE, after=10), speed=10.0, ended_at=at(11))
    assert posts.due(over, at(11)) == at(11 + 25)


@pytest.mark.parametrize(
    ("newest", "posted_after", "now", "late"),
    [
        (0, None, 10, 0),  # the first is not due yet
        (0, None, 17, 2),  # it is due and was not even written
        (1, 15.5, 20, 0.5),  # it came late, and keeps saying so
        (1, 15, 20, 0),
        (1, 14.9, 20, 0),  # Slack's clock is behind
        (1, None, 20, 5),  # it is written, and people cannot read it
        (1, 15.5, 31, 1),  # by now the next one is late
        (3, 45, 50, 0),  # those that were skipped while no bot served count no more
    ],
)
def test_how_late_the_last_status_post_is(newest: int, posted_after: float | None, now: float, late: float) -> None:
    posted_at = None if posted_after is None else at(posted_after)
    assert lateness(PAGE, record(), newest, posted_at, at(now)) == timedelta(minutes=late)
