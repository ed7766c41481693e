"""The command line of `make rehearse`."""

from __future__ import annotations

import pytest

from bot.rehearsal.options import parser
from bot.rehearsal.scenarios import SCENARIOS


def test_help_lists_every_scenario_with_its_description() -> None:
    text = parser().format_help()
    missing = [one.name for one in SCENARIOS.values() if one.name not in text or one.description not in text]
    assert missing == []


def test_an_unknown_scenario_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["--scenario", "kept"])
    assert "invalid choice: 'kept' (choose from 'keep', 'rollback'" in capsys.readouterr().err


def test_without_options_everything_is_by_hand_on_option_a() -> None:
    options = parser().parse_args([])
    assert (options.auto, options.option, options.scenario, options.port) == (False, "A", "keep", 0)
