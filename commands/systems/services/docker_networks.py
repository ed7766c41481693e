"""Containers in the network of another one, which are cut off once that one starts again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from commands.systems.logs.log_sources import time_mark
from commands.systems.services.manager import Finding
from state.errors import BadValue
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Shared:
    """One such container: its id, name and compose project; and of the other one the id, or empty if it is gone."""

    own: str
    name: str
    project: str
    other: str
    other_name: str
    is_cut_off: bool

    @property
    def whose(self) -> str:
        """The network, in words."""
        return f"that of {self.other_name}" if self.other else "that of a container that is gone"


def read_shared(lines: Sequence[Sequence[str]]) -> list[Shared]:
    """What the function `sharing` printed, among other lines, each split at its tabs."""
    return [_shared(*rest) for sort, *rest in lines if sort == "shares" and len(rest) == 7]


def _shared(own: str, name: str, project: str, began: str, other: str, other_name: str, other_began: str) -> Shared:
    cut_off = not other or _is_later(other_began, began)
    return Shared(own=own, name=name, project=project, other=other, other_name=other_name, is_cut_off=cut_off)


def _is_later(one: str, other: str) -> bool:
    try:
        return float(time_mark(one)) > float(time_mark(other))
    except BadValue:  # in a form that is not known
        return False


def will_be_cut_off(shared: Sequence[Shared], restarted: Collection[str]) -> Iterator[Finding]:
    """What a restart of the containers with these ids cuts off, and is not restarted with them."""
    for one in shared:
        if one.other in restarted and one.own not in restarted:
            yield Finding(
                what=f"{one.name} runs in the network of {one.other_name}, and loses it when that is restarted",
                todo=f"restart it after {one.other_name}: name it behind that in `names`, or in a step below",
            )


def cut_off(shared: Sequence[Shared], ours: Collection[str], projects: Collection[str]) -> Iterator[str]:
    """What is cut off and none of `ours`, as clauses; where the other container is gone, only in these projects."""
    for one in shared:
        if not one.is_cut_off or one.own in ours:
            continue
        if one.other in ours:
            yield f"{one.name} is cut off, because it runs in the network that {one.other_name} had before: restart it"
        elif not one.other and one.project in projects:
            yield f"{one.name} is cut off, because the container in whose network it runs is gone: make it anew"
