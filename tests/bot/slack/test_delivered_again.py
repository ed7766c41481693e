"""What Slack delivers again, at once or much later, is done once."""

from __future__ import annotations

from pathlib import Path

import pytest

from state.records import RunState
from tests.bot.slack.run_writer import CHANNEL, DBA, GUEST, LEAD
from tests.bot.slack.slack_box import SlackBox, play

IN_CHANNEL: dict[str, object] = {"channel": {"id": CHANNEL}}


async def nothing(*_: object, **__: object) -> None:
    """Take an acknowledgement or a reply."""


def test_three_pairs_of_hold_and_resume_whose_every_delivery_comes_twice_are_six_facts(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        listeners = box.listeners()
        for number in range(3):
            value, clicked = f"1:0:0:{number}", 1_795_863_412 + number * 60
            presses = [(GUEST, "hold", clicked), (LEAD, "resume", clicked + 30)] * 2
            for person, action, at in presses:
                button = {"action_id": action, "value": value, "action_ts": f"{at}.000200"}
                await listeners.press(nothing, nothing, {"actions": [button], "user": {"id": person}, **IN_CHANNEL})  # type: ignore[arg-type]
        assert [fact.kind for fact in box.store.record(run.id).facts] == ["hold", "resume"] * 3

    play(tmp_path, story, serve=False)


def test_a_typed_hold_that_is_delivered_again_after_a_resume_holds_nothing(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        listeners = box.listeners()
        for person, text in [(GUEST, "hold lunch"), (LEAD, "resume"), (GUEST, "hold lunch"), (LEAD, "resume")]:
            body = {
                "text": text,
                "user_id": person,
                "channel_id": CHANNEL,
                "trigger_id": f"13345224609.738474920.{person}",
            }
            await listeners.command(nothing, nothing, body)  # type: ignore[arg-type]
        assert [fact.kind for fact in box.store.record(run.id).facts] == ["hold", "resume"]

    play(tmp_path, story, serve=False)


@pytest.mark.parametrize("door", ["command", "form"])
def test_a_start_that_is_delivered_again_after_its_run_starts_no_other_run(tmp_path: Path, door: str) -> None:
    fields = {
        "page": {"page": {"selected_option": {"value": "small.md"}}},
        "minutes": {"minutes": {"selected_option": {"value": "0"}}},
        "ref": {"ref": {"value": None}},
        "note": {"note": {"value": None}},
    }

    async def story(box: SlackBox) -> None:
        listeners = box.listeners()
        for _ in range(2):
            if door == "command":
                typed = {
                    "text": "start small.md",
                    "user_id": DBA,
                    "channel_id": CHANNEL,
                    "trigger_id": "13345224609.738474920.a",
                }
                await listeners.command(nothing, nothing, typed)  # type: ignore[arg-type]
            else:
                body: dict[str, object] = {
                    "view": {"id": "V0D4A08C929", "state": {"values": fields}},
                    "user": {"id": DBA},
                    **IN_CHANNEL,
                }
                await listeners.start(nothing, body)  # type: ignore[arg-type]
            if box.store.active_runs():
                box.move_run(box.store.run(1), RunState.ABORTED)
        assert [run.id for run in box.store.runs()] == [1]

    play(tmp_path, story, serve=False)
