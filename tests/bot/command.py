"""Runs a `gonogo` command inside the test's process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.cli import main

Capture = pytest.CaptureFixture[str]
Become = Callable[[str], None]


def run(capsys: Capture, *words: str) -> tuple[int, str, str]:
    """Run a command; its exit code, stdout and stderr."""
    code = main(words)
    out, err = capsys.readouterr()
    return code, out, err
