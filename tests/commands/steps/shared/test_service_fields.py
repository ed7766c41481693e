"""What the page may say of a service, by its manager; all else is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from commands.ports.preflight import PreflightContext
from tests.commands.steps.builders import box, context, plan
from tests.world import World

COMMANDS = 'host = "h"\nmanager = "commands"\nname = "api"\nrunning = "x"\nrestart = "y"\n'


@pytest.mark.parametrize(
    ("toml", "why"),
    [
        ('host = "h"', "needs either name"),
        ('host = "h"\nname = "a"\nnames = ["b"]', "needs either name"),
        ('host = "h"\nnames = ["a", "a"]', "names: must be different, and none of them empty"),
        ('host = "h"\nnames = ["a", ""]', "names: must be different, and none of them empty"),
        ('host = "h"\nname = "a"\nmanager = "runit"', "'runit' is no service manager"),
        ('host = "h"\nname = "a"\nsudo = true', "sudo: has no meaning for pm2; name the `manager`, or remove it"),
        ('host = "h"\nname = "a"\nrunning = "x"', "running: has no meaning for pm2; name the `manager`, or remove it"),
        ('host = "h"\nname = "a"\nmanager = "systemd"\nlog = "x"', "log: has no meaning for systemd; remove it"),
        ('host = "h"\nname = "a"\nmanager = "commands"\nrunning = "x"', "restart: is missing beside manager"),
        (COMMANDS.replace('name = "api"', 'names = ["a", "b"]'), "names: has no meaning for commands"),
        (COMMANDS + "reload = true", "reload: commands has no such command; remove it"),
        ('host = "h"\nname = "a"\nweb = "api"', "commit: is missing beside web; add it"),
        ('host = "h"\nname = "a"\ncommit = "<commit>"', "commit: has no meaning without web"),
        ('host = "h"\nname = "a"\npath = "/health"', "path: has no meaning without web"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_field(toml: str, why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        box("service", toml)
    assert why in str(refused.value)


def test_a_steady_step_needs_no_restart_command_and_only_the_values_of_its_managers_log() -> None:
    step = box("steady", COMMANDS.replace('restart = "y"\n', ""))
    assert {"pid", "restarts", "log_mark"} <= step.inputs()
    assert not {"log_out", "log_err"} & step.inputs()
    pm2 = box("steady", 'host = "h"\nname = "a"')
    assert {"log_out", "log_err"} <= pm2.inputs()
    assert "log_mark" not in pm2.inputs()


def test_the_plan_shows_the_managers_own_command_and_that_no_address_is_asked() -> None:
    text = plan(box("service", 'host = "h"\nmanager = "systemd"\nnames = ["a", "b"]\nsudo = true'))
    assert '|   unit_job restart "$name" || printf' in text
    assert 'timeout "$WITHIN" $SUDO systemctl "$1" "$2"' in text
    assert "SUDO=sudo -n" in text
    assert "no address is asked which commit runs" in text
    assert "pm2" not in text
    assert "with NAMES=a b, SUDO=sudo -n" in text
    assert "RESTART=y" in plan(box("service", COMMANDS))


def test_a_value_of_an_earlier_step_never_runs_as_a_redirection_before_the_run() -> None:
    step = box("service", COMMANDS.replace('"x"', '"show <tag>"'))
    world = World()
    for check in step.preflight():
        check.run_preflight(PreflightContext(tools=world.tools(), ref="main"))
    assert not [script for script, _ in world.asked if "RUNNING" in script]
    assert step.preflight(), "its programs are looked up at least"


def test_a_value_fills_the_commands_of_the_page_as_a_quoted_word() -> None:
    step = box("service", COMMANDS.replace('"x"', '"show <tag>"'))
    assert step.shell_env({"tag": "v 1"})["RUNNING"] == "show 'v 1'"
    assert context(World(), {"tag": "v 1"}).values["tag"] == "v 1"


def test_a_page_of_before_is_read_word_for_word() -> None:
    step = box("steady", 'host = "h"\nname = "a"\nweb = "api"\ncommit = "c"\nlog_out = "/o"\nsince_out = "7"')
    assert (step.manager, step.log_out, step.since_out) == ("pm2", "/o", "7")
