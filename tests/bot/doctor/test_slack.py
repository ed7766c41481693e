"""The doctor's checks of Slack, on the workspace in a box: each problem has its own line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.doctor.slack import check_slack
from bot.rehearsal.workspace import Person, Workspace
from bot.rehearsal.workspace.workspace_state import BOT_USER
from bot.settings import Settings
from bot.slack.api_error import what_to_do
from bot.slack.methods import SCOPES
from tests.pages import small

PAGE = small()
PEOPLE = (
    Person("U1", "Nok"),
    Person("U2", "Somchai"),
    Person("U3", "Left", deleted=True),
    Person("U4", "Visitor", guest="multi"),
    Person("U5", "Partner", team="T9OTHER"),
    Person("U6", "Helper", is_bot=True),
)
OUTSIDE = Person("U7", "Elsewhere")
GROUPS = {"S1": ["U1"], "S2": [], "S3": ["U7"], "S4": ["U7", "U2"]}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


def lines(
    folder: Path,
    roles: Mapping[str, list[str]],
    channel: str = "C01DEPLOY",
    *,
    without: str = "",
    starting: bool = False,
    limit: float = 30.0,
    prepare: Callable[[Workspace], object] = id,
    **changes: Any,
) -> str:
    """The doctor's lines about a workspace, without one scope if `without` names it; `changes` replace settings."""

    async def story() -> str:
        workspace = Workspace(PEOPLE, scopes=SCOPES - {without}, groups=GROUPS, outsiders=[OUTSIDE])
        await workspace.start()
        prepare(workspace)
        environ = {"GONOGO_CHANNEL": channel, **{f"SHOP_{role.upper()}": ",".join(ids) for role, ids in roles.items()}}
        settings = Settings(
            environ=environ,
            bot_token=workspace.bot_token,
            app_token=workspace.app_token,
            api_url=workspace.api_url,
            runbook=folder,
            state=folder / "x.db",
        )
        found = await asyncio.to_thread(check_slack, replace(settings, **changes), PAGE, limit, starting=starting)
        await workspace.stop()
        return "\n".join(map(str, found))

    return asyncio.run(story())


def test_with_right_settings_everything_is_ok(tmp_path: Path) -> None:
    text = lines(tmp_path, {"dba": ["U1", "S1"], "lead": ["U2"]})
    assert "fail" not in text
    assert "with all 9 scopes" in text
    assert "ok    Slack: all 3 people and groups of the roles exist" in text


def test_each_missing_scope_is_named(tmp_path: Path) -> None:
    assert "fail  Slack: the app lacks scope users:read: install the app again with manifest.yml" in lines(
        tmp_path, {}, without="users:read"
    )


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize("starting", [False, True])
def test_a_group_of_which_nobody_is_in_the_channel_can_sign_nothing(tmp_path: Path, starting: bool) -> None:
    text = lines(tmp_path, {"dba": ["S3"], "lead": ["S4"]}, starting=starting)
    assert "fail  Slack: nobody of group S3 (dba) is in the channel: invite them: only its members may act" in text
    assert "S4" not in text


def test_a_wrong_token_says_where_to_copy_it_from(tmp_path: Path) -> None:
    text = lines(tmp_path, {}, bot_token="xoxb-wrong")
    assert "Slack answers invalid_auth: copy the token again" in text
    assert "xoxb-wrong" not in text


@pytest.mark.fault("found too late, known before")
def test_a_token_that_ends_after_twelve_hours_is_named_before_it_does(tmp_path: Path) -> None:
    text = lines(tmp_path, {}, prepare=lambda workspace: setattr(workspace.state, "bot_token", "xoxe.xoxb-1-abc"))
    assert "fail  Slack: the bot token ends 12 hours after it was made: token rotation is on: it cannot be" in text
    assert "create a new app with manifest.yml" in what_to_do("token_expired")


def test_a_wrong_app_token_is_a_failure_of_its_own(tmp_path: Path) -> None:
    assert "fail  Slack: the app token: Slack answers" in lines(tmp_path, {}, app_token="xapp-wrong")


def test_a_channel_that_does_not_exist_is_named(tmp_path: Path) -> None:
    assert "fail  Slack: channel CNONE: Slack answers channel_not_found" in lines(tmp_path, {}, "CNONE")


def test_deactivated_and_unknown_people_and_groups_are_named_with_their_role(tmp_path: Path) -> None:
    text = lines(tmp_path, {"dba": ["U3", "U4", "U5", "U6", "U7"], "lead": ["U404", "S2", "S404"]})
    assert "U3 (dba) is deactivated" in text
    assert "U4 (dba) is a guest, and guests may not sign" in text
    assert "U5 (dba) belongs to another workspace" in text
    assert "U6 (dba) is a bot" in text
    assert "U7 (dba) is not in the channel: invite them: only its members may act" in text
    assert "U404 (lead): Slack answers user_not_found" in text
    assert "group S2 (lead) is empty" in text
    assert "name somebody else in SHOP_DBA" in text
    assert "correct the id (U…) in SHOP_LEAD" in text
    assert "correct the id (S…) in SHOP_LEAD" in text
    assert "S404 (lead): Slack answers no_such_subteam" in text


