"""The stacks that a page can be written for: the recipes, and every service manager."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import resources
from pathlib import Path

from bot.init.blocks import Block, read_blocks
from bot.settings import shipped_runbooks
from commands.systems.services.managers import MANAGERS
from state.errors import Refused

# a manager without a recipe of its own gets this one, with its services under that manager
PLAIN = "django-systemd"
SERVICES = ("service", "steady")


def recipes() -> dict[str, Path]:
    """The recipes of the documentation, by name."""
    folder = Path(str(resources.files("bot") / "recipes"))
    return {path.stem: path for path in sorted(folder.glob("*.md"))}


def stacks() -> list[str]:
    """Every name of a stack: the recipes, then the service managers."""
    return [*recipes(), *(name for name in MANAGERS if name not in recipes())]


def require_stack(name: str) -> str:
    """The name of a stack as it is. Raises Refused for another name, with all there are."""
    if name in stacks():
        return name
    near = get_close_matches(name, stacks(), 1)
    meant = f"; did you mean “{near[0]}”?" if near else "."
    raise Refused(f"There is no stack “{name}”{meant} Stacks: {', '.join(stacks())}.")


def recipe_of(stack: str) -> str:
    """The recipe from which a stack's page is written: of a manager the first that has it, or else the plain one."""
    if stack in recipes():
        return stack
    return next((name for name in recipes() if managers_of(read_recipe(name)) == {stack}), PLAIN)


def read_recipe(name: str) -> list[Block]:
    """The blocks of a recipe."""
    return read_blocks(recipes()[name].read_text(encoding="utf-8"))


def managers_of(blocks: list[Block]) -> set[str]:
    """The managers of a page's services."""
    return {str(block.box.get("manager", "pm2")) for block in blocks if block.kind in SERVICES}


def known_roles() -> Mapping[str, Mapping[str, str]]:
    """The roles of all recipes and of the pages that come with gonogo, by name; a recipe's counts first."""
    found: dict[str, Mapping[str, str]] = {}
    for path in [*recipes().values(), *sorted(shipped_runbooks().glob("*.md"))]:
        for block in read_blocks(path.read_text(encoding="utf-8")):
            if block.kind == "roles":
                found = {**block.box.unwrap(), **found}
    return found
