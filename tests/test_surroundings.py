"""The tests lean on nothing of the shell that started them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHILD = "import signal, sys; sys.exit(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
# what a shell does to a command that it starts in the background
IGNORING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", "child", sys.argv[1]])
"""


def test_a_child_does_not_ignore_sigint() -> None:
    ended = subprocess.run([sys.executable, "-c", CHILD], check=False, timeout=30)
    assert ended.returncode == 0, "a test that ends a program with SIGINT would wait for ever"


def test_tests_that_were_started_in_the_background_run_as_others_do() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", IGNORING, __file__], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stdout[-2000:]
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


def test_every_test_has_a_time_limit(pytestconfig: object) -> None:
    limit = pytestconfig.getini("timeout")  # type: ignore[attr-defined]
    assert 0 < float(limit) <= 300, "a test that hangs would hang the whole suite"
