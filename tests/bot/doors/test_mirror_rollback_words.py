"""What `gonogo rollback --from FILE` says, refuses, and looks at; on a World."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.doors.mirror_rollback import MirrorRollback
from bot.doors.system_user import SystemUser
from bot.settings import read_settings
from commands.runbook import read_page
from commands.start.request import StartRequest
from commands.start.starter import start
from state.errors import BadRecord, Refused
from state.facts import Actor, Door
from state.journal.key import key_beside
from state.mirror import Mirror
from state.mirror_notes import notes_of, set_taken
from state.records import Attempt, AttemptState, RunState
from state.sqlite.open_file import OpenFile
from state.sqlite.store import Store
from tests.bot.command import Become, Capture, run, serve_once
from tests.bot.test_serve import DEPLOY, PEOPLE, wait_for
from tests.production import ended
from tests.read_only import read_only
from tests.world import World

BACK = "put-the-old-code-back"


@dataclass
class Case:
    """A run with a mirror. Its record is a file, which the test may take away."""

    state: Path
    store: Store
    mirror: Mirror
    world: World

    def done(self, step: str) -> None:
        """A step of the run has begun and is done."""
        now = datetime.now(UTC)
        self.store.begin_attempt(1, step, 1, now)
        self.store.end_attempt(1, Attempt(step=step, attempt=1, state=AttemptState.DONE, began_at=now), now)
        self.mirror.follow()

    def away(self) -> None:
        """The record is away; its key is not."""
        self.mirror.close()
        self.store.close()
        for file in self.state.parent.glob(f"{self.state.name}*"):
            if file != key_beside(self.state):
                file.unlink()

    def roll_back(self) -> list[str]:
        """Roll back; the lines that are printed."""
        rollback = MirrorRollback(
            settings=read_settings(os.environ),
            file=self.mirror.file,
            reason="it is slow",
            user=SystemUser(name="ana", host="web1"),
            person="",
            tools_for=lambda page: self.world.tools(),
        )
        return list(rollback.lines())

    def read(self) -> Store:
        return Store(self.mirror.file, key=key_beside(self.state))


@pytest.fixture
def case(shop: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    state = shop / "gonogo.db"
    page = read_page((shop / "small.md").read_text(), "small.md")
    serve_once()
    store = Store(state)
    who = Actor(person="U1", door=Door.TERMINAL)
    begun = start(store, page, StartRequest(), who, PEOPLE, datetime.now(UTC))
    mirror = Mirror(shop / "mirrors", store, begun, str(state))
    mirror.follow()
    monkeypatch.setattr("sys.stdin", io.StringIO("shop\n"))
    yield Case(state, store, mirror, World(rate=0))
    mirror.close()
    store.close()


def steps(store: Store) -> dict[str, str]:
    return {one.step: one.state for one in store.record(1).attempts}


def test_it_says_what_is_on_production_what_it_cannot_know_and_what_it_will_do(case: Case) -> None:
    case.done(DEPLOY)
    case.mirror.begins("health", 1)
    case.away()
    lines = case.roll_back()
    assert lines[0] == "This rolls shop back: run 1 (main, started by U1)."
    assert f"Why not as usual: The record at {case.state} can be used, but does not hold this run." in lines
    assert "  “Put the code there” is done" in lines
    assert "  whether “Health” began: it was about to. The rollback looks at it first." in lines
    assert "The rollback has 1 step: Put the old code back." in lines
    assert "Type shop to roll back, or anything else to cancel:" in lines
    assert any(line.endswith("  Put the old code back: done. 1 command succeeded.") for line in lines)
    assert f"Run 1 is rolled back, by the mirror {case.mirror.file}." in lines
    with closing(case.read()) as store:
        request = store.record(1).rollback
        assert request
        assert (request.by.account, request.reason) == ("ana@web1", "it is slow")
        assert store.changes(1) == []


def test_a_step_that_was_about_to_begin_counts_as_begun_and_what_undoes_it_runs(case: Case) -> None:
    case.done("ready")
    case.mirror.begins(DEPLOY, 1)
    case.away()
    assert "The rollback has 1 step: Put the old code back." in case.roll_back()
    with closing(case.read()) as store:
        assert steps(store)[DEPLOY] != "running", "it was looked at"
        assert steps(store)[BACK] == "done"
        assert store.run(1).state == RunState.ROLLED_BACK


def test_where_nothing_changed_the_run_is_only_ended(case: Case) -> None:
    case.done("ready")
    case.away()
    lines = case.roll_back()
    assert lines[lines.index("What changed shop, by the mirror:") + 1] == "  nothing"
    with closing(case.read()) as store:
        assert store.run(1).state == RunState.ABORTED
        assert BACK not in steps(store)


@pytest.mark.parametrize("typed", ["", "yes", "Shop"])
def test_without_the_targets_name_nothing_is_rolled_back(
    case: Case, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    case.away()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
    with pytest.raises(Refused, match=r"^Nothing was rolled back"):
        case.roll_back()
    with closing(case.read()) as store:
        assert store.record(1).rollback is None
        assert not notes_of(store.tables, case.mirror.file).taken


def test_while_the_record_can_be_used_the_usual_way_is_named(case: Case) -> None:
    with pytest.raises(Refused, match=r"and run 1 is going there\. Roll back as usual: gonogo rollback --run 1"):
        case.roll_back()
    case.store.move_run(1, RunState.ABORTED, datetime.now(UTC))
    with pytest.raises(Refused, match=r"and run 1 is aborted there\. There is nothing to roll back"):
        case.roll_back()


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_record_that_can_be_read_and_not_written_does_not_keep_anybody_from_rolling_back(
    case: Case, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.done(DEPLOY)
    monkeypatch.setenv("GONOGO_MIRROR", str(case.mirror.file.parent))
    with read_only(case.state):
        said = run(capsys, "rollback", "it is slow")[2]
        case.mirror.close()  # its bot has ended
        lines = case.roll_back()
    assert "cannot be written now (attempt to write a readonly database). Its file system may be read-only" in said
    assert said.splitlines()[-1] == f"  gonogo rollback --from {case.mirror.file}"
    assert any(line.startswith("Why not as usual: The state file ") for line in lines)
    assert any(line.startswith("Run 1 is rolled back, by the mirror") for line in lines)


def test_a_record_that_was_begun_anew_and_has_another_run_of_that_number_does_not_hold_this_one(case: Case) -> None:
    case.away()
    page = read_page((case.state.parent / "small.md").read_text(), "small.md")
    with closing(Store(case.state)) as anew:
        start(anew, page, StartRequest(), Actor(person="U2", door=Door.TERMINAL), PEOPLE, datetime.now(UTC))
        lines = case.roll_back()
        assert f"Why not as usual: The record at {case.state} can be used, but does not hold this run." in lines
        assert any(line.startswith("The record does not have that yet: The record does not hold the") for line in lines)
        assert anew.record(1).rollback is None, "the other run goes on"


def test_a_record_that_is_there_again_when_the_target_is_typed_is_used(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = case.state.with_name("hidden.db")
    case.store.close()
    case.state.rename(hidden)

    def typed() -> str:
        hidden.rename(case.state)
        return "shop\n"

    monkeypatch.setattr("sys.stdin", SimpleNamespace(readline=typed))
    with pytest.raises(Refused, match="Roll back as usual"):
        case.roll_back()


def test_a_mirror_of_another_record_is_refused(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.away()
    monkeypatch.setenv("GONOGO_STATE", "other.db")
    with pytest.raises(Refused, match=r"GONOGO_STATE names other\.db\. Set the environment as the bot has it"):
        case.roll_back()


def test_without_the_variables_of_the_page_nothing_begins(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.away()
    monkeypatch.delenv("SHOP_SSH")
    with pytest.raises(Refused, match=r"Not set in the environment: SHOP_SSH\. The rollback needs them"):
        case.roll_back()


def test_a_mirror_of_a_run_that_is_over_says_how_the_record_gets_it(case: Case) -> None:
    case.away()
    case.roll_back()
    with pytest.raises(Refused, match=r"run 1 of shop is over \(aborted\)\. .* type: gonogo record read"):
        case.roll_back()


def test_two_people_do_not_roll_back_from_one_mirror_at_once(case: Case) -> None:
    case.away()
    with closing(OpenFile(case.mirror.file, serving=True)), pytest.raises(BadRecord, match="in another terminal"):
        case.roll_back()


@pytest.mark.parametrize("what", ["missing", "junk", "cut", "a record"])
def test_a_file_that_is_no_mirror_is_refused_and_not_created(
    case: Case, shop: Path, capsys: Capture, what: str
) -> None:
    file = case.mirror.file
    case.away()
    if what == "missing":
        file.unlink()
    elif what == "junk":
        file = shop / "notes.txt"
        file.write_text("what somebody wrote down")
    elif what == "cut":
        file.write_bytes(file.read_bytes()[:3000])
    else:
        file = shop / "record.db"
        Store(file).close()
    code, _, said = run(capsys, "rollback", "--from", str(file))
    expected = {
        "missing": "There is no mirror",
        "cut": "cannot be read (database disk image is malformed). Roll back with `gonogo rollback` once the record",
        "junk": "is no mirror of a run: it is no SQLite file. Name the file `run-….db` in the folder of GONOGO_MIRROR",
        "a record": "is no mirror of a run",
    }
    assert (code, expected[what] in said) == (1, True)
    assert "state file" not in said
    assert run(capsys, "record", "read", str(file))[2] == said
    assert file.exists() == (what != "missing")


def test_without_the_records_key_it_rolls_back_and_says_that_this_is_not_signed(case: Case) -> None:
    case.done(DEPLOY)
    case.away()
    key_beside(case.state).unlink()
    lines = case.roll_back()
    assert any(line.startswith("What it does is not signed, so it cannot be read into the record") for line in lines)
    assert any(line.startswith("Run 1 is rolled back") for line in lines)


def test_it_is_read_into_the_record_by_hand_once(case: Case, capsys: Capture) -> None:
    case.mirror.close()
    with closing(case.read()) as copy:
        set_taken(copy.opened, datetime.now(UTC))
        copy.move_run(1, RunState.ABORTED, datetime.now(UTC))
    code, out, _ = run(capsys, "record", "read", str(case.mirror.file))
    assert (code, f"Read 1 entry of {case.mirror.file} into the record at {case.state}" in out) == (0, True)
    assert "Run 1 is aborted." in out
    code, out, _ = run(capsys, "record", "read", str(case.mirror.file))
    assert (code, out.startswith("Nothing was new: the record at")) == (0, True)


def test_a_rollback_as_usual_names_the_mirrors_while_the_record_is_away(
    case: Case, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.away()
    case.state.write_text("what is left after a crash of the disk")
    monkeypatch.setenv("GONOGO_MIRROR", str(case.mirror.file.parent))
    code, _, said = run(capsys, "rollback", "it is slow")
    assert code == 1
    assert said.splitlines()[-1] == f"  gonogo rollback --from {case.mirror.file}"
    assert "--from" not in run(capsys, "hold")[2]
    case.mirror.file.unlink()
    assert "is no mirror; look on the machine of the run's bot" in run(capsys, "rollback")[2]


def test_where_the_rollback_waits_for_people_they_answer_at_the_terminal_on_the_mirror(
    case: Case, capsys: Capture, become: Become, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.done(DEPLOY)
    case.world.fail("undeploy")
    case.away()
    lines: list[str] = []
    thread = threading.Thread(target=lambda: lines.extend(case.roll_back()))
    thread.start()
    with closing(case.read()) as store:
        wait_for(lambda: steps(store).get(BACK) == "failed", "the failure", 30)
    case.world.on_host("undeploy", ended())
    monkeypatch.setenv("GONOGO_STATE", str(case.mirror.file))
    monkeypatch.setenv("GONOGO_RECORD_KEY_FILE", str(key_beside(case.state)))
    become("lea")
    assert run(capsys, "answer", BACK, "again")[:2] == (0, "Your answer is saved.\n")
    thread.join(30)
    assert any(line.startswith("  It waits for an answer. In another terminal: GONOGO_STATE=") for line in lines)
    assert any(line.startswith("Run 1 is rolled back") for line in lines)
