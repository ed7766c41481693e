"""What a reviewer must check: debug code and secrets in added lines, problems in SQL files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from commands.ports.analysis import NOT_SEARCHED, Analysis, Finding
from commands.systems.postgres.one_transaction import unsafe_statements

_JAVASCRIPT_DEBUG = r"\bconsole\.(log|debug|trace)\b|\bdebugger\b"
_PYTHON_DEBUG = r"\bprint\(|\bi?pdb\b|\bbreakpoint\("
_DEBUG = {
    **dict.fromkeys((".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".vue"), _JAVASCRIPT_DEBUG),
    ".py": _PYTHON_DEBUG,
}
_LEFTOVER = r"TODO-REMOVE|DO NOT COMMIT"
LEAK = "looks like a secret"


def added_lines(diff: str) -> Iterator[tuple[int, str]]:
    """The added lines of one file's `git diff -U0`, with their line numbers in the new file."""
    number = 0
    for line in diff.split("\n"):  # as git counts lines; `splitlines` also splits at other characters
        if hunk := re.match(r"@@ -\S+ \+(\d+)", line):
            number = int(hunk[1])
        elif number and line.startswith("+"):
            yield number, line[1:]
            number += 1


def review_added_lines(file: str, lines: Sequence[tuple[int, str]], secrets: Iterable[Finding]) -> list[str]:
    """Findings "file:line what" in added lines: debug code, and the `secrets` that were found in them.

    A secret itself is never repeated.
    """
    debug = re.compile("|".join(filter(None, (_DEBUG.get(PurePosixPath(file).suffix), _LEFTOVER))))
    findings = [(number, f"debug code: {match[0]}") for number, text in lines if (match := debug.search(text))]
    findings += [
        (secret.line, secret.why if secret.why.startswith(NOT_SEARCHED) else f"{LEAK}: {secret.why}")
        for secret in secrets
    ]
    return [f"{file}:{number} {what}" for number, what in sorted(findings)]


def review_sql(file: str, text: str, analysis: Analysis) -> list[str]:
    """Findings "file:line what" in an SQL file. Raises Failed.

    They are the statements that cannot run in one transaction, the parser's error, and the linter's remarks. Equal
    remarks share one line.
    """
    unsafe, error = unsafe_statements(text, analysis), analysis.syntax_error(text)
    findings = [f"{file}:{one.line} {one.why}: {one.statement[:80]}" for one in unsafe]
    if error and (error.line, error.why) not in {(one.line, one.why) for one in unsafe}:
        findings.append(f"{file}:{error.line} {error.why}")
    lines: dict[str, list[int]] = {}
    for remark in analysis.lint(text):
        lines.setdefault(remark.why, []).append(remark.line)
    return findings + [f"{file}:{','.join(map(str, numbers))} {why}" for why, numbers in lines.items()]
