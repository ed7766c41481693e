"""What a step's commands leave in the way of the rollback's checkout, with real git."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from commands.steps.shared.checkout_refusal import why_refused
from tests.commands.steps.builders import box, context
from tests.commands.steps.databases import create_databases
from tests.commands.steps.git_repository import Repository, git
from tests.commands.steps.migration_projects import alembic_project
from tests.local_shell import LocalShell
from tests.world import World

CHECKOUT = 'host = "h"\nrepository = "$REPO"\ncommit = "<commit>"\n'
RUN = 'host = "h"\ncd = "$repository"\nenv = { repository = "$REPO" }\n'
REFUSES = " now, so `old-code` of the rollback would refuse: put {0} back there, and name {0} in its `may_discard`."


class Deployed:
    """A working copy on which the release is checked out, and the page around it."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.repository = Repository(folder)
        self.shell = LocalShell({"REPO": str(self.repository.path)})
        back = CHECKOUT.replace("<commit>", "<commit_before>") + 'undoes = "code"\n' + more
        self.boxes = {"code": box("checkout", CHECKOUT), "old-code": box("checkout", back)}
        self.count = 0
        self.back = self.boxes["old-code"]
        assert execute(self.boxes["code"], self.context()).state == "done"

    def context(self, **values: str) -> Context:
        self.count += 1
        known = {"commit": self.repository.new, "commit_before": self.repository.old, **values}
        return context(World(), known, shell=self.shell, files={}, attempt=self.count, boxes=self.boxes)

    def run(self, *commands: str, more: str = "") -> Outcome:
        return execute(box("run", f"{RUN}commands = {json.dumps(commands)}\n{more}"), self.context())


@pytest.mark.fault("the way back is first tried when it is needed")
@pytest.mark.parametrize("ends", ["true", "false"])
def test_a_tracked_file_that_the_commands_changed_is_named_at_once(tmp_path: Path, ends: str) -> None:
    deployed = Deployed(tmp_path)
    outcome = deployed.run("echo changed > package-lock.json", ends)
    assert outcome.state == ("done" if ends == "true" else "failed")
    assert outcome.summary.endswith(" But package-lock.json differs from the commit" + REFUSES.format("it"))
    back = execute(deployed.back, deployed.context())
    assert back.state == "failed", "it was said to refuse"
    git(deployed.repository.path, "checkout", "--", "package-lock.json")
    assert execute(deployed.back, deployed.context()).state == "done"


@pytest.mark.fault("the way back is first tried when it is needed")
def test_an_untracked_file_where_the_old_commit_has_its_own_is_named(tmp_path: Path) -> None:
    deployed = Deployed(tmp_path)
    repository = deployed.repository
    git(repository.origin, "rm", "-q", "package-lock.json")
    repository.new = repository.commit({}, "The lock file is not kept any more")
    assert execute(box("checkout", CHECKOUT), deployed.context()).state == "done"
    outcome = deployed.run("echo new > package-lock.json")
    assert " But package-lock.json differs from the commit" in outcome.summary
    assert execute(deployed.back, deployed.context()).state == "failed"


@pytest.mark.fault("the way back is first tried when it is needed")
@pytest.mark.parametrize(
    ("command", "note"),
    [
        ("touch .git/index.lock", ".git/index.lock is there"),
        ("touch .git/HEAD.lock .git/index.lock", ".git/index.lock and .git/HEAD.lock are there"),
    ],
)
def test_a_lock_that_a_dead_git_left_is_named(tmp_path: Path, command: str, note: str) -> None:
    deployed = Deployed(tmp_path)
    outcome = deployed.run(command)
    them = "them" if " and " in note else "it"
    todo = f"if no git works there, remove {them}."
    assert outcome.summary.endswith(f" But {note}, so `old-code` of the rollback would refuse: {todo}")
    assert execute(deployed.back, deployed.context()).state == "failed", "it was said to refuse"


def test_a_submodule_whose_commit_is_gone_is_said_by_its_name() -> None:
    file, missing = why_refused(["missing=lib{x}: 12ab", " M {name}=b.txt"], "`old`")
    assert file.startswith("{name}=b.txt differs from the commit now, so `old` would refuse")
    assert missing.startswith(
        "commits of submodules cannot be fetched now (lib{x}: 12ab), so `old` would refuse: push them"
    )


@pytest.mark.parametrize("command", ["touch untracked", "echo 'const a = 1' > app.js"])
def test_what_the_checkout_takes_is_not_named(tmp_path: Path, command: str) -> None:
    deployed = Deployed(tmp_path)
    assert deployed.run(command).summary == "1 command succeeded."
    assert execute(deployed.back, deployed.context()).state == "done"


def test_what_it_may_discard_is_not_named(tmp_path: Path) -> None:
    deployed = Deployed(tmp_path, 'may_discard = ["package-lock.json"]\n')
    assert deployed.run("echo changed > package-lock.json").summary == "1 command succeeded."
    assert execute(deployed.back, deployed.context()).state == "done"


def test_nothing_is_asked_for_a_check_of_the_watch_in_the_rollback_or_before_the_release_is_known(
    tmp_path: Path,
) -> None:
    deployed = Deployed(tmp_path)
    assert "But " in deployed.run("echo changed > package-lock.json").summary
    assert "But " not in deployed.run("true", more='every = "5 min"').summary
    assert "But " not in deployed.run("true", more='undoes = "code"').summary
    step = box("run", f'{RUN}commands = ["true"]')
    unknown = deployed.context()
    early = Context(**{**vars(unknown), "values": {"ref": "main"}})
    assert execute(step, early).summary == "1 command succeeded."


@pytest.mark.fault("the way back is first tried when it is needed")
def test_many_files_are_counted_and_a_working_copy_that_is_gone_is_not_called_fine(tmp_path: Path) -> None:
    deployed = Deployed(tmp_path)
    outcome = deployed.run("rm app.js package-lock.json up.sql")
    assert " But app.js, package-lock.json and up.sql differ from the commit" in outcome.summary
    outcome = deployed.run("mv .git elsewhere")
    assert outcome.not_compared[0].startswith("whether old-code of the rollback could work now: git ended with exit")


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_file_that_the_migrations_changed_is_named(tmp_path: Path, postgres: Postgres) -> None:
    create_databases(postgres, "migrated")
    deployed = Deployed(tmp_path)
    app = tmp_path / "app"
    app.mkdir()
    url = alembic_project(app, postgres.url(OWNER, "migrated"))
    schema = deployed.repository.path / "up.sql"
    env = (app / "migrations" / "env.py").read_text()
    (app / "migrations" / "env.py").write_text(f'{env}\nopen("{schema}", "a").write("-- as it is now")\n')
    deployed.shell.environ = {**deployed.shell.environ, "APP": str(app), "URL": url}
    migrate = (
        f'host = "h"\nfolder = "$APP"\nenv = {{ DATABASE_URL = "$URL" }}\ntool = "alembic"\n'
        f'program = "{sys.executable} -m alembic"\n'
    )
    outcome = execute(box("migrate", migrate), deployed.context())
    assert outcome.summary.startswith("Migrated from “aaa1” to “bbb2”. But up.sql differs from the commit")
