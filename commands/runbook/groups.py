"""Steps on a group of hosts: each becomes one step for every host, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, groupby
from typing import Any

from commands.runbook.alert_rule import AlertRule
from commands.runbook.head_boxes import CriteriaBox, Criterion, RollbackBox
from commands.runbook.page import Page, PageStep, Part
from commands.runbook.places import PlacesBox
from commands.steps.base import StepBox
from commands.steps.kinds.one_by_one import OneByOneStep

_SORTS = {"host": "hosts", "web": "webs"}  # the fields of a box that may name a group
_SHOWN = 4  # hosts that are named one by one
_STEP_FIELDS = ("undoes", "steady_in")  # those that name one other step


def groups_of(box: StepBox, places: PlacesBox) -> dict[str, tuple[str, ...]]:
    """The members of each group that a box names in a field of its own, by that field."""
    named = {field: places.groups(sort).get(getattr(box, field, "")) for field, sort in _SORTS.items()}
    return {field: members for field, members in named.items() if members}


def turns(steps: Sequence[PageStep]) -> dict[str, PageStep]:
    """The `one-by-one` box of each step that is named in one, by the step's id."""
    return {name: step for step in steps if isinstance(step.box, OneByOneStep) for name in step.box.steps}


def hosts_of(page: Page) -> dict[str, tuple[str, ...]]:
    """The hosts for each of which a step of the page is done, by its id. Plain steps are left out."""
    found: dict[str, tuple[str, ...]] = {}
    turn_of = turns(page.steps)
    for step in page.steps:
        box = turn_of.get(step.id, step).box
        members = groups_of(box, page.places)
        if hosts := members.get("host") or members.get("web"):
            found[step.id] = hosts
    return found


def members_in_use(page: Page) -> list[tuple[str, tuple[str, ...]]]:
    """The members of each group that the steps use, by the sort of their place, in their order."""
    found: dict[tuple[str, tuple[str, ...]], None] = {}
    for written in dict.fromkeys(step.written.id for step in page.steps if step.written):
        same = [step for step in page.steps if step.written and step.written.id == written]
        for field, sort in _SORTS.items():
            names = sorted({getattr(step.box, field, "") for step in same})
            if len(names) > 1:
                found[sort, tuple(names)] = None
    return list(found)


def lines_of_page(steps: Iterable[PageStep]) -> Iterator[list[PageStep]]:
    """The steps as the page has them: those of one step on a group, or of one `one-by-one` box, are one list."""
    for _, same in groupby(steps, key=lambda step: (step.turn or step.written or step).id):
        yield list(same)


def hosts_in_words(steps: Sequence[PageStep]) -> str:
    """On which hosts such steps are done, and in which order; empty for a plain step."""
    hosts = list(dict.fromkeys(step.host for step in steps if step.host))
    shown = ", ".join(hosts) if len(hosts) <= _SHOWN else f"{hosts[0]}, {hosts[1]} … {hosts[-1]}"
    order = ", one by one" if steps[0].turn else " together" if len(hosts) > 1 else ""
    return f"{shown}{order}" if hosts else ""


def with_members(page: Page) -> Page:
    """The page with one step for each host of a group, and with the hosts in the place of their group."""
    return _Expansion(page).page() if hosts_of(page) or page.places.has_groups() else page


