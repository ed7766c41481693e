"""The state of a workspace: timestamps, who sees which message, listeners, and views."""

from __future__ import annotations

from bot.rehearsal.workspace import Message
from bot.rehearsal.workspace.server import Workspace
from bot.rehearsal.workspace.workspace_state import BOT_USER, WorkspaceState
from tests.bot.rehearsal.workspace.bolt_workspace import CHANNEL, LEAD, STARTER, modal


def state() -> WorkspaceState:
    return Workspace([STARTER, LEAD]).state


def test_each_timestamp_is_later_than_the_one_before() -> None:
    workspace = state()
    stamps = [workspace.new_ts() for _ in range(500)]
    assert sorted(stamps, key=float) == stamps
    assert len(set(stamps)) == 500


def test_everybody_sees_public_messages_of_the_channel_only() -> None:
    workspace = state()
    public = workspace.post(Message(CHANNEL, "1.0", BOT_USER, "public"))
    private = workspace.post(Message(CHANNEL, "2.0", BOT_USER, "private", only_for=LEAD.id))
    workspace.post(Message("C2", "3.0", BOT_USER, "elsewhere"))
    assert workspace.public_messages(CHANNEL) == [public]
    assert workspace.find_message(CHANNEL, "2.0") is private
    assert workspace.find_message(CHANNEL, "3.0") is None


def test_listeners_are_called_for_posted_updated_and_deleted_messages() -> None:
    workspace, heard, changes = state(), list[str](), list[int]()
    workspace.message_listeners.append(lambda message, change: heard.append(f"{change} {message.text}"))
    workspace.change_listeners.append(lambda: changes.append(1))
    message = workspace.post(Message(CHANNEL, "1.0", BOT_USER, "hello"))
    workspace.notify("updated", message)
    workspace.remove(message)
    assert heard == ["posted hello", "updated hello", "deleted hello"]
    assert len(changes) == 3, "an open web page was not notified of each change"


def test_a_listener_may_remove_itself_while_it_is_called() -> None:
    workspace, heard = state(), list[str]()

    def once(message: Message, change: str) -> None:
        workspace.message_listeners.remove(once)

    workspace.message_listeners += [once, lambda message, change: heard.append(change)]
    workspace.post(Message(CHANNEL, "1.0", BOT_USER, "hello"))
    assert heard == ["posted"], "the listener after it was skipped"


def test_a_view_is_found_among_open_modals_and_home_tabs() -> None:
    workspace = state()
    home, first = workspace.new_view(LEAD.id, modal()), workspace.new_view(LEAD.id, modal())
    second = workspace.new_view(LEAD.id, modal(), first)
    workspace.home_tabs[LEAD.id], workspace.view_stacks[LEAD.id] = home, [first, second]
    assert [workspace.view(view.id) for view in (home, first, second)] == [home, first, second]
    assert workspace.view("V9") is None
    assert (second.root, second.previous, first.root, first.previous) == (first.id, first.id, first.id, None)
