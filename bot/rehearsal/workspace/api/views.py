"""views.*: modals and the Home tab."""

from __future__ import annotations

from bot.rehearsal.workspace.blockkit.check import wrong_view
from bot.rehearsal.workspace.methods import Call, SlackError, method
from bot.rehearsal.workspace.passes import Trigger
from bot.rehearsal.workspace.records import Json, View
from bot.rehearsal.workspace.team import Team

MOST_STACKED = 3


@method("views.open")
async def opened(call: Call) -> Json:
    """Open a modal for whoever the trigger belongs to."""
    shown, trigger = _shown(call), _trigger(call)
    view = call.team.new_view(trigger.person, shown)
    call.team.stacks[trigger.person] = [view]
    call.team.changed()
    return {"view": view.as_slack()}


@method("views.push")
async def pushed(call: Call) -> Json:
    """Put a modal on top of the one whose button was pressed."""
    shown, trigger = _shown(call), _trigger(call)
    stack = call.team.stacks.get(trigger.person, [])
    if trigger.view_id is None or not stack:
        raise SlackError("invalid_trigger_id")
    view = push(call.team, trigger.person, shown)
    call.team.changed()
    return {"view": view.as_slack()}


@method("views.update")
async def updated(call: Call) -> Json:
    """Change an open view, found by its id or its external id."""
    shown = _shown(call)
    view = _find(call)
    if call.args.get("hash") not in (None, view.hash):
        raise SlackError("hash_conflict")
    change(call.team, view, shown)
    return {"view": view.as_slack()}


@method("views.publish")
async def published(call: Call) -> Json:
    """Show the Home tab of one person."""
    person, shown = str(call.need("user_id")), _shown(call, home=True)
    if person not in call.team.people:
        raise SlackError("user_not_found")
    view = call.team.new_view(person, shown)
    call.team.homes[person] = view
    call.team.changed()
    return {"view": view.as_slack()}


def push(team: Team, person: str, shown: Json) -> View:
    """Open a modal on top of a person's present one.

    Raises SlackError when three are open.
    """
    stack = team.stacks[person]
    if len(stack) >= MOST_STACKED:
        raise SlackError("push_limit_reached")
    view = team.new_view(person, shown, stack[-1])
    stack.append(view)
    return view


def change(team: Team, view: View, shown: Json) -> None:
    """Show something else in an open view."""
    view.view, view.hash, view.errors = shown, team.new_hash(), {}
    team.changed()


def checked_view(shown: Json) -> Json:
    """A view that Slack would take.

    Raises SlackError in Slack's words.
    """
    if wrong := wrong_view(shown):
        messages = [f"[ERROR] {line}" for line in wrong]
        raise SlackError("invalid_arguments", response_metadata={"messages": messages})
    blocks = [{"block_id": f"b{number}", **block} for number, block in enumerate(shown["blocks"])]
    return {**shown, "blocks": [_with_action_id(block) for block in blocks]}


def _with_action_id(block: Json) -> Json:
    if block["type"] != "input":
        return block
    return {**block, "element": {"action_id": f"{block['block_id']}-act", **block["element"]}}


def _shown(call: Call, *, home: bool = False) -> Json:
    shown = checked_view(call.need("view"))
    if home != (shown["type"] == "home"):
        raise SlackError("invalid_arguments", response_metadata={"messages": ["[ERROR] wrong type of view"]})
    return shown


def _trigger(call: Call) -> Trigger:
    trigger = call.team.passes.exchange(str(call.need("trigger_id")))
    if isinstance(trigger, str):
        raise SlackError(trigger)
    return trigger


def _find(call: Call) -> View:
    external = call.args.get("external_id")
    for stack in call.team.stacks.values():
        for view in stack:
            if view.id == call.args.get("view_id") or (external and view.view.get("external_id") == external):
                return view
    raise SlackError("not_found")
