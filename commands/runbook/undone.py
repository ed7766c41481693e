"""Which steps of a page leave a change that no step of its rollback undoes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commands.runbook.page import Page, PageStep, Part

_MIGRATION_TOOL = re.compile(r"migrat|\b(alembic|flyway|liquibase|dbmate|goose|sqitch|atlas)\b", re.IGNORECASE)


def steps_not_undone(page: Page) -> Iterator[PageStep]:
    """The steps that leave a change which no step of the rollback undoes, in page order; wanted by the page or not."""
    for step in page.steps:
        if step.part != Part.ROLLBACK and _leaves_change(page, step) and not undoing_steps(page, step):
            yield step


def undoing_steps(page: Page, step: PageStep) -> tuple[PageStep, ...]:
    """The steps of the rollback that undo a step. A check that only waits for it to have begun undoes nothing."""
    return tuple(back for back in page.part(Part.ROLLBACK) if _undoes(page, back, step))


def calls_migration_tool(step: PageStep) -> bool:
    """Whether a step runs a tool that keeps rows of its own about what it has applied, as far as its commands tell."""
    return any(_MIGRATION_TOOL.search(command) for command in step.box.ran())


def _leaves_change(page: Page, step: PageStep) -> bool:
    if _is_check_of_watch(page, step):
        return False
    # requests of the tests are about test data, which the report accounts for
    return step.box.leaves_change() and (step.box.changes_production or step.part != Part.SMOKE_TESTS)


def _is_check_of_watch(page: Page, step: PageStep) -> bool:
    """Whether the watch does it again and again, by itself or in a `repeat`: what it changes is test data."""
    repeated = any(check.box.reruns_steps for check in page.part(Part.WATCH))
    return step.part == Part.WATCH or (step.part == Part.SMOKE_TESTS and repeated)


def _names(page: Page, back: PageStep, step: PageStep) -> bool:
    """Whether a step of the rollback names another as undone, itself or by the box that does its hosts one by one."""
    if not back.box.undoes or back.box.undoes == step.id:
        return bool(back.box.undoes)
    named = next((one for one in page.steps if one.id == back.box.undoes), None)
    if named is None:
        return False  # the page is not checked yet
    if not back.host:  # done once, for all hosts
        return named.written is not None and named.written == step.written
    by_box = back.turn is not None and back.written is not None and not back.written.box.undoes
    return by_box and named.turn is not None and (named.turn, named.host) == (step.turn, step.host)


def _undoes(page: Page, back: PageStep, step: PageStep) -> bool:
    if not (back.box.changes_production or back.box.leaves_change()):
        return False
    same_kind = type(back.box) is type(step.box)
    if _names(page, back, step):
        return same_kind or back.box.runs_commands or step.box.runs_commands
    thing = step.box.changed_thing()
    if not (same_kind and thing and back.box.restored_thing() == thing):
        return False
    forward = [one.id for one in page.steps if one.part != Part.ROLLBACK]
    # it runs whenever the step has begun, because the one that it names begins earlier
    return not back.box.undoes or forward.index(back.box.undoes) <= forward.index(step.id)
