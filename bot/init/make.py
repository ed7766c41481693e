"""Writes a page and its `.env.example`, and says what is left for the team to do."""

from __future__ import annotations

import os
from pathlib import Path

from bot.check import step_count
from bot.init.blocks import Block, page_text, read_blocks
from bot.init.changes import renamed, set_manager, set_migrate, set_roles, tool_of
from bot.init.env_example import env_example
from bot.init.hosts import set_hosts
from bot.init.own_lines import own_lines
from bot.init.recipes import managers_of, recipe_of, recipes
from bot.init.variables import Variable, variables_of
from bot.init.wanted import NONE, Wanted
from bot.settings import read_page_text
from bot.text import counted
from commands.runbook import Page
from commands.start.page_warnings import page_warnings
from commands.systems.services.managers import MANAGERS
from state.errors import BadPage, Refused
from state.frozen import dataclass

# words of a recipe's text that are wrong where the manager is another one
_WORDS = {"systemd": ("systemd", "unit"), "docker": ("docker", "compose", "container")}


@dataclass(frozen=True, kw_only=True)
class Made:
    """A page and its variables, not yet written. `notes` are sentences without a full stop."""

    recipe: str
    text: str
    page: Page
    variables: tuple[Variable, ...]
    notes: tuple[str, ...]
    own_lines: tuple[str, ...]


def make(wanted: Wanted, page_name: str) -> Made:
    """The page for what is wanted. Raises Refused where the stack's recipe does not fit that."""
    recipe = recipe_of(wanted.stack)
    blocks = read_blocks(renamed(recipes()[recipe].read_text(encoding="utf-8"), wanted.name))
    managers, tool = managers_of(blocks), tool_of(blocks)
    if wanted.stack in MANAGERS:
        set_manager(blocks, wanted.stack)
    if wanted.migrate:
        blocks = set_migrate(blocks, wanted.migrate)
    if wanted.hosts:
        blocks = set_hosts(blocks, wanted.hosts)
    notes = set_roles(blocks, wanted.roles) if wanted.roles else []
    old_words = [word for name in managers - managers_of(blocks) for word in _WORDS.get(name, (name,))]
    old_words += [tool, *(["migration"] if wanted.migrate == NONE else [])] if tool_of(blocks) != tool else []
    blocks[0].heading = f"# Deploy {wanted.name} ({_subject(wanted)})"
    blocks[0].prose = f"\nWritten by `gonogo init` from the recipe `{recipe}`, whose text follows.\n{blocks[0].prose}"
    text = page_text(blocks)
    page = _checked(text, page_name, recipe)
    notes += [warning.removesuffix(".") for warning in page_warnings(page)]
    variables = tuple(variables_of(page))
    notes += [
        f".env.example has no example for {one.name}: {one.meaning.removesuffix('.')}"
        for one in variables
        if not one.example
    ]
    return Made(
        recipe=recipe,
        text=text,
        page=page,
        variables=variables,
        notes=tuple(notes),
        own_lines=tuple(own_lines(text, old_words)),
    )


def _subject(wanted: Wanted) -> str:
    tool = f", {wanted.migrate}" if wanted.migrate not in {"", NONE} else ""
    hosts = f", {wanted.hosts} hosts" if wanted.hosts > 1 else ""
    return f"{wanted.stack}{tool}{hosts}"


def _checked(text: str, name: str, recipe: str) -> Page:
    try:
        return read_page_text(text, name)
    except BadPage as error:
        first = error.mistakes[0]
        raise Refused(
            f"The recipe {recipe} cannot be written that way: at “{first.where}” {first.what}. Take its own migration "
            "tool and number of hosts, and change the page by hand."
        ) from None


def write(made: Made, page: Path, example: Path) -> None:
    """Write both files. Raises Refused if one is there already, or cannot be written; then neither is."""
    for path in (page, example):
        if os.path.lexists(path):
            raise Refused(f"{path} is there already, so nothing was written. Give another name, or move it away.")
    written: list[Path] = []
    try:
        for path, text in ((page, made.text), (example, env_example(str(page), made.variables))):
            with path.open("x", encoding="utf-8") as file:
                written.append(path)
                file.write(text)
    except OSError as error:
        for begun in written:
            begun.unlink(missing_ok=True)
        raise Refused(f"{path} cannot be written: {error.strerror}. Nothing was written.") from None


def report(made: Made, page: Path, example: Path) -> list[str]:
    """What was written, and what is left to do."""
    notes = ["", "To know:", *(f"  {note}." for note in made.notes)] if made.notes else []
    steps, variables = counted(step_count(made.page), "step"), counted(len(made.variables), "variable")
    return [
        f"Wrote {page} ({steps}, from the recipe {made.recipe}) and {example} ({variables} of the page).",
        "",
        f"Look at these lines of {page}. They are the recipe's, and yours may differ:",
        *(f"  {line}" for line in made.own_lines),
        *notes,
        "",
        "Then:",
        f"  install -m 600 {example} .env, and put your own values there",
        f"  gonogo check {page}: what is wrong on the page",
        f"  gonogo plan {page}: every command, query and request",
        f"  gonogo doctor {page}: what of it cannot be reached",
    ]


def blocks_of(stack: str) -> list[Block]:
    """The blocks of a stack's recipe, as they are in the documentation."""
    return read_blocks(recipes()[recipe_of(stack)].read_text(encoding="utf-8"))
