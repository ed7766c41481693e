"""Nothing that a command prints acts on the terminal or forges a line, wherever it came from."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from commands.start.request import StartRequest
from commands.start.starter import start
from commands.steps.outcome import failed
from state.facts import Actor, Door
from state.sqlite.store import Store
from tests.bot.command import Become, Capture, run
from tests.bot.slack.run_writer import DEPLOY, READY, RunWriter, deps_of
from tests.pages import NOON, SMALL, small

EVIL = "x\x1b[2K\x1b]0;t\x07\x9b1A\u202ey\u2066\u200bz\u2028w\x85\r\n2026-11-28 12:00:00 run moved          kept"
HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def hostile(served: Path) -> Path:
    """A run whose ref, note, reasons and results hold what acts on a terminal."""
    store = Store(served / "gonogo.db")
    people = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
    begun = start(store, small(), StartRequest(note=EVIL), Actor(person=EVIL, door=Door.SLACK), people, NOON)
    writer = RunWriter(store, deps_of(store), small())
    writer.run_step(begun, READY)
    writer.run_step(begun, DEPLOY, failed(f"npm said {EVIL}", lines=(EVIL, EVIL)))
    store.close()
    return served


@pytest.mark.parametrize("words", [["status"], ["log"], ["report", "1"], ["report", "--markdown"], ["history"]])
def test_a_report_prints_nothing_hidden_and_no_forged_line(
    hostile: Path, become: Become, capsys: Capture, words: list[str]
) -> None:
    become("guest")
    run(capsys, "hold", EVIL, "--as", EVIL)
    code, out, err = run(capsys, *words)
    assert (code, err) == (0, "")
    assert not HIDDEN.search(out)
    assert not [line for line in out.split("\n") if line.startswith("2026-11-28 12:00:00")]


def test_a_page_prints_nothing_hidden(shop: Path, capsys: Capture) -> None:
    page = shop / "evil.md"
    page.write_text(SMALL.replace("Put the code there", "Put \x1b[31mthe\u202e code\u200b there"))
    for words in (["check", str(page)], ["plan", str(page)]):
        _, out, err = run(capsys, *words)
        assert not HIDDEN.search(out + err), words
    page.write_text(SMALL.replace('takes = "10 min"', 'takes = "\u202e10\\u001b[31mmin"'))
    code, out, err = run(capsys, "check", str(page))
    assert code == 1
    assert not HIDDEN.search(out + err)


def test_a_refusal_prints_nothing_hidden_and_indents_its_further_lines(
    hostile: Path, become: Become, capsys: Capture
) -> None:
    become("lea")
    code, _, err = run(capsys, "answer", EVIL, "skip", "x")
    assert code == 1
    assert not HIDDEN.search(err)
    first, *others = err.rstrip("\n").split("\n")
    assert first.startswith("gonogo: ")
    assert all(line.startswith("  ") for line in others), others


def plan_on(stdout: int, shop: Path) -> subprocess.Popen[bytes]:
    """Print the plan of a page with Thai headings where nothing but ASCII can be shown."""
    (shop / "page.md").write_text(SMALL)
    command = [sys.executable, "-c", "from bot.cli import main; raise SystemExit(main(['plan', 'page.md']))"]
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path.cwd())}
    return subprocess.Popen(command, cwd=shop, env=environ, stdout=stdout)


def test_a_terminal_without_a_letter_shows_all_lines_with_a_question_mark_for_it(shop: Path) -> None:
    reads, writes = os.openpty()
    printing, shown = plan_on(writes, shop), b""
    os.close(writes)
    with suppress(OSError):  # the end of a terminal is an error
        while more := os.read(reads, 65536):
            shown += more
    os.close(reads)
    assert printing.wait() == 0
    assert b"????" in shown
    assert b"Decision" in shown


def test_a_file_gets_every_letter_as_utf_8_whatever_the_locale(shop: Path, tmp_path: Path) -> None:
    with (tmp_path / "plan.txt").open("wb") as file:
        assert plan_on(file.fileno(), shop).wait() == 0
    assert "พร้อมไหม" in (tmp_path / "plan.txt").read_text(encoding="utf-8")


def test_a_full_disk_under_the_output_is_one_sentence_and_no_traceback() -> None:
    command = [sys.executable, "-m", "bot.cli", "completion", "bash"]
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.stderr == (
        "gonogo: standard output could not be written: No space left on device; what the command did stays done\n"
    )
    assert ended.returncode == 1


def test_every_line_of_every_command_is_printed_in_one_place() -> None:
    sources = [*Path("bot").glob("*.py"), *Path("bot/doors").glob("*.py"), *Path("bot/doctor").glob("*.py")]
    printing = {path.name: path.read_text().count(" print(") for path in sources}
    # the other one prints the version before the words are read
    assert {name: count for name, count in printing.items() if count} == {"terminal_lines.py": 1, "command_line.py": 1}
