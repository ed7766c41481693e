"""The SQL linter: squawk's remarks on a file, without those that the bot takes care of itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from commands.ports.analysis import Finding
from commands.systems.postgres.sql_file import read_sql
from commands.text.foreign_json import read_json
from state.errors import Failed

LIMIT = 30.0  # seconds
# the bot sets both timeouts, and refuses a file's own transactions; how a team types its columns is no danger to a
# deployment
EXCLUDED_RULES = (
    "require-lock-timeout",
    "require-statement-timeout",
    "require-timeout-settings",
    "transaction-nesting",
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-text-field",
    "prefer-timestamptz",
    "ban-char-field",
)
# squawk's advice that a file in one transaction cannot follow, and where it can be followed
ELSEWHERE = {
    "concurrently": "That cannot be in this file: do it before the window, in a step of its own that uses psql.",
    "validate": "VALIDATE belongs into a file and `sql` step of its own.",
}
# PostgreSQL's own parser reports these better
SYNTAX_ERROR = "syntax-error"


def lint(sql: str) -> list[Finding]:
    """Run the squawk program (https://squawkhq.com), one of the bot's packages, on a file. Raises Failed."""
    installed = Path(sys.executable).with_name("squawk")
    program = str(installed) if installed.exists() else shutil.which("squawk")
    if program is None:
        raise Failed("The program squawk is missing from the bot's environment; install the bot's packages again.")
    words = [
        program,
        # not what a .squawk.toml of the folder in which the bot was started, or of one above, says
        f"--config={os.devnull}",
        "--assume-in-transaction",
        "--reporter",
        "json",
        "--stdin-filepath",
        "file.sql",
        f"--exclude={','.join(EXCLUDED_RULES)}",
    ]
    try:
        ended = subprocess.run(
            words, input=read_sql(sql).text, capture_output=True, text=True, timeout=LIMIT, check=False
        )
        remarks = read_json(ended.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        raise Failed("squawk could not read the file.") from None
    return [
        # squawk counts lines from 0
        Finding(line=remark["line"] + 1, why=_advice(remark["message"], remark["help"] or ""))
        for remark in remarks
        if remark["rule_name"] != SYNTAX_ERROR
    ]


def _advice(message: str, help_text: str) -> str:
    """The remark with its advice, and where to follow it if not in this file."""
    where = next((text for word, text in ELSEWHERE.items() if word in help_text.lower()), "")
    return " ".join(filter(None, (message, help_text, where)))