def test_an_unreachable_slack_is_one_line(tmp_path: Path) -> None:
    text = lines(tmp_path, {"dba": ["U1"]}, api_url="http://127.0.0.1:9/")
    assert text.count("fail") == 1
    assert "the bot token: Slack is unreachable (ClientConnectorError): check the network and the proxy" in text


def test_without_a_bot_token_nothing_is_asked(tmp_path: Path) -> None:
    assert lines(tmp_path, {}, bot_token="") == (
        "fail  Slack: SLACK_BOT_TOKEN is not set: set it, or use the terminal only: `gonogo serve --no-slack` "
        "and `gonogo doctor --no-slack`"
    )


def test_http_mode_needs_no_app_token(tmp_path: Path) -> None:
    text = lines(tmp_path, {}, app_token="", signing_secret="s", port=8080)
    assert "ok    Slack: HTTP mode, on 127.0.0.1 port 8080" in text
    text = lines(tmp_path, {}, app_token="")
    assert "fail  Slack: neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set: set one of them" in text


def _archive(workspace: Workspace) -> None:
    workspace.state.channels["C01DEPLOY"].is_archived = True


def test_an_archived_channel_is_a_failure_with_the_variables_name(tmp_path: Path) -> None:
    text = lines(tmp_path, {}, prepare=_archive)
    assert "fail  Slack: channel C01DEPLOY is archived: unarchive the channel, or set GONOGO_CHANNEL" in text


def test_a_channel_that_the_bot_is_not_in_is_a_failure(tmp_path: Path) -> None:
    def leave(workspace: Workspace) -> None:
        workspace.state.channels["C01DEPLOY"].members.discard(BOT_USER)

    assert "fail  Slack: the bot is not in channel C01DEPLOY: type /invite" in lines(tmp_path, {}, prepare=leave)


def test_what_is_no_id_is_not_asked_for(tmp_path: Path) -> None:
    text = lines(tmp_path, {"dba": ["@nok"]}, "#deploys")
    assert "nok" not in text
    assert "deploys" not in text


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"bot_token": "xapp-1-secret"}, "SLACK_BOT_TOKEN holds no bot token (xoxb-…)"),
        ({"app_token": "xoxb-secret"}, "SLACK_APP_TOKEN holds no app-level token (xapp-…)"),
    ],
)
def test_a_token_of_another_kind_is_named_without_asking_slack(
    tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    text = lines(tmp_path, {}, api_url="http://127.0.0.1:9/", **changes)
    assert problem in text
    assert "secret" not in text
    assert "unreachable" not in text


@pytest.mark.parametrize("error", ["ratelimited", "internal_error", "team_is_moving"])
def test_a_start_does_not_wait_for_slack_but_says_that_it_was_not_asked(tmp_path: Path, error: str) -> None:
    def refuse(workspace: Workspace) -> None:
        workspace.faults.errors["users.info"] = error

    text = lines(tmp_path, {"dba": ["U1"]}, starting=True, prepare=refuse)
    assert f"warn  Slack: U1 (dba): Slack answers {error}" in text
    assert "people and groups of the roles exist" not in text
    assert "fail" not in text
    assert "fail" in lines(tmp_path, {"dba": ["U1"]}, prepare=refuse), "the doctor does not pass it over"


def test_a_start_goes_on_while_slack_is_away_or_has_no_token_here(tmp_path: Path) -> None:
    away = lines(tmp_path, {"dba": ["U1"]}, starting=True, api_url="http://127.0.0.1:9/")
    assert away.startswith("warn  Slack: the bot token: Slack is unreachable (ClientConnectorError)")
    missing = lines(tmp_path, {}, starting=True, bot_token="")
    assert missing.startswith("warn  Slack: SLACK_BOT_TOKEN is not set here, so Slack was not checked")


def test_a_slack_that_is_silent_is_not_waited_for(tmp_path: Path) -> None:
    def fall_silent(workspace: Workspace) -> None:
        workspace.faults.delays["users.info"] = 5.0

    text = lines(tmp_path, {"dba": ["U1"]}, starting=True, limit=0.5, prepare=fall_silent)
    assert text == "warn  Slack: the checks: Slack is unreachable (TimeoutError): check the network and the proxy"


@pytest.mark.parametrize("starting", [False, True])
def test_what_slack_says_for_sure_is_a_failure_at_a_start_too(tmp_path: Path, starting: bool) -> None:
    assert "fail  Slack: U3 (dba) is deactivated" in lines(tmp_path, {"dba": ["U3"]}, starting=starting)
    assert "fail  Slack: channel CNONE: Slack answers channel_not_found" in lines(
        tmp_path, {}, "CNONE", starting=starting
    )
