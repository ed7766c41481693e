"""The database sessions of a migration tool, known by the name that libpq gives them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from commands.ports.database import Database
from commands.ports.page_text import PageText
from commands.systems.migrations.locks import AdvisoryLock
from commands.text.phrases import agree
from state.frozen import dataclass

NAME_VARIABLE = "PGAPPNAME"  # in which libpq, and node-postgres, look for the session's name
_MARK = "gonogo migration "
# A session of a pooler that is kept open is idle. Of another role's session PostgreSQL hides the state, but not the
# locks: each transaction has one on itself. A session without a name is known by the advisory lock that its tool's
# migrations hold or wait for, also through a pooler, where such a lock may stay behind.
_AT_WORK = """
SELECT pid, application_name, locks FROM pg_stat_activity a CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM pg_locks l
  WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.database = a.datid AND l.objsubid = 1
  AND ((l.classid::bigint << 32) | l.objid::bigint) = nullif(<number>, '')::bigint)) AS lock (locks)
WHERE datname = current_database() AND (locks OR application_name ~ '^gonogo migration '
AND (state <> 'idle' OR state IS NULL AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid))) ORDER BY pid"""
_IS_KNOWN = "SELECT count(*) FROM pg_settings WHERE name = 'client_connection_check_interval'"
_OPTION = "-c client_connection_check_interval=1000"  # milliseconds


def session_name(step_key: str, target: str) -> str:
    """The name of the sessions of a step; an id may hold letters that PostgreSQL does not take in it."""
    return f"{_of_step(step_key)} {_hashed(target)[:8]}"


def ends_with_its_client(database: Database, names: Iterable[str]) -> str:
    """The option by which the server ends a session whose client was killed; empty if one of the databases is older.

    Raises ToolError.
    """
    known = [database.query(name, _IS_KNOWN, limit=10).rows == ((1,),) for name in names]
    return _OPTION if known and all(known) else ""


@dataclass(frozen=True, kw_only=True)
class AtWork:
    """The process ids of migrations' sessions that do something: of one step, of the target's other runs, or by a lock.

    `lock` is the number of that.
    """

    own: tuple[int, ...] = ()
    of_other_runs: tuple[int, ...] = ()
    with_lock: tuple[int, ...] = ()
    lock: int = 0


def at_work(
    database: Database, name: str, *, step: str, run_steps: Iterable[str], target: str, lock: AdvisoryLock | None = None
) -> AtWork:
    """The sessions in a database that belong to a step's key, or to no step of its run, or have this lock.

    A target has one active run at a time, so what another run of it has left there is nobody's any more.
    Raises ToolError.
    """
    this_run = tuple(map(_of_step, run_steps))
    number = _number(database, name, lock)
    rows = database.query(name, PageText(_AT_WORK, {"number": str(number or "")}), limit=10).rows
    found = [(int(str(pid)), str(session)) for pid, session, _ in rows]
    own = tuple(pid for pid, session in found if session.startswith(_of_step(step)))
    others = tuple(
        pid
        for pid, session in found
        if pid not in own and session.endswith(f" {_hashed(target)[:8]}") and not session.startswith(this_run)
    )
    named = {*own, *others}
    with_lock = tuple(int(str(pid)) for pid, _, locks in rows if locks and int(str(pid)) not in named)
    return AtWork(own=own, of_other_runs=others, with_lock=with_lock, lock=number)


def at_work_sentence(name: str, found: AtWork, tool: str) -> str:
    """What people read of sessions that go on without their client; empty if there are none. `tool`: the lock's."""
    sentences = (
        _sentence(found.own, name, "the migration", "without its tool, and may"),
        _sentence(found.of_other_runs, name, "another run's migration", "and may"),
        _sentence(found.with_lock, name, f"a {tool} migration", f"(it has the lock {found.lock}), and may"),
    )
    return " ".join(filter(None, sentences))


def _sentence(pids: Sequence[int], name: str, whose: str, may: str) -> str:
    if not pids:
        return ""
    count, ends = len(pids), "; ".join(f"SELECT pg_terminate_backend({pid})" for pid in pids)
    return (
        f"{agree(count, 'A session', 'Sessions')} of {whose} still {agree(count, 'works', 'work')} in database "
        f"{name} {may} yet change it: end {agree(count, 'it', 'them')} there ({ends})."
    )


def _number(database: Database, name: str, lock: AdvisoryLock | None) -> int:
    """That of the lock there; 0 without one."""
    return lock.number(str(database.query(name, "SELECT current_database()", limit=10).rows[0][0])) if lock else 0


def _of_step(step_key: str) -> str:
    return _MARK + _hashed(step_key)[:16]


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
