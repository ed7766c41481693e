"""What git and a migration tool become: a checkout of the pinned commit, and a migration."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import filterfalse

from commands.adopt.found import Found, Step, options
from commands.adopt.scene import REPOSITORY, Scene
from commands.runbook.page import Part
from commands.systems.migrations.tools import MIGRATION_TOOLS, ToolName

_KEPT = re.compile(r"git checkout (?:-f )?[\"']?(?:\$\(|`)\s*cat\s+[\w./~-]+\s*[)`][\"']?")
_REF = re.compile(r"[\w][\w./-]*|<[\w -]+>|\$\{?\w+\}?")
_BEFORE_REF = re.compile(r"(?:HEAD|ORIG_HEAD|@)(?:[~^]\d*|@\{\d+\})*")  # what git had before, as `HEAD~1`
_MIGRATES = frozenset(("upgrade", "downgrade", "migrate", "db:migrate", "db:rollback"))
_STEPS = re.compile(r"STEP=\d+")
# variables that name no secret, and that a migration tool reads
_SETTING = re.compile(r"(?P<name>(?:RAILS|RACK|NODE|APP|FLASK)_ENV|DJANGO_SETTINGS_MODULE)=(?P<value>[\w.]+)")
_ARGUMENTS = {
    "alembic": (("head",), ("heads",)),
    "django": ((), ("--noinput",), ("--no-input",)),
    "prisma": ((),),
    "rails": ((),),
}
_PROGRAM = {
    "alembic": r"(?P<program>.+?) upgrade\b",
    "django": r"(?P<program>.+?) migrate\b",
    "rails": r"(?P<program>.*?\brails) db:migrate\b",  # rake alone could not ask for the state
}
_USUAL = frozenset(("alembic", "python manage.py", "bin/rails"))


_BEFORE = "the commit that ran before is checked out; a revert takes back one commit of a release of several"


def checkout(step: Step, scene: Scene) -> Found | None:
    """A git command that brings other code into the working copy; in the rollback, the code from before."""
    verb = step.words[1]
    given, rest = options(step.words[2:], "")
    if set(given) - {
        "--ff-only",
        "--rebase",
        "-q",
        "--quiet",
        "--hard",
        "--tags",
        "--all",
        "--prune",
        "-p",
        "--no-edit",
        "-f",
    }:
        return None
    back = scene.part == Part.ROLLBACK
    known = all(_REF.fullmatch(one) or (back and _BEFORE_REF.fullmatch(one)) for one in rest)
    if not known or step.command.into or (verb == "revert" and not back):
        return None
    if verb == "fetch":
        return Found(kind="checkout", fields={}, why="", joins=True)
    if (verb in {"checkout", "switch"} and len(rest) != 1) or not _is_in_repository(step, scene):
        return None
    scene.needs_release = True
    fields = {"host": scene.places.host(), "repository": REPOSITORY}
    if back:
        return Found(kind="checkout", fields={**fields, "commit": "<commit_before>"}, why=_BEFORE)
    if ref := _branch(verb, rest):
        scene.refs.setdefault(ref, step.line)
    why = "a failed pull leaves the old code, and what follows succeeds; one commit is pinned, checked out and compared"
    return Found(kind="checkout", fields={**fields, "commit": "<commit>"}, why=why)


def kept_commit(step: Step, scene: Scene) -> Found | None:
    """In the rollback, a checkout of the commit that a file names: the run knows which one ran before."""
    if scene.part != Part.ROLLBACK or not _KEPT.fullmatch(step.command.text) or not _is_in_repository(step, scene):
        return None
    scene.needs_release = True
    fields = {"host": scene.places.host(), "repository": REPOSITORY, "commit": "<commit_before>"}
    return Found(kind="checkout", fields=fields, why="the run knows which commit ran before; a file may be an old one")


def _is_in_repository(step: Step, scene: Scene) -> bool:
    """Whether the command runs in the one working copy of the page; the first one is that."""
    if scene.folder and not scene.repository:
        scene.repository = scene.folder
        scene.notes.assume(step.line, f"{REPOSITORY} is the working copy on the host, the runbook's {scene.folder}")
        scene.places.values[REPOSITORY] = ("The working copy (the git clone) on the host", scene.folder)
    return not scene.folder or scene.in_repository(scene.folder) == ""


def _branch(verb: str, rest: list[str]) -> str:
    """The branch or tag that a command names; empty for none, and for what is only named in its place."""
    ref = rest[-1] if rest else ""
    if verb == "pull" and len(rest) < 2:
        return ""
    return "" if ref[:1] in {"<", "$"} else re.sub(r"^(?:origin/|refs/tags/|tags/)", "", ref)


def migrate(tool: ToolName) -> Callable[[Step, Scene], Found | None]:
    """A migration by a framework's tool, up to its newest."""

    def make(step: Step, scene: Scene) -> Found | None:
        text = " ".join(step.words)
        settings, last = _settings(tool, step)
        if last not in _ARGUMENTS[tool] or step.command.into or settings is None or scene.exports:
            return None
        if scene.part == Part.ROLLBACK:
            return None
        inside = scene.in_repository(scene.folder) if scene.folder else None
        folder = f"{REPOSITORY}/{inside}".rstrip("/") if inside is not None else scene.folder
        if not folder:
            return None
        fields: dict[str, object] = {"host": scene.places.host(), "folder": folder, "tool": tool}
        match = re.match(_PROGRAM.get(tool, r"$"), text)
        if match and match["program"] not in _USUAL:
            fields["program"] = match["program"]
        if settings:
            fields["env"] = settings
        if any(re.search(r"\bif any\b|pending", one) for one in step.comments):
            fields["may_be_empty"] = True
        if not MIGRATION_TOOLS[tool].back:
            fields |= {"undone_by": "nothing", "why": f"{tool} cannot roll back a migration"}
            scene.notes.assume(step.line, f"{tool} has no way back, so nothing of the rollback undoes its migrations")
        _note_settings(tool, step, scene)
        scene.migrated[tool] = fields
        why = "what the tool says is applied is compared before and after"
        return Found(kind="migrate", fields=fields, why=why)

    return make


