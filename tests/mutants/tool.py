"""Runs mutmut in a copy of the code, and writes what became of each mutant.

`python -m tests.mutants` starts this file as a script of its own: no test may be imported before mutmut is ready.
"""

from __future__ import annotations

import ast
import difflib
import itertools
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import libcst as cst
from mutmut.mutation import mutators
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import (
    read_functions_from_index,
    read_mutant_function,
    read_mutants_module,
    read_original_function,
)
from mutmut.utils.file_utils import walk_mutatable_files
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

FOUND = "found.json"  # what became of each mutant, in the folder of the copy
NAME = re.compile(r"[a-z]+ [a-z]+")  # "roll back" and "smoke tests" are names, although they have a space


def main(jobs: str) -> None:
    """Try every mutant, so many at a time, and write what became of them."""
    leave_words_out()
    # late, because it sets for the whole process how others are started
    from mutmut.__main__ import cli

    cli(["run", "--max-children", jobs], standalone_mode=False)
    Path(FOUND).write_text(json.dumps([found for path in walk_mutatable_files() for found in _found(path)]))


def leave_words_out() -> None:
    """Have mutmut change a string once and not three times, and words for people not at all."""
    operators = cast("list[tuple[type, Callable[[Any], Iterable[cst.CSTNode]]]]", mutators.mutation_operators)
    place = next(n for n, (_, operator) in enumerate(operators) if operator is mutators.operator_string)
    operators[place] = cst.BaseString, changed_string


def changed_string(node: cst.BaseString) -> Iterable[cst.BaseString]:
    """The one mutant of a string, and none of words."""
    if isinstance(node, cst.SimpleString) and isinstance(node.evaluated_value, str) and words(node.evaluated_value):
        return
    yield from itertools.islice(mutators.operator_string(node), 1)


def words(text: str) -> bool:
    """Whether a text is words for people, or stands between such words, and is no name that the code goes by."""
    return " " in text and not NAME.fullmatch(text)


def _found(path: Path) -> Iterable[dict[str, object]]:
    data = SourceFileMutationData(path=path)
    data.load()
    lines = _first_lines(path)
    for name, code in data.exit_code_by_key.items():
        before, after = (cst.Module([function]).code.strip().splitlines() for function in _functions(name, path))
        start, removed, added = changed(before, after)
        head = next(n for n, line in enumerate(before) if line.lstrip().startswith(("def ", "async def ")))
        function, owner = orig_function_and_class_names_from_key(name)
        line = lines[owner, function] + start - head
        yield {"file": str(path), "line": line, "before": removed, "after": added, "code": code}


def _functions(name: str, path: Path) -> tuple[cst.FunctionDef, cst.FunctionDef]:
    """A function as it is, and as the mutant has it."""
    if found := read_functions_from_index(name, path):
        return found
    module = read_mutants_module(path)
    return read_original_function(module, name), read_mutant_function(module, name)


def changed(before: list[str], after: list[str]) -> tuple[int, list[str], list[str]]:
    """Where two texts first differ, and the lines from there to their last difference."""
    parts = [
        part
        for part in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if part[0] != "equal"
    ]
    if not parts:
        return 0, [], []
    (_, start, _, begin, _), (_, _, stop, _, end) = parts[0], parts[-1]
    return start, [line.strip() for line in before[start:stop]], [line.strip() for line in after[begin:end]]


def _first_lines(path: Path) -> dict[tuple[str | None, str], int]:
    """The line of each function's `def`, by its class and its name."""
    found: dict[tuple[str | None, str], int] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        owner = node.name if isinstance(node, ast.ClassDef) else None
        for one in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                found[owner, one.name] = one.lineno
    return found


if __name__ == "__main__":
    main(sys.argv[1])
