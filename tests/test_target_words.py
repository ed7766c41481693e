"""What people read about a run names its own target: none of it says production."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PRODUCTION = re.compile(r"\bproduction\b", re.IGNORECASE)
# what is said of the product, of its settings and of kinds of steps, and of no run
OF_NO_RUN = {
    "Takes a team through a production deployment from its own runbook page.",
    "Lead time, commit to production",
    "Changes production",
    "- It changes production: ",
    "; it must be 1 (production) to 100000 (rehearsals).",
}


def texts(file: Path) -> Iterator[str]:
    """The texts of a file that people may read; no docstring, and nothing of the reference of a page's fields."""
    tree = ast.parse(file.read_text())
    left_out = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr):
            left_out.add(node.body[0].value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Field":
            left_out.update(one for one in ast.walk(node) if isinstance(one, ast.expr))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in left_out:
            yield node.value


def test_no_text_about_a_run_says_production() -> None:
    files = [file for room in ("bot", "commands", "state") for file in (ROOT / room).rglob("*.py")]
    # the rehearsal's own target is one; `adopt` and `init` write a team's page
    read = [file for file in files if not {"rehearsal", "adopt", "init"} & set(file.parts)]
    said = {text for file in read for text in texts(file) if PRODUCTION.search(text)}
    ordinary_words = {text for text in said if "staging" in text}  # that a secret scanner passes over
    assert said - ordinary_words - OF_NO_RUN == set(), "name the target, or say which database"


def test_no_script_on_a_host_prints_production() -> None:
    lines = [
        line
        for room in ("bot", "commands")
        for file in (ROOT / room).rglob("*.sh")
        for line in file.read_text().splitlines()
    ]
    quoted = [words for line in lines if not line.lstrip().startswith("#") for words in re.findall(r"'([^']*)'", line)]
    assert [words for words in quoted if re.search(r"\bproduction\b", words)] == []