def _settings(tool: str, step: Step) -> tuple[dict[str, str] | None, tuple[str, ...]]:
    """The variables of a migration's command, and its arguments; None for variables that may be secrets."""
    at = next((place for place, word in enumerate(step.words) if word in _MIGRATES), len(step.words))
    behind = step.words[at + (2 if tool == "prisma" else 1) :]
    own = [word for word in behind if tool == "rails" and "=" in word]  # as in `rails db:migrate RAILS_ENV=production`
    found = [_SETTING.fullmatch(one) for one in [*("=".join(pair) for pair in step.command.sets), *own]]
    settings = {one["name"]: one["value"] for one in found if one}
    return settings if all(found) else None, tuple(word for word in behind if word not in own)


def migrate_back(tool: str) -> Callable[[Step, Scene], Found | None]:
    """In the rollback, the way back of what the deploy has migrated by the same tool."""

    def make(step: Step, scene: Scene) -> Found | None:
        forward = scene.migrated.get(tool)
        settings, rest = _settings(tool, replace(step, words=tuple(filterfalse(_STEPS.fullmatch, step.words))))
        if scene.part != Part.ROLLBACK or not forward or settings is None or (tool == "rails" and rest):
            return None
        if step.command.into or scene.exports:
            return None
        _note_settings(tool, step, scene)
        why = "the state from before this run comes back, however many migrations it applied"
        return Found(kind="migrate", fields={**forward, "mode": "back"}, why=why)

    return make


def _note_settings(tool: str, step: Step, scene: Scene) -> None:
    if scene.sourced:
        why = f"{tool} gets no variables from {scene.sourced} here; write those that it reads into `env` of its box"
        scene.notes.fill_in(step.line, why)
