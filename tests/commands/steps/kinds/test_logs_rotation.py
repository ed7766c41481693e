"""`logs` on real log files that are rotated between the restart and the check."""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.commands.steps.rotated_logs import PACKED, ROTATED, rotate
from tests.commands.steps.service_log import append, just_before, mark, read
from tests.local_shell import LocalShell
from tests.other_user import NOBODY


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "dj-system-api-error.log"


@pytest.mark.parametrize("name", ROTATED)
def test_after_logrotate_renamed_the_log_both_files_are_read(log: Path, name: str) -> None:
    log.write_text("Error: old\n")
    since = mark(log)
    append(log, "Error: before the rotation\n")
    rotate(log, name)
    log.write_text("Error: after 1\nError: after 2 which is much longer than what was there\n")
    outcome = read(log, since)
    assert [line[:18] for line in outcome.lines] == ["Error: before the ", "Error: after 1", "Error: after 2 whi"]
    assert outcome.summary.endswith("The log was rotated meanwhile; the rotated part was read as well.")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("old", ["Error: old\n", ""])
def test_after_pm2_logrotate_copied_and_emptied_the_log_both_files_are_read(log: Path, old: str, packed: bool) -> None:
    log.write_text(old)
    since = mark(log, just_before())
    append(log, "Error: before the rotation\n")
    copy = log.with_name(f"{log.stem}__2026-11-25_00-00-00.log{'.gz' if packed else ''}")
    copy.write_bytes(gzip.compress(log.read_bytes()) if packed else log.read_bytes())
    log.write_text("Error: after, and longer than all that was there\n")
    outcome = read(log, since)
    assert outcome.lines == ("Error: before the rotation", "Error: after, and longer than all that was there")
    assert "the rotated part was read as well" in outcome.summary


