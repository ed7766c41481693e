"""Commits that were rolled back speak against a start, unless reverted, fixed or kept since."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from commands.rollback.request import request_rollback
from commands.runbook import Page
from commands.start import bad_builds as bad_builds_module
from commands.start.bad_builds import bad_build_objector, bad_builds
from commands.start.objections import Considered, Intent
from commands.start.request import StartRequest
from state.errors import Unreachable
from state.facts import Actor, Door
from state.records import AttemptState, RunState
from state.sqlite.store import Store
from tests.pages import NOON, small
from tests.stored import stored_run
from tests.world import World

BAD, NEW, FIX = "b" * 40, "c" * 40, "d" * 40
RELEASE = {
    "## Before\n": '## Before\n\n### Which code\n\n```toml release\nhost = "backend"\nrepository = "$SHOP_REPO"\n```\n',
    'time_zone = "Asia/Bangkok"': 'time_zone = "Asia/Bangkok"\nfixes = "Fixes deploy <run>"',
}
PAGE = small(**RELEASE)
WHO = Actor(person="UDBA", door=Door.SLACK)
SENTENCE = "Commit bbbbbbbbbb was rolled back on Mon 23 Nov 19:00 in run 1 by ULEAD: the API is slow."


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "gonogo.db")
    yield opened
    opened.close()


def past_run(
    store: Store, commit: str, state: RunState, page: Page = PAGE, *, roll_back: bool = False, **changes: Any
) -> None:
    """A run that has pinned a commit and ended so."""
    run = stored_run(store, page, **changes)
    store.begin_attempt(run.id, "which-code", 1, NOON)
    began = store.record(run.id).attempts[-1]
    values = {"values": {"commit": commit}}
    store.end_attempt(run.id, _done(began, values), NOON)
    if state == RunState.ROLLED_BACK or roll_back:
        request_rollback(store, run.id, Actor(person="ULEAD", door=Door.SLACK), "the API is slow", NOON)
        store.move_run(run.id, RunState.ROLLING_BACK, NOON)
    store.move_run(run.id, state, NOON)


def _done(attempt: Any, outcome: dict[str, Any]) -> Any:
    from dataclasses import replace

    return replace(attempt, state=AttemptState.DONE, summary="pinned", outcome=outcome)


def considered(store: Store, answer: str | Exception, commit: str = NEW, page: Page = PAGE) -> Considered:
    """What is found about a start; `answer` is what git says on the host."""
    world = World(rate=0)
    world.on_host("merge-base", answer if isinstance(answer, Exception) else lambda *_: _result(answer))
    release = page.step("which-code").box.pinned_release("main")
    assert release
    found = ((release.found_as, commit),) if commit else ()
    intent = Intent(page=page, ref="main", actor=WHO, at=NOON, request=StartRequest(), found=found)
    return bad_build_objector(store, lambda _: world.tools())(intent)


def _result(text: str) -> Any:
    from commands.ports.shell import CommandResult

    return CommandResult(code=0, tail=text, size=len(text), seconds=0.1)


def test_a_release_that_contains_a_commit_that_was_rolled_back_needs_a_second_person(store: Store) -> None:
    past_run(store, BAD, RunState.ROLLED_BACK)
    (found,) = considered(store, "contains=yes\n").objections
    assert (found.sort, found.summary) == ("bad build", f"{SENTENCE} cccccccccc contains it.")


def test_the_very_commit_needs_no_git(store: Store) -> None:
    past_run(store, BAD, RunState.ROLLED_BACK)
    (found,) = considered(store, Unreachable("away"), BAD).objections
    assert found.summary == f"{SENTENCE} This start would deploy it again."


def test_what_came_after_it_is_said(store: Store) -> None:
    past_run(store, BAD, RunState.ROLLED_BACK)
    past_run(store, "e" * 40, RunState.KEPT)
    (found,) = considered(store, "contains=yes\n").objections
    assert "Since then run 2 (main) was kept." in found.summary


def test_a_target_that_deploys_rarely_remembers_beside_busy_ones(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bad_builds_module, "RUNS", 3)
    busy = small(**{**RELEASE, 'target = "shop"': 'target = "busy"'})
    past_run(store, BAD, RunState.ROLLED_BACK)
    for _ in range(5):
        past_run(store, NEW, RunState.KEPT, busy)
    assert [one.commit for one in bad_builds(store, "shop")] == [BAD]
    for _ in range(3):
        past_run(store, NEW, RunState.KEPT)
    assert bad_builds(store, "shop") == [], "three runs of the same target are looked through"


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (f"contains=yes\nreverted={FIX}\n", f"{SENTENCE} Commit dddddddddd reverts it."),
        (f"contains=yes\nreverted=\nfixed={FIX}\n", f"{SENTENCE} Commit dddddddddd says that it fixes it."),
    ],
)
def test_a_revert_or_a_fix_since_is_only_a_line(store: Store, answer: str, note: str) -> None:
    past_run(store, BAD, RunState.ROLLED_BACK)
    assert considered(store, answer) == Considered(notes=(note,))


def test_a_release_without_it_is_neither(store: Store) -> None:
    past_run(store, BAD, RunState.ROLLED_BACK)
    assert considered(store, "contains=no\n") == Considered()


@pytest.mark.parametrize("answer", ["contains=unknown\n", "", Unreachable("host backend: nobody listens there.")])
def test_what_git_does_not_know_is_said_and_accuses_nobody(store: Store, answer: str | Exception) -> None:
    past_run(store, BAD, RunState.ROLLED_BACK)
    found = considered(store, answer)
    assert found.objections == ()
    (note,) = found.notes
    assert note.startswith(f"{SENTENCE} Whether cccccccccc contains it is not known: ")


def test_neither_a_kept_nor_an_aborted_run_nor_another_target_makes_a_commit_bad(store: Store) -> None:
    past_run(store, BAD, RunState.KEPT)
    past_run(store, NEW, RunState.ABORTED)
    past_run(store, FIX, RunState.ROLLED_BACK, small(**RELEASE, **{'target = "shop"': 'target = "staging"'}))
    assert bad_builds(store, "shop") == []


def test_a_commit_that_was_kept_later_is_proven(store: Store) -> None:
    past_run(store, BAD, RunState.ROLLED_BACK)
    past_run(store, BAD, RunState.KEPT)
    assert bad_builds(store, "shop") == []


def test_one_that_was_kept_and_rolled_back_later_is_bad(store: Store) -> None:
    past_run(store, BAD, RunState.KEPT)
    past_run(store, BAD, RunState.ROLLED_BACK)
    assert [one.run for one in bad_builds(store, "shop")] == [2]


def test_without_a_bad_commit_no_host_is_asked(store: Store) -> None:
    assert considered(store, Unreachable("away")) == Considered()


def test_a_run_that_was_closed_by_hand_counts_once_its_rollback_was_asked_for(store: Store) -> None:
    past_run(store, NEW, RunState.ENDED)
    assert bad_builds(store, "shop") == []
    past_run(store, BAD, RunState.ENDED, roll_back=True)
    (bad,) = bad_builds(store, "shop")
    assert bad.commit == BAD
    assert bad.sentence(ZoneInfo("Asia/Bangkok")) == (
        "The rollback of commit bbbbbbbbbb was requested on Mon 23 Nov 19:00 in run 2 by ULEAD: the API is slow. "
        "That run was closed by hand before its rollback was over."
    )