class _Expansion:
    """The page as it is written, and which steps stand for each of it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._turns = turns(page.steps)
        self._hosts = hosts_of(page)
        self._steps = {step.id: tuple(self._ids(step)) for step in page.steps if step.id in self._hosts}
        # of these, the one that begins first on each host
        self._firsts = {name: ids[:: len(ids) // len(self._hosts[name])] for name, ids in self._steps.items()}
        self._alert_names: dict[str, tuple[str, ...]] = {}
        for alert in page.alerts:
            if hosts := self._hosts.get(alert.check):
                self._alert_names[alert.name] = tuple(on_host(alert.name, host) for host in hosts)

    def page(self) -> Page:
        """The whole page."""
        page = self._page
        return replace(
            page,
            places=page.places.with_members(),
            steps=tuple(chain.from_iterable(self._part(part) for part in Part)),
            rollback=self._rollback(page.rollback),
            alerts=tuple(chain.from_iterable(map(self._alerts, page.alerts))),
            criteria=self._criteria(page.criteria),
        )

    def _ids(self, step: PageStep) -> Iterator[str]:
        names = step.box.steps if isinstance(step.box, OneByOneStep) else [step.id]
        for host in self._hosts[step.id]:
            yield from (f"{name}@{host}" for name in names)

    def _one(self, name: str, number: int) -> str:
        """The step that stands for one of the page on a host, by the host's number in its group."""
        return self._firsts[name][number] if name in self._firsts else name

    def _all(self, names: Iterable[str]) -> list[str]:
        return [step for name in names for step in self._steps.get(name, (name,))]

    def _part(self, part: Part) -> list[PageStep]:
        found: list[PageStep] = []
        for step in self._page.part(part):
            if step.id in self._turns:
                continue
            above = [one.id for one in found]
            first = above if step.box.after is None else self._all(step.box.after)
            for one in self._members(step):
                # a step done together does not wait for its other hosts
                own = [other.id for other in found[len(above) :]] if one.turn else []
                after = [*first, *own] if part == Part.ROLLBACK and one.host else one.box.after
                found.append(replace(one, box=one.box.model_copy(update={"after": after})))
        return found

    def _members(self, step: PageStep) -> Iterator[PageStep]:
        hosts = tuple(enumerate(self._hosts.get(step.id, ())))
        if isinstance(step.box, OneByOneStep):
            # the newest first: it may be out already, and then no more are out than in the deploy
            for number, host in reversed(hosts) if step.part == Part.ROLLBACK else hosts:
                for name in step.box.steps:
                    yield self._member(self._page.step(name), number, host, turn=step)
        for number, host in () if isinstance(step.box, OneByOneStep) else hosts:
            yield self._member(step, number, host)
        if not hosts:
            yield replace(step, box=self._box(step.box, {}, 0))

    def _member(self, step: PageStep, number: int, host: str, turn: PageStep | None = None) -> PageStep:
        own: dict[str, Any] = {field: names[number] for field, names in groups_of(step.box, self._page.places).items()}
        if turn and turn.box.undoes:
            own["undoes"] = self._one(step.box.undoes or turn.box.undoes, number)
        box = self._box(step.box, own, number)
        return replace(
            step, id=f"{step.id}@{host}", title=on_host(step.title, host), box=box, host=host, written=step, turn=turn
        )

    def _box(self, box: StepBox, own: dict[str, Any], number: int) -> StepBox:
        named = {field: self._one(name, number) for field in _STEP_FIELDS if (name := getattr(box, field, ""))}
        after = {} if box.after is None else {"after": self._all(box.after)}
        places = self._page.places
        box = box.with_members(places.groups("hosts"), places.groups("webs"), self._steps)
        return box.model_copy(update={**named, **after, **own})

    def _alerts(self, alert: AlertRule) -> Iterator[AlertRule]:
        if alert.check not in self._hosts:
            yield alert
        for number, host in enumerate(self._hosts.get(alert.check, ())):
            otherwise = alert.otherwise
            if otherwise in self._alert_names:
                otherwise = on_host(otherwise, host)
            own = {"name": on_host(alert.name, host), "check": self._one(alert.check, number), "otherwise": otherwise}
            yield alert.model_copy(update=own)

    def _rollback(self, box: RollbackBox) -> RollbackBox:
        if not box.loses:
            return box
        loses = box.loses.model_copy(update={"after": self._all(box.loses.after)})
        return box.model_copy(update={"loses": loses})

    def _criteria(self, box: CriteriaBox | None) -> CriteriaBox | None:
        if box is None:
            return None
        lines = {name: [self._criterion(one) for one in getattr(box, name)] for name in ("go", "no_go")}
        return box.model_copy(update=lines)

    def _criterion(self, line: Criterion) -> Criterion:
        shown = [one for name in line.shown_by for one in self._alert_names.get(name) or self._all([name])]
        return line.model_copy(update={"shown_by": shown})


def on_host(name: str, host: str) -> str:
    """A title or an alert's name with the host that it is about, if it is about one."""
    return f"{name} ({host})" if host else name
