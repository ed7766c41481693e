"""The table of Slack methods is what the code calls and what the manifest asks for."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.methods import COMMANDS, EVENTS, METHODS, SCOPES, SHORTCUTS
from bot.slack.views.note import NOTE

ROOT = Path(__file__).parents[3]
MANIFEST = (ROOT / "manifest.yml").read_text(encoding="utf-8")
FILES = [path for folder in ("slack", "doctor", "verify") for path in sorted((ROOT / "bot" / folder).rglob("*.py"))]
SOURCES = [path.read_text(encoding="utf-8") for path in FILES]
# SDK methods that call several methods of the Web API, and the one that Bolt itself calls
CALLED_BY = {"files_upload_v2": {"files.getUploadURLExternal", "files.completeUploadExternal"}}
BY_BOLT = {"auth.test"}


def _called_methods() -> set[str]:
    names = {
        node.func.attr
        for source in SOURCES
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and hasattr(AsyncWebClient, node.func.attr)
        and not node.func.attr.startswith("_")
    }
    return {method for name in names for method in CALLED_BY.get(name, {name.replace("_", ".")})} | BY_BOLT


def test_the_table_holds_exactly_the_methods_that_the_code_calls() -> None:
    assert _called_methods() == set(METHODS)


def test_the_manifest_asks_for_exactly_the_scopes_of_the_table() -> None:
    scopes = MANIFEST.split("bot:\n", 1)[1].split("settings:", 1)[0]
    assert sorted(re.findall(r"- ([a-z:]+)", scopes)) == sorted(SCOPES)


def test_the_manifest_has_exactly_the_commands_that_have_listeners() -> None:
    with_listeners = {name for source in SOURCES for name in re.findall(r'\.command\("(/\w+)"\)', source)}
    assert set(re.findall(r"- command: (/\w+)", MANIFEST)) == set(COMMANDS) == with_listeners
    assert f"usage_hint: {COMMANDS['/deploy']}\n" in MANIFEST


def test_the_manifest_subscribes_to_exactly_the_events_that_have_listeners() -> None:
    with_listeners = {name for source in SOURCES for name in re.findall(r'\.event\("(\w+)"\)', source)}
    subscribed = MANIFEST.split("bot_events:\n", 1)[1].split("interactivity:", 1)[0]
    assert set(re.findall(r"- (\w+)", subscribed)) == set(EVENTS) == with_listeners


def test_the_manifest_has_exactly_the_shortcuts_that_have_listeners() -> None:
    found = MANIFEST.split("shortcuts:\n", 1)[1].split("slash_commands:", 1)[0]
    assert re.findall(r"callback_id: (\w+)", found) == list(SHORTCUTS) == [NOTE]
    assert re.findall(r"type: (\w+)", found) == ["message"]
    assert all(len(name) <= 24 for name in re.findall(r"- name: (.+)", found))


def test_the_manifest_has_a_home_tab_and_the_tab_that_late_results_are_sent_to() -> None:
    home = MANIFEST.split("app_home:\n", 1)[1].split("bot_user:", 1)[0]
    assert dict(re.findall(r"(\w+): (\w+)", home)) == {
        "home_tab_enabled": "true",
        "messages_tab_enabled": "true",
        "messages_tab_read_only_enabled": "true",
    }


def test_the_manifest_keeps_slacks_length_limits() -> None:
    def value(key: str) -> str:
        found = re.search(rf"^\s*(?:- )?{key}: (.+)$", MANIFEST, re.MULTILINE)
        assert found, key
        return found[1]

    assert len(value("name")) <= 35
    assert len(value("description")) <= 140
    assert len(value("display_name")) <= 80
    assert value("socket_mode_enabled") == "true"
    assert value("is_enabled") == "true"
