"""`gonogo adopt`: what it reads and writes, and what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bot.command import Capture, run
from tests.commands.adopt.odd_runbooks import PLAIN
from tests.pages import SMALL


def runbook(folder: Path, text: str | bytes = PLAIN, name: str = "deploy.md") -> Path:
    """A runbook as a file."""
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_the_page_is_written_beside_the_runbook_which_stays_as_it_is(tmp_path: Path, capsys: Capture) -> None:
    file = runbook(tmp_path)
    code, out, _ = run(capsys, "adopt", str(file))
    page = tmp_path / "deploy.page.md"
    assert (code, file.read_text()) == (0, PLAIN)
    assert "npm ci && npm run build" in page.read_text()
    assert out.startswith(f"{page}: written from {file}, which stays as it is.\n")


@pytest.mark.parametrize("words", [(), ("--output", "other.md")])
def test_no_file_is_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    there = Path(words[1] if words else "deploy.page.md")
    there.write_text("mine")
    code, _, err = run(capsys, "adopt", runbook(tmp_path).name, *words)
    assert (code, there.read_text()) == (1, "mine")
    assert err == f"gonogo: {there} is there already, and no file is overwritten; name another with --output.\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"# Deploy\n\xe4\n", "is not UTF-8 text (byte 10 is not); convert it first"),
        (b" \n", "is empty. Nothing was written."),
        (SMALL.encode(), "has boxes of gonogo already; `gonogo check "),
        (b"a\n" * 500_000, "has 1,000,000 characters, and a page may have 500,000; split it first."),
    ],
)
def test_what_cannot_become_a_page_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: Capture, text: bytes, why: str
) -> None:
    code, _, err = run(capsys, "adopt", str(runbook(tmp_path, text)))
    assert (code, [file.name for file in tmp_path.iterdir()]) == (1, ["deploy.md"])
    assert why in err


def test_line_ends_and_a_mark_of_windows_do_not_matter(tmp_path: Path, capsys: Capture) -> None:
    run(capsys, "adopt", str(runbook(tmp_path)))
    windows = runbook(tmp_path, b"\xef\xbb\xbf" + PLAIN.replace("\n", "\r\n").encode(), "windows.md")
    run(capsys, "adopt", str(windows))
    assert (tmp_path / "windows.page.md").read_text() == (tmp_path / "deploy.page.md").read_text()


def test_no_secret_of_the_runbook_or_of_the_environment_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("SHOP_API_TOKEN", "9f8e7d6c5b4a")
    endless = "psql postgresql://shop:geheim99@db/shop\ntail -f /var/log/9f8e7d6c5b4a.log"
    _, out, err = run(capsys, "adopt", str(runbook(tmp_path, PLAIN.replace("npm ci", endless))))
    assert "it does not end by itself" in out
    assert "geheim99" not in out + err
    assert "9f8e7d6c5b4a" not in out + err


def test_what_is_left_for_the_author_is_printed_with_its_lines(tmp_path: Path, capsys: Capture) -> None:
    deploy = "## Deploy\n\n```bash\nnpm ci --tag v1.2.3\nexit 1\n```\n"
    text = f"# Shop\n\n{deploy}\n## Rollback\n\n```bash\npm2 restart api\n```\n"
    code, out, _ = run(capsys, "adopt", str(runbook(tmp_path, text)))
    page = tmp_path / "deploy.page.md"
    line = next(number for number, one in enumerate(page.read_text().split("\n"), 1) if one == "## Deploy")
    assert code == 0
    assert "  line 13 -> `service`, page line " in out
    assert "  line 13: “online” is true in a crash loop too; " in out
    lines = page.read_text().split("\n")
    npm = lines.index('commands = ["npm ci --tag v1.2.3"]') + 1
    assert f"\n  line 6, page line {npm}: `v1.2.3` in a command is one fixed version; " in out
    ends = lines.index("exit 1") + 1
    assert f"\n  line 7, page line {ends}: `exit 1`: it ends the script, so it is in no box\n" in out
    assert "\n  $PROD_SSH $PROD_SSH_KEY $PROD_KNOWN_HOSTS $GONOGO_LEAD $GONOGO_LEAD_PHONE\n" in out
    assert f"gonogo check finds 1 mistake, for you to correct:\n  {page}: line {line}, Deploy: <folder> is used" in out
    assert re.search(r"\n  Once that is corrected, it will give \d warnings:\n  \S+: line \d+, “", out)
    assert "nobody signs anything before it" in out
    assert out.endswith(f"\n  Then run `gonogo check {page}` again.\n")


def test_a_page_that_needs_nothing_more_is_called_good(tmp_path: Path, capsys: Capture) -> None:
    text = "# Shop\n\n## Deploy\n\n```bash\nship-shop\n```\n\n## Rollback\n\n```bash\nuptime\n```\n"
    _, out, _ = run(capsys, "adopt", str(runbook(tmp_path, text)))
    page = tmp_path / "deploy.page.md"
    good, undone, unsigned = out.splitlines()[-3:]
    assert good == f"gonogo check: {page} is a good page, with 2 warnings:"
    assert undone.startswith(f"  {page}: ")
    assert 'undone_by = "nothing" with a why' in undone
    assert "nobody signs anything before it" in unsigned


def test_a_warning_that_several_steps_have_is_said_once_with_all_their_lines(tmp_path: Path, capsys: Capture) -> None:
    steps = "".join(f"### {name}\n\n```bash\n./{name}\n```\n\n" for name in ("one", "two", "three"))
    _, out, _ = run(capsys, "adopt", str(runbook(tmp_path, f"# Shop\n\n## Deploy\n\n{steps}")))
    lines = (tmp_path / "deploy.page.md").read_text().split("\n")
    places = ", ".join(str(lines.index(f"### {name}") + 1) for name in ("one", "two", "three"))
    assert f"deploy.page.md: lines {places}: it makes a change, and no step of the rollback undoes it; write" in out
    assert out.count("no step of the rollback undoes it") == 1
