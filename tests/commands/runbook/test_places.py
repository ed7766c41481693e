"""A host is reached over SSH or is the bot's own machine; what fits neither is refused."""

from __future__ import annotations

import pytest

from commands.runbook import read_page
from commands.runbook.plan import plan_lines
from tests.commands.runbook.spoiling import line_of, page_error
from tests.pages import spoil

SSH = 'address = "$SHOP_SSH"\nkey = "$SHOP_KEY"\nknown_hosts = "$SHOP_KNOWN_HOSTS"'
LOCAL = 'address = "local"'


def local(*lines: str) -> str:
    """The small page, whose host is the bot's own machine."""
    return spoil((SSH, "\n".join([LOCAL, *lines])))


@pytest.mark.parametrize(
    ("host", "at", "what"),
    [
        (
            'address = "lokal"',
            "address",
            'address: \'lokal\' must be the name of an environment variable, written "$NAME"; or "local", the bot\'s',
        ),
        (f'{LOCAL}\nkey = "$SHOP_KEY"', "key =", "key: the bot's own machine is used without SSH; remove it"),
        (f'{LOCAL}\nknown_hosts = "$X"', "known_hosts", "known_hosts: the bot's own machine is used without SSH"),
        ('address = "$SHOP_SSH"', "[hosts.backend]", "key: is missing; add it"),
        ('address = "$SHOP_SSH"\nkey = "$K"', "[hosts.backend]", "known_hosts: is missing; add it"),
        (
            'address = "$SHOP_SSH"\nkey = "K"\nknown_hosts = "$X"',
            "key =",
            "key: 'K' must be the name of an environment",
        ),
        (f'{SSH}\nenv = ["$KUBECONFIG"]', "env =", 'env: only a host with address = "local" has one'),
        (f'{LOCAL}\nenv = ["KUBECONFIG"]', "env =", "env 1: 'KUBECONFIG' must be the name of an environment variable"),
        (
            f'{LOCAL}\nenv = ["$SLACK_BOT_TOKEN"]',
            "env =",
            "env: $SLACK_BOT_TOKEN is the bot's own, and no command gets",
        ),
        (f'{LOCAL}\nenv = ["$GONOGO_RECORD_KEY"]', "env =", "env: $GONOGO_RECORD_KEY is the bot's own"),
        (f'{LOCAL}\nenv = ["$A", "$GONOGO_STATE"]', "env =", "env: $GONOGO_STATE is the bot's own"),
    ],
)
def test_a_host_that_fits_neither_form_is_refused_with_its_line(host: str, at: str, what: str) -> None:
    text = spoil((SSH, host))
    error = page_error(text)
    assert error.what.startswith(f"hosts.backend.{what}"), error.what
    assert error.line == line_of(text, at), str(error)


@pytest.mark.parametrize(
    ("more", "variable", "whose"),
    [
        ("", "$SHOP_URL", "web api"),
        ('[hosts.other]\naddress = "$O"\nkey = "$O_KEY"\nknown_hosts = "$O_HOSTS"', "$O_KEY", "host other"),
        ('[hosts.other]\naddress = "$O"\nkey = "$O_KEY"\nknown_hosts = "$O_HOSTS"', "$O", "host other"),
        ('[databases.shop]\nurl = "$SHOP_DB"', "$SHOP_DB", "database shop"),
    ],
)
def test_no_command_gets_the_address_of_another_place_by_itself(more: str, variable: str, whose: str) -> None:
    text = spoil((SSH, f'{LOCAL}\nenv = ["{variable}"]\n\n{more}'))
    error = page_error(text)
    assert f"hosts.backend.env: {variable} is the address or login of {whose}" in error.what
    assert error.line == line_of(text, "## Places")


def test_a_local_host_needs_no_login_and_its_variables_are_the_pages() -> None:
    page = read_page(local('env = ["$KUBECONFIG"]', 'path = "$TOOLS"'), "small.md")
    assert page.places.hosts["backend"].is_local
    names = set(page.env_names())
    assert {"$KUBECONFIG", "$TOOLS"} <= names
    assert not {"$SHOP_SSH", "$SHOP_KEY", "$SHOP_KNOWN_HOSTS"} & names


def test_the_plan_says_as_whom_local_commands_run_and_what_they_get() -> None:
    lines = list(plan_lines(read_page(local('env = ["$KUBECONFIG"]'), "small.md")))
    at = lines.index("host backend is the bot's own machine: commands run as the bot's user and can read its keys")
    assert lines[at + 1] == "  they get PATH, HOME, LANG, KUBECONFIG, and the variables of their step"
    assert not [line for line in plan_lines(read_page(spoil(), "small.md")) if "bot's own machine" in line]
