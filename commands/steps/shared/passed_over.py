"""Migrations of the release that their tool would never apply."""

from __future__ import annotations

from commands.steps.outcome import Context
from commands.steps.shared.migration_tool import ASK_LIMIT
from commands.steps.tool_migration import ToolMigration
from commands.steps.values import page_texts
from commands.systems.migrations.passed_over import PassedOver, passed_over


def passed_over_in(folder: str, migration: ToolMigration, ctx: Context) -> PassedOver:
    """Ask in a folder of the tool's host, which has the release's files now."""
    if not migration.passed:
        return PassedOver()
    env = page_texts({**migration.env, "FOLDER": folder}, ctx.values)
    result = ctx.tools.shell.ask(migration.host, migration.passed, env=env, limit=ASK_LIMIT)
    return passed_over(result, migration.tool, ctx.found_at_start.get(migration.kept_as))
