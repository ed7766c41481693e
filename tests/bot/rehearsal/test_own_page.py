"""`gonogo rehearse PAGE`: a team's page in the simulated workspace, on a target that it names."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.drill_box.locks import held
from bot.rehearsal.own_page import TARGET, bot_environment, open_own_page, people_of_roles, target_values
from bot.rehearsal.role_holders import CHANNEL, STARTER
from bot.settings import read_page_file
from commands.runbook import read_page
from state.errors import BadSettings, Refused
from tests.bot.command import Capture, run
from tests.pages import SMALL

VALUES = {
    "SHOP_SSH": "deploy@copy.example:22",
    "SHOP_KEY": "/keys/copy",
    "SHOP_KNOWN_HOSTS": "/keys/known_hosts",
    "SHOP_URL": "https://copy.example",
}
LOCAL = (
    SMALL.replace('address = "$SHOP_SSH"\nkey = "$SHOP_KEY"\nknown_hosts = "$SHOP_KNOWN_HOSTS"', 'address = "local"')
    .replace('["deploy"]', '["true"]')
    .replace('["undeploy"]', '["true"]')
)


def own(folder: Path, values: dict[str, str], text: str = SMALL) -> Path:
    """The page in a folder, with the file of its target."""
    (folder / "own.md").write_text(text, encoding="utf-8")
    file = folder / TARGET
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    file.chmod(0o600)
    return folder / "own.md"


def values_of(page: Path) -> dict[str, str]:
    return dict(target_values(read_page_file(page), page, page.parent))


def test_what_cannot_be_played_is_said_in_one_sentence_with_what_to_do(tmp_path: Path, capsys: Capture) -> None:
    page = own(tmp_path, VALUES)
    code, _, err = run(capsys, "rehearse", str(page))
    assert (code, err.count("\n")) == (1, 1)
    assert "The box of the rehearsal is made for the pages A and B. It is played on a copy of your target" in err
    assert f"gonogo rehearse {page} --folder FOLDER" in err
    assert "leave out --auto" in run(capsys, "rehearse", str(page), "--auto")[2]
    assert (
        f"There is no {tmp_path / 'none' / TARGET}"
        in run(capsys, "rehearse", str(page), "--folder", f"{tmp_path}/none")[2]
    )


def test_a_target_that_lacks_values_or_that_others_may_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"does not set SHOP_KNOWN_HOSTS, SHOP_URL, which"):
        values_of(own(tmp_path, {name: VALUES[name] for name in ("SHOP_SSH", "SHOP_KEY")}))
    page = own(tmp_path, VALUES)
    (tmp_path / TARGET).chmod(0o644)
    with pytest.raises(BadSettings, match="others than its owner may use it"):
        values_of(page)


def test_a_target_with_an_address_of_this_environment_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = own(tmp_path, VALUES)
    monkeypatch.setenv("SHOP_KEY", VALUES["SHOP_KEY"])
    assert VALUES.items() <= values_of(page).items(), "a key may be the same"
    monkeypatch.setenv("SHOP_URL", VALUES["SHOP_URL"])
    with pytest.raises(Refused, match=r"^SHOP_URL in .* may be production"):
        values_of(page)


def test_the_bot_gets_the_targets_values_and_nothing_of_a_real_bot(monkeypatch: pytest.MonkeyPatch) -> None:
    page = read_page(SMALL, "small.md")
    for name in ("SHOP_SSH", "SHOP_DBA", "SLACK_BOT_TOKEN", "GONOGO_STATE", "GONOGO_EVENTS_URL", "GONOGO_CHANNEL"):
        monkeypatch.setenv(name, "of-a-real-bot")
    env = bot_environment(page, {**VALUES, "SHOP_DBA": "U0REAL", "GONOGO_EVENTS_URL": "x"}, people_of_roles(page))
    assert "of-a-real-bot" not in env.values()
    assert {name: env[name] for name in VALUES} == VALUES
    assert (env["SHOP_DBA"], env["SHOP_LEAD"], env["GONOGO_CHANNEL"]) == (f"U10ROLE,{STARTER.id}", "U11ROLE", CHANNEL)
    assert "GONOGO_EVENTS_URL" not in env


def test_a_second_rehearsal_in_the_folder_is_refused_with_what_to_do(tmp_path: Path, capsys: Capture) -> None:
    page = own(tmp_path, VALUES)
    with held(tmp_path / "gonogo.db.lock"):
        code, _, err = run(capsys, "rehearse", str(page), "--folder", str(tmp_path))
    assert code == 1
    assert err.startswith(f"gonogo: A rehearsal runs in {tmp_path} already. End it with Ctrl-C where it was started")


@pytest.mark.timeout(120)
def test_the_page_is_started_in_the_simulated_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_URL", raising=False)
    asyncio.run(_start(tmp_path))


async def _start(folder: Path) -> None:
    """Start a run of the page, and wait until its first step asks the people of its roles."""
    server = await asyncio.start_server(_ok, "127.0.0.1", 0)
    page = own(folder, {"SHOP_URL": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}, LOCAL)
    async with server, open_own_page(page, folder) as sandbox:
        await sandbox.wait_connected()
        await sandbox.workspace.command(STARTER.id, "/deploy start own.md main")
        try:
            asked = await sandbox.workspace.wait_for(lambda one: "<@U10ROLE>" in str(one), timeout=60)
        except TimeoutError:
            pytest.fail((folder / "bot.log").read_text() + str(sandbox.workspace.ephemerals(STARTER.id)))
    assert "ready?" in str(asked)


async def _ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{}"
    )
    await writer.drain()
    writer.close()
