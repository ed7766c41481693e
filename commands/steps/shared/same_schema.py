"""Whether a migration that moved its tool's state changed anything of the schema."""

from __future__ import annotations

from contextlib import suppress

from commands.steps.outcome import Context
from commands.steps.shared.migration_tool import MigrationToolStep
from commands.systems.postgres.schema_sum import schema_sum
from commands.text.phrases import joined_few
from state.errors import ToolError


def note_schema(step: MigrationToolStep, ctx: Context) -> None:
    """Note what each database that the step surely names is made of, unless an earlier attempt has done so."""
    for name in step.known_databases(ctx):
        if ctx.file(_note(ctx, name)) is None:
            found = ""  # like none, so that nothing is said of it afterwards, nor after another attempt
            with suppress(ToolError):
                found = _now(step, ctx, name)
            ctx.save_file(_note(ctx, name), found)


def same_schema(step: MigrationToolStep, ctx: Context) -> str:
    """The end of a summary: that all are made as before, as where `alembic stamp` or `--fake` only records it."""
    names = step.known_databases(ctx)
    with suppress(ToolError):
        if names and all(ctx.file(_note(ctx, name)) == _now(step, ctx, name) for name in names):
            return f" No table, view, function or type has changed in database {joined_few(list(names), 3)}."
    return ""


def _now(step: MigrationToolStep, ctx: Context, name: str) -> str:
    table = step.table()
    return schema_sum(ctx.tools.database, name, without=table.name if table else "")


def _note(ctx: Context, database: str) -> str:
    return f"schema before {ctx.step_key.rsplit('/', 1)[-1]} in {database}"
