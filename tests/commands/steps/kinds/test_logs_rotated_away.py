"""`logs` where a rotation took the file of the mark away, perhaps under an unusual name."""

from __future__ import annotations

import gzip
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.commands.steps.service_log import append, just_before, mark, read
from tests.other_user import NOBODY, let_others_in

MISSED = "not looked at, and said to be fine"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "dj-system-api-error.log"


@pytest.mark.fault(MISSED)
@pytest.mark.parametrize("old", ["fine\n", ""])
@pytest.mark.parametrize("name", ["old/{}.1", "{}.old", "{}.bak", "last night's {}", "2026-11/{}"])
def test_the_file_of_the_mark_is_read_under_whatever_name_it_has_beside_the_log(log: Path, name: str, old: str) -> None:
    log.write_text(old)
    since = mark(log)
    append(log, "Error: before the rotation\n")
    to = log.parent / name.format(log.name)
    to.parent.mkdir(exist_ok=True)
    log.rename(to)
    log.write_text("fine\n")
    assert read(log, since).lines == ("Error: before the rotation",)


@pytest.mark.fault(MISSED)
@pytest.mark.parametrize("old", ["fine\n", ""])
def test_a_log_whose_file_is_gone_is_no_data_though_it_was_empty_or_begins_as_before(log: Path, old: str) -> None:
    log.write_text(old)
    since = mark(log)
    append(log, "Error: before the rotation\n")
    time.sleep(1.1)  # a file's birth is known in seconds, and the new one gets the free inode
    log.unlink()
    log.write_text("fine\n")
    outcome = read(log, since)
    if not outcome.inconclusive and log.stat().st_ino == int(since.split(":")[1]) and not _knows_births(log):
        pytest.skip("this file system does not store when a file was created")
    assert (outcome.inconclusive, "its last lines before that were not found" in outcome.summary) == (True, True)


def _knows_births(file: Path) -> bool:
    return subprocess.check_output(["stat", "-c", "%W", file], text=True).strip() not in ("0", "-", "?")


@pytest.mark.fault(MISSED)
def test_a_packed_part_is_read_where_the_new_log_has_its_inode_and_begins_alike(log: Path) -> None:
    log.write_text("api starts\n")
    since = mark(log)
    append(log, "Error: before the rotation\n")
    time.sleep(1.1)
    text = log.read_bytes()
    log.unlink()
    log.write_text("api starts\n")
    Path(f"{log}.1.gz").write_bytes(gzip.compress(text))
    assert read(log, since).lines == ("Error: before the rotation",)


@pytest.mark.parametrize("end", ["", ".gz"])
def test_an_empty_log_that_was_rotated_without_a_line_is_read(log: Path, end: str) -> None:
    log.write_text("")
    since = mark(log)
    rotated = Path(f"{log}.1{end}")
    if end:
        rotated.write_bytes(gzip.compress(b""))
        os.utime(rotated, (1, 1))
        log.unlink()
    else:
        log.rename(rotated)
    log.write_text("fine\n")
    outcome = read(log, since)
    assert (outcome.state, outcome.inconclusive) == ("done", False), outcome.summary


@pytest.mark.parametrize("end", [".err", ".txt"])
def test_a_log_of_another_end_keeps_it_in_rotation(log: Path, end: str) -> None:
    log = log.with_suffix(end)
    log.write_text("")
    since = mark(log, just_before())
    log.unlink()
    log.with_name(f"{log.stem}-20261129{end}.gz").write_bytes(gzip.compress(b"Error: packed\n"))
    log.with_name(f"{log.stem}.1{end}").write_text("Error: before the rotation\n")
    log.write_text("fine\n")
    assert set(read(log, since).lines) == {"Error: packed", "Error: before the rotation"}


@pytest.mark.parametrize(
    "name", ["{stem}-3000.log", "{stem}-1.log", "{stem}_2.log", "{stem}.web.log", "{stem}-2.0.log"]
)
def test_the_log_of_another_instance_or_port_is_no_rotated_part(log: Path, name: str) -> None:
    log.write_text("")
    since = mark(log)
    log.with_name(name.format(stem=log.stem)).write_text("Error: of another\n")
    assert read(log, since).state == "done"


@pytest.mark.fault("a cause that nobody has seen")
def test_a_rotated_file_that_the_user_may_not_read_is_not_called_packed(log: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can be another user")
    let_others_in(log.parent)
    log.write_text("fine\n")
    since = mark(log)
    append(log, "Error: before the rotation\n")
    rotated = log.rename(f"{log}.1")
    rotated.chmod(0o600)
    log.write_text("fine\n")
    outcome = read(log, since, within=NOBODY)
    assert outcome.inconclusive
    assert f"{rotated} may not be read by this user" in outcome.summary
    assert "packed" not in outcome.summary
