"""What the environment says about a page."""

from __future__ import annotations

import pytest

from bot.environment import (
    channel,
    channel_problem,
    mentions,
    missing,
    people_of,
    phones,
    same_addresses,
    unreplaced,
    wrong_ids,
)
from tests.groups import ROLLING
from tests.pages import small

PAGE = small()
ENVIRON = {
    "SHOP_DBA": "U1, S01DBAS,",
    "SHOP_DBA_PHONE": "+66 2 555 0101",
    "SHOP_LEAD": "U2",
    "GONOGO_CHANNEL": "C1",
}


def test_missing_variables_are_named_without_their_dollar_and_empty_ones_are_missing() -> None:
    names = missing(PAGE, {**ENVIRON, "SHOP_KEY": ""})
    assert names == ["SHOP_SSH", "SHOP_KEY", "SHOP_KNOWN_HOSTS", "SHOP_URL", "SHOP_LEAD_PHONE"]
    assert missing(PAGE, ENVIRON | dict.fromkeys(names, "x")) == []


def test_a_path_that_begins_with_what_only_a_shell_replaces_is_named() -> None:
    assert unreplaced(PAGE, ENVIRON | {"SHOP_KEY": "/home/bot/key", "SHOP_URL": "https://shop.example/~ana"}) == ""
    assert unreplaced(PAGE, ENVIRON | {"SHOP_KEY": "~/key", "OTHER": "~/else"}).startswith("SHOP_KEY begins with ~ ")
    both = unreplaced(PAGE, ENVIRON | {"SHOP_KEY": "$HOME/key", "SHOP_KNOWN_HOSTS": "${HOME}/known"})
    assert both.startswith("SHOP_KEY, SHOP_KNOWN_HOSTS begin with ~ or $HOME, which nothing replaces there")


@pytest.mark.fault("the first of several for all")
def test_two_addresses_of_a_group_that_are_the_same_are_named_by_their_variables() -> None:
    different = {name: name for name in ("SHOP_1", "SHOP_2", "SHOP_3", "EACH_1", "EACH_2", "EACH_3")}
    assert same_addresses(ROLLING, {**different, "BALANCER": "SHOP_1"}) == []
    assert same_addresses(ROLLING, {}) == [], "what is not set has its own line"
    assert same_addresses(ROLLING, {**different, "SHOP_3": "SHOP_1", "EACH_2": "EACH_1"}) == [
        "$SHOP_1 and $SHOP_3 have the same value, but are addresses of different hosts",
        "$EACH_1 and $EACH_2 have the same value, but are addresses of different hosts",
    ]
    assert same_addresses(PAGE, ENVIRON) == []


def test_each_role_has_the_ids_that_are_separated_by_commas() -> None:
    assert mentions(PAGE, ENVIRON) == {"dba": ["U1", "S01DBAS"], "lead": ["U2"]}
    assert mentions(PAGE, {}) == {"dba": [], "lead": []}


def test_groups_are_not_expanded_here() -> None:
    assert people_of(PAGE, ENVIRON) == {"dba": frozenset({"U1", "S01DBAS"}), "lead": frozenset({"U2"})}


def test_phones_and_channel_are_empty_where_they_are_not_set() -> None:
    assert phones(PAGE, ENVIRON) == {"dba": "+66 2 555 0101", "lead": ""}
    assert channel(PAGE, ENVIRON) == "C1"
    assert channel(PAGE, {}) == ""


@pytest.mark.parametrize(
    "value", ["#deploys", "deploys", "<#C0123|deploys>", "c0123", "U0123", "C0123,C0456", "xoxb-1-2"]
)
def test_a_channel_of_another_form_is_named_by_its_variable_and_never_shown(value: str) -> None:
    environ = ENVIRON | {"GONOGO_CHANNEL": value}
    assert channel_problem(PAGE, environ).startswith("GONOGO_CHANNEL holds no channel id (C…). ")
    (problem,) = wrong_ids(PAGE, environ)
    assert problem == channel_problem(PAGE, environ)
    assert value not in problem


def test_a_channel_that_is_not_set_is_named_by_its_variable() -> None:
    assert channel_problem(PAGE, {}).startswith("GONOGO_CHANNEL is not set: small.md has no Slack channel. ")
    assert channel_problem(PAGE, ENVIRON) == ""
    assert list(wrong_ids(PAGE, {})) == [], "the line of the missing variables tells it"


def test_a_role_with_something_else_than_ids_is_named_by_its_variable() -> None:
    environ = ENVIRON | {"SHOP_DBA": "U1, @nok, S01DBAS, dba", "SHOP_LEAD": "W1"}
    assert list(wrong_ids(PAGE, environ)) == [
        (
            "SHOP_DBA: number 2, 4 of 4 is no id of a Slack user (U…) or user group (S…). "
            "In Slack, open the person's profile, then ⋮, and copy the member ID."
        )
    ]
