"""Every payload that the bot sends to Slack, by the type that Slack has published for it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.rehearsal.workspace import api_endpoint
from bot.rehearsal.workspace.method_registry import Call
from bot.slack import listeners
from bot.slack.views.messages import draw
from bot.slack.views.modals import REASONS, message_modal, reason_modal, start_modal
from bot.slack.views.note import note_modal
from commands.steps.outcome import done, failed
from state.events import EVENTS
from state.records import RunState
from tests.bot.slack.run_writer import DBA, DEPLOY, GUEST, HEALTH, LEAD, PAGE
from tests.bot.slack.slack_box import SlackBox, play
from tests.bot.slack.views.drawn import event_with, snapshot_with
from tests.bot.slack.whole_run import page_with, views

# the published type of each method's arguments
TYPES = {
    "chat.getPermalink": "ChatGetPermalinkArguments",
    "chat.postMessage": "ChatPostMessageArguments",
    "chat.update": "ChatUpdateArguments",
    "conversations.history": "ConversationsHistoryArguments",
    "conversations.info": "ConversationsInfoArguments",
    "conversations.members": "ConversationsMembersArguments",
    "conversations.replies": "ConversationsRepliesArguments",
    "files.completeUploadExternal": "FilesCompleteUploadExternalArguments",
    "files.getUploadURLExternal": "FilesGetUploadURLExternalArguments",
    "usergroups.users.list": "UsergroupsUsersListArguments",
    "users.info": "UsersInfoArguments",
    "views.open": "ViewsOpenArguments",
    "views.publish": "ViewsPublishArguments",
    "views.update": "ViewsUpdateArguments",
}
# words of any content, whose length other tests check; one of each shape is enough
WORDS = {"text", "value", "block_id", "private_metadata", "trigger_id", "hash", "ts", "thread_ts", "view_id", "oldest"}
# what a form carries as text
NUMBERS, FLAGS = {"limit", "length"}, {"include_all_metadata", "inclusive"}
# Slack's reference says alt_txt, and its answers have it; the package for JavaScript calls it otherwise
ALIASES = {"alt_txt": "alt_text"}
Payloads = dict[str, dict[str, Any]]  # published type -> name for failures -> payload


def collected(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Payloads:
    """What the views draw, and what a bot sends in a run with files and forms."""
    found: Payloads = defaultdict(dict)
    for name, blocks in _drawn_blocks(folder):
        found["KnownBlock[]"][name] = blocks
    for name, view in _forms():
        found["ModalView"][name] = view
        found["KnownBlock[]"][name] = view["blocks"]
    for number, (method, args) in enumerate(_sent(folder, monkeypatch)):
        if method in TYPES:
            found[TYPES[method]][f"call {number} of {method}"] = args
            if method == "views.publish":
                found["HomeView"][f"view of call {number} of {method}"] = args["view"]
            for blocks in (args.get("blocks"), (args.get("view") or {}).get("blocks")):
                if blocks:
                    found["KnownBlock[]"][f"blocks of call {number} of {method}"] = blocks
    return {kind: _one_of_each_shape(payloads) for kind, payloads in found.items()}


def _drawn_blocks(folder: Path) -> Iterator[tuple[str, Any]]:
    for name, message in views(folder, "plain").items():
        yield name, message.blocks
    for kind in EVENTS.values():
        if drawn := draw(snapshot_with(), event_with(kind(), step=DEPLOY)):
            yield kind.__name__, drawn.blocks


def _forms() -> Iterator[tuple[str, Any]]:
    yield "start form", start_modal([PAGE])
    yield "start form of several pages", start_modal([page_with("a"), page_with("b")], "C1")
    yield "message in a form", message_modal("Checking …")
    yield "form of a note", note_modal("It was slow", {"run": "1:0"}, "run 1 of shop")
    yield "form of a note about a picture", note_modal("", {"run": "1:0"}, "run 1 of shop")
    for action in REASONS:
        yield f"form of {action}", reason_modal(action, "1:2", "C1")


def _sent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    calls: list[tuple[str, dict[str, Any]]] = []
    call_method = api_endpoint._call_method

    async def record(name: str, call: Call, token: str, *, is_json: bool) -> Any:
        args = {field: value for field, value in call.args.items() if field != "token"}
        calls.append((name, {ALIASES.get(field, field): _typed(field, value) for field, value in args.items()}))
        return await call_method(name, call, token, is_json=is_json)

    monkeypatch.setattr(api_endpoint, "_call_method", record)
    monkeypatch.setattr(listeners, "ACK_LIMIT", 0.0)  # so that every form is told of late
    play(folder, _story)
    return calls


def _typed(field: str, value: Any) -> Any:
    """The value of a form's field as it was before the form."""
    if field in FLAGS:
        return value in {"1", True}
    return int(value) if field in NUMBERS else value


async def _story(box: SlackBox) -> None:
    """A run with a refusal, a long output, a failure, a hold and an end; the bot is started once more meanwhile."""
    workspace = box.workspace
    run = box.run_at_gate()
    card = await box.card()
    question = await box.message_with("Please sign")
    workspace.open_home(DBA)
    await box.wait_until(lambda: workspace.home(DBA))
    await workspace.press(DBA, question.ts, "refuse")
    form = await _form_of(box, DBA)
    await workspace.submit(DBA, form, {"reason": {"reason": "It is not ready."}})
    await box.message_with("refused to sign")
    await workspace.use_shortcut(LEAD, workspace.say(LEAD, "It was slow").ts)
    await workspace.submit(LEAD, await _form_of(box, LEAD), {})
    await box.message_with("Note for the report")
    await workspace.command(GUEST, "/deploy start")
    await _form_of(box, GUEST)
    await workspace.command(LEAD, "/deploy status")
    box.run_step(run, DEPLOY, done("Done.", output="\n".join(f"line {n}" for n in range(60))))
    box.run_step(run, HEALTH, failed("Noise", lines=("the last line",)))
    await workspace.press(GUEST, card.ts, "hold")
    await box.message_with("ON HOLD")
    box.begin_watch(run)
    box.run_check(run, 0.2, 2.0)
    box.add_events(run, "status")
    await box.wait_until(lambda: _files(box, ".png"), 20)
    async with box.serving():
        box.move_run(run, RunState.ABORTED)
        await box.wait_until_posted()
    await box.wait_until(lambda: _files(box, ".txt") and _files(box, ".md"), 20)


def _files(box: SlackBox, ending: str) -> list[str]:
    names = [file["name"] for message in box.workspace.messages() for file in message.files]
    return [name for name in names if name.endswith(ending)]


async def _form_of(box: SlackBox, person: str) -> str:
    views_of = box.workspace.state.view_stacks
    await box.wait_until(lambda: views_of.get(person))
    return views_of[person][-1].id


def _one_of_each_shape(payloads: dict[str, Any]) -> dict[str, Any]:
    shapes: dict[str, str] = {}
    for name, payload in payloads.items():
        shapes.setdefault(json.dumps(_shape(payload), sort_keys=True), name)
    return {name: payloads[name] for name in shapes.values()}


def _shape(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _shape(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(_shape(item), sort_keys=True) for item in value})
    return type(value).__name__ if key in WORDS else value if isinstance(value, str) else type(value).__name__
