"""Whether the limits of a database's server leave a backup the sessions that it opens at once."""

from __future__ import annotations

from collections.abc import Mapping

from commands.ports.preflight import PreflightResult, blocked, warned

# beside one for each of pg_dump's processes: pg_dump's own, one that keeps the snapshot, and one that reads the rows
# (this one may have ended before pg_dump begins)
_BESIDE, _BESIDE_AT_LEAST = 3, 2
_ALLOWED_BY = {
    "user": ("the database's user", "ALTER ROLE … CONNECTION LIMIT"),
    "database": ("the database", "ALTER DATABASE … CONNECTION LIMIT"),
    "server": ("the server", "max_connections"),
}


def judge_sessions(values: Mapping[str, str]) -> list[PreflightResult]:
    """What the lines of `sessions.sql` say, for a backup with `jobs` processes; nothing if there is room for it."""
    jobs = int(values.get("jobs", "0"))
    found = []
    for name, (whose, setting) in _ALLOWED_BY.items():
        numbers = values.get(f"sessions_{name}", "").split("/")
        if len(numbers) == 2 and all(number.lstrip("-").isdigit() for number in numbers):
            allowed, taken = map(int, numbers)
            found.append((allowed - taken, allowed, taken, whose, setting))
    if not jobs or not found:
        return []
    room, limit, used, whose, setting = min(found)
    if room >= jobs + _BESIDE:
        return []
    what = f"a backup with jobs = {jobs} opens up to {jobs + _BESIDE} sessions at once, {whose} allows {max(limit, 0)}"
    todo = f"set jobs lower, or raise the limit ({setting})"
    if limit < jobs + _BESIDE_AT_LEAST:
        return blocked(what, todo)
    return warned(f"{what} and has {used} now" if used else what, todo)
