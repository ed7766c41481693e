"""The scenarios fit the target, the roles and the shipped pages."""

from __future__ import annotations

import pytest

from bot.rehearsal.autoplay import CARD_TEXTS
from bot.rehearsal.role_holders import ROLE_HOLDERS
from bot.rehearsal.scenarios import SCENARIOS, Scenario
from bot.rehearsal.target.repository import RELEASE_FLAWS
from bot.rehearsal.target.target import TARGET_FLAWS
from commands.text.durations import parse_duration

ALL = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda scenario: str(scenario.name))


@ALL
def test_a_scenario_has_flaws_roles_and_a_final_state_that_exist(scenario: Scenario) -> None:
    assert scenario.flaws <= RELEASE_FLAWS.keys() | TARGET_FLAWS
    assert scenario.refusing_role in {"", *ROLE_HOLDERS}
    assert scenario.final_state in CARD_TEXTS
    if scenario.time_budget:
        parse_duration(scenario.time_budget)


@ALL
def test_a_scenario_that_does_not_keep_says_why(scenario: Scenario) -> None:
    reasons = (scenario.flaws, scenario.roll_back_at, scenario.refusing_role, scenario.watch_delay)
    assert scenario.final_state == "kept" or any(reasons), "nothing in it could end the run"


@ALL
def test_a_description_is_one_part_of_a_sentence_in_one_line(scenario: Scenario) -> None:
    assert 20 < len(scenario.description) <= 96, "the lines of `make rehearse ARGS=--help` become too long"
    assert not scenario.description.endswith("."), "`make rehearse` adds the full stop"
