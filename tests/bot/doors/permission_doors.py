"""How each act is done at each door: Slack's buttons, forms and commands, and the terminal."""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from typing import Any

from bot.slack.acts import Acts
from bot.slack.lanes import Lanes
from bot.slack.listeners import Listeners
from bot.slack.membership import Membership
from commands.progress.start_gate import GATE
from tests.bot.doors.permission_cases import ALERT, PERSONS, RIGHT_TIME, Case
from tests.bot.slack.run_writer import CHANNEL, DEPLOY, READY

BUTTONS = {
    "sign": "sign",
    "again": "again",
    "agree": "agree",
    "agree to override": "agree",
    "agree to start": "agree",
    "resume": "resume",
    "keep": "keep",
    "hold": "hold",
    "rollback": "rollback",
    "take part": "take_part",
    "begin drill": "begin_drill",
    "take over": "take_over",
    "decline": "decline",
    "withdraw": "withdraw",
    "start queued": "start_queued",
    "drop": "drop",
}
FORMS = {
    "refuse": "refuse",
    "refuse start": "refuse_start",
    "done": "done",
    "skip": "skip",
    "override": "override",
    "false alarm": "false_alarm",
    "early keep": "keep_early",
    "note": "note_for_report",
    "hand over": "handover",
}
COMMANDS = {
    "start": "start small.md",
    "sign": "sign",
    "refuse": "refuse wrong",
    "again": "again",
    "done": "done I copied it",
    "skip": "skip it is fine",
    "agree": "agree",
    "override": "override it is right",
    "agree to override": "agree",
    "agree to start": "agree",
    "refuse start": "refuse not tonight",
    "freeze": "freeze until tomorrow 23:00 the sale",
    "lock": "lock I measure",
    "lift": "unlock",
    "resume": "resume",
    "false alarm": "false-alarm a load test",
    "keep": "keep",
    "early keep": "keep all is well",
    "hold": "hold",
    "rollback": "rollback",
    "hand over": "handover <@U0NEW|new> lead my shift ends",
    "take over": "handover take",
    "decline": "handover decline",
    "withdraw": "handover withdraw",
    "start queued": "queue start 1",
    "reorder": "queue move 2 1 the bank waits",
    "drop": "queue drop 1",
}
_HANDOVER = {"role": "lead", "to": "", "reason": ""}
HANDOVER = {"take over", "decline", "withdraw"}
NOW = {"at": "", "queue": False}
_ANSWER = {"reason": "why", "step": DEPLOY}
TERMINAL: dict[str, tuple[str, dict[str, object]]] = {
    "start": ("start", {"page": "small.md", "ref": "", "countdown": 0, "note": "", "because": "", **NOW}),
    "sign": ("sign", {"step": READY, "refuse": ""}),
    "refuse": ("sign", {"step": READY, "refuse": "wrong"}),
    "again": ("answer", {**_ANSWER, "answer": "again"}),
    "done": ("answer", {**_ANSWER, "answer": "done"}),
    "skip": ("answer", {**_ANSWER, "answer": "skip"}),
    "agree": ("answer", {**_ANSWER, "answer": "agree", "step": RIGHT_TIME}),
    "override": ("answer", {**_ANSWER, "answer": "override"}),
    "agree to override": ("answer", {**_ANSWER, "answer": "agree"}),
    "agree to start": ("answer", {**_ANSWER, "answer": "agree", "step": GATE}),
    "refuse start": ("sign", {"step": GATE, "refuse": "not tonight"}),
    "freeze": ("freeze", {"name": "freeze", "words": ["small.md", "until", "tomorrow", "23:00", "the", "sale"]}),
    "lock": ("freeze", {"name": "lock", "words": ["I", "measure"]}),
    "lift": ("freeze", {"name": "unlock", "words": []}),
    "resume": ("resume", {"reason": ""}),
    "false alarm": ("false_alarm", {"alert": ALERT, "reason": "a load test", "lasts": "30 min"}),
    "keep": ("keep", {"reason": ""}),
    "early keep": ("keep", {"reason": "all is well"}),
    "hold": ("hold", {"reason": ""}),
    "rollback": ("rollback", {"reason": ""}),
    "end": ("end", {"number": 1, "reason": "why"}),
    "hand over": ("handover", {**_HANDOVER, "to": "U0NEW", "answer": None}),
    "take over": ("handover", {**_HANDOVER, "answer": "take_over"}),
    "decline": ("handover", {**_HANDOVER, "answer": "decline"}),
    "withdraw": ("handover", {**_HANDOVER, "answer": "withdraw"}),
    "start queued": ("queue", {"action": "start", "start": 1, "place": 0, "reason": ""}),
    "reorder": ("queue", {"action": "move", "start": 2, "place": 1, "reason": "the bank waits"}),
    "drop": ("queue", {"action": "drop", "start": 1, "place": 0, "reason": ""}),
}


