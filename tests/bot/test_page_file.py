"""What is no page's file is refused in one sentence, and never waited for."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from bot.page_file import MOST
from bot.preview.server import Preview
from tests.bot.command import Capture, run
from tests.pages import SMALL


def junk(folder: Path, sort: str) -> Path:
    """A file of this sort that is no page."""
    path = folder / "page.md"
    if sort == "pipe":
        os.mkfifo(path)
    elif sort == "folder":
        path.mkdir()
    elif sort == "device":
        return Path("/dev/zero")
    elif sort == "huge":
        with path.open("wb") as file:
            file.truncate(MOST * 1000)  # takes no space
    return path


@pytest.mark.parametrize("verb", ["check", "plan", "adopt", "env", "preview"])
@pytest.mark.parametrize(
    ("sort", "said"),
    [
        ("pipe", "is a pipe; write it to a file first."),
        ("folder", "is a folder; name the file in it."),
        ("device", "is a device, and no file."),
        ("huge", "has at most 2.0 MB; is it the right file?"),
        ("none", ": No such file or directory."),
    ],
)
@pytest.mark.timeout(30)
def test_what_is_no_regular_file_of_a_page_is_refused_in_one_sentence(
    tmp_path: Path, capsys: Capture, verb: str, sort: str, said: str
) -> None:
    out = ["--out", str(tmp_path / "out.html")] * (verb == "preview")
    code, printed, err = run(capsys, verb, str(junk(tmp_path, sort)), *out)
    lines = (printed + err).splitlines()
    assert (code, len(lines)) == (1, 1)
    assert said in lines[0]
    assert not (tmp_path / "out.html").exists()


def test_a_socket_is_no_page(tmp_path: Path, capsys: Capture) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(tmp_path / "s"))
        code, _, err = run(capsys, "check", str(tmp_path / "s"))
    assert (code, "cannot be read" in err or "is a socket" in err) == (1, True)


def test_a_preview_whose_file_becomes_a_pipe_says_so_and_shows_the_page_again_later(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(SMALL)
    preview = Preview(path)
    good = preview.version()
    path.unlink()
    os.mkfifo(path)
    assert preview.version() != good
    assert "is a pipe" in preview.html()
    path.unlink()
    path.write_text(SMALL)
    assert preview.version() == good
