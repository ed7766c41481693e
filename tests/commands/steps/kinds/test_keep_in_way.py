"""What would keep a kept folder from going back is said right after the step that left it so."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from tests.commands.steps.builders import VALUES, box, context
from tests.local_shell import LocalShell
from tests.other_user import NOBODY, let_others_in
from tests.world import World

KEEP = 'host = "h"\nrepository = "$REPO"\nfolder = "modules"\nstore = "$KEPT"\n'
OLD = VALUES["commit_before"]
FAULT = "the way back is first tried when it is needed"


class Deployed:
    """A host on which a folder was kept, by a user who is not root."""

    def __init__(self, folder: Path) -> None:
        self.modules, self.store = folder / "repo/modules", folder / "kept"
        self.modules.mkdir(parents=True)
        (self.modules / "index.js").write_text("old")
        self.store.mkdir()
        self.copy = self.store / "of-modules" / OLD
        environ = {"REPO": str(folder / "repo"), "KEPT": str(self.store)}
        self.shell = LocalShell(environ, within=NOBODY if os.geteuid() == 0 else ())
        self.boxes = {
            "keep": box("keep", KEEP),
            "install": box("run", 'host = "h"\ncommands = ["true"]\n'),
            "revert-install": box("keep", f'{KEEP}mode = "back"\nundoes = "install"\n'),
        }
        self.count = 0
        if os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, 65534, 65534)
            let_others_in(folder)
        assert execute(self.boxes["keep"], self.context()).state == "done"

    def context(self) -> Context:
        self.count += 1
        return context(World(), shell=self.shell, files={}, attempt=self.count, boxes=self.boxes)

    def install(self, *commands: str) -> Outcome:
        """Run commands as a step of the deploy does."""
        return execute(box("run", f'host = "h"\ncommands = {json.dumps(commands or ["true"])}\n'), self.context())

    def go_back(self) -> Outcome:
        return execute(self.boxes["revert-install"], self.context())


@pytest.fixture
def deployed(tmp_path: Path) -> Deployed:
    return Deployed(tmp_path)


def test_nothing_is_said_where_the_folder_can_go_back(deployed: Deployed) -> None:
    assert "revert-install" not in deployed.install().summary
    assert deployed.go_back().state == "done"


@pytest.mark.fault(FAULT)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_a_folder_that_an_installation_by_root_has_left_is_named(deployed: Deployed) -> None:
    for path in (deployed.modules, *deployed.modules.rglob("*")):  # as sudo npm ci leaves it
        os.chown(path, 0, 0)
    assert deployed.install().summary.endswith(
        " But the deploying user may not move modules now, so `revert-install` of the rollback would fail: make that "
        "user the owner (chown -R)."
    )
    assert deployed.go_back().state == "failed", "it was said to fail"


@pytest.mark.fault(FAULT)
def test_a_kept_copy_that_somebody_removed_is_named(deployed: Deployed) -> None:
    shutil.rmtree(deployed.copy)
    assert deployed.install().summary.endswith(
        " But the kept copy of modules is gone, so `revert-install` of the rollback would refuse: be ready to build it "
        "in a rollback, or keep it again."
    )
    assert deployed.go_back().state == "failed"


@pytest.mark.fault("it exists, so it is right")
def test_a_kept_copy_of_which_files_are_gone_is_named(deployed: Deployed) -> None:
    (deployed.copy / "index.js").unlink()
    said = "is not whole any more (it has 0 files 0 bytes now, 1 files 3 bytes when it was kept)"
    assert said in deployed.install().summary
    assert deployed.go_back().state == "failed"


@pytest.mark.fault(FAULT)
@pytest.mark.parametrize("disk", ["the same", "another"])
def test_read_only_folders_such_as_those_of_go_are_kept_go_back_and_are_removed_in_time(
    deployed: Deployed, tmp_path: Path, disk: str
) -> None:
    inner = deployed.modules / "pkg@v1"
    inner.mkdir()
    (inner / "a.go").write_text("old")
    for path in (inner, inner / "a.go"):
        os.chown(path, deployed.modules.stat().st_uid, deployed.modules.stat().st_gid)
    inner.chmod(0o555)
    deployed.modules.chmod(0o555)
    if disk == "another":  # as stat says it there
        program = '#!/bin/sh\n[ "$2" = %m ] && exec mktemp -u\nexec /usr/bin/stat "$@"\n'
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin/stat").write_text(program)
        (tmp_path / "bin/stat").chmod(0o755)
        let_others_in(tmp_path)
        deployed.shell = LocalShell(deployed.shell.environ, tmp_path / "bin", within=deployed.shell.within)
    for _ in range(3):
        kept = execute(deployed.boxes["keep"], deployed.context())
        assert kept.state == "done", (kept.summary, kept.lines)
        assert "revert-install" not in deployed.install().summary
        back = deployed.go_back()
        assert back.state == "done", (back.summary, back.lines)
        assert (deployed.modules / "pkg@v1/a.go").read_text() == "old"
        assert deployed.modules.stat().st_mode & 0o777 == 0o555
