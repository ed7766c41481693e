"""A page knows its steps by part and id, and the environment variables that it names."""

from __future__ import annotations

import pytest

from commands.runbook.page import Part, stage_of
from tests.pages import small


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


def test_variables_inside_commands_and_lists_are_named_too() -> None:
    page = small(**{'commands = ["deploy"]': 'commands = ["deploy --to $SHOP_FOLDER"]'})
    assert "$SHOP_FOLDER" in page.env_names()


@pytest.mark.parametrize(("part", "stage"), [("smoke tests", "Smoke tests"), ("watch", "Watch"), ("other", "other")])
def test_people_read_the_title_of_a_part(part: str, stage: str) -> None:
    assert stage_of(part) == stage