@pytest.mark.parametrize("copied", [True, False])
def test_a_program_that_writes_on_behind_the_old_end_of_an_emptied_log_is_read(log: Path, copied: bool) -> None:
    with log.open("wb", buffering=0) as out:
        out.write(b"fine\n" * 100)
        since = mark(log, just_before())
        if copied:
            Path(f"{log}.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)
        out.write(b"Error: after the rotation\n")
    assert log.read_bytes().startswith(bytes(500))
    assert read(log, since).lines == ("Error: after the rotation",)


def test_a_new_log_that_begins_with_the_same_line_is_recognized_as_new(log: Path) -> None:
    log.write_text("Error: connect ECONNREFUSED\n")
    since = mark(log)
    append(log, "Error: 1\n")
    log.rename(f"{log}.1")
    log.write_text("Error: connect ECONNREFUSED\nError: 2\n")
    assert read(log, since).lines == ("Error: 1", "Error: connect ECONNREFUSED", "Error: 2")


def test_an_empty_log_that_was_renamed_and_is_still_written_to_is_read(log: Path) -> None:
    log.write_text("")
    since = mark(log, time.time() + 60)  # it is older than the restart, and there is no new one yet
    log.rename(f"{log}.1")
    append(Path(f"{log}.1"), "Error: 1\n")
    assert read(log, since).lines == ("Error: 1",)


def test_lines_that_the_old_process_writes_to_an_earlier_log_do_not_count(log: Path) -> None:
    older = log.with_name(f"{log.name}.1")
    older.write_text("Error: of yesterday\n")
    if not _creation_time(older):
        pytest.skip("this file system does not store when a file was created")
    time.sleep(1.2)  # the creation time is in whole seconds
    log.write_text("")
    since = mark(log, just_before())
    append(older, "the old process is stopping\n")
    assert read(log, since).state == "done"


def _creation_time(file: Path) -> int:
    seconds = LocalShell({}).ask("h", 'stat -c %W "$FILE"', env={"FILE": str(file)}).tail.strip()
    return int(seconds) if seconds.isdigit() else 0


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize("old", ["fine\n", ""])
@pytest.mark.parametrize("packed", [True, False])
def test_a_process_that_writes_on_into_a_packed_or_removed_file_is_read_there(
    log: Path, packed: bool, old: str
) -> None:
    with log.open("ab", buffering=0) as out:
        out.write(old.encode())
        since = mark(log, just_before())
        out.write(b"Error: before the rotation\n")
        if packed:
            Path(f"{log}.1.gz").write_bytes(gzip.compress(log.read_bytes()))
            out.write(b"Error: while it was packed\n")
        log.unlink()
        log.write_text("Error: of another process\n")
        out.write(b"Error: after the rotation\n")
        outcome = read(log, since)
    expected = ["Error: before the rotation", *["Error: while it was packed"] * packed]
    assert list(outcome.lines) == [*expected, "Error: after the rotation", "Error: of another process"]
    assert f"process {os.getpid()} still writes to the old file, which was packed or removed" in outcome.summary


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize("removed", [True, False])
def test_a_log_into_which_nobody_writes_since_a_rotation_before_the_mark_is_no_data(log: Path, removed: bool) -> None:
    rotated = Path(f"{log}.1")
    with log.open("ab", buffering=0) as out:
        log.rename(rotated)
        log.write_text("fine\n")
        since = mark(log)
        if removed:
            rotated.unlink()
        out.write(b"Error: after the mark\n")
        outcome = read(log, since)
        assert (outcome.state, outcome.inconclusive) == ("failed", True), outcome.summary
        assert f"process {os.getpid()} writes to {rotated}" in outcome.summary
        assert "and none of the bot's user to the log itself; let logrotate signal it" in outcome.summary
        with log.open("ab"):  # a second process, which has opened the log anew
            assert read(log, since).state == "done"
    assert read(log, since).state == "done", "nobody writes to any of them"


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_removed_log_behind_a_link_is_read_where_its_process_writes_on(log: Path, tmp_path: Path) -> None:
    there = tmp_path / "elsewhere [1]"
    there.mkdir()
    log.symlink_to(there / "api.log")
    with log.open("ab", buffering=0) as out:
        out.write(b"fine\n")
        since = mark(log, just_before())
        (there / "api.log").unlink()
        log.write_text("")
        out.write(b"Error: after the rotation\n")
        assert read(log, since).lines == ("Error: after the rotation",)


@pytest.mark.fault("not looked at, and said to be fine")
def test_who_reads_a_removed_log_does_not_write_to_it(log: Path) -> None:
    log.write_text("fine\n")
    since = mark(log, just_before())
    with log.open("rb"):
        log.unlink()
        log.write_text("")
        assert "still writes" not in read(log, since).summary


@pytest.mark.skipif(os.geteuid() != 0, reason="the log must be another user's")
@pytest.mark.fault("not looked at, and said to be fine")
def test_whether_another_users_process_writes_to_a_removed_file_is_not_known() -> None:
    with TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        log = Path(folder) / "api.log"
        log.write_text("fine\n")
        since = mark(log)
        with log.open("a"):
            log.unlink()
            log.write_text("")
            outcome = read(log, since, within=NOBODY)
    assert outcome.summary.endswith(
        "Whether a process still writes to the old file could not be seen: the log is another user's."
    ), outcome.summary


def test_after_two_rotations_all_files_are_read_in_order(log: Path) -> None:
    log.write_text("Error: old\n")
    since = mark(log, just_before())
    append(log, "Error: 1\n")
    log.rename(f"{log}.2")
    log.with_name(f"{log.name}.1").write_text("Error: 2\n")
    log.write_text("Error: 3\n")
    assert read(log, since).lines == ("Error: 1", "Error: 2", "Error: 3")


@pytest.mark.fault("not looked at, and said to be fine")
def test_if_the_rotated_file_is_not_found_nothing_is_known_but_the_errors_that_were_seen(log: Path) -> None:
    lost = f"{log} was rotated meanwhile, and its last lines before that were not found."
    log.write_text("Error: old\n")
    for since in (mark(log), "11"):
        log.write_text("Error: x\n")
        outcome = read(log, since)
        assert outcome.lines == ("Error: x",)
        assert outcome.summary.endswith(f" since the restart. Not read: {lost}")
        log.write_text("fine\n")
        outcome = read(log, since)
        assert (outcome.state, outcome.inconclusive, outcome.measures) == ("failed", True, {"unread": 1.0})
        assert outcome.summary == f"The log cannot be read in full: {lost}"


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize("end", PACKED)
def test_a_rotated_file_that_is_packed_otherwise_is_named_and_is_no_data(log: Path, end: str) -> None:
    log.write_text("")
    since = mark(log, just_before())
    packed = log.with_name(f"{log.name}.1.{end}")
    packed.write_bytes(b"Error: packed")
    log.write_text("fine\n")
    outcome = read(log, since)
    assert (outcome.state, outcome.inconclusive) == ("failed", True)
    assert outcome.summary == (
        f"The log cannot be read in full: {packed} has lines since the mark and is packed, "
        "which only gzip's files may be."
    )
    os.utime(packed, (time.time() - 60, time.time() - 60))
    assert read(log, since).state == "done", "it was rotated before the restart"


def test_a_file_that_is_being_packed_is_read_once(log: Path) -> None:
    log.write_text("")
    since = mark(log, just_before())
    log.with_name(f"{log.name}.1").write_text("Error: once\n")
    log.with_name(f"{log.name}.1.gz").write_bytes(gzip.compress(b"Error: once\n"))
    log.with_name(f"{log.name}.1.zst").write_bytes(b"half")
    log.write_text("fine\n")
    outcome = read(log, since)
    assert (outcome.lines, outcome.measures["found"]) == (("Error: once",), 1.0)


def test_a_file_that_was_rotated_before_the_restart_does_not_count(log: Path) -> None:
    older = log.with_name(f"{log.name}.1")
    older.write_text("Error: of yesterday\n")
    os.utime(older, (time.time() - 60, time.time() - 60))
    log.write_text("")
    outcome = read(log, mark(log))
    assert (outcome.state, outcome.summary) == ("done", "No line with error or fatal since the restart.")


def test_the_log_of_another_instance_does_not_count(log: Path) -> None:
    log.write_text("")
    since = mark(log, just_before())
    log.with_name(f"{log.stem}-1.log").write_text("Error: of the second instance\n")
    assert read(log, since).state == "done"


def test_a_log_that_the_user_may_not_read_was_not_rotated_and_is_inconclusive() -> None:
    other = NOBODY if os.geteuid() == 0 else []
    with TemporaryDirectory(prefix="gt-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        log = Path(name) / "err.log"
        log.write_text("Error: before\n")
        since = mark(log)
        append(log, "Error: new\n")
        log.chmod(0)

        outcome = read(log, since, within=other)

    assert (outcome.state, outcome.inconclusive) == ("failed", True)
    assert outcome.summary == f"The log cannot be read: {log} may not be read by this user."
