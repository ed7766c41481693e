"""`gonogo preview --out`: one file, or the page's errors."""

from __future__ import annotations

from pathlib import Path

from tests.bot.command import Capture, run
from tests.pages import spoil


def test_it_writes_one_file_and_says_where(tmp_path: Path, capsys: Capture) -> None:
    page, out = tmp_path / "small.md", tmp_path / "small.html"
    page.write_text(spoil())
    code, said, err = run(capsys, "preview", str(page), "--out", str(out))
    assert (code, err) == (0, "")
    assert said.endswith(f"The preview of {page} is in {out}.\n")
    assert out.read_text().startswith("<!doctype html>")


def test_a_page_with_errors_writes_nothing_and_names_them_all(tmp_path: Path, capsys: Capture) -> None:
    page, out = tmp_path / "small.md", tmp_path / "small.html"
    page.write_text(spoil(('"10 min"', '"10 mins"'), ('within = "15 min"', 'within = "15 min"\nwitin = 1')))
    code, said, err = run(capsys, "preview", str(page), "--out", str(out))
    assert (code, said) == (1, "")
    assert err.count("line ") == 2
    assert not out.exists()


def test_the_page_itself_is_never_overwritten(tmp_path: Path, capsys: Capture) -> None:
    page = tmp_path / "small.md"
    page.write_text(spoil())
    code, _, err = run(capsys, "preview", str(page), "--out", str(page))
    assert (code, err) == (1, f"gonogo: {page} is the page itself. Name another file for --out.\n")
    assert page.read_text() == spoil()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, capsys: Capture) -> None:
    page, out = tmp_path / "small.md", tmp_path / "no-folder" / "small.html"
    page.write_text(spoil())
    code, _, err = run(capsys, "preview", str(page), "--out", str(out))
    assert code == 1
    assert err == f"gonogo: The preview cannot be written to {out} (No such file or directory).\n"
