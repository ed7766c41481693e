"""The tools of a page share its places, its environment and one redactor."""

from __future__ import annotations

import pytest

from bot.rehearsal.target.ssh_server import SshServer
from bot.tools import make_tools
from bot.tools.places import HostPlace, Places, WebPlace
from commands.ports.page_text import PageText
from commands.ports.web import HttpRequest
from state.errors import BadSettings

NAMES = ("SHOP_SSH", "SHOP_KEY", "SHOP_KNOWN", "SHOP_TOKEN")
PLACE = HostPlace(address=PageText("$SHOP_SSH"), key=PageText("$SHOP_KEY"), known_hosts=PageText("$SHOP_KNOWN"))


def test_every_tool_masks_the_variables_that_the_page_names(ssh: SshServer, places: dict[str, WebPlace]) -> None:
    environ = {
        "SHOP_SSH": ssh.address,
        "SHOP_KEY": str(ssh.key),
        "SHOP_KNOWN": str(ssh.known_hosts),
        "SHOP_TOKEN": "t0ken-value",
    }
    tools = make_tools(Places(hosts={"box": PLACE}, webs=places), environ, NAMES)
    assert tools.shell.ask("box", 'echo "$TOKEN"', env={"TOKEN": PageText("$SHOP_TOKEN")}).tail == "•••\n"
    call = HttpRequest(path="/token", headers={"Authorization": PageText("Bearer $SHOP_TOKEN")})
    assert tools.web.request("api", call).text == "Bearer •••"
    tools.close()


def test_a_place_whose_variable_is_not_set_is_refused_at_its_first_use() -> None:
    tools = make_tools(Places(hosts={"box": PLACE}), {}, NAMES)
    with pytest.raises(BadSettings, match="SHOP_SSH is not set"):
        tools.shell.ask("box", "true")
