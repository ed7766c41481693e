"""What the environment says about a page."""

from __future__ import annotations

from bot.environment import channel, mentions, missing, people_of, phones
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


def test_each_role_has_the_ids_that_are_separated_by_commas() -> None:
    assert mentions(PAGE, ENVIRON) == {"dba": ["U1", "S01DBAS"], "lead": ["U2"]}
    assert mentions(PAGE, {}) == {"dba": [], "lead": []}


def test_groups_are_not_expanded_here() -> None:
    assert people_of(PAGE, ENVIRON) == {"dba": frozenset({"U1", "S01DBAS"}), "lead": frozenset({"U2"})}


def test_phones_and_channel_are_empty_where_they_are_not_set() -> None:
    assert phones(PAGE, ENVIRON) == {"dba": "+66 2 555 0101", "lead": ""}
    assert channel(PAGE, ENVIRON) == "C1"
    assert channel(PAGE, {}) == ""
