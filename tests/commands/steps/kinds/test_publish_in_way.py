"""What would keep the web site from going back is said right after a later step on its host."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box, context
from tests.commands.steps.kinds.test_publish import BACK, FORWARD, OLD, Site


def _run(site: Site) -> Outcome:
    site.shell.ended.clear()  # a new attempt each time
    boxes = {"publish": box("publish", FORWARD), "revert": box("publish", f'{BACK}\nundoes = "publish"')}
    ctx = context(site.world, shell=site.shell, files={}, boxes=boxes)
    return execute(box("run", 'host = "h"\ncommands = ["true"]\n'), ctx)


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_release_of_before_that_a_cleanup_removed_is_named(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert "revert" not in _run(site).summary, "nothing was published yet"
    site.shell.ended.clear()
    assert site.run_step(FORWARD).state == "done"
    assert "revert" not in _run(site).summary
    shutil.rmtree(site.www / "releases" / OLD)
    assert _run(site).summary.endswith(
        f" But the release {OLD}, which was served before, is gone, so `revert` of the rollback would refuse: "
        "put it back."
    )
    site.shell.ended.clear()
    assert site.run_step(BACK).state == "failed", "it was said to refuse"
