"""The pages of single runs can be read, and a paused program waits until it is released."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from commands.runbook import read_page
from tests.crash.single_run import RECORD, PausedProgram, page, run_step


def test_a_page_of_run_steps_can_be_read_with_its_rollback() -> None:
    text = page(run_step("one", RECORD) + run_step("two", RECORD), run_step("back", RECORD))
    assert [step.id for step in read_page(text, "single.md").steps] == ["one", "two", "back"]


def calls_until_done(path: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([str(path), *arguments], stdout=subprocess.PIPE)


def test_a_paused_program_waits_and_then_does_its_work(tmp_path: Path) -> None:
    paused = PausedProgram(tmp_path / "flags", tmp_path / "bin" / "echo", "/bin/echo", "dump")
    with calls_until_done(tmp_path / "bin" / "echo", "dump", "it") as process:
        until = time.monotonic() + 60
        while not paused.calls:
            assert time.monotonic() < until, "the program was not called"
            time.sleep(0.01)
        assert process.poll() is None, "it did not wait"
        paused.release()
        assert process.stdout
        assert process.stdout.read() == b"dump it\n"
    assert paused.calls == 1


def test_a_call_with_other_words_does_not_wait(tmp_path: Path) -> None:
    paused = PausedProgram(tmp_path / "flags", tmp_path / "bin" / "echo", "/bin/echo", "dump")
    result = subprocess.run([tmp_path / "bin" / "echo", "version"], capture_output=True, timeout=60, check=True)
    assert (result.stdout, paused.calls) == (b"version\n", 0)


def test_a_program_that_is_there_is_the_one_that_runs_afterwards(tmp_path: Path) -> None:
    (tmp_path / "pg_dump").write_text("#!/bin/sh\necho the real one\n")
    (tmp_path / "pg_dump").chmod(0o755)
    PausedProgram(tmp_path / "flags", tmp_path / "pg_dump", "", "").release()
    result = subprocess.run([tmp_path / "pg_dump"], capture_output=True, timeout=60, check=True)
    assert result.stdout == b"the real one\n"
