"""A page knows its steps by part and id, and the environment variables that it names."""

from __future__ import annotations

import pytest

from commands.runbook.page import Part, stage_of
from state.errors import BadPage
from tests.pages import small, stored


def test_the_steps_before_the_watch_are_in_the_order_of_their_parts() -> None:
    assert [step.id for step in small().forward] == ["ready", "put-the-code-there", "health"]
    assert [step.id for step in small().part(Part.ROLLBACK)] == ["put-the-old-code-back"]


def test_a_step_is_found_by_its_id() -> None:
    assert small().step("health").title == "Health"
    with pytest.raises(KeyError):
        small().step("wealth")


def test_each_environment_variable_is_named_once() -> None:
    names = list(small().env_names())
    assert sorted(names) == sorted(set(names))
    assert set(names) == {
        "$GONOGO_CHANNEL",
        "$SHOP_SSH",
        "$SHOP_KEY",
        "$SHOP_KNOWN_HOSTS",
        "$SHOP_URL",
        "$SHOP_DBA",
        "$SHOP_DBA_PHONE",
        "$SHOP_LEAD",
        "$SHOP_LEAD_PHONE",
    }


def test_a_variable_of_a_command_is_the_shells_own() -> None:
    page = small(**{'commands = ["deploy"]': 'commands = ["deploy $FOLDER"]\nenv = { FOLDER = "$SHOP_FOLDER" }'})
    assert "$SHOP_FOLDER" in page.env_names()
    assert "$FOLDER" not in page.env_names()


def test_a_variable_of_a_command_that_nothing_sets_is_refused_but_not_in_a_stored_page() -> None:
    change = {'commands = ["deploy"]': 'commands = ["deploy $FOLDER"]'}
    with pytest.raises(BadPage, match=r"Put the code there: nothing on this page sets \$FOLDER"):
        small(**change)
    assert stored(**change).steps


@pytest.mark.parametrize(("part", "stage"), [("smoke tests", "Smoke tests"), ("watch", "Watch"), ("other", "other")])
def test_people_read_the_title_of_a_part(part: str, stage: str) -> None:
    assert stage_of(part) == stage
