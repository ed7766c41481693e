"""The target's git: a bare origin with the new release on main, and the host's working copy at the old one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.rehearsal.target.box import Box
from bot.rehearsal.target.tools import SOURCES

API, FRONTEND, MANUAL = "backend/api-server", "frontend", "database/migrations/manual"
FORWARD = f"{MANUAL}/016_extend_v1_remove_v2_approval_flow.sql"
BACK = f"{MANUAL}/016_ROLLBACK_extend_v1_remove_v2.sql"
LOSES = "DELETE FROM approval_flows WHERE project_id > 40;\n"
FLAWS: dict[str, tuple[str, Callable[[str], str]]] = {
    "bad-migration": (
        FORWARD,
        lambda text: text + "ALTER TABLE approval_flow_history ADD COLUMN job_type_id integer;\n",
    ),
    "lossy-rollback": (BACK, lambda text: text + LOSES),
    "failing-smoke": (
        f"{API}/src/approval.js",
        lambda text: text.replace("assigneeId: flow.autoAssignUserId", "assigneeId: flow.assignee.id"),
    ),
    "crash-loop": (f"{API}/src/routes.js", lambda text: text + "\nsetTimeout(() => process.exit(1), 3000)\n"),
    "old-page": (f"{FRONTEND}/src/admin.js", lambda text: text + "\nimport './job-type-select.js'\n"),
    "dirty-lock": (
        f"{API}/package-lock.json",
        lambda text: text.replace('"version": "1.0.0"', '"version": "1.1.0"', 2),
    ),
}
DATE = "2026-02-01T12:00:00+0700"
IGNORED = "node_modules/\ndist/\n.env\n"
GIT_CONFIG = """[user]
\tname = DJ-System
\temail = dev@dj.example
[init]
\tdefaultBranch = main
[advice]
\tdetachedHead = false
[gc]
\tauto = 0
"""
HOOK = """#!/bin/sh
# Tells the target's audit log where the working copy stands now.
printf '{{"what": "checkout", "at": %s, "commit": "%s"}}\\n' "$(date +%s)" "$(git rev-parse HEAD)" >> '{log}'
"""


@dataclass
class Repository:
    """The working copy, and the two commits: `old` is what runs before a deploy, `new` is origin's main."""

    box: Box
    old: str = ""
    new: str = ""

    @property
    def path(self) -> Path:
        return self.box.srv / "DJ-System"

    def create(self, flaws: frozenset[str], frontend: Path | None = None) -> None:
        """Writes both releases as commits and checks the old one out; a flaw is part of the new release's code.

        The files of `frontend` stand for those of the same names in both releases' own.
        """
        (self.box.home / ".gitconfig").write_text(GIT_CONFIG)
        draft = self.box.folder / "draft"
        self._commit_old(draft, frontend)
        self._commit_new(draft, flaws)
        origin = self.box.srv / "origin.git"
        self.box.run(["git", "clone", "--quiet", "--bare", draft, origin])
        shutil.rmtree(draft)
        self.box.run(["git", "clone", "--quiet", origin, self.path])
        self.git("reset", "--quiet", "--hard", "v1")
        self._add_hooks()
        if "dirty-lock" in flaws:
            lock = self.path / API / "package-lock.json"
            lock.write_text(lock.read_text() + "\n")

    def take_origin_away(self) -> None:
        """Nothing can be fetched any more."""
        origin = self.box.srv / "origin.git"
        origin.rename(origin.with_suffix(".away"))

    def git(self, *words: str) -> str:
        """What a git command says in the working copy."""
        return self.box.run(["git", *words], cwd=self.path).strip()

    def _commit_old(self, draft: Path, frontend: Path | None) -> None:
        shutil.copytree(SOURCES / "old", draft)
        if frontend:
            shutil.copytree(frontend, draft / FRONTEND, dirs_exist_ok=True)
        (draft / ".gitignore").write_text(IGNORED)
        self.box.run(["git", "init", "--quiet"], cwd=draft)
        self.old = self._commit(draft, "DJ-System with the V2 approval flow")
        self.box.run(["git", "tag", "v1"], cwd=draft)

    def _commit_new(self, draft: Path, flaws: frozenset[str]) -> None:
        shutil.copytree(SOURCES / "new", draft, dirs_exist_ok=True)
        for name in sorted(flaws & FLAWS.keys()):
            path, spoil = FLAWS[name]
            file = draft / path
            file.write_text(spoil(file.read_text()))
        self.new = self._commit(draft, "Extend the V1 approval flow, remove V2")

    def _commit(self, draft: Path, message: str) -> str:
        self.box.run(["git", "add", "--all"], cwd=draft)
        # dated, so that staging and production have the same commits, as with one origin
        dates = [f"GIT_AUTHOR_DATE={DATE}", f"GIT_COMMITTER_DATE={DATE}"]
        self.box.run(["env", *dates, "git", "commit", "--quiet", "--message", message], cwd=draft)
        return self.box.run(["git", "rev-parse", "HEAD"], cwd=draft).strip()

    def _add_hooks(self) -> None:
        for name in ("post-checkout", "post-merge"):
            hook = self.path / ".git" / "hooks" / name
            hook.parent.mkdir(exist_ok=True)
            hook.write_text(HOOK.format(log=self.box.audit_log))
            hook.chmod(0o755)
