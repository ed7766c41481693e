"""Runs the tests that walk into a fault of a known kind: `python -m tests.faults`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable

import pytest

# each is a way in which a deployment tool says yes on a broken system, or keeps people from mending it
KINDS = (
    "compared with itself",
    "not looked at, and said to be fine",
    "the first of several for all",
    "it exists, so it is right",
    "the way back is first tried when it is needed",
    "one text, two readers",
    "the session of a pooled connection",
    "foreign words taken for the program's own",
    "a cause that nobody has seen",
    "a deadline that success does not reset",
    "a library reads the environment again",
    "found too late, known before",
    "slow, taken for broken",
    "old evidence",
    "one bad old thing stops all",
)


class Count:
    """A plugin of pytest that counts the cases of each kind, and how many of them passed."""

    def __init__(self) -> None:
        self.cases: Counter[str] = Counter()
        self.passed: Counter[str] = Counter()
        self._kinds: dict[str, list[str]] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Every case that will run, with its kinds."""
        for item in session.items:
            self._kinds[item.nodeid] = [str(mark.args[0]) for mark in item.iter_markers("fault")]
            self.cases.update(self._kinds[item.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A case that ended."""
        if report.when == "call" and report.passed:
            self.passed.update(self._kinds[report.nodeid])


def table(count: Count) -> list[str]:
    """One line for each kind: its name, its cases, and how many passed."""
    rows = [("kind", "cases", "passed")]
    rows += [(kind, str(count.cases[kind]), str(count.passed[kind])) for kind in KINDS]
    width = max(len(kind) for kind, _, _ in rows)
    return [f"{kind.ljust(width)} | {cases.rjust(5)} | {passed.rjust(6)}" for kind, cases, passed in rows]


def main(words: Iterable[str]) -> int:
    """Run the marked tests of these files, or of all, and print the table. Returns pytest's exit code."""
    count = Count()
    code = pytest.main(["-q", "-m", "fault", *words], plugins=[count])
    print("\n".join(("", *table(count))))
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
