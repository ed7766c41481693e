"""Migrations of the release that their tool would never apply."""

from __future__ import annotations

from collections.abc import Mapping

from commands.ports.shell import CommandResult
from commands.steps.outcome import Context
from commands.steps.shared.migration_tool import ASK_LIMIT
from commands.steps.tool_migration import ToolMigration
from commands.steps.values import fill, page_texts
from commands.systems.migrations.passed_over import PassedOver, files_below, passed_over


def passed_over_in(folder: str, migration: ToolMigration, ctx: Context) -> PassedOver:
    """Ask in a folder of the tool's host, which has the release's files now."""
    if not migration.passed:
        return PassedOver()
    before = ctx.found_at_start.get(migration.kept_as) or _of_release_before(folder, migration, ctx)
    return passed_over(_ask(folder, migration, ctx, ctx.values), migration.tool, before)


def _of_release_before(folder: str, migration: ToolMigration, ctx: Context) -> str | None:
    """Those files in the folder of the commit before, where each has a folder of its own; None if that is gone."""
    values = {**ctx.values, "commit": ctx.values.get("commit_before", "")}
    if not values["commit"] or fill(folder, values) == fill(folder, ctx.values):
        return None
    result = _ask(folder, migration, ctx, values)
    return None if result.code else files_below(result)


def _ask(folder: str, migration: ToolMigration, ctx: Context, values: Mapping[str, str]) -> CommandResult:
    env = page_texts({**migration.env, "FOLDER": folder}, values)
    return ctx.tools.shell.ask(migration.host, migration.passed, env=env, limit=ASK_LIMIT)
