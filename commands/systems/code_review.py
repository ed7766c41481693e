"""What a reviewer should look at in added lines: debug code, secrets, and what is wrong in SQL files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from commands.ports.tools import Finding
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


def in_added(file: str, lines: Iterable[tuple[int, str]]) -> list[str]:
    """Findings "file:line what" in added lines; a secret itself is never repeated."""
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import default_settings

    debug = re.compile("|".join(filter(None, (_DEBUG.get(PurePosixPath(file).suffix), _LEFTOVER))))
    found = []
    with default_settings():
        for number, text in lines:
            if match := debug.search(text):
                found.append(f"{file}:{number} debug code: {match[0]}")
            # the entropy guesses of a single line call every long word a secret
            kinds = sorted({secret.type for secret in scan_line(text) if "Entropy" not in secret.type})
            found += [f"{file}:{number} {LEAK}: {kind}" for kind in kinds]
    return found


def in_sql(file: str, text: str, remarks: Iterable[Finding] = ()) -> list[str]:
    """Findings "file:line what" in an SQL file.

    What PostgreSQL cannot parse, what cannot run in one transaction, and a linter's `remarks`, one line for equal ones.
    """
    from pglast import parse_sql
    from pglast.parser import ParseError

    found = [f"{file}:{finding.line} {finding.why}: {finding.statement[:80]}" for finding in unsafe_statements(text)]
    try:
        parse_sql(text)
    except ParseError as error:
        at = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], int) else 0
        found.append(f"{file}:{text[:at].count(chr(10)) + 1} {error.args[0]}")
    lines: dict[str, list[int]] = {}
    for remark in remarks:
        lines.setdefault(remark.why, []).append(remark.line)
    return found + [f"{file}:{','.join(map(str, numbers))} {why}" for why, numbers in lines.items()]
