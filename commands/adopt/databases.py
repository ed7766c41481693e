"""What pg_dump and psql become: a backup, a SQL file, a query."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from commands.adopt.draft import PREFIX
from commands.adopt.found import Found, Step, options
from commands.adopt.scene import Scene
from commands.runbook.page import Part

_SERVER = frozenset(("-h", "--host", "-p", "--port", "-U", "--username"))  # beside a name, in the place of an address
_PG_VALUES = (
    "-h -p -U -d -F -f -Z -j -E -n -N -t -T --host --port --username --dbname --format --file --compress --jobs"
)
# of pg_dump: options that leave the whole database in the dump
_WHOLE = re.compile(
    r"-[hpUdFfZjvwWOxcC]|--(?:host|port|username|dbname|format|file|compress|jobs|verbose|no-password|no-owner|no-acl"
    r"|no-privileges|clean|create|if-exists)"
)
_PSQL_VALUES = (
    "-c -f -h -p -U -d -v -o -L -P -F -R -T --command --file --host --port --username --dbname --set --variable"
)
_PSQL_KNOWN = re.compile(
    r"-[hpUdv1qtAXwWabex]|--(?:host|port|username|dbname|set|variable|single-transaction|quiet|tuples-only|no-align"
    r"|no-psqlrc)"
)
_READS = re.compile(r"\s*(?:select|values|table|show)\b[^;]*;?\s*$", re.IGNORECASE)
_NUMBER = re.compile(r"(\d+)(?![\w.])")
_LIMIT = re.compile(r"(?:>=|≥|at least|>|more than)\s*(\d+)", re.IGNORECASE)
_WORD = re.compile(r"[\"'`]?([A-Za-z_][\w.-]*)[\"'`]?(?=\s*(?:$|\())")


def backup(step: Step, scene: Scene) -> Found | None:
    """A pg_dump of a whole database."""
    given, rest = options(step.words[1:], _PG_VALUES)
    packed = [one.program for one in step.command.into]
    if not all(map(_WHOLE.fullmatch, given)) or len(rest) > 1 or set(packed) - {"gzip", "xz", "zstd", "bzip2"}:
        return None
    address = (given.get("-d") or given.get("--dbname") or rest or [""])[0]
    if _SERVER & given.keys():
        address = ""  # it is only the name of a database there
    target = (given.get("-f") or given.get("--file") or [step.command.writes])[0]
    path = step.sets.get(target.strip("${}"), target)
    folder, _, name = path.rpartition("/")
    stem = re.sub(r"[-_.]*(?:[$`].*|\.(?:sql|dump|gz|bak|backup|custom|pgdump).*)$", "", name)
    stem = re.sub(r"[^\w.-]+", "_", stem).strip("_") or "before_deploy"
    where = f", the runbook's {folder}" if folder else ""
    scene.notes.assume(step.line, f"{PREFIX}BACKUPS is the folder for backups on the host{where}")
    if folder:
        scene.places.values.setdefault(f"{PREFIX}BACKUPS", ("The folder for backups on the host", folder))
    return Found(
        kind="backup",
        fields={
            "host": scene.places.host(),
            "database_url": scene.places.database_url(address, step.line),
            "folder": f"{PREFIX}BACKUPS",
            "name": stem,
        },
        why="a dump that was cut off can end with 0 and be long; every exit code and a full read of the archive count",
        about=target,
    )


def _is_bare_psql(step: Step, given: Mapping[str, list[str]], rest: Sequence[str]) -> bool:
    """Whether psql gets at most one address and only options that are known, and prints to people."""
    known = all(map(_PSQL_KNOWN.fullmatch, given))
    return known and len(rest) <= 1 and not step.command.into and not step.command.writes


def file(step: Step, scene: Scene) -> Found | None:
    """A SQL file of the repository that psql applies."""
    given, rest = options(step.words[1:], _PSQL_VALUES)
    files = given.pop("-f", []) + given.pop("--file", []) + ([step.command.reads] if step.command.reads else [])
    if len(files) != 1 or not _is_bare_psql(step, given, rest):
        return None
    sets = [one for name in ("-v", "--set", "--variable") for one in given.get(name, [])]
    if not all(one.startswith("ON_ERROR_STOP") for one in sets):
        return None  # the file reads variables that only psql has
    path = _stored(files[0], scene)
    if path is None:
        return None
    scene.needs_release = True
    if path not in scene.files:
        scene.files.append(path)
    return Found(
        kind="sql",
        fields={"database": scene.places.database(_address(given, rest), step.line), "file": path},
        why="`psql < file` goes on after an error and ends with 0; here all of it is applied, or nothing",
    )


def query(step: Step, scene: Scene) -> Found | None:
    """A query that psql asks; behind a SQL file it is one of its verify queries."""
    given, rest = options(step.words[1:], _PSQL_VALUES)
    asked = given.pop("-c", []) + given.pop("--command", [])
    if len(asked) != 1 or not _is_bare_psql(step, given, rest):
        return None
    sql = asked[0].strip().rstrip(";").rstrip()
    if not _READS.match(sql) or "$" in sql or "<" in re.sub(r"<[>=]?\s", "", sql):
        return None
    database = scene.places.database(_address(given, rest), step.line)
    expected = _expected(step)
    applied = scene.boxes[-1] if scene.boxes and scene.boxes[-1].kind == "sql" else None
    if applied and applied.fields["database"] == database and "expect" in expected and scene.part != Part.WATCH:
        says = _name_of(sql, step)
        query = {"says": says, "expect": expected["expect"], "sql": sql}
        return Found(kind="verify", fields=query, why=f"“{says}” is asked before and after, and must hold", joins=True)
    fields = {"database": database, "sql": sql, **expected}
    if not expected:
        fields["measure"] = re.sub(r"\W+", "_", _name_of(sql, step)).strip("_").lower() or "value"
        scene.notes.assume(step.line, "nothing says what this query should give, so it only has to run")
    return Found(kind="query", fields=fields, why="its answer is compared, and not only printed")


def _address(given: dict[str, list[str]], rest: list[str]) -> str:
    return (given.get("-d") or given.get("--dbname") or rest or [""])[0]


def _stored(path: str, scene: Scene) -> str | None:
    """A file as a path in the repository; None if it may be elsewhere."""
    if not re.fullmatch(r"[\w./@+-]+", path) or ".." in path:
        return None
    if path.startswith("/"):
        return scene.in_repository(path)
    folder = scene.in_repository(scene.folder) if scene.folder else ""
    return None if folder is None else f"{folder}/{path.removeprefix('./')}".lstrip("/")


def _expected(step: Step) -> dict[str, int | float | str]:
    for text in step.expects:
        if match := _LIMIT.match(text):
            return {"at_least": float(match[1]) + (0 if text.startswith((">=", "≥", "at")) else 1)}
        if match := _NUMBER.match(text):
            return {"expect": int(match[1])}
        if match := _WORD.match(text):
            return {"expect": match[1]}
    return {}


def _name_of(sql: str, step: Step) -> str:
    if match := re.search(r"\bas\s+(\w+)", sql, re.IGNORECASE):
        return match[1]
    comment = next((one.strip("# :\t") for one in reversed(step.comments) if one.strip("# :\t")), "")
    return comment[:60] or "query"
