"""What the tests of the kinds share: a context, a box from TOML as it stands on a page, and a real git repository."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

from commands.ports.shell import Shell
from commands.ports.tools import Tools
from commands.steps import KINDS
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, failed
from tests.pages import run
from tests.world import World

VALUES = {"ref": "main", "run": "1", "countdown": "0", "commit": "2" * 40, "commit_before": "1" * 40}


def box(kind: str, toml: str) -> Any:
    """A box as the page's reader makes it."""
    return KINDS[kind].model_validate(tomllib.loads(toml))


def inconclusive(check: str) -> Outcome:
    """What a check says where a test names no answer."""
    return failed(f"{check} is not there", inconclusive=True)


def context(
    world: World,
    values: Mapping[str, str] | None = None,
    *,
    shell: Shell | None = None,
    files: dict[str, str] | None = None,
    attempt: int = 1,
    repeated: list[tuple[str, Outcome]] | None = None,
    measured: Callable[[str], Outcome] = inconclusive,
    beside: Mapping[str, StepBox] | None = None,
) -> Context:
    """A context of run 1; `shell` takes the place of the World's."""
    tools: Tools = replace(world.tools(), shell=shell) if shell else world.tools()
    kept = world.files if files is None else files
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
        file=kept.get,
        save_file=kept.setdefault,
        repeat=lambda part, cut: repeated or [],
        measure=lambda check: (check.capitalize(), measured(check)),
        boxes=beside or {},
    )


def plan(step: StepBox) -> str:
    """The plan as one text."""
    return "\n".join(step.plan())


class Repository:
    """An origin whose main is one commit ahead of the working copy, which stands for what production runs."""

    def __init__(self, folder: Path) -> None:
        self.origin, self.path = folder / "origin", folder / "copy"
        git(folder, "init", "-q", "-b", "main", str(self.origin))
        self.commit({"app.js": "const a = 1\n", "package-lock.json": "{}\n"}, "First")
        git(folder, "clone", "-q", str(self.origin), str(self.path))
        self.old = git(self.path, "rev-parse", "HEAD")
        self.new = self.commit({"app.js": "const a = 2\n", "up.sql": "SELECT 1;\n"}, "Second")

    def commit(self, files: dict[str, str], message: str) -> str:
        """Commit files on origin's main; returns the commit."""
        for name, text in files.items():
            (self.origin / name).write_text(text)
        git(self.origin, "add", ".")
        git(self.origin, "commit", "-q", "-m", message)
        return git(self.origin, "rev-parse", "HEAD")


def git(folder: Path, *words: str) -> str:
    """Run git; returns what it printed."""
    actor = ["-c", "user.name=T", "-c", "user.email=t@example.com"]
    done = subprocess.run(["git", *actor, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()
