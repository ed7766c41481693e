"""The doctor asks the workspace in a box: tokens, scopes, channel, people and groups, each thing that can be wrong told apart."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.doctor.slack import look_at_slack
from bot.rehearsal.workspace import Person, Workspace
from bot.settings import Settings

PEOPLE = (Person("U1", "Nok"), Person("U2", "Somchai"), Person("U3", "Left", deleted=True))
GROUPS = {"S1": ["U1"], "S2": []}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


def said(
    folder: Path,
    roles: Mapping[str, list[str]],
    channel: str = "C01DEPLOY",
    *,
    without: str = "",
    **changes: Any,
) -> str:
    """What the doctor says of a workspace."""

    async def story() -> str:
        scopes = {"channels:history", "groups:history", "chat:write", "commands", "files:write", "users:read"}
        workspace = Workspace(PEOPLE, scopes=(scopes | {"usergroups:read"}) - {without}, groups=GROUPS)
        await workspace.start()
        settings = Settings(
            bot_token=workspace.bot_token,
            app_token=workspace.app_token,
            api_url=workspace.api_url,
            runbook=folder,
            state=folder / "x.db",
        )
        lines = await asyncio.to_thread(look_at_slack, replace(settings, **changes), channel, roles)
        await workspace.stop()
        return "\n".join(map(str, lines))

    return asyncio.run(story())


def test_a_right_setting_is_all_ok(tmp_path: Path) -> None:
    told = said(tmp_path, {"dba": ["U1", "S1"], "lead": ["U2"]})
    assert "fail" not in told
    assert "with all 7 scopes" in told
    assert "all 3 people and groups of the roles are there" in told


def test_each_missing_scope_is_named(tmp_path: Path) -> None:
    assert "fail  Slack: the app lacks users:read: install it again" in said(tmp_path, {}, without="users:read")


def test_a_wrong_token_says_where_to_copy_it_from(tmp_path: Path) -> None:
    told = said(tmp_path, {}, bot_token="xoxb-wrong")
    assert "Slack answers invalid_auth: copy the token again" in told
    assert "xoxb-wrong" not in told


def test_the_bots_token_in_the_apps_place_is_told(tmp_path: Path) -> None:
    assert "fail  Slack: the app's token" in said(tmp_path, {}, app_token="xapp-wrong")


def test_a_channel_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "fail  Slack: channel CNONE: Slack answers channel_not_found" in said(tmp_path, {}, "CNONE")


def test_people_who_left_who_never_were_and_empty_groups_are_named_with_their_role(tmp_path: Path) -> None:
    told = said(tmp_path, {"dba": ["U3"], "lead": ["U404", "S2", "S404"]})
    assert "U3 (dba) is deactivated" in told
    assert "U404 (lead): Slack answers user_not_found" in told
    assert "group S2 (lead) is empty" in told
    assert "S404 (lead): Slack answers no_such_subteam" in told


def test_slack_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    told = said(tmp_path, {"dba": ["U1"]}, api_url="http://127.0.0.1:9/")
    assert told.count("fail") == 1
    assert "cannot be reached" in told
