"""`gonogo verify` of a state file: each run has a line, and the first change is named."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.journal.key import key_beside
from state.sqlite.migrations import MIGRATIONS
from state.sqlite.store import Store
from tests.bot.command import Capture, run
from tests.bot.verify.conftest import PEOPLE, write_run
from tests.pages import NOON, small
from tests.state.sqlite.forger import by_hand
from tests.state.sqlite.samples import OldRecord

END = (
    "Not covered: the output of steps while they run, what a rollback would lose, which Slack messages show what, and "
    "whether the newest freeze was removed.\n"
)


def test_an_unchanged_record_is_good(state: Path, capsys: Capture) -> None:
    code, out, _ = run(capsys, "verify")
    key = Store(state).key
    assert key
    assert (code, out) == (
        0,
        f"✅ Run 1: unchanged, 12 entries.\nVerified with the record's key {key.id}. {END}",
    )


def test_the_first_change_of_each_run_is_named(state: Path, capsys: Capture) -> None:
    with closing(Store(state)) as store:
        write_run(store)
    by_hand(state, "UPDATE facts SET person = 'U9' WHERE run = 2 AND kind IN ('sign', 'keep')")
    code, out, _ = run(capsys, "verify")
    assert code == 1
    assert out.splitlines()[:4] == [
        "✅ Run 1: unchanged, 12 entries.",
        "❌ Run 2: entry 5 (signature ready:1:dba) was altered.",
        "   entry 7 (signature ready:1:lead) was altered.",
        "   entry 10 (KEEP) was altered.",
    ]
    code, out, _ = run(capsys, "verify", "1")
    assert (code, out.splitlines()[0]) == (0, "✅ Run 1: unchanged, 12 entries.")
    code, out, _ = run(capsys, "verify", "2")
    assert (code, out.splitlines()[0]) == (1, "❌ Run 2: entry 5 (signature ready:1:dba) was altered.")


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_run_that_was_removed_without_a_trace_is_missed(state: Path, capsys: Capture, number: int) -> None:
    with closing(Store(state)) as store:
        write_run(store)
        write_run(store)
    tables = ("attempts", "facts", "events", "files", "clock_jumps", "posts", "journal", "journal_heads")
    by_hand(state, "; ".join(f"DELETE FROM {table} WHERE run = {number}" for table in tables))
    by_hand(state, f"DELETE FROM runs WHERE id = {number}")
    code, out, _ = run(capsys, "verify")
    assert code == 1
    assert out.splitlines()[0] == f"❌ run {number} was removed."


def test_a_later_run_does_not_take_the_number_of_a_removed_one(state: Path, capsys: Capture) -> None:
    tables = ("attempts", "facts", "events", "files", "clock_jumps", "posts", "journal", "journal_heads")
    by_hand(state, "; ".join(f"DELETE FROM {table} WHERE run = 1" for table in tables))
    by_hand(state, "DELETE FROM runs")
    with closing(Store(state)) as store:
        write_run(store)
    code, out, _ = run(capsys, "verify")
    assert (code, out.splitlines()[:2]) == (1, ["❌ run 1 was removed.", "✅ Run 2: unchanged, 12 entries."])


def test_the_newest_run_is_missed_though_the_list_of_runs_was_shortened_too(state: Path, capsys: Capture) -> None:
    with closing(Store(state)) as store:
        write_run(store)
    by_hand(state, "DELETE FROM runs WHERE id = 2; UPDATE journal_heads SET number = 1 WHERE run = 0")
    code, out, _ = run(capsys, "verify")
    assert (code, out.splitlines()[0]) == (1, "❌ the list of runs was altered.")


def test_a_list_of_runs_that_calls_a_run_older_than_the_journal_is_found(state: Path, capsys: Capture) -> None:
    by_hand(
        state,
        "UPDATE facts SET person = 'U9'; DELETE FROM journal; DELETE FROM journal_heads WHERE run = 1; "
        "UPDATE journal_heads SET hash = '1' WHERE run = 0",
    )
    code, out, _ = run(capsys, "verify")
    assert code == 1
    assert out.splitlines()[:2] == [
        "❌ the list of runs was altered.",
        "❌ Run 1: the start of the run, with its page was added: no entry covers it.",
    ]


def test_a_removed_list_of_runs_is_found(state: Path, capsys: Capture) -> None:
    by_hand(state, "DELETE FROM journal_heads WHERE run = 0")
    code, out, _ = run(capsys, "verify")
    assert (code, out.splitlines()[0]) == (1, "❌ the list of runs was removed from the journal.")


def test_a_list_of_runs_with_an_absurd_number_ends_the_search_soon(state: Path, capsys: Capture) -> None:
    by_hand(state, f"UPDATE journal_heads SET number = {10**18}, hash = '²' WHERE run = 0")
    code, out, _ = run(capsys, "verify")
    assert code == 1
    assert len(out.splitlines()) < 40


def test_bytes_that_are_no_text_are_found(state: Path, capsys: Capture) -> None:
    by_hand(state, "UPDATE facts SET data = CAST(x'ff00fe' AS TEXT)")
    code, out, _ = run(capsys, "verify")
    assert (code, out.splitlines()[0]) == (1, "❌ Run 1: entry 5 (signature ready:1:dba) was altered.")


def test_control_characters_of_a_changed_row_reach_no_terminal(state: Path, capsys: Capture) -> None:
    by_hand(state, "UPDATE facts SET key = 'keep' || char(27) || '[2J' WHERE kind = 'keep'")
    _, out, _ = run(capsys, "verify")
    assert "\x1b" not in out


def test_without_the_key_it_says_what_that_proves(state: Path, capsys: Capture) -> None:
    key_beside(state).unlink()
    code, out, _ = run(capsys, "verify")
    assert code == 1, "what was not verified with the key is not called good"
    assert out.splitlines()[1] == (
        "The record's key is not here, so only the hashes were compared: they show every change by somebody who did "
        "not also write the hashes anew. Set GONOGO_RECORD_KEY or GONOGO_RECORD_KEY_FILE as for the bot."
    )


def test_the_key_may_stand_in_the_environment_or_in_a_file_elsewhere(
    state: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = key_beside(state)
    monkeypatch.setenv("GONOGO_RECORD_KEY", key.read_text())
    elsewhere = key.with_name("elsewhere")
    key.rename(elsewhere)
    assert run(capsys, "verify")[0] == 0
    monkeypatch.delenv("GONOGO_RECORD_KEY")
    assert run(capsys, "verify")[0] == 1
    monkeypatch.setenv("GONOGO_RECORD_KEY_FILE", str(elsewhere))
    assert run(capsys, "verify")[0] == 0


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("GONOGO_RECORD_KEY", "short", "GONOGO_RECORD_KEY has 5 characters; the record's key has 16 to 4096."),
        ("GONOGO_RECORD_KEY_FILE", "/dev/zero", "cannot be read from /dev/zero (it is not a regular file)"),
        ("GONOGO_RECORD_KEY_FILE", "/dev", "cannot be read from /dev ("),
    ],
)
def test_a_key_that_is_none_is_one_sentence(
    state: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    code, out, err = run(capsys, "verify")
    assert (code, out) == (1, "")
    assert sentence in err
    assert len(err.splitlines()) == 1


def test_another_key_is_not_called_a_change(state: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONOGO_RECORD_KEY", "0123456789abcdef0123456789abcdef")
    code, out, _ = run(capsys, "verify")
    assert code == 1
    assert "was written with another key (" in out
    assert "altered" not in out


def test_verify_changes_nothing_and_a_run_that_is_not_there_is_named(state: Path, capsys: Capture) -> None:
    before = state.read_bytes()
    assert run(capsys, "verify", "7")[:2][0] == 1
    assert "❌ There is no run 7." in run(capsys, "verify", "7")[1]
    assert state.read_bytes() == before


def test_a_run_of_an_earlier_version_is_called_not_covered(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "old.db"
    with OldRecord(path) as old:
        old.run(1, "kept", ended=5)
    monkeypatch.setenv("GONOGO_STATE", str(path))
    code, _, err = run(capsys, "verify")
    assert code == 1
    assert (
        f"has schema version 3; this gonogo verifies {len(MIGRATIONS)}. An older one is migrated by `gonogo serve`"
        in err
    )
    Store(path).close()
    code, out, _ = run(capsys, "verify")
    assert code == 1
    assert out.splitlines()[0] == "➖ Run 1: not covered. It ended before the record had a journal."


# -- the terminal without the key -----------------------------------------------------------------------------------


def test_without_the_key_the_terminal_stops_a_run_and_continues_none(state: Path, capsys: Capture) -> None:
    with closing(Store(state)) as store:
        write_run(store)
    by_hand(state, "UPDATE runs SET state = 'going', ended_at = NULL WHERE id = 2")
    key_beside(state).unlink()
    code, _, err = run(capsys, "resume", "--run", "2")
    assert code == 1
    assert "The record's key is not here" in err
    assert run(capsys, "hold", "--run", "2")[0] == 0
    assert run(capsys, "rollback", "--run", "2")[0] == 0


BAD_KEYS = {"short": "has 5 characters", "0123456789abcdef0123456789abcdef": "is not that of the bot"}


@pytest.mark.parametrize("key", BAD_KEYS)
def test_with_a_bad_or_another_key_everybody_stops_and_nobody_continues(
    state: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    with closing(Store(state)) as store:
        start(store, small(), StartRequest(), Actor(person="U1", door=Door.SLACK), PEOPLE, NOON)
    monkeypatch.setenv("GONOGO_RECORD_KEY", key)
    monkeypatch.setenv("GONOGO_PORT", "none")  # what only the serving bot uses
    code, _, err = run(capsys, "resume")
    assert code == 1
    assert BAD_KEYS[key] in err
    for command in ("hold", "rollback"):
        code, out, _ = run(capsys, command)
        assert code == 0
        assert "It counts, but its entry is not signed with the record's key: " in out
        assert BAD_KEYS[key] in out
    assert run(capsys, "status")[0] == 0
    monkeypatch.delenv("GONOGO_RECORD_KEY")
    monkeypatch.delenv("GONOGO_PORT")
    code, out, _ = run(capsys, "verify")
    assert code == 0
    assert "   Written at the terminal without the record's key: entry 3 (hold 0), and 3 more." in out
    assert "It can only stop the run." in out
