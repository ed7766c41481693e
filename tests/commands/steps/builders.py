"""Builders for the tests of step kinds: a step's box, its context, and its plan as one text."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Event
from typing import Any

from commands.ports.shell import Shell
from commands.ports.tools import Tools
from commands.steps import KINDS
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, failed
from commands.steps.plan_line import with_programs
from tests.pages import run
from tests.world import World

VALUES = {"ref": "main", "run": "1", "countdown": "0", "commit": "2" * 40, "commit_before": "1" * 40}


def box(kind: str, toml: str) -> Any:
    """A box as the page's reader builds it."""
    return KINDS[kind].model_validate(tomllib.loads(toml))


def unreachable_check(check: str) -> Outcome:
    """The outcome of every check of the watch, unless a test gives another."""
    return failed(f"{check} is unreachable", inconclusive=True)


def context(
    world: World,
    values: Mapping[str, str] | None = None,
    *,
    shell: Shell | None = None,
    files: dict[str, str] | None = None,
    attempt: int = 1,
    rerun: list[tuple[str, Outcome]] | None = None,
    run_check: Callable[[str], Outcome] = unreachable_check,
    boxes: Mapping[str, StepBox] | None = None,
) -> Context:
    """A context of run 1. `shell` replaces the World's; `rerun` are the outcomes of a part that is run again."""
    tools: Tools = replace(world.tools(), shell=shell) if shell else world.tools()
    stored = world.files if files is None else files
    return Context(
        tools=tools,
        run=run(),
        key=f"run-1/step/{attempt}",
        title="The step",
        began_at=world.clock.now(),
        stamp=f"{world.clock.now():%Y%m%dT%H%M%SZ}",
        time_zone="Asia/Bangkok",
        values={**VALUES, **(values or {})},
        stop=Event(),
        file=stored.get,
        save_file=lambda name, text: hashlib.sha256(stored.setdefault(name, text).encode()).hexdigest(),
        rerun_part=lambda part, interrupted: rerun or [],
        run_check=lambda check: (check.capitalize(), run_check(check)),
        boxes=boxes or {},
    )


def plan(step: StepBox) -> str:
    """The plan as one text, with the text of the bot's own programs."""
    return "\n".join(with_programs(step.plan()))
