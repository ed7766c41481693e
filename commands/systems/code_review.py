"""What a reviewer should look at in added lines: debug code, secrets, and what is wrong in SQL files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from commands.ports.analysis import Finding
from commands.systems.postgres.sql_file import unsafe_statements

_SCRIPT = r"\bconsole\.(log|debug|trace)\b|\bdebugger\b"
_PYTHON = r"\bprint\(|\bi?pdb\b|\bbreakpoint\("
_DEBUG = {
    **dict.fromkeys((".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".vue"), _SCRIPT),
    ".py": _PYTHON,
}
LEAK = "looks like a secret"
_LEFTOVER = r"TODO-REMOVE|DO NOT COMMIT"


def added_lines(diff: str) -> Iterator[tuple[int, str]]:
    """The added lines of one file's `git diff -U0`, with their line numbers in the new file."""
    number = 0
    for line in diff.split("\n"):  # as git counts lines: others end them at more characters
        if hunk := re.match(r"@@ -\S+ \+(\d+)", line):
            number = int(hunk[1])
        elif number and line.startswith("+"):
            yield number, line[1:]
            number += 1


def in_added(file: str, lines: Sequence[tuple[int, str]], secrets: Iterable[Finding]) -> list[str]:
    """Findings "file:line what" in added lines, with the `secrets` that were found in them; a secret itself is never repeated."""
    debug = re.compile("|".join(filter(None, (_DEBUG.get(PurePosixPath(file).suffix), _LEFTOVER))))
    found = [(number, f"debug code: {match[0]}") for number, text in lines if (match := debug.search(text))]
    found += [(secret.line, f"{LEAK}: {secret.why}") for secret in secrets]
    return [f"{file}:{number} {what}" for number, what in sorted(found)]


def in_sql(file: str, text: str, error: Finding | None, remarks: Iterable[Finding] = ()) -> list[str]:
    """Findings "file:line what" in an SQL file.

    What cannot run in one transaction, the `error` that PostgreSQL's parser finds, and a linter's `remarks`, one line for
    equal ones.
    """
    found = [f"{file}:{finding.line} {finding.why}: {finding.statement[:80]}" for finding in unsafe_statements(text)]
    if error:
        found.append(f"{file}:{error.line} {error.why}")
    lines: dict[str, list[int]] = {}
    for remark in remarks:
        lines.setdefault(remark.why, []).append(remark.line)
    return found + [f"{file}:{','.join(map(str, numbers))} {why}" for why, numbers in lines.items()]
