"""A drill whose target is a place of the page itself, under another name, is refused first."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.doctor.drill import drill_lines
from bot.rehearsal.target.postgres import OWNER, SCRATCH, Postgres
from bot.rehearsal.target.ssh_server import SshServer
from bot.settings import Settings
from commands.runbook.drill import drill_page
from tests.pages import small

ZONE = 'time_zone = "Asia/Bangkok"'
URL = '[webs.api]\nurl = "$SHOP_URL"'
TABLE = {ZONE: f'{ZONE}\n\n[drill]\n"SHOP_*" = "$DRILL_*"', URL: f'{URL}\n\n[databases.shop]\nurl = "$SHOP_DB"'}
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDuF0jsxBA0WbiGpbXWhSVfGXhRqZ1ZqXGZ0X6TQn8bJ"


def found(folder: Path, ssh: SshServer, own: str, drill: str, *, commands: str = "deploy", **changes: str) -> str:
    """What is said of a drill; the page's own host has another key than the drill's unless `changes` say otherwise."""
    page = small(**TABLE, **({'commands = ["deploy"]': f'commands = ["{commands}"]'} if commands != "deploy" else {}))
    known = folder / "known_hosts"
    known.write_text(f"shop.example {OTHER_KEY}\n")
    environ = {
        **{name.removeprefix("$"): "x" for name in page.env_names()},
        "SHOP_SSH": "deploy@shop.example:22",
        "SHOP_KNOWN_HOSTS": str(known),
        "SHOP_URL": "https://shop.example",
        "SHOP_DB": own,
        "DRILL_SSH": ssh.address,
        "DRILL_KEY": str(ssh.key),
        "DRILL_KNOWN_HOSTS": str(ssh.known_hosts),
        "DRILL_URL": "http://127.0.0.1:9",
        "DRILL_DB": drill,
        **changes,
    }
    settings = Settings(runbook=folder, state=folder / "gonogo.db", environ=environ)
    return "\n".join(map(str, drill_lines(settings, page, drill_page(page))))


def test_a_drill_with_places_of_its_own_is_fine(tmp_path: Path, ssh: SshServer, postgres: Postgres) -> None:
    assert found(tmp_path, ssh, postgres.url(OWNER), postgres.url(OWNER, SCRATCH)) == ""


def test_the_same_database_under_another_name_is_refused(tmp_path: Path, ssh: SshServer, postgres: Postgres) -> None:
    url = postgres.url(OWNER)
    before, _, rest = url.partition("127.0.0.1:")
    port, _, name = rest.partition("/")
    said = found(tmp_path, ssh, url, f"{before}/{name}?host=127.0.0.1&port={port}")
    assert "database shop: the drill's database is the page's own shop, or a byte copy of it" in said


def test_a_database_that_does_not_say_who_it_is_is_refused(tmp_path: Path, ssh: SshServer, postgres: Postgres) -> None:
    said = found(tmp_path, ssh, "postgresql://nobody@127.0.0.1:9/shop", postgres.url(OWNER))
    assert "database shop: the page's own could not be asked who it is" in said


def test_a_host_with_a_key_of_the_pages_own_is_refused(tmp_path: Path, ssh: SshServer) -> None:
    (key,) = [line.split(" ", 1)[1] for line in ssh.known_hosts.read_text().splitlines()[:1]]
    known = tmp_path / "of-the-shop"
    known.write_text(f"shop.example {key}\n")
    said = found(tmp_path, ssh, "", "", SHOP_DB="x", DRILL_DB="y", SHOP_KNOWN_HOSTS=str(known))
    assert "host backend: the drill's host has the host key of the page's own host backend" in said


def test_a_host_whose_key_is_not_known_is_not_fine(tmp_path: Path, ssh: SshServer) -> None:
    said = found(tmp_path, ssh, "", "", SHOP_DB="x", DRILL_DB="y", SHOP_KNOWN_HOSTS="/nowhere")
    assert "host backend: the host key of the page's own host is not in $SHOP_KNOWN_HOSTS" in said


@pytest.mark.parametrize(
    ("drill", "own"),
    [
        ("https://SHOP.example/", "https://shop.example"),
        ("https://shop.example:443/x", "https://shop.example"),
        ("http://shop.example.:80", "http://shop.example"),
        ("http://shop.example", "https://shop.example"),
        ("http://localhost:8080", "http://127.0.0.1:8080"),
        ("http://127.1:8080", "http://127.0.0.1:8080"),
        ("http://0x0a000005:8080", "http://10.0.0.5:8080"),
        ("http://[::ffff:10.0.0.5]:8080", "http://10.0.0.5:8080"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_address_that_leads_to_the_same_place_is_refused(
    tmp_path: Path, ssh: SshServer, drill: str, own: str
) -> None:
    said = found(tmp_path, ssh, "", "", SHOP_DB="x", DRILL_DB="y", SHOP_URL=own, DRILL_URL=drill)
    assert "environment: $DRILL_URL has the address of $SHOP_URL" in said


@pytest.mark.parametrize("drill", ["https://shop.example:8443", "http://10.0.0.6", "https://drill.shop.example"])
def test_another_port_or_name_is_another_place(tmp_path: Path, ssh: SshServer, drill: str) -> None:
    said = found(tmp_path, ssh, "", "", SHOP_DB="x", DRILL_DB="y", DRILL_URL=drill)
    assert "has the address of" not in said


def test_a_host_whose_address_leads_to_the_pages_own_is_refused_whatever_its_key(
    tmp_path: Path, ssh: SshServer
) -> None:
    port = ssh.address.rpartition(":")[2]
    known = tmp_path / "another-key"
    known.write_text(f"[localhost]:{port} {OTHER_KEY}\n")
    own = {"SHOP_SSH": f"root@localhost:{port}", "SHOP_KNOWN_HOSTS": str(known)}
    said = found(tmp_path, ssh, "", "", SHOP_DB="x", DRILL_DB="y", **own)
    assert "host backend: the drill's address leads to the page's own host backend" in said


def test_a_command_that_names_the_pages_own_host_is_refused_with_its_line(tmp_path: Path, ssh: SshServer) -> None:
    said = found(tmp_path, ssh, "", "", SHOP_DB="x", DRILL_DB="y", commands="curl https://shop.example/warm")
    assert "Put the code there: it names shop.example, a host of the page's own, in its own words" in said


def test_without_the_pages_own_values_nothing_can_be_compared(tmp_path: Path, ssh: SshServer) -> None:
    assert "cannot be compared: SHOP_DB not set" in found(tmp_path, ssh, "", "y")
