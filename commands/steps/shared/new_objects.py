"""What a migration made: whether the application's roles may use it, and whether it works."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from commands.steps.outcome import Context
from commands.systems.postgres.invalid_indexes import left_invalid
from commands.systems.postgres.missing_rights import MissingRight, missing_sentence, missing_since, objects_now
from commands.systems.postgres.new_defects import defects_now, defects_since
from state.errors import ToolError
from state.frozen import dataclass

_UNKNOWN = "what it had before is not known"


@dataclass(frozen=True, kw_only=True)
class NewObjects:
    """What is wrong with what was made, as an end of the summary and as lines; and what was not compared.

    That is rights that roles lack, and what does not work as it is defined.
    """

    sentence: str = ""
    lines: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()


def note_objects(ctx: Context, databases: Iterable[str]) -> None:
    """Note what each database has, unless an earlier attempt of this run has done so."""
    for database in databases:
        if ctx.file(_note(ctx, database)) is None:
            for what, look in (("objects", objects_now), ("defects", defects_now)):
                with suppress(ToolError):  # then it is said afterwards that nothing was compared
                    ctx.save_file(_note(ctx, database, what), look(ctx.tools.database, database))


def new_objects(ctx: Context, databases: Iterable[str]) -> NewObjects:
    """Compare with what was noted: which roles have no right on what is new, and what does not work."""
    found: list[MissingRight] = []
    clauses: list[str] = []
    not_compared: list[str] = []
    for database in databases:
        older, defects = (ctx.file(_note(ctx, database, what)) for what in ("objects", "defects"))
        try:
            found += missing_since(ctx.tools.database, database, older) if older is not None else ()
            clauses += _defects(ctx, database, defects)
            why = "" if older is not None else _UNKNOWN
        except ToolError as error:
            why = str(error)
        if why:
            not_compared.append(f"which roles may use what is new in database {database}: {why}")
        elif defects is None:
            not_compared.append(f"whether what is new in database {database} works as it is defined: {_UNKNOWN}")
    return NewObjects(
        sentence="".join(f" But {clause}." for clause in (missing_sentence(found), *clauses) if clause),
        lines=tuple(f"missing: {one.grant()}" for one in found),
        not_compared=tuple(not_compared),
    )


def _defects(ctx: Context, database: str, older: str | None) -> Iterator[str]:
    if older is not None:
        yield defects_since(ctx.tools.database, database, older)
    # whoever left it: a tool that was run again may have skipped one that it had begun
    if invalid := left_invalid(ctx.tools.database, database):
        yield f"there are invalid indexes, which no query uses (or which are still being built): {invalid}"


def _note(ctx: Context, database: str, what: str = "objects") -> str:
    return f"{what} before {ctx.step_key.rsplit('/', 1)[-1]} in {database}"