def press_button(case: Case, act: str, kind: str) -> None:
    """Press the button of an act."""
    on_card = act in {"hold", "rollback", "resume", "keep", "start queued", "drop"}
    value = "1:0" if on_card else "1:2:0:1" if act in HANDOVER else case.question()
    action = {"action_id": BUTTONS[act], "value": value, "action_ts": "1795863412.000200"}
    _slack(case, "press", {"actions": [action], "user": {"id": PERSONS[kind]}})


def submit_form(case: Case, act: str, kind: str) -> None:
    """Submit the form of an act."""
    if act == "start":
        fields: dict[str, Any] = {
            "page": {"page": {"selected_option": {"value": "small.md"}}},
            "minutes": {"minutes": {"selected_option": {"value": "0"}}},
            "ref": {"ref": {"value": None}},
            "note": {"note": {"value": None}},
        }
        _slack(case, "start", {"view": {"id": "V1", "state": {"values": fields}}, "user": {"id": PERSONS[kind]}})
        return
    if act == "note":
        data = {"run": "1:0", "ts": "1.2", "author": "", "channel": CHANNEL}
        fields = {"note": {"note": {"value": "the cache was cold"}}}
        view = {"private_metadata": json.dumps(data), "state": {"values": fields}, "id": "V1"}
        _slack(case, "give_note", {"view": view, "user": {"id": PERSONS[kind]}})
        return
    if act == "hand over":
        fields = {
            "to": {"to": {"selected_user": "U0NEW"}},
            "role": {"role": {"selected_option": {"value": "1:lead"}}},
            "why": {"why": {"value": None}},
        }
        view = {"private_metadata": "{}", "state": {"values": fields}, "id": "V1"}
        _slack(case, "give_handover", {"view": view, "user": {"id": PERSONS[kind]}})
        return
    value = {"false alarm": "1:0:1:1", "early keep": "1:0"}.get(act) or case.question()
    fields = {"reason": {"reason": {"value": "it is well thought of"}}}
    if act == "false alarm":
        fields["lasts"] = {"lasts": {"selected_option": {"value": "30 min"}}}
    view = {
        "private_metadata": json.dumps({"action": FORMS[act], "value": value}),
        "state": {"values": fields},
        "id": "V1",
    }
    _slack(case, "give_reason", {"view": view, "user": {"id": PERSONS[kind]}})


def type_command(case: Case, act: str, kind: str) -> None:
    """Type the slash command of an act."""
    _slack(case, "command", {"text": COMMANDS[act], "user_id": PERSONS[kind], "trigger_id": "1.2.abc"})


def type_in_terminal(case: Case, act: str, kind: str) -> None:
    """Type the command of an act at the bot's terminal. Raises Refused."""
    method, options = TERMINAL[act]
    door = case.terminal(kind)
    try:
        list(getattr(door, method)(Namespace(**options)))
    finally:
        door.close()


class _Anybody(Membership):
    """Everybody is a member of the channel; who is not has tests of its own."""

    def __init__(self) -> None:
        pass

    async def require_member_now(self, *_: object) -> None:
        pass

    async def may_act_now(self, *_: object) -> bool:
        return True

    async def require_nothing_against(self, *_: object) -> None:
        pass


class _NoLinks:
    """A Slack that gives no link to a message."""

    async def chat_getPermalink(self, **_: object) -> None:  # noqa: N802  as slack_sdk calls it
        raise TimeoutError


def _slack(case: Case, listener: str, body: dict[str, Any]) -> None:
    """What a listener does with what Slack sends."""

    async def answer(*_: object, **__: object) -> None:
        """Take the acknowledgement or the reply."""

    arguments: dict[str, Any] = {"ack": answer, "body": body}
    if listener in {"press", "command"}:
        arguments["respond"] = answer
    body["channel"] = {"id": CHANNEL}
    acts = Acts(case.deps, _Anybody(), Lanes())
    listeners = Listeners(_NoLinks(), acts, None)  # type: ignore[arg-type]  # no form is opened here
    asyncio.run(getattr(listeners, listener)(**arguments))
