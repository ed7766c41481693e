"""The linter: what squawk says of an SQL file, but for what the bot takes care of itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from commands.ports.analysis import Finding
from state.errors import Failed

# the bot sets both timeouts, and how a team types its columns is no danger to a deployment
NOT_OURS = (
    "require-lock-timeout",
    "require-statement-timeout",
    "require-timeout-settings",
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-text-field",
    "prefer-timestamptz",
    "ban-char-field",
)
# squawk cannot know that the bot runs every file as one transaction
ONE_TRANSACTION = "Missing transaction"
# PostgreSQL's own parser says it better
PARSED_ELSEWHERE = "syntax-error"


def lint(sql: str) -> list[Finding]:
    """What the squawk program (https://squawkhq.com), which comes with the bot's packages, says of a file. Raises Failed."""
    beside = Path(sys.executable).with_name("squawk")
    program = str(beside) if beside.exists() else shutil.which("squawk")
    if program is None:
        raise Failed("The program squawk is not installed beside the bot; install the bot's packages again.")
    words = [program, "--reporter", "json", "--stdin-filepath", "file.sql", f"--exclude={','.join(NOT_OURS)}"]
    try:
        ended = subprocess.run(words, input=sql, capture_output=True, text=True, timeout=30, check=False)
        remarks = json.loads(ended.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        raise Failed("squawk could not read the file.") from None
    return [
        # squawk counts lines from 0
        Finding(line=one["line"] + 1, why=" ".join(filter(None, (one["message"], one["help"]))))
        for one in remarks
        if one["rule_name"] != PARSED_ELSEWHERE and not one["message"].startswith(ONE_TRANSACTION)
    ]
