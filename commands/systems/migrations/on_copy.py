"""What a rehearsal with a migration tool runs on the host, and what its exit codes mean."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from commands.systems.migrations.tool_script import URLS, show_state
from commands.systems.scripts import script
from commands.text.numbers import format_count
from commands.text.phrases import joined_few

# The same locks as those of a rehearsed file, of the sessions that the tool has, asked again and again.
_LOCKS_OF_OTHERS = " ".join(
    line for line in script("migrations/locks_of_others.sql").splitlines() if not line.startswith("--")
)
_QUERIES = {"OWNED": script("migrations/owned.sql"), "MAY_CHANGE": script("migrations/may_change.sql")}
TOOL_ON_COPY = "".join(
    (
        *(f"{name}={shlex.quote(text)}\n" for name, text in {"LOCKS_OF_OTHERS": _LOCKS_OF_OTHERS, **_QUERIES}.items()),
        URLS,
        script("migrations/on_copy.sh"),
        script("migrations/owners.sh"),
    )
)
_MAY_NOT = re.compile(r"^may not: (.+)$", re.MULTILINE)
_AFTER_SET_ROLE = re.compile(r"^after set role: (.+)$", re.MULTILINE)
_MAY = re.compile(r"^may change: ([1-9]\d*)$", re.MULTILINE)
_UNASKED = re.compile(r"^owners unasked: (.*)$", re.MULTILINE)
_SHOWN = 5  # of what it may not change
ADDRESS_PARTS = ("host", "port", "user", "password", "name")
_OBEYS_NOT = "The tool must use the address that the page hands over. Its {failing} command was given that of a "
_FAILURES = {
    85: "The scratch database is on the server of the database itself, and what a migration tool changes there for the "
    "whole server cannot be known before; nothing was rehearsed. Remove `scratch_url`, or name a database on another "
    "server.",
    86: "The variable {variable} of the migrate step has a part of the real address, so the tool could reach "
    'the database itself; nothing was rehearsed. Say which part: copy_env = {{ {variable} = "host" }} '
    f"({', '.join(ADDRESS_PARTS)}).",
    87: _OBEYS_NOT + "database to which nobody may connect, and {how}; nothing was rehearsed.",
    88: "The tool's state is {real} in the database itself and {copy} in the backup; nothing was rehearsed. Either "
    "somebody has migrated since the backup, or the tool does not read this database.",
    89: "On the copy, the tool ended with exit code 0 and changed nothing: the state is still {copy}. If the release's "
    'code is not in {folder} yet, name its folder on this host: code = "…".',
    90: "The state of the REAL database was {real} and is {now} now, after the tool ran on the copy. Check that "
    "database before you do anything else.",
    91: "On the copy, the tool's way back ended with exit code 0, but the state is {copy} instead of {real}.",
}


def tool_failure(code: int, values: Mapping[str, str], folder: str) -> str:
    """What an exit code of the rehearsal says about the tool; empty if it says nothing about it."""
    failing = values.get("failing", "?")
    if code == 77 and failing.startswith("state command"):
        return f"The migration tool's {failing} failed; nothing was migrated there."
    ended = values.get("code", "?")
    how = "ended with exit code 0" if ended == "0" else f"failed with exit code {ended} without naming that database"
    return _FAILURES.get(code, "").format(
        failing=failing,
        how=how,
        variable=values.get("variable", "?"),
        real=show_state(values.get("state_of_production", "")),
        copy=show_state(values.get("state_of_copy", "")),
        now=show_state(values.get("state_now", "")),
        folder=folder,
    )


def owner_failure(output: str, user: str) -> str:
    """What keeps the tool's user from changing in the database itself what the tool changed on the copy; or empty."""
    if not (found := _MAY_NOT.findall(output)):
        return ""
    what = joined_few(found, _SHOWN, "or")
    return (
        f"In the database itself the tool would fail: its user {user} may not {what}. "
        "Let it connect as the owner, or make it a member of that role; nothing was changed there."
    )


def owner_lines(output: str, user: str) -> list[str]:
    """What of that was compared, or was not, as a line."""
    if unasked := _UNASKED.search(output):
        why = f" ({unasked[1]})" if unasked[1] else ""
        return [f"NOT asked in the database itself: whether {user} may change what the tool changed on the copy{why}"]
    if not (found := _MAY.search(output)):
        return []
    objects = format_count(int(found[1]), "object")
    if later := _AFTER_SET_ROLE.findall(output):
        what, until = (
            joined_few(later, _SHOWN),
            f"only after SET ROLE, because {user} does not inherit that role's rights",
        )
        return [
            f"asked in the database itself: {user} may change {what}, {until}; whether the tool does that is not known"
        ]
    return [f"asked in the database itself: {user} may change what the tool changed on the copy ({objects})"]
