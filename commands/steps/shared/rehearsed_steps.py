"""What a rehearsal takes from other steps: their verify queries, and what they bring back."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from commands.steps.base import AppliedFile, StepBox, Verify
from commands.steps.outcome import Context
from commands.steps.shared.migration_tool import MigrationToolStep
from commands.steps.shared.sql_literals import with_literals

# way, how it was answered, name, expected, found
VERIFIED = re.compile(r"^verify: (\w+)\x1f(answer|error|unasked)\x1f(.*)\x1f(.*)\x1f(.*)$", re.MULTILINE)
_AS_PYTHON = {"t": ("True", "1"), "f": ("False", "0")}


def holds(how: str, _name: str, expected: str, answer: str) -> bool:
    """Whether psql's answer is what the page expects of the database driver, which returns typed values."""
    if how != "answer" or expected in {answer, *_AS_PYTHON.get(answer, ())}:
        return how != "error"
    try:
        return Decimal(expected) == Decimal(answer)
    except InvalidOperation:
        return False


def difference(how: str, expected: str, answer: str) -> str:
    """How psql's answer differs, as the end of a sentence."""
    return f"is {answer} instead of {expected}" if how == "answer" else f"fails ({answer})"


def applying(path: str, boxes: Mapping[str, StepBox]) -> dict[str, AppliedFile]:
    """The steps that apply a file, by id."""
    files = {name: box.applied_file() for name, box in boxes.items()}
    return {name: file for name, file in files.items() if file and file.path == path}


def verify_function(way: str, path: str, ctx: Context) -> str:
    """A shell function that runs the verify queries of the page's steps that apply this file."""
    files = applying(path, ctx.boxes).values()
    return _verify_function(way, [query for file in files for query in file.verify], ctx)


def verify_function_of_tool(way: str, step: str, ctx: Context) -> str:
    """The same for the step of this id, which runs a migration tool."""
    box = ctx.boxes.get(step)
    return _verify_function(way, box.verify if isinstance(box, MigrationToolStep) else [], ctx)


def _verify_function(way: str, asked: Sequence[Verify], ctx: Context) -> str:
    queries = {query.sql: query for query in asked}
    calls = [
        f"verify {way} {shlex.join((one.says, str(one.expect), with_literals(one.sql, ctx.values)))}"
        for one in queries.values()
    ]
    return f"verify_{way}() {{\n" + "\n".join(calls or [":"]) + "\n}\n"


def returns_function(boxes: Mapping[str, StepBox]) -> str:
    """A shell function that does what these `data-return` steps do."""
    envs = [box.data_return_env() or {} for box in boxes.values()]
    calls = [
        "\n".join((*(f"{name}={shlex.quote(value)}" for name, value in env.items()), "return_rows")) for env in envs
    ]
    return "bring_all_back() {\n" + "\n".join(calls or [":"]) + "\n}\n"


def unasked(verified: list[tuple[str, ...]]) -> list[str]:
    """The verify queries that could not be asked on the copy."""
    return [
        f"after {way}, “{name}” could not be checked on the copy, because its server lacks a role"
        for way, how, name, *_ in verified
        if how == "unasked"
    ]
