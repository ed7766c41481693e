"""What a migration made, and whether the application's roles may use it."""

from __future__ import annotations

from collections.abc import Iterable

from commands.steps.outcome import Context
from commands.systems.postgres.missing_rights import MissingRight, missing_sentence, missing_since, objects_now
from state.errors import ToolError
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class NewRights:
    """What roles lack on what was made, as an end of the summary and as lines; and what was not compared."""

    sentence: str = ""
    lines: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()


def note_objects(ctx: Context, databases: Iterable[str]) -> None:
    """Note what each database has, unless an earlier attempt of this run has done so."""
    for database in databases:
        if ctx.file(_note(ctx, database)) is None:
            try:
                ctx.save_file(_note(ctx, database), objects_now(ctx.tools.database, database))
            except ToolError:
                continue  # then it is said afterwards that nothing was compared


def new_rights(ctx: Context, databases: Iterable[str]) -> NewRights:
    """Compare with what was noted: which roles have no right on what is new."""
    found: list[MissingRight] = []
    not_compared: list[str] = []
    for database in databases:
        older = ctx.file(_note(ctx, database))
        try:
            found += missing_since(ctx.tools.database, database, older) if older is not None else ()
            why = "" if older is not None else "what it had before is not known"
        except ToolError as error:
            why = str(error)
        if why:
            not_compared.append(f"which roles may use what is new in database {database}: {why}")
    sentence = missing_sentence(found)
    return NewRights(
        sentence=f" But {sentence}." if sentence else "",
        lines=tuple(f"missing: {one.grant()}" for one in found),
        not_compared=tuple(not_compared),
    )


def _note(ctx: Context, database: str) -> str:
    return f"objects before {ctx.step_key.rsplit('/', 1)[-1]} in {database}"
