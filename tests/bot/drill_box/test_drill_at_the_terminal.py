"""`gonogo drill`: on places of its own; a sandbox is only the bot's to start."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.doors.in_force import to_put_in_force
from bot.doors.terminal import Terminal
from bot.drill_box.where import without_sandbox
from bot.settings import Settings, read_page_file, shipped_runbooks
from commands.runbook.drill import is_drill
from state.errors import Refused
from state.records import Drill
from state.sqlite.store import Store
from tests.bot.doors.terminal_users import ENVIRON, system_user_of
from tests.bot.slack.run_writer import LEAD, deps_of
from tests.pages import small

A = read_page_file(shipped_runbooks() / "option-a.md")
ZONE = 'time_zone = "Asia/Bangkok"'
PAGE = small(**{ZONE: f'{ZONE}\n\n[drill]\n"SHOP_*" = "$DRILL_*"'})


def drilled(folder: Path, environ: dict[str, str], *, slack: bool = True) -> list[str]:
    """What `gonogo drill` prints, and the run that it starts."""
    record = folder / "gonogo.db"
    settings = Settings(runbook=folder, state=record, environ=ENVIRON, slack=slack)
    with closing(Store(record, serving=True)) as store:
        store.put_in_force(to_put_in_force(settings, [PAGE]))
    changes: dict[str, Any] = {"drills": without_sandbox(environ)}
    with closing(
        Terminal(settings, 0, "", system_user_of(LEAD), lambda store: deps_of(store, PAGE, **changes))
    ) as door:
        told = list(door.drill(Namespace(page="small.md", ref="", surprise="")))
        assert door.store.run(1).drill == Drill.PLACES
        return told


def test_a_drill_on_its_own_places_starts_and_says_what_comes_next(tmp_path: Path) -> None:
    told = drilled(tmp_path, {"DRILL_SSH": "deploy@drill.example:22"})
    assert told[:2] == [
        "DRILL · run 1 of 🚀 A small deploy asks in its channel who takes part.",
        "There they press “I take part”, and then one of them “Begin the drill”. To end it: gonogo rollback",
    ]


def test_where_the_bot_serves_without_slack_nobody_could_take_part_so_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="A drill needs Slack: that is where people take part"):
        drilled(tmp_path, {"DRILL_SSH": "deploy@drill.example:22"}, slack=False)


def test_a_page_that_the_bot_drills_in_a_sandbox_is_sent_to_slack() -> None:
    with (
        pytest.raises(Refused, match=r"only the bot itself can start\. Type `/deploy drill option-a\.md` in Slack"),
        without_sandbox({})(A),
    ):
        pass
    with without_sandbox({"DRILL_SSH": "deploy@drill.example:22"})(A) as page:
        assert is_drill(page)


def test_a_page_without_places_that_fits_no_sandbox_is_told_what_to_set() -> None:
    with (
        pytest.raises(Refused, match=r"small\.md cannot be drilled yet\. Set the variables"),
        without_sandbox({})(PAGE),
    ):
        pass
