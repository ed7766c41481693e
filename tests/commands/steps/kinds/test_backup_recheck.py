"""`backup`, checked again: the real files of an archive, damaged after it was made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from commands.steps.outcome import Context
from state.errors import Failed
from tests.commands.steps.builders import box, context
from tests.commands.steps.databases import DUMP, write_checksums
from tests.local_shell import LocalShell
from tests.production import ended
from tests.world import World

BACKUP = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$BACKUPS"\nname = "shop"'
FILES = ("3021.dat.zst", "3022.dat.zst", "3023.dat.zst", "3024.dat.zst", "toc.dat")


class Archive:
    """An archive of five files with its checksums, and the step that made it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / DUMP
        self.path.mkdir()
        for name in FILES:
            (self.path / name).write_text(f"rows of {name}\n" * 1000)
        self.sha256 = write_checksums(self.path)
        self.checksums = folder / f"{DUMP}.sha256"

    def context(self) -> Context:
        url = "postgresql://none:none@127.0.0.1:1/none"  # nobody listens there
        shell = LocalShell({"BACKUPS": str(self.folder), "DB": url})
        return context(World(), {"backup_file": DUMP, "backup_sha256": self.sha256}, shell=shell)

    def recheck(self, evidence: dict[str, str] | None = None) -> str:
        known = {"backup": self.sha256} if evidence is None else evidence
        found: str = box("backup", BACKUP).recheck(self.context(), known)
        return found

    def damage(self, *names: str) -> None:
        for name in names:
            data = bytearray((self.path / name).read_bytes())
            data[100] ^= 1
            (self.path / name).write_bytes(data)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


def test_a_whole_backup_is_unchanged(archive: Archive) -> None:
    assert archive.recheck() == ""
    assert archive.recheck({}) == "", "an attempt of an earlier version has no evidence"


def test_one_flipped_bit_is_named_with_its_file(archive: Archive) -> None:
    archive.damage("3022.dat.zst")
    assert archive.recheck() == "3022.dat.zst has another checksum"


def test_three_damaged_files_are_named(archive: Archive) -> None:
    archive.damage("3021.dat.zst", "3023.dat.zst", "toc.dat")
    assert archive.recheck() == "3021.dat.zst, 3023.dat.zst, toc.dat have another checksum"


def test_of_many_damaged_files_three_are_named(archive: Archive) -> None:
    archive.damage(*FILES)
    assert archive.recheck() == "3021.dat.zst, 3022.dat.zst, 3023.dat.zst and 2 more have another checksum"


def _change_list(archive: Archive) -> None:
    archive.damage("toc.dat")
    write_checksums(archive.path)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda archive: (archive.path / "toc.dat").unlink(), "toc.dat has another checksum or cannot be read"),
        (_change_list, "its list of checksums is gone or has changed"),
        (lambda archive: archive.checksums.unlink(), "its list of checksums is gone or has changed"),
        (lambda archive: archive.checksums.write_text(""), "its list of checksums is gone or has changed"),
        (lambda archive: archive.path.rename(archive.folder / "moved"), f"{DUMP} is gone"),
    ],
)
def test_what_is_missing_or_forged_is_named(archive: Archive, harm: Callable[[Archive], object], words: str) -> None:
    harm(archive)
    assert archive.recheck() == words


def test_another_backup_in_the_state_file_is_named(archive: Archive) -> None:
    signed = hashlib.sha256(b"the one that was signed").hexdigest()
    assert archive.recheck({"backup": signed}) == "the bot's record names another backup"


def test_a_folder_that_cannot_be_entered_is_never_unchanged(archive: Archive) -> None:
    archive.folder = archive.folder / "not mounted"
    with pytest.raises(Failed, match=r"^The backup's files could not be read \(exit code 1\)\."):
        archive.recheck()


def test_each_file_is_reported_as_it_is_read(archive: Archive) -> None:
    ctx = archive.context()
    assert box("backup", BACKUP).recheck(ctx, {}) == ""
    assert isinstance(ctx.tools.shell, LocalShell)
    (result,) = ctx.tools.shell.ended.values()
    assert result.tail.splitlines()[1:] == [f"{name}: OK" for name in FILES]
    assert result.tail.startswith("reading 5 files, ")


def test_damage_whose_names_are_cut_off_is_still_damage(archive: Archive) -> None:
    world = World()
    world.on_host("sha256sum -c", ended("8999.dat.zst: OK\n", code=68))
    ctx = context(world, {"backup_file": DUMP, "backup_sha256": archive.sha256})
    assert box("backup", BACKUP).recheck(ctx, {}) == "files have another checksum"
