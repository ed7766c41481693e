"""What differs from a recipe: its name, the service manager, the migration tool, the roles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import tomlkit

from bot.init.blocks import Block
from bot.init.recipes import SERVICES, known_roles, managers_of
from bot.init.wanted import NONE
from commands.systems.migrations.tools import MIGRATION_TOOLS
from commands.systems.services.managers import MANAGERS
from state.errors import Refused

# what the recipes call the thing that is deployed
EXAMPLE = "shop"
# which field of `running` asks a service of each manager; the others have none
_ASKS = {"systemd": "unit", "docker": "container", "pm2": "pm2"}
_ROLE_FIELDS = ("role", "asks", "sign", "roles_to_tell", "pings", "starters")
# what a tool's programs need besides the address of the database, and how its applications are built
_SETTINGS = {"rails": {"RAILS_ENV": "production"}}
_BUILDS = {"rails": ("bundle install",), "golang-migrate": ("go build -o bin/ ./cmd/...",)}
_PIP = re.compile(r"\bpip install\b")
UNKNOWN_ACTION = "What this role does in an emergency"


def renamed(text: str, name: str) -> str:
    """A recipe's text for what is called `name`, with its variables."""
    title = name.replace("-", " ").capitalize()
    text = text.replace(f"{EXAMPLE.upper()}_", f"{variable_part(name)}_")
    text = re.sub(rf"\bThe {EXAMPLE}\b", title, text)
    text = re.sub(rf"\bthe {EXAMPLE}\b", name, text)
    return re.sub(rf"\b{EXAMPLE}\b", name, re.sub(rf"\b{EXAMPLE.capitalize()}\b", title, text))


def variable_part(name: str) -> str:
    """The name as variables begin with it."""
    return name.upper().replace("-", "_")


def set_manager(blocks: list[Block], manager: str) -> None:
    """Let another manager run the services. The page's introduction speaks of the old one's host, so it is left out."""
    if managers_of(blocks) == {manager}:
        return
    chosen = MANAGERS[manager]
    others = {name for other in MANAGERS.values() for name in other.fields} - set(chosen.fields)
    for block in blocks:
        if block.kind in SERVICES:
            block.box["manager"] = manager
            for name in (*others, *([] if chosen.takes_sudo else ["sudo"])):
                block.box.pop(name, None)
        if block.kind == "release":
            _ask_manager(block.box, manager)
    blocks[0].prose = f"\nIts services run under {chosen.title}; the recipe is for another manager.\n\n"


def _ask_manager(box: Any, manager: str) -> None:
    """What runs is asked of the new manager, as far as one of its fields can ask it."""
    entries = box.get("running")
    if not isinstance(entries, list):
        return
    kept = []
    for entry in entries:
        asked = next((entry[field] for field in _ASKS.values() if field in entry), None)
        if asked is None:
            kept.append(entry.unwrap())
        elif field := _ASKS.get(manager):
            kept.append({"on": entry["on"], field: str(asked)})
    box["running"] = _lines(kept)


def _lines(entries: list[dict[str, Any]]) -> Any:
    """A list with one table in each line."""
    return tomlkit.parse("x = [\n" + "".join(f"    {_row(one)},\n" for one in entries) + "]\n")["x"]


def _table(entry: Mapping[str, Any]) -> Any:
    """A table on one line."""
    return tomlkit.parse(f"x = {_row(entry)}\n")["x"]


def _row(entry: Mapping[str, Any]) -> str:
    fields = ", ".join(f"{name} = {tomlkit.item(value).as_string()}" for name, value in entry.items())
    return f"{{ {fields} }}"


def has_migration(blocks: list[Block]) -> bool:
    """Whether the recipe has a migration by a tool."""
    return any(block.kind == "migrate" for block in blocks)


def tool_of(blocks: list[Block]) -> str:
    """The tool of the recipe's migration; empty if it has none."""
    return next((str(block.box.get("tool", "")) for block in blocks if block.kind == "migrate"), "")


def set_migrate(blocks: list[Block], tool: str) -> list[Block]:
    """The blocks with another migration tool, or with none. Raises Refused if the recipe has no migration."""
    if not has_migration(blocks):
        if tool == NONE:
            return blocks
        raise Refused("The recipe of this stack has no migration that could be changed: leave out --migrate.")
    if tool == NONE:
        return _without_migration(blocks)
    for block in blocks:
        if block.kind == "migrate" and block.box.get("tool") != tool:
            block.box["tool"] = tool
            block.box["program"] = MIGRATION_TOOLS[tool].program  # type: ignore[index]  # it is one of them
            block.prose = (
                f"\nThe migrations of {tool}. Its state is asked before and after, and after a crash; a lock is waited "
                "for at most 5 s.\n\n"
            )
            block.box["env"] = _table({**block.box["env"].unwrap(), **_SETTINGS.get(tool, {})})
        elif block.kind == "run" and tool in _BUILDS and any(map(_PIP.search, block.box["commands"])):
            block.box["commands"] = list(_BUILDS[tool])
    return blocks


def _without_migration(blocks: list[Block]) -> list[Block]:
    """Without the steps that migrate, and those that are only there for them."""
    gone = {str(block.box["id"]) for block in blocks if block.kind == "migrate"}
    kept = []
    for block in blocks:
        needs = {str(block.box.get("migration", "")), str(block.box.get("undoes", ""))}
        if block.kind in {"migrate", "data-keep"} or (block.kind and needs & gone):
            continue
        if block.kind == "rollback" and gone & set(block.box.get("loses", {}).get("after", [])):
            block.box.pop("loses")
        kept.append(block)
    return kept


def set_roles(blocks: list[Block], roles: tuple[str, ...]) -> list[str]:
    """Give the page these roles. The first takes the place of each role that is not among them; a sentence for each."""
    box = next(block for block in blocks if block.kind == "roles")
    own: dict[str, Mapping[str, str]] = box.box.unwrap()
    known = {**known_roles(), **own}
    box.box = tomlkit.parse("\n".join(_role_text(name, known.get(name)) for name in roles))
    lost = [name for name in own if name not in roles]
    for block in blocks:
        if block.kind != "roles":
            _replace_roles(block.box, set(lost), roles[0])
    return [f"the team has no role {name}: {roles[0]} signs and decides in its place" for name in lost]


def _role_text(name: str, known: Mapping[str, str] | None) -> str:
    """The box's part for a role: as another page has it, or with an action that its team must write."""
    role = known or {"title": name.replace("_", " ").capitalize(), "action": UNKNOWN_ACTION}
    people = f"$GONOGO_{name.upper()}"
    fields = {"title": role["title"], "people": people, "phone": f"{people}_PHONE", "action": role["action"]}
    return f"[{name}]\n" + "".join(f"{field} = {tomlkit.item(text).as_string()}\n" for field, text in fields.items())


def _replace_roles(box: Any, lost: set[str], by: str) -> None:
    for holder in _tables(box):
        for name in _ROLE_FIELDS:
            value = holder.get(name)
            if isinstance(value, str) and value in lost:
                holder[name] = by
            elif isinstance(value, list) and lost & set(value):
                holder[name] = list(dict.fromkeys(by if role in lost else str(role) for role in value))


def _tables(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield value
        for item in value.values():
            yield from _tables(item)
    elif isinstance(value, list):
        for item in value:
            yield from _tables(item)
