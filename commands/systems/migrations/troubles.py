"""What keeps a migration tool from applying anything: its own words, and what cures it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from commands.ports.shell import CommandResult

# a script's lines; what a tool's `troubles` prints
MARK = "gonogo-migration-trouble="
_TROUBLE = re.compile(rf"^{MARK}(.+)$", re.MULTILINE)
_LONGEST = 300  # characters of a tool's words
_OTHERWISE = "see the tool's own output in that folder"
_NEW_NUMBER = "give one of them a number of its own (rename its file) before this release"
_FILES_DIFFER = "mismatch for migration|not resolved locally"
_DIRTY = "bring the schema to one version by hand, then: migrate force VERSION"
# words that a tool says, and the cure
_CURES = (
    ("Multiple head revisions", "merge them: alembic merge HEAD HEAD, and release the new revision"),
    ("multiple leaf nodes", "merge them: python manage.py makemigrations --merge, and release the new migration"),
    ("is applied before its dependency", "compare the rows of django_migrations with the release's files"),
    ("DuplicateMigrationVersion|Multiple migrations have the version number", _NEW_NUMBER),
    ("DuplicateMigrationName|Multiple migrations have the name", "rename one of the classes, and its file"),
    ("Found more than one migration with version", _NEW_NUMBER),
    ("duplicate migration", _NEW_NUMBER),
    ("Dirty database", _DIRTY),
    (
        _FILES_DIFFER,
        "release the applied file as it was, or, if the database is right: flyway repair",
    ),
    ("P3005", "record as applied what the database has: prisma migrate resolve --applied NAME, for each of them"),
)
# how the state ends the name of a migration that failed in its middle, by tool, and the cure
_STUCK: Mapping[str, tuple[str, str]] = {
    "prisma": ("(failed)", "finish it by hand, then: prisma migrate resolve --applied NAME (or --rolled-back NAME)"),
    "flyway": ("(failed)", "undo by hand what it did, then: flyway repair"),
    "golang-migrate": ("(dirty)", _DIRTY),
}


def told_troubles(script: str) -> str:
    """Bash that prints what the tool's own `script` finds, in marked lines, also if that script fails."""
    if not script:
        return ""
    return (
        f"migration_troubles() {{\n{script.strip()}\n}}\n"
        "said=$(migration_troubles 2>&1) || said+=$'\\n'"
        f'"{MARK}$(grep . <<< "$said" | tail -n 1 || true)"\n'
        f'grep "^{MARK}" <<< "$said" || true\n'
    )


def trouble_in(result: CommandResult, tool: str | None, state: str | None) -> tuple[str, str]:
    """Why the tool would apply nothing, as a clause in its own words, and the cure; both empty if nothing is known.

    `state` is what it says is applied, None where it does not say it.
    """
    if (stuck := stuck_in(state, tool))[0]:
        return stuck
    if found := _TROUBLE.search(result.tail):
        return found[1][:_LONGEST], _cure(found[1]) or _OTHERWISE
    lines = result.tail.splitlines() if tool and state is None else ()
    return next(((line.strip()[:_LONGEST], cure) for line in lines if (cure := _cure(line))), ("", ""))


def is_of_applied_files(why: str) -> bool:
    """Whether it is wrong only by the files of applied migrations, so that other files may mend it."""
    return bool(re.search(_FILES_DIFFER, why))


def stuck_in(state: str | None, tool: str | None) -> tuple[str, str]:
    """The same, of a state that names a migration that failed in its middle."""
    mark, cure = _STUCK.get(tool or "", ("", ""))
    stuck = [one for one in (state or "").split() if mark and one.endswith(mark)]
    return (
        (f"a migration failed in its middle, and the tool applies no other: {stuck[-1]}", cure) if stuck else ("", "")
    )


def _cure(words: str) -> str:
    return next((cure for said, cure in _CURES if re.search(said, words)), "")
