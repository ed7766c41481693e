"""The step that the bot adds to a rollback's end, where a page asks what runs."""

from __future__ import annotations

from commands.runbook import read_page
from commands.runbook.page import Part
from commands.runbook.rollback_ends import RUNNING_AGAIN
from tests.commands.rollback.samples import OLD, lane
from tests.pages import spoil

RELEASE = """## Before

### Pin

```toml release
id = "pin"
host = "backend"
repository = "$REPO"
running = { web = "api", path = "/health", field = "commit" }
```
"""
TOLD = '### told\n\n```toml notify\nid = "told"\ntext = "done"\n```\n\n'


def rollback(back: str, before: str = RELEASE) -> list[str]:
    page = read_page(spoil(("## Before\n", before), (OLD, back)), "small.md")
    return [step.id for step in page.part(Part.ROLLBACK)]


def test_the_comparison_is_the_last_step_before_the_announcements() -> None:
    assert rollback(lane("a") + lane("b")) == ["a", "b", RUNNING_AGAIN]
    assert rollback(lane("a") + TOLD + TOLD.replace("told", "again")) == ["a", RUNNING_AGAIN, "told", "again"]
    assert rollback(TOLD + lane("b")) == ["told", "b", RUNNING_AGAIN]


def test_a_page_that_asks_nothing_has_no_such_step() -> None:
    without = "".join(line for line in RELEASE.splitlines(keepends=True) if not line.startswith("running"))
    assert rollback(lane("a"), without) == ["a"]


def test_two_releases_are_both_compared() -> None:
    second = RELEASE + RELEASE.removeprefix("## Before\n").replace('"pin"', '"pin-2"').replace("### Pin", "### Pin 2")
    assert rollback(lane("a"), second) == ["a", RUNNING_AGAIN, f"{RUNNING_AGAIN} 2"]


def test_the_step_waits_for_all_others_and_needs_what_ran_before() -> None:
    page = read_page(spoil(("## Before\n", RELEASE)), "small.md")
    box = page.step(RUNNING_AGAIN).box
    assert (box.after, box.inputs(), box.places()) == (
        None,
        {"running_before"},
        {("hosts", "backend"), ("webs", "api")},
    )
