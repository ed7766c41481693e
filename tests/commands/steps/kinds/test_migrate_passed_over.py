"""`migrate`: what the tool never applies, having a lower number, is said before and after."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from commands.ports.preflight import PreflightResult
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.steps.values import page_texts
from commands.systems.preflight.hosts import HostCheck
from tests.commands.steps.builders import box
from tests.commands.steps.kinds.test_migrate import BACK, COMMON, Project

pytestmark = pytest.mark.fault("not looked at, and said to be fine")
# it keeps the version in a file, and applies what is above it, as golang-migrate does
GOLANG = """\
#!/bin/bash
case "${@: -1}" in
  version) cat version 2> /dev/null || { echo "error: no migration" >&2; exit 1; } ;;
  up) ls migrations/*.up.sql | sed 's#.*/##; s#_.*##' | sort -n | tail -n 1 > version ;;
esac
"""
TOML = f'{COMMON}tool = "golang-migrate"\nprogram = "./migrate -path migrations"\n'
NEVER = (
    "golang-migrate never applies 20260201_late, because a migration with a higher number is applied already "
    "(give it a new, higher number)"
)
FLYWAY = """\
| Category  | Version  | Description | Type | Installed On        | State                  | Undoable |
| Versioned | 20260203 | orders      | SQL  | 2026-01-01 00:00:00 | Success                | No       |
| Versioned | 20260201 | late price  | SQL  |                     | %s | No       |
"""


def add(folder: Path, *names: str) -> None:
    """Files of the release."""
    (folder / "migrations").mkdir(exist_ok=True)
    for name in names:
        (folder / "migrations" / f"{name}.up.sql").write_text("SELECT 1")


@pytest.fixture
def golang(tmp_path: Path) -> Project:
    add(tmp_path, "00001_first", "20260203_orders")
    (tmp_path / "version").write_text("20260203\n")
    (tmp_path / "migrate").write_text(GOLANG)
    (tmp_path / "migrate").chmod(0o755)
    return Project(tmp_path, "postgres://nowhere")


def look(project: Project, toml: str) -> list[PreflightResult]:
    """What the look before the start finds."""
    check = box("migrate", toml).preflight()[0]
    assert isinstance(check, HostCheck)
    return check.judge(project.shell.ask("h", check.script, env=page_texts(dict(check.env), {})))


def run(project: Project, toml: str, kept: dict[str, str], attempt: int = 1) -> Outcome:
    ctx = replace(project.context(attempt=attempt), found_at_start=kept)
    return execute(box("migrate", toml), ctx)


def test_a_lower_number_of_the_release_is_named_before_anything_runs_and_in_the_result(
    golang: Project, tmp_path: Path
) -> None:
    [found] = look(golang, TOML)
    add(tmp_path, "20260201_late", "20260204_more")
    outcome = run(golang, TOML, dict(found.kept))
    assert (outcome.state, outcome.summary) == (
        "failed",
        f"Nothing was run: {NEVER}. Run the step again to go on all the same.",
    )
    assert (tmp_path / "version").read_text() == "20260203\n"
    again = run(golang, TOML, dict(found.kept), attempt=2)
    assert (again.state, again.summary) == ("done", f"Migrated from “20260203” to “20260204”. But {NEVER}.")
    golang.files.clear()
    (tmp_path / "version").write_text("20260203\n")
    at_once = run(golang, TOML + 'on_failure = "roll back"\n', dict(found.kept), attempt=3)
    assert (at_once.state, at_once.summary) == ("done", f"Migrated from “20260203” to “20260204”. But {NEVER}.")


def test_where_it_is_all_that_the_release_brings_the_failure_says_so(golang: Project, tmp_path: Path) -> None:
    [found] = look(golang, TOML)
    add(tmp_path, "20260201_late")
    outcome = run(golang, TOML + 'on_failure = "roll back"\n', dict(found.kept))
    assert (outcome.state, outcome.summary.partition(" But ")[2]) == ("failed", f"{NEVER}.")


def test_a_rehearsal_names_it_already(golang: Project, tmp_path: Path) -> None:
    [found] = look(golang, TOML)
    add(tmp_path, "20260201_late", "20260204_more")
    places = 'host = "box"\ndatabase_url = "$URL"\nfolder = "$APP"\nscratch_url = "$URL"\n'
    boxes = {
        "rehearse": box("rehearse", f'{places}migration = "step"\n'),
        "step": box("migrate", TOML),
        "back": box("migrate", TOML + BACK),
    }
    boxes["rehearse"].take_boxes(boxes)
    backup = {"backup_file": "x", "backup_sha256": "a" * 64, "backup_compared": "text"}
    ctx = replace(golang.context("rehearse"), boxes=boxes, values=backup, found_at_start=dict(found.kept))
    assert execute(boxes["rehearse"], ctx).summary == (
        f"Nothing was rehearsed: {NEVER}. Change the migration, or if that is meant, run the step again to go on."
    )


def test_higher_numbers_are_applied_without_a_word(golang: Project, tmp_path: Path) -> None:
    [found] = look(golang, TOML)
    add(tmp_path, "20260204_more")
    outcome = run(golang, TOML, dict(found.kept))
    assert (outcome.summary, outcome.not_compared) == ("Migrated from “20260203” to “20260204”.", ())


def test_what_an_attempt_before_has_applied_is_not_passed_over(golang: Project, tmp_path: Path) -> None:
    [found] = look(golang, TOML)
    add(tmp_path, "20260204_more", "20260205_last")
    (tmp_path / "version").write_text("20260204\n")  # the first attempt came so far, and a person has mended the rest
    golang.files["state before"] = "20260203"
    assert "never applies" not in run(golang, TOML, dict(found.kept), attempt=2).summary


@pytest.mark.parametrize("kept_before", [True, False], ids=["kept", "removed"])
def test_where_each_release_has_a_folder_of_its_own_that_of_the_commit_before_is_compared(
    golang: Project, tmp_path: Path, kept_before: bool
) -> None:
    old, new = "a" * 40, "b" * 40
    for commit in (old, new):
        (tmp_path / commit).mkdir()
        add(tmp_path / commit, "00001_first", "20260203_orders")
        for name in ("version", "migrate"):
            (tmp_path / commit / name).symlink_to(tmp_path / name)
    add(tmp_path / new, "20260201_late", "20260204_more")
    if not kept_before:
        (tmp_path / old).rename(tmp_path / "gone")
    toml = TOML.replace('folder = "$APP"', 'folder = "$APP/<commit>"') + 'on_failure = "roll back"\n'
    ctx = replace(golang.context(), values={"commit": new, "commit_before": old})
    outcome = execute(box("migrate", toml), ctx)
    assert (NEVER in outcome.summary, bool(outcome.not_compared)) == (kept_before, not kept_before), outcome


@pytest.mark.parametrize("there", [True, False], ids=["the files were there already", "started without a look"])
def test_where_nobody_knows_which_files_came_with_the_release_that_is_said(
    golang: Project, tmp_path: Path, there: bool
) -> None:
    add(tmp_path, "20260201_late", "20260204_more")
    kept = dict(look(golang, TOML)[0].kept) if there else {}
    outcome = run(golang, TOML, kept)
    assert outcome.state == "done"
    [unseen] = outcome.not_compared
    assert unseen == (
        "whether the release brings a migration with a lower number than the newest applied one, which golang-migrate "
        "never applies (its files from before the release are not known)"
    )


def test_what_flyway_ignores_is_named_before_the_start_and_by_the_step(tmp_path: Path) -> None:
    (tmp_path / "said").write_text(FLYWAY % "Ignored               ")
    (tmp_path / "tool").write_text('#!/bin/sh\ncat "$(dirname "$0")/said"\n')
    (tmp_path / "tool").chmod(0o755)
    project = Project(tmp_path, "postgres://nowhere")
    toml = f'{COMMON}tool = "flyway"\nprogram = "./tool"\n'
    never = "flyway never applies 20260201_late_price, because a migration with a higher number is applied already"
    _, warned = look(project, toml)
    assert (warned.level, warned.summary.split(" (")[0]) == ("warn", never)
    assert run(project, toml, {}).summary.startswith(f"Nothing was run: {never}")
    (tmp_path / "said").write_text(FLYWAY % "Pending               ")
    assert [one.level for one in look(project, toml)] == ["ok"]


def test_a_lower_number_below_all_that_a_long_history_lists_is_said_too(golang: Project, tmp_path: Path) -> None:
    add(tmp_path, *(f"{number:05}_old" for number in range(2, 700, 2)))
    kept = dict(look(golang, TOML)[0].kept)
    add(tmp_path, "20260204_more")
    assert run(golang, TOML, kept).not_compared == (), "one more above them moves what is listed"
    (tmp_path / "version").write_text("20260203\n")
    golang.files.clear()
    add(tmp_path, "00005_late", "00007_late", "00601_late")
    outcome = run(golang, TOML, kept, attempt=3)
    assert outcome.summary == "Nothing was run: " + NEVER.replace("20260201_late", "00601_late") + (
        ". Run the step again to go on all the same."
    )
    again = run(golang, TOML, kept, attempt=4)
    assert again.state == "done"
    [unseen] = again.not_compared
    assert unseen.endswith("never applies (2 files came below the 300 newest that were looked at)")
