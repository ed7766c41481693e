"""A pytest plugin: the few tests that fail beside others are run once more, alone, and named."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

MOST = 3  # more of them are no accident


class Again:
    """What failed in this run, and whether each of it passed alone."""

    def __init__(self) -> None:
        self.reports = 0
        self.failed: set[str] = set()
        self.code: int | None = None  # of the second run, if there was one

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.reports += 1
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        # what failed without a report of a test, such as a file that cannot be imported, stays a failure
        if session.exitstatus != pytest.ExitCode.TESTS_FAILED or session.testsfailed != self.reports:
            return
        if 0 < len(self.failed) <= MOST:
            self.code = run_alone(sorted(self.failed), session.config.invocation_params.dir)
            if self.code == 0:
                session.exitstatus = pytest.ExitCode.OK

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.code is None:
            return
        terminalreporter.section("run once more, alone")
        terminalreporter.line(verdict(self.code))
        for one in sorted(self.failed):
            terminalreporter.line(f"  {one}")


def run_alone(names: Sequence[str], folder: object) -> int:
    """The exit code of these tests in one process of their own, one after the other."""
    command = [sys.executable, "-m", "pytest", "-n0", *names]
    return subprocess.run(command, cwd=str(folder), check=False).returncode


def verdict(code: int) -> str:
    """What a person should know of it, in a sentence."""
    if code == 0:
        return "These failed beside the others and passed alone. Each has a race: find it before it hides a fault."
    return "These failed beside the others, and at least one of them alone, too."


def pytest_configure(config: pytest.Config) -> None:
    """Only the process that hears of all tests."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Again(), "again")
