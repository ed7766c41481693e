"""The log masks what a page names as soon as the page is read, also one of a run under way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from state.facts import Actor, Door, RollbackRequest
from tests.bot.test_serve import NOW, start_run

PLACE = "the-old-harbour"  # what no rule for secrets would find: only a page that names its variable makes it one
ENTER = """
import logging, os, sys
import bot.serve, bot.served_doors
from bot.cli import main
from commands.run.engine import Engine

def after(one):
    def and_log(*args, **more):
        result = one(*args, **more)
        logging.getLogger("gonogo").warning("it is at %s.", os.environ["OLD_PLACE"])
        return result
    return and_log

{patch}
sys.exit(main(["serve", "--no-slack"]))
"""


def logged(patch: str) -> str:
    """The first line of the log with the place, from a bot that logs it where the patch says."""
    words = [sys.executable, "-c", ENTER.format(patch=patch)]
    bot = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        assert bot.stderr
        return next(line for line in bot.stderr if "it is at" in line)
    finally:
        bot.kill()
        bot.communicate()


def name_the_place(page: Path) -> None:
    """Let the page name the variable that holds the place."""
    undeploy = 'commands = ["echo undeploy"]'
    text = page.read_text()
    assert undeploy in text
    page.write_text(text.replace(undeploy, f'{undeploy}\nenv = {{ at = "$OLD_PLACE" }}'))


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment has the place."""
    monkeypatch.setenv("OLD_PLACE", PLACE)


def test_what_is_logged_while_the_pages_are_looked_through_is_masked(shop: Path) -> None:
    name_the_place(shop / "small.md")
    line = logged("bot.served_doors.missing = after(bot.served_doors.missing)")
    assert "it is at •••." in line


def test_what_only_the_page_of_a_run_under_way_names_is_masked(shop: Path) -> None:
    before = (shop / "small.md").read_text()
    name_the_place(shop / "small.md")
    store = start_run(shop, "true")
    (shop / "small.md").write_text(before)
    store.add_fact(1, RollbackRequest(by=Actor(person="U1", door=Door.SLACK), at=NOW))
    store.close()
    line = logged("Engine._start_runner = after(Engine._start_runner)")
    assert "it is at •••." in line


def test_a_value_that_no_page_names_is_shown(shop: Path) -> None:
    assert f"it is at {PLACE}." in logged("bot.served_doors.missing = after(bot.served_doors.missing)")
