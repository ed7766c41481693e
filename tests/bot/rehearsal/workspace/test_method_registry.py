"""The call that a method gets: required arguments, and the channel that it is about."""

from __future__ import annotations

import pytest

from bot.rehearsal.workspace import Channel
from bot.rehearsal.workspace.method_registry import METHODS, Call, SlackError, method
from bot.rehearsal.workspace.server import Workspace
from tests.bot.rehearsal.workspace.bolt_workspace import LEAD, STARTER

WORKSPACE = Workspace([STARTER, LEAD])


def call(**args: object) -> Call:
    return Call(WORKSPACE.state, args)


def test_a_missing_or_empty_argument_is_refused_with_its_name() -> None:
    for given in ({}, {"name": ""}):
        with pytest.raises(SlackError, match="invalid_name") as refused:
            call(**given).require("name", "invalid_name")
        assert refused.value.details["response_metadata"]["messages"] == ["[ERROR] missing required field: name"]


def test_a_persons_id_means_the_direct_conversation_with_them() -> None:
    channel = call(channel=LEAD.id).channel()
    assert (channel.is_im, LEAD.id in channel.members) == (True, True)
    assert call(channel=LEAD.id).channel() is channel, "a second call made a second conversation"


def test_the_bot_must_be_in_the_channel_unless_the_method_allows_otherwise() -> None:
    WORKSPACE.state.channels["C2"] = Channel("C2", "other", set())
    with pytest.raises(SlackError, match="not_in_channel"):
        call(channel="C2").channel()
    assert call(channel="C2").channel(joined=False).name == "other"
    with pytest.raises(SlackError, match="channel_not_found"):
        call(channel="C9").channel()


def test_a_registered_method_is_found_under_its_name_with_its_scopes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(METHODS, "test.it", raising=False)

    @method("test.it", "chat:write", "chat:read", for_app=True)
    async def handler(call: Call) -> dict[str, object]:
        return {}

    registered = METHODS.pop("test.it")
    assert (registered.handler, registered.scopes, registered.for_app) == (handler, ("chat:write", "chat:read"), True)
