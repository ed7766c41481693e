"""The target's git: an origin with the new release, and a working copy at the old one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.rehearsal.target.host import Host
from bot.rehearsal.target.programs import SOURCES

API, FRONTEND, MIGRATIONS = "backend/api-server", "frontend", "database/migrations/manual"
FORWARD_FILE = f"{MIGRATIONS}/016_extend_v1_remove_v2_approval_flow.sql"
ROLLBACK_FILE = f"{MIGRATIONS}/016_ROLLBACK_extend_v1_remove_v2.sql"
LOSSY = "DELETE FROM approval_flows WHERE project_id > 40;\n"
# flaws of the new release's code: the file, and what the flaw makes of its text
RELEASE_FLAWS: dict[str, tuple[str, Callable[[str], str]]] = {
    "bad-migration": (
        FORWARD_FILE,
        lambda text: text + "ALTER TABLE approval_flow_history ADD COLUMN job_type_id integer;\n",
    ),
    "lossy-rollback": (ROLLBACK_FILE, lambda text: text + LOSSY),
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
# Records in the target's audit log which commit is checked out now.
printf '{{"what": "checkout", "at": %s, "commit": "%s"}}\\n' "$(date +%s)" "$(git rev-parse HEAD)" >> '{log}'
"""


@dataclass
class Repository:
    """The working copy at `path`. `old` is the commit that runs before a deploy, `new` is origin's main."""

    host: Host
    old: str = ""
    new: str = ""

    @property
    def path(self) -> Path:
        """The working copy on the host."""
        return self.host.srv / "DJ-System"

    def create(self, flaws: frozenset[str], frontend: Path | None = None) -> None:
        """Commit both releases and check out the old one; a flaw becomes part of the new release.

        Files in the folder `frontend` replace the files of the same names in both releases.
        """
        (self.host.home / ".gitconfig").write_text(GIT_CONFIG)
        draft = self.host.folder / "draft"
        self._commit_old(draft, frontend)
        self._commit_new(draft, flaws)
        origin = self.host.srv / "origin.git"
        self.host.run(["git", "clone", "--quiet", "--bare", draft, origin])
        shutil.rmtree(draft)
        self.host.run(["git", "clone", "--quiet", origin, self.path])
        self.git("reset", "--quiet", "--hard", "v1")
        self._add_hooks()
        if "dirty-lock" in flaws:
            lock = self.path / API / "package-lock.json"
            lock.write_text(lock.read_text() + "\n")

    def remove_origin(self) -> None:
        """Move origin away, so that every fetch fails."""
        origin = self.host.srv / "origin.git"
        origin.rename(origin.with_suffix(".away"))

    def git(self, *arguments: str) -> str:
        """The output of a git command in the working copy. Raises TargetError when it fails."""
        return self.host.run(["git", *arguments], cwd=self.path).strip()

    def _commit_old(self, draft: Path, frontend: Path | None) -> None:
        shutil.copytree(SOURCES / "old", draft)
        if frontend:
            shutil.copytree(frontend, draft / FRONTEND, dirs_exist_ok=True)
        (draft / ".gitignore").write_text(IGNORED)
        self.host.run(["git", "init", "--quiet"], cwd=draft)
        self.old = self._commit(draft, "DJ-System with the V2 approval flow")
        self.host.run(["git", "tag", "v1"], cwd=draft)

    def _commit_new(self, draft: Path, flaws: frozenset[str]) -> None:
        shutil.copytree(SOURCES / "new", draft, dirs_exist_ok=True)
        for name in sorted(flaws & RELEASE_FLAWS.keys()):
            path, spoil = RELEASE_FLAWS[name]
            file = draft / path
            file.write_text(spoil(file.read_text()))
        self.new = self._commit(draft, "Extend the V1 approval flow, remove V2")

    def _commit(self, draft: Path, message: str) -> str:
        self.host.run(["git", "add", "--all"], cwd=draft)
        # fixed dates give staging and production the same commits, as with one origin
        dates = [f"GIT_AUTHOR_DATE={DATE}", f"GIT_COMMITTER_DATE={DATE}"]
        self.host.run(["env", *dates, "git", "commit", "--quiet", "--message", message], cwd=draft)
        return self.host.run(["git", "rev-parse", "HEAD"], cwd=draft).strip()

    def _add_hooks(self) -> None:
        for name in ("post-checkout", "post-merge"):
            hook = self.path / ".git" / "hooks" / name
            hook.parent.mkdir(exist_ok=True)
            hook.write_text(HOOK.format(log=self.host.audit_log))
            hook.chmod(0o755)
