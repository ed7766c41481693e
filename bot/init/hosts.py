"""A recipe for one host or a group of hosts, written for another number of hosts."""

from __future__ import annotations

import tomlkit

from bot.init.blocks import Block
from commands.runbook.places import LOCAL
from commands.steps import KINDS
from commands.steps.base import StepBox
from state.errors import Refused

EACH = "each"  # the web place with the address of each host by itself
ROLL, ROLL_BACK = "roll", "roll-back"


def group_of(blocks: list[Block]) -> str:
    """The host, or group of hosts, that the recipe deploys to; empty if it uses no SSH host."""
    hosts = _hosts(blocks)
    groups = [name for name, host in hosts.items() if isinstance(host["address"], list)]
    return next(iter([*groups, *(name for name, host in hosts.items() if host["address"] != LOCAL)]), "")


def host_count(blocks: list[Block]) -> int:
    """How many hosts the recipe deploys to; 0 if it uses no SSH host."""
    name = group_of(blocks)
    address = _hosts(blocks)[name]["address"] if name else []
    return len(address) if isinstance(address, list) else 1


def set_hosts(blocks: list[Block], count: int) -> list[Block]:
    """The blocks for so many hosts. Raises Refused where the recipe does not fit that."""
    before, name = host_count(blocks), group_of(blocks)
    if count == before:
        return blocks
    if not name:
        raise Refused("The recipe of this stack uses no host over SSH: leave out --hosts.")
    if before > 1:
        if count == 1:
            raise Refused("The recipe of this stack rolls a group of hosts: take 2 or more, or another stack.")
        _resize(blocks, before, count)
        return blocks
    return _grouped(blocks, name, count)


def _hosts(blocks: list[Block]) -> dict[str, dict[str, object]]:
    return next(dict(block.box.get("hosts", {})) for block in blocks if block.kind == "places")


def _places(blocks: list[Block]) -> tomlkit.TOMLDocument:
    return next(block.box for block in blocks if block.kind == "places")


def _resize(blocks: list[Block], before: int, count: int) -> None:
    """Every list with an address of each host gets as many as there are hosts."""
    places = _places(blocks)
    lists = [(host, "address") for host in places["hosts"].values()]
    lists += [(web, "url") for web in places.get("webs", {}).values()]
    for place, field in lists:
        addresses = place[field]
        # the first one is "$SHOP_WEB_1", perhaps with more behind it
        if isinstance(addresses, list) and len(addresses) == before:
            start, _, end = str(addresses[0]).rpartition("1")
            place[field] = [f"{start}{number}{end}" for number in range(1, count + 1)]


def _grouped(blocks: list[Block], name: str, count: int) -> list[Block]:
    """One host becomes a group: what is done once is done on its first host, and services restart host by host."""
    places = _places(blocks)
    host = places["hosts"][name]
    address = str(host["address"])
    host["address"] = [f"{address}_{number}" for number in range(1, count + 1)]
    webs = {str(block.box["web"]) for block in blocks if block.kind in {"service", "steady"} and "web" in block.box}
    if webs:
        url = str(places["webs"][min(webs)]["url"])
        table = tomlkit.table()
        table["url"] = [f"{url}_{number}" for number in range(1, count + 1)]
        places["webs"].append(EACH, table)
    made: list[Block] = []
    for block in blocks:
        if kind := KINDS.get(block.kind):
            made += _on_group(block, kind, name, webs)
        else:
            made.append(block)
    return made


def _on_group(block: Block, kind: type[StepBox], name: str, webs: set[str]) -> list[Block]:
    """A step of the recipe on the group, with the box above it that does the hosts one by one."""
    box = block.box
    for entry in box.get("running", []) if block.kind == "release" else []:
        if entry.get("web") in webs:
            entry["web"] = EACH
    if box.get("host") != name:
        return [block]
    if not kind.done_on_each:
        box["host"] = f"{name}-1"
        return [block]
    if block.kind in {"service", "steady"}:
        if "web" in box:
            box["web"] = EACH
        return [_one_by_one(block, name), block] if block.kind == "service" else [block]
    if kind.changes_production and "every" not in box:
        box["together"] = True
    return [block]


def _one_by_one(block: Block, name: str) -> Block:
    back = "undoes" in block.box
    box = tomlkit.document()
    box["id"] = ROLL_BACK if back else ROLL
    box["host"] = name
    box["steps"] = [str(block.box["id"])]
    if back:
        box["undoes"] = ROLL
    heading = "### Host by host, back" if back else "### Host by host"
    prose = (
        "\nOne host after another. Without steps that take a host out of a balancer, its requests fail meanwhile.\n\n"
    )
    return Block(heading=heading, prose=prose, kind="one-by-one", box=box)
