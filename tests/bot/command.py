"""Runs a `gonogo` command inside the test's process."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from bot.cli import main
from bot.doors.in_force import to_put_in_force
from bot.settings import read_pages, read_settings
from state.place import open_record

Capture = pytest.CaptureFixture[str]
Become = Callable[[str], None]
USERS = "dora=UDBA,lea=ULEAD,dan=UDEPUTY,ursa=U1"


def run(capsys: Capture, *words: str) -> tuple[int, str, str]:
    """Run a command; its exit code, stdout and stderr."""
    code = main(words)
    out, err = capsys.readouterr()
    return code, out, err


def serve_once(*, slack: bool = True) -> None:
    """Store what a bot stores that serves the environment's pages and knows the system users, and stop that bot."""
    settings = replace(read_settings({**os.environ, "GONOGO_TERMINAL_USERS": USERS}), slack=slack)
    with closing(open_record(settings.state, serving=True, key=settings.record_key)) as store:
        store.put_in_force(to_put_in_force(settings, read_pages(settings.runbook).values()))
