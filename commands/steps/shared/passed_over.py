"""Migrations of the release that their tool would never apply."""

from __future__ import annotations

from commands.steps.outcome import Context
from commands.steps.shared.migration_tool import ASK_LIMIT, MigrationToolStep
from commands.steps.values import page_texts
from commands.systems.migrations.passed_over import PassedOver, passed_over


def passed_over_now(step: MigrationToolStep, ctx: Context) -> PassedOver:
    """Ask in the tool's folder, which has the release's files now."""
    script = step.passed_script()
    if not script or not step.tool:
        return PassedOver()
    result = ctx.tools.shell.ask(step.host, script, env=page_texts(step.script_env(), ctx.values), limit=ASK_LIMIT)
    return passed_over(result, step.tool, ctx.found_at_start.get(step.files_kept_as()))
