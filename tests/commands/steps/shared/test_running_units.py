"""`running` of a systemd unit, in a booted machine: by its working folder, or a variable."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from commands.steps.shared.running import Running
from commands.systems.git.refs import ReleaseError
from tests.commands.steps.builders import context
from tests.parts.machine import Machine, machine
from tests.world import World

OLD, NEW = "1" * 40, "2" * 40
pytestmark = pytest.mark.timeout(240)
_NAMES = map("runs-{}".format, itertools.count(1))


@pytest.fixture(scope="module")
def booted() -> Iterator[Machine]:
    with machine() as running:
        for commit in (OLD, NEW):
            (running.root / f"srv/app/{commit}").mkdir(parents=True)
        yield running


def unit(booted: Machine, *lines: str) -> str:
    """A unit that runs with these lines, as a user of its own. Its folder is older than its start."""
    name = next(_NAMES)
    link = booted.root / f"srv/app/{name}"
    link.symlink_to(OLD)
    booted.ask("touch", "--no-dereference", "--date=1 hour ago", f"/srv/app/{name}")
    text = ["[Service]", "ExecStart=/bin/sleep 100000", *(line.replace("LINK", f"/srv/app/{name}") for line in lines)]
    booted.unit(f"{name}.service", "\n".join([*text, ""]))
    booted.ask("touch", "--date=1 hour ago", f"/etc/systemd/system/{name}.service")
    booted.ask("systemctl", "daemon-reload")
    booted.ask("systemctl", "start", name)
    return name


def said(booted: Machine, name: str, user: str = "deploy", variable: str = "") -> str:
    place = Running(on="h", unit=name, variable=variable)
    (answer,) = place.ask(context(World(), shell=booted.shell(user)).tools)
    return answer.said


FOLDER = "WorkingDirectory=LINK"


@pytest.mark.parametrize("owner", ["deploy", "nobody"])
def test_a_unit_says_what_it_runs_by_the_folder_in_which_it_works(booted: Machine, owner: str) -> None:
    name = unit(booted, FOLDER, f"User={owner}")
    assert said(booted, name) == OLD


def test_a_link_that_was_switched_since_the_start_does_not_say_what_runs(booted: Machine) -> None:
    own, other = unit(booted, FOLDER, "User=deploy"), unit(booted, FOLDER, "User=nobody")
    for name in (own, other):
        booted.ask("ln", "-sfn", NEW, f"/srv/app/{name}")
    assert said(booted, own) == OLD
    with pytest.raises(ReleaseError, match="names a commit or version that this user can see"):
        said(booted, other)
    assert said(booted, other, user="root") == OLD


@pytest.mark.parametrize("owner", ["deploy", "nobody"])
def test_a_variable_of_its_environment_says_it(booted: Machine, owner: str) -> None:
    name = unit(booted, f"User={owner}", f'Environment="OTHER=a b" APP_COMMIT={NEW}')
    assert said(booted, name, variable="APP_COMMIT") == NEW
    file = f"/etc/systemd/system/{name}.service"
    booted.ask("sed", "-i", f"s/{NEW}/{OLD}/", file)
    booted.ask("systemctl", "daemon-reload")
    assert said(booted, name, user="root", variable="APP_COMMIT") == NEW
    if owner == "nobody":
        with pytest.raises(ReleaseError):
            said(booted, name, variable="APP_COMMIT")


def test_a_unit_that_does_not_run_or_does_not_exist_is_not_what_runs(booted: Machine) -> None:
    name = unit(booted, FOLDER, "User=deploy")
    booted.ask("systemctl", "stop", name)
    with pytest.raises(ReleaseError, match="systemd reports it as inactive"):
        said(booted, name)
    with pytest.raises(ReleaseError, match="systemd has no such unit"):
        said(booted, "nowhere")


def test_a_variable_is_only_of_a_unit_and_has_no_dollar() -> None:
    with pytest.raises(ValidationError, match="variable: has no meaning beside pm2"):
        Running(on="h", pm2="a", variable="A")
    with pytest.raises(ValidationError, match="would stay as these letters"):
        Running(on="h", unit="a", variable="$APP_COMMIT")
    with pytest.raises(ValidationError, match="is a secret by its name"):
        Running(on="h", unit="a", variable="DB_PASSWORD")
    plan = Running(on="h", unit="api", variable="APP_COMMIT").plan()
    assert plan == "on h: which commit the process of api runs, by the variable APP_COMMIT of its environment"
