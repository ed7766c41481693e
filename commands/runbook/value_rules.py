"""Checks that every value which a step uses is set by a step above it, for its own host."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from commands.runbook.group_rules import HOST
from commands.runbook.groups import hosts_of
from commands.runbook.page import Page, PageStep
from commands.steps.base import StepBox, page_value_types
from commands.steps.value_types import ValueType

# values that every run has before its first step
RUN_VALUES = frozenset({"ref", "run", "countdown"})
_Known = Mapping[tuple[str, ...], set[str]]  # the values that are set, by the hosts that each have their own


def value_errors(page: Page, may_be_set: Callable[[str], bool]) -> Iterator[tuple[PageStep, str]]:
    """Each value that a step cannot use or set, and why. `may_be_set` says so of a box that cannot be read."""
    known: dict[tuple[str, ...], set[str]] = {(): set(RUN_VALUES)}
    types = page_value_types({step.id: step.box for step in page.steps})
    hosts_by_step = hosts_of(page)
    for step in page.steps:
        hosts = hosts_by_step.get(step.id, ())
        known[()] |= {name for name in step.box.inputs() if may_be_set(name)}
        for why in _errors(step.box, hosts, known, types):
            yield step, why
        known.setdefault(hosts, {HOST}).update(step.box.outputs())


def _errors(box: StepBox, hosts: tuple[str, ...], known: _Known, types: Mapping[str, ValueType]) -> Iterator[str]:
    inputs, taken = sorted(box.inputs()), sorted(RUN_VALUES & set(box.outputs()))
    usable = known[()] | (known.get(hosts, {HOST}) if hosts else set())
    for name in (name for name in inputs if name not in usable):
        of = next((of for of, values in known.items() if name in values and of), ())
        if of:
            yield f"<{name}> is another one on each of {', '.join(of)}; only a step on that group can use it"
        else:
            cure = "write what it stands for, or let a step above keep it in `values`"
            yield f"<{name}> is used here, but no step above sets it; {cure}"
    for name in (name for name in inputs if types.get(name) is ValueType.TEXT and not box.takes_any_text):
        yield f"<{name}> is a text, which may be any characters; a step of this kind takes no text"
    for name in taken:
        yield f"values: every run has its own <{name}>; choose another name"
