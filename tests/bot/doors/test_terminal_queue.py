"""The queue at the terminal: planned, queued, listed, moved, dropped, started; and who may."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.doors.served_names import FREEZES
from bot.doors.terminal import Terminal
from bot.settings import Settings
from commands.queue.keeper import QueueKeeper
from state.errors import AlreadyRunning, NotAllowed, NothingRuns, Refused
from state.records import RunState
from state.sqlite.store import Store
from tests.bot.doors.terminal_users import put_in_force, system_user_of
from tests.bot.slack.run_writer import DBA, GUEST, LEAD, PAGE, RunWriter, deps_of
from tests.pages import event


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RunWriter]:
    """A record without runs, which no bot serves now. The last one knew who each system user is."""
    put_in_force(tmp_path / "gonogo.db")
    store = Store(tmp_path / "gonogo.db")
    yield RunWriter(store, deps_of(store), PAGE)
    store.close()


def lines(writer: RunWriter, command: str, person: str = DBA, run: int = 0, **options: object) -> list[str]:
    """The lines that a command prints."""
    settings = Settings(runbook=writer.store.path, state=writer.store.path)
    door = Terminal(settings, run, "", system_user_of(person), deps_of)
    usual = {
        "json": False,
        "page": "",
        "ref": "",
        "countdown": None,
        "note": "",
        "because": "",
        "at": "",
        "queue": False,
    }
    queue = {"action": "", "start": 0, "place": 0, "reason": ""}
    try:
        return list(getattr(door, command)(Namespace(**{**usual, **queue, **options})))
    finally:
        door.close()


def test_a_start_is_queued_listed_moved_and_dropped(writer: RunWriter) -> None:
    lines(writer, "start")
    with pytest.raises(AlreadyRunning, match="With --queue it waits for that"):
        lines(writer, "start")
    assert lines(writer, "start", queue=True, ref="v2")[0] == (
        "small.md is queued as start 2. It never begins by itself: people are asked in the channel."
    )
    lines(writer, "start", LEAD, queue=True, ref="v3")
    first, second = lines(writer, "queue")
    assert first.startswith("shop: 1. start 2: small.md v2, behind run 1, by U02DBA at the terminal, as system user")
    assert second.startswith("shop: 2. start 3: small.md v3, behind run 1, by U05LEAD")
    with pytest.raises(Refused, match="needs a reason"):
        lines(writer, "queue", action="move", start=3, place=1)
    assert lines(writer, "queue", action="move", start=3, place=1, reason="the bank waits")[0] == (
        "Queued start 3 has place 1 now."
    )
    assert [line.split(": ")[1] for line in lines(writer, "queue")] == ["1. start 3", "2. start 2"]
    assert lines(writer, "queue", GUEST, action="drop", start=2) == ["Queued start 2 is dropped."]
    assert "QUEUED" in lines(writer, "status")


def test_a_time_that_is_past_is_refused_and_nothing_is_queued(writer: RunWriter) -> None:
    with pytest.raises(Refused, match="is past"):
        lines(writer, "start", at="2020-01-01 23:00")
    with pytest.raises(Refused, match="stands after the time"):
        lines(writer, "start", at="tomorrow 23:00 or so")
    assert writer.store.queued() == []


def test_a_start_that_is_asked_about_begins_at_the_terminal_too(writer: RunWriter) -> None:
    lines(writer, "start")
    lines(writer, "start", queue=True)
    with pytest.raises(Refused, match="Nobody is asked"):
        lines(writer, "queue", LEAD, action="start", start=2)
    writer.store.move_run(1, RunState.KEPT, writer.deps.now(), event("moved", {"state": "kept"}))
    QueueKeeper(writer.store, writer.deps.starter).turn()
    assert "people are asked now" in lines(writer, "queue")[0]
    with pytest.raises(NotAllowed):
        lines(writer, "queue", GUEST, action="start", start=2)
    assert lines(writer, "queue", LEAD, action="start", start=2)[0] == "Run 3 of small.md has started."
    assert (writer.store.run(2).state, writer.store.run(3).starter) == (RunState.STARTED, DBA)


def test_a_queued_start_does_not_begin_where_the_bots_file_of_freezes_is_not_named(writer: RunWriter) -> None:
    lines(writer, "start")
    lines(writer, "start", queue=True)
    writer.store.move_run(1, RunState.KEPT, writer.deps.now(), event("moved", {"state": "kept"}))
    QueueKeeper(writer.store, writer.deps.starter).turn()
    put_in_force(writer.store.path, **{FREEZES: "/etc/gonogo/freezes.toml"})
    with pytest.raises(Refused, match="The bot has freezes in a file that is not named here"):
        lines(writer, "queue", LEAD, action="start", start=2)
    assert writer.store.active_runs() == []


def test_a_queued_start_is_no_run_to_report_and_its_log_can_be_read(writer: RunWriter) -> None:
    lines(writer, "start")
    lines(writer, "start", queue=True)
    for command in ("status", "hold", "rollback"):
        with pytest.raises(NothingRuns, match="2 is a queued start and no run"):
            lines(writer, command, run=2)
    assert "start queued" in lines(writer, "log", run=2)[1]
    with pytest.raises(NothingRuns, match="1 is no queued start"):
        lines(writer, "queue", action="drop", start=1)
    with pytest.raises(Refused, match="Say which start"):
        lines(writer, "queue", action="drop")
