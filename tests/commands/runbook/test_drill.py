"""The page of a drill: it names nothing of the page's own places, or there is no drill."""

from __future__ import annotations

import pytest

from bot.settings import read_page_file, shipped_runbooks
from commands.runbook import Page
from commands.runbook.drill import drill_page, replaced
from commands.runbook.drill_table import partners, replacement
from state.errors import BadPage, Refused
from tests.pages import small

ZONE = 'time_zone = "Asia/Bangkok"'


def page(table: str, **changes: str) -> Page:
    """The small page with a `[drill]` table of these lines."""
    return small(**{ZONE: f"{ZONE}\n\n[drill]\n{table}", **changes})


@pytest.mark.parametrize("name", ["option-a.md", "option-b.md"])
def test_the_drill_of_a_shipped_page_names_no_variable_of_its_places_and_starts_no_other_page(name: str) -> None:
    own = read_page_file(shipped_runbooks() / name)
    drill = drill_page(own)
    named = set(drill.env_names())
    assert named.isdisjoint(replaced(own)), "by construction: what is not named cannot be looked up"
    assert {variable.split("_")[0] for variable in named} == {"$DRILL", "$GONOGO"}
    assert (drill.runbook.target, drill.decision.starts) == (f"{own.runbook.target} (drill)", "")
    assert [(step.id, step.title) for step in drill.steps] == [(step.id, step.title) for step in own.steps]
    assert set(own.env_names()) <= set(drill.masked_names()), "what a message must not show is still known"


def test_the_people_and_the_channel_of_a_drill_are_the_pages_own() -> None:
    drill = drill_page(page('"SHOP_*" = "$DRILL_*"'))
    assert drill.roles["dba"].people == "$SHOP_DBA"
    assert drill.runbook.channel == "$GONOGO_CHANNEL"
    assert drill.places.hosts["backend"].address == "$DRILL_SSH"


def test_a_page_without_a_table_has_no_drill_and_says_what_to_write() -> None:
    with pytest.raises(Refused, match=r"small.md has no drill: .* Add a table \[drill\] to its box “toml runbook”"):
        drill_page(small())


def test_each_variable_that_nothing_replaces_is_named() -> None:
    with pytest.raises(Refused, match=r"its table \[drill\] lacks \$SHOP_KNOWN_HOSTS, \$SHOP_URL\."):
        drill_page(page('SHOP_SSH = "$DRILL_SSH"\nSHOP_KEY = "$DRILL_KEY"'))


def test_a_variable_of_the_page_takes_no_place_in_its_drill() -> None:
    with pytest.raises(Refused, match=r"\$SHOP_SSH of its table \[drill\] is the page's own variable"):
        drill_page(page('"SHOP_*" = "$DRILL_*"\nSHOP_URL = "$SHOP_SSH"'))


def test_a_host_that_is_the_bots_own_machine_has_no_drill() -> None:
    login = 'address = "$SHOP_SSH"\nkey = "$SHOP_KEY"\nknown_hosts = "$SHOP_KNOWN_HOSTS"'
    with pytest.raises(Refused, match="the host backend is the bot's own machine"):
        drill_page(page('"SHOP_*" = "$DRILL_*"', **{login: 'address = "local"'}))


def test_a_command_whose_own_variable_would_change_is_refused_with_its_line() -> None:
    command = 'env = { SHOP_URL = "$SHOP_URL" }\ncommands = [\'curl "$SHOP_URL"\']'
    with pytest.raises(Refused, match=r"line \d+, Put the code there: a command has a variable \$SHOP_URL of its own"):
        drill_page(page('"SHOP_*" = "$DRILL_*"', **{'commands = ["deploy"]': command}))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('"SHOP_*" = "$DRILL_SSH"', "must both end with"),
        ('SHOP_SSH = "$SHOP_SSH"', "takes its own place"),
        ('SHOP_SSH = "deploy@10.0.0.1:22"', "must be the variable of the drill"),
        ('"$SHOP_SSH" = "$DRILL_SSH"', "without its"),
        ('"SHOP_*_URL" = "$DRILL_*_URL"', "must be the name of a variable"),
    ],
)
def test_a_wrong_line_of_the_table_is_a_mistake_of_the_page(line: str, why: str) -> None:
    with pytest.raises(BadPage, match=why):
        page(line)


def test_a_name_counts_before_a_beginning_and_a_long_beginning_before_a_short_one() -> None:
    table = {"PROD_*": "$DRILL_*", "PROD_DB_*": "$COPY_*", "PROD_DB_URL": "$OTHER_URL"}
    assert replacement(table, "$PROD_SSH") == "$DRILL_SSH"
    assert replacement(table, "$PROD_DB_HOST") == "$COPY_HOST"
    assert replacement(table, "$PROD_DB_URL") == "$OTHER_URL"
    assert replacement(table, "$GONOGO_DBA") == ""
    assert list(partners(table, ["$DRILL_SSH", "$PROD_DB_URL"])) == ["$PROD_SSH", "$OTHER_URL"]
