"""Loads the shell, SQL and awk programs from the `scripts` folder of their system."""

from __future__ import annotations

from functools import cache
from pathlib import Path

# errexit does not count in a command whose exit code is asked for, so the code is read afterwards
_WITHOUT_REMARKS = """\
exec 3>&1
set +e
said=$(set -euo pipefail; {{
{script}
}} 2>&1 >&3 3>&-)
code=$?
[ "$code" = 0 ] || [ -z "$said" ] || printf '%s\\n' "$said"
exit "$code\""""


def without_remarks(script: str) -> str:
    """A script whose standard output is the answer; what it says on standard error follows only where it fails.

    A git server's greeting and a warning of git or ssh are no lines of an answer.
    """
    return _WITHOUT_REMARKS.format(script=script)


@cache
def script(name: str) -> str:
    """Return the text of a program such as `postgres/backup.sh`, exactly as it is sent. Raises FileNotFoundError."""
    system, _, file = name.partition("/")
    return (Path(__file__).parent / system / "scripts" / file).read_text(encoding="utf-8")
