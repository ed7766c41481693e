"""views.*: modals and the Home tab."""

from __future__ import annotations

from bot.rehearsal.workspace.blockkit.validation import view_errors
from bot.rehearsal.workspace.interaction_tokens import Trigger
from bot.rehearsal.workspace.method_registry import Call, SlackError, method
from bot.rehearsal.workspace.slack_objects import Json, View
from bot.rehearsal.workspace.workspace_state import WorkspaceState

MOST_STACKED = 3


@method("views.open")
async def open_view(call: Call) -> Json:
    """Open a modal for the trigger's person."""
    content, trigger = _content(call), _trigger(call)
    view = call.state.new_view(trigger.person, content)
    call.state.view_stacks[trigger.person] = [view]
    call.state.notify_change()
    return {"view": view.as_slack()}


@method("views.push")
async def push_on_top(call: Call) -> Json:
    """Open a modal on top of the one whose button was pressed."""
    content, trigger = _content(call), _trigger(call)
    stack = call.state.view_stacks.get(trigger.person, [])
    if trigger.view_id is None or not stack:
        raise SlackError("invalid_trigger_id")
    view = push_view(call.state, trigger.person, content)
    call.state.notify_change()
    return {"view": view.as_slack()}


@method("views.update")
async def update_view(call: Call) -> Json:
    """Replace an open view, found by its id or its external id."""
    content = _content(call)
    view = _find_view(call)
    if call.args.get("hash") not in (None, view.hash):
        raise SlackError("hash_conflict")
    replace_view(call.state, view, content)
    return {"view": view.as_slack()}


@method("views.publish")
async def publish_home(call: Call) -> Json:
    """Publish the Home tab of one person."""
    person, content = str(call.require("user_id")), _content(call, home=True)
    if person not in call.state.people:
        raise SlackError("user_not_found")
    view = call.state.new_view(person, content)
    call.state.home_tabs[person] = view
    call.state.notify_change()
    return {"view": view.as_slack()}


def push_view(state: WorkspaceState, person: str, content: Json) -> View:
    """Open a modal on top of a person's top one. Raises SlackError when three are open."""
    stack = state.view_stacks[person]
    if len(stack) >= MOST_STACKED:
        raise SlackError("push_limit_reached")
    view = state.new_view(person, content, stack[-1])
    stack.append(view)
    return view


def replace_view(state: WorkspaceState, view: View, content: Json) -> None:
    """Replace the content of an open view."""
    view.view, view.hash, view.errors = content, state.new_hash(), {}
    state.notify_change()


def validated_view(content: Json) -> Json:
    """The view with ids for all its blocks. Raises SlackError when Slack would refuse it."""
    if errors := view_errors(content):
        messages = [f"[ERROR] {line}" for line in errors]
        raise SlackError("invalid_arguments", response_metadata={"messages": messages})
    blocks = [{"block_id": f"b{number}", **block} for number, block in enumerate(content["blocks"])]
    return {**content, "blocks": [_with_action_id(block) for block in blocks]}


def _with_action_id(block: Json) -> Json:
    if block["type"] != "input":
        return block
    return {**block, "element": {"action_id": f"{block['block_id']}-act", **block["element"]}}


def _content(call: Call, *, home: bool = False) -> Json:
    content = validated_view(call.require("view"))
    if home != (content["type"] == "home"):
        raise SlackError("invalid_arguments", response_metadata={"messages": ["[ERROR] wrong type of view"]})
    return content


def _trigger(call: Call) -> Trigger:
    trigger = call.state.tokens.use_trigger(str(call.require("trigger_id")))
    if isinstance(trigger, str):
        raise SlackError(trigger)
    return trigger


def _find_view(call: Call) -> View:
    external = call.args.get("external_id")
    for stack in call.state.view_stacks.values():
        for view in stack:
            if view.id == call.args.get("view_id") or (external and view.view.get("external_id") == external):
                return view
    raise SlackError("not_found")
