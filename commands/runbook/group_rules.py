"""What a page may say of groups of hosts; each mistake is a sentence for the page's author."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commands.runbook.groups import groups_of, hosts_of, turns
from commands.runbook.page import Page, PageStep, Part
from commands.steps.base import StepBox
from commands.steps.kinds.one_by_one import OneByOneStep

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
HOST = "host"  # the value that names the host on which a step of a group is done


def place_errors(page: Page) -> Iterator[str]:
    """What is wrong with the groups of the page's places."""
    for sort in ("hosts", "webs"):
        for name, members in page.places.groups(sort).items():
            if not _PLAIN.fullmatch(name):
                yield f'{sort}."{name}": commands get the names of its members; use only letters, digits, -, _ and .'
            for taken in (member for member in members if member in getattr(page.places, sort)):
                yield f'{sort}.{name}: one of its members is called "{taken}", like another place; rename one of them'


def step_errors(page: Page, step: PageStep) -> Iterator[str]:
    """What is wrong with a step because it is on a group, or in a box that does hosts one by one."""
    if isinstance(step.box, OneByOneStep):
        yield from _box_errors(page, step, step.box)
        return
    groups, turn = groups_of(step.box, page.places), turns(page.steps).get(step.id)
    if not groups and not turn:
        if step.box.together:
            yield "together: only a step on a group of hosts runs on several; remove it"
        return
    if not step.box.done_on_each:
        yield _done_once(step.box, groups)
        return
    wrong = tuple(_address_errors(page, step.box, groups, turn))
    yield from wrong or _order_errors(step, groups, turn)
    if step.box.sign:
        yield "sign: each host would ask for a signature of its own; add a gate below it instead"
    if HOST in step.box.outputs():
        yield f"values: <{HOST}> is the name of the host that a step on a group is for; choose another name"


def _done_once(box: StepBox, groups: dict[str, tuple[str, ...]]) -> str:
    if field := next(iter(groups), ""):
        name, members = getattr(box, field), ", ".join(f'"{member}"' for member in groups[field])
        return f'{field}: "{name}" is a group, and a {box.kind} step is done once; write one of {members}'
    return f"a {box.kind} step is done once, and not for each host; move it out of the one-by-one box"


def _address_errors(
    page: Page, box: StepBox, groups: dict[str, tuple[str, ...]], turn: PageStep | None
) -> Iterator[str]:
    """What does not let a step know which address belongs to which host."""
    host, web = getattr(box, "host", ""), getattr(box, "web", "")
    wanted = groups_of(turn.box, page.places).get("host") if turn else groups.get("host")
    if turn and "host" in groups and host != getattr(turn.box, "host", ""):
        yield f'host: "{host}" is another group than that of “{turn.title}”; take the step out of that box'
    elif "host" in groups and web and "web" not in groups:
        yield (
            f'web: "{web}" is one address, so the answer may come from another host; '
            f'write under [webs.{web}] a list, url = ["$…", …], with one address for each host of "{host}"'
        )
    elif "web" in groups and host and "host" not in groups and not turn:
        yield f'web: "{web}" is a group, and "{host}" is one host; write the address that belongs to it'
    elif wanted and "web" in groups and len(groups["web"]) != len(wanted):
        yield (
            f'web: "{web}" has {len(groups["web"])} addresses for {len(wanted)} hosts; '
            "write one for each host, in the order of the hosts"
        )


def _order_errors(step: PageStep, groups: dict[str, tuple[str, ...]], turn: PageStep | None) -> Iterator[str]:
    """What leaves open in which order the hosts come, or whether one is rolled back that was never touched."""
    box = step.box
    if turn and box.together:
        yield f"together: “{turn.title}” does the hosts one by one; remove it"
    if turn and box.on_failure == "tell":
        yield "on_failure: a failure must stop before the next host, or all of them end up out; write ask or roll back"
    if turn and box.after is not None:
        yield f"after: the steps of “{turn.title}” run in their order; write it in that box"
    if turn or not box.changes_production:
        return
    field = next(iter(groups))
    if not box.together:
        yield (
            f'{field}: "{getattr(box, field)}" is a group of {len(groups[field])}; write together = true, '
            "or name the step in a one-by-one box"
        )
    elif step.part == Part.ROLLBACK and not box.undoes:
        yield "undoes: is missing; name the step that it undoes, so that only the hosts where it began are rolled back"


def _box_errors(page: Page, step: PageStep, box: OneByOneStep) -> Iterator[str]:
    if not groups_of(box, page.places):
        yield f'host: "{box.host}" is no group of hosts; write a list under [hosts.{box.host}], address = ["$…", …]'
    if step.part == Part.WATCH:
        yield "the checks of the watch each have their own interval, so they have no order; remove this box"
    if step.part == Part.ROLLBACK and not box.undoes:
        yield (
            "undoes: is missing; name the one-by-one box (or the step) of the deploy that it undoes, so that only the "
            "hosts where that began are rolled back"
        )
    elif step.part == Part.ROLLBACK and box.undoes in {other.id for other in page.steps} - set(hosts_of(page)):
        why = "is done once, so it does not tell which hosts were touched"
        yield f'undoes: "{box.undoes}" {why}; name a step on the group'
    part = [other.id for other in page.part(step.part)]
    below = part[part.index(step.id) + 1 :][: len(box.steps)]
    for name, follows in zip(box.steps, [*below, *[""] * len(box.steps)], strict=False):
        if name != follows:
            there = f', but "{follows}"' if follows else ""
            yield f'steps: "{name}" does not follow here{there}; name the steps directly below this box, in their order'
            return


def undoes_error(page: Page, step: PageStep) -> str:
    """Why a step cannot undo what it names: that is done on other hosts. Empty if it can."""
    hosts, undoes = hosts_of(page), step.box.undoes
    boxes = [other.id for other in page.steps if isinstance(other.box, OneByOneStep)]
    if undoes in boxes and step.id not in boxes:
        return f'undoes: "{undoes}" is a one-by-one box, which such a box of the rollback undoes; name one of its steps'
    own, undone = hosts.get(step.id), hosts.get(undoes)
    if not own or not undone or own == undone:
        return ""
    groups = page.places.groups("hosts").values()
    if len(own) == len(undone) and not (own in groups and undone in groups):
        return ""  # the addresses of a web place belong to the hosts in their order
    return f'undoes: "{undoes}" is done on {", ".join(undone)}, and this step on {", ".join(own)}'
