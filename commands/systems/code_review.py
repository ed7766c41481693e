"""What a reviewer must check: debug code and secrets in added lines, problems in SQL files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from commands.ports.analysis import MADE_UP, MASKED, NOT_SEARCHED, Analysis, Finding
from commands.systems.postgres.one_transaction import doubtful_statements, unsafe_statements

_JAVASCRIPT_DEBUG = r"\bconsole\.(log|debug|trace)\b|\bdebugger\b"
_PYTHON_DEBUG = r"\bprint\(|\bi?pdb\b|\bbreakpoint\("
_DEBUG = {
    **dict.fromkeys((".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".vue"), _JAVASCRIPT_DEBUG),
    ".py": _PYTHON_DEBUG,
}
_LEFTOVER = r"TODO-REMOVE|DO NOT COMMIT"
LEAK = "looks like a secret"
_NO_TEXT = re.compile(r"[\x01-\x08\x0e-\x1f\x7f\ufffd]")


def added_lines(diff: str) -> Iterator[tuple[int, str]]:
    """The added lines of one file's `git diff -U0 --text`, with their line numbers in the new file."""
    number = 0
    for line in diff.split("\n"):  # as git counts lines; `splitlines` also splits at other characters
        if hunk := re.match(r"@@ -\S+ \+(\d+)", line):
            number = int(hunk[1])
        elif number and line.startswith("+"):
            yield number, line[1:]
        # a line beside the added ones is there if git's settings join hunks
        number += bool(number) and line.startswith(("+", " "))


def content_elsewhere(diff: str) -> str:
    """Why the content of a file is not in its diff: it is a submodule, or stored in Git LFS; "" if it is there."""
    if re.search(r"^(?:index \S+|new file mode|new mode) 160000$", diff, re.MULTILINE):
        return "is a submodule, whose own changes were not searched; review them by hand"
    if re.search(r"^\+version https://git-lfs\.github\.com/spec/", diff, re.MULTILINE):
        return "is stored in Git LFS, so its content was not searched; review it by hand"
    return ""


def review_added_lines(file: str, lines: Sequence[tuple[int, str]], secrets: Iterable[Finding]) -> list[str]:
    """Findings "file:line what" in added lines: debug code, and the `secrets` that were found in them.

    A secret itself is never repeated.
    """
    debug = re.compile("|".join(filter(None, (_DEBUG.get(PurePosixPath(file).suffix), _LEFTOVER))))
    findings = [([number], f"debug code: {match[0]}") for number, text in lines if (match := debug.search(text))]
    grouped: dict[str, list[int]] = {}
    for secret in secrets:
        if secret.why.startswith((MADE_UP, MASKED)):
            grouped.setdefault(secret.why, []).append(secret.line)
        else:
            findings.append(
                ([secret.line], secret.why if secret.why.startswith(NOT_SEARCHED) else f"{LEAK}: {secret.why}")
            )
    findings += [(numbers, why) for why, numbers in grouped.items()]
    return [f"{file}:{','.join(map(str, numbers))} {what}" for numbers, what in sorted(findings)]


def readable_lines(lines: Sequence[tuple[int, str]]) -> list[tuple[int, str]] | None:
    """The lines as text; None if they are the bytes of a picture or another binary file.

    Text in UTF-16 has a NUL beside each plain letter, also where its bytes were read as UTF-8.
    """
    whole = "".join(text for _, text in lines)
    if "\0" not in whole:
        return list(lines)
    plain = whole.replace("\0", "")
    if len(_NO_TEXT.findall(plain)) > len(plain) // 20 + 2:
        return None
    return [(number, text.replace("\0", "")) for number, text in lines]


def importance(finding: str) -> int:
    """The turn of a finding in a list: secrets first, probably made-up values last."""
    return 0 if LEAK in finding else 2 if MADE_UP in finding else 1


def review_sql(file: str, text: str, analysis: Analysis) -> list[str]:
    """Findings "file:line what" in an SQL file. Raises Failed.

    They are the statements that cannot run in one transaction, or may not, the parser's error, and the linter's
    remarks. Equal remarks share one line.
    """
    unsafe, error = unsafe_statements(text, analysis), analysis.syntax_error(text)
    named = (*unsafe, *doubtful_statements(text))
    findings = [f"{file}:{one.line} {one.why}: {one.statement[:80]}" for one in named]
    if error and (error.line, error.why) not in {(one.line, one.why) for one in unsafe}:
        findings.append(f"{file}:{error.line} {error.why}")
    lines: dict[str, list[int]] = {}
    for remark in analysis.lint(text):
        lines.setdefault(remark.why, []).append(remark.line)
    return findings + [f"{file}:{','.join(map(str, numbers))} {why}" for why, numbers in lines.items()]
