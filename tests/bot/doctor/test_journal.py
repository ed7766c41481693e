"""The doctor's lines about the journal."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from bot.doctor.journal import check_journal
from bot.settings import read_settings
from state.journal.key import key_beside
from state.sqlite.store import Store
from tests.pages import NOON
from tests.state.sqlite.forger import by_hand
from tests.state.sqlite.samples import STARTED, OldRecord, new_run


def lines(path: Path, **environ: str) -> list[str]:
    """The lines about the journal of a state file."""
    return [str(line) for line in check_journal(read_settings({"GONOGO_STATE": str(path), **environ}))]


def written(path: Path) -> Path:
    """A state file with two runs."""
    with closing(Store(path)) as store:
        for target in ("shop", "other"):
            store.start_run(new_run(target), NOON, STARTED)
    return path


def test_an_unchanged_record_is_one_good_line_and_a_new_one_none(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    assert lines(path) == []
    assert lines(written(path)) == ["ok    record: nothing was changed from outside in the runs with a journal: 2"]


def test_a_changed_record_is_a_failure_with_the_first_entry(tmp_path: Path) -> None:
    path = written(tmp_path / "gonogo.db")
    by_hand(path, "UPDATE runs SET note = 'x' WHERE id = 2")
    assert lines(path) == [
        (
            "fail  record: it was changed from outside: run 2: entry 1 (the start of the run, with its page) "
            "was altered: see `gonogo verify`"
        )
    ]


def test_a_key_that_others_may_read_or_that_is_gone_is_a_warning(tmp_path: Path) -> None:
    path = written(tmp_path / "gonogo.db")
    key = key_beside(path)
    key.chmod(0o644)
    assert lines(path)[1:] == [f"warn  record: others may read the key {key}: chmod 600 {key}"]
    assert lines(path, GONOGO_RECORD_KEY=key.read_text())[1:] == []
    key.unlink()
    assert lines(path)[1:] == [
        (
            "warn  record: its key is not here: the bot writes without it: "
            "set GONOGO_RECORD_KEY or GONOGO_RECORD_KEY_FILE as it was"
        )
    ]


def test_a_key_that_the_group_of_the_state_file_shares_is_as_documented(tmp_path: Path) -> None:
    path = written(tmp_path / "gonogo.db")
    key = key_beside(path)
    key.chmod(0o640)
    assert lines(path)[1:] == [f"warn  record: others may read the key {key}: chmod 600 {key}"], "nobody shares it"
    path.chmod(0o660)
    assert lines(path)[1:] == [
        f"ok    record: the group of the state file may read its key {key}: verify cannot find what they change"
    ]
    key.chmod(0o660)
    assert lines(path)[1:] == [f"warn  record: others may read the key {key}: chmod 600 {key}"]


def test_what_cannot_be_verified_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    with OldRecord(path) as old:
        old.run(1, "kept", ended=5)
    (line,) = lines(path)
    assert line.startswith("warn  record: it was not verified: ")
    Store(path).close()
    assert lines(path) == [
        (
            "ok    record: nothing was changed from outside in the runs with a journal: 0; "
            "1 of an earlier version are not covered"
        )
    ]
    assert "has 3 characters" in lines(path, GONOGO_RECORD_KEY="abc")[0]


@pytest.mark.parametrize("damage", ["note = CAST(x'ff' AS TEXT)", "began_at = 'yesterday'"])
def test_a_run_whose_row_cannot_be_read_is_named_alone(tmp_path: Path, damage: str) -> None:
    path = written(tmp_path / "gonogo.db")
    by_hand(path, f"UPDATE runs SET {damage} WHERE id = 2")
    (line,) = lines(path)
    assert "run 2: entry 1 (the start of the run, with its page) was altered" in line
