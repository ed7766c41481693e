"""No message of a drill leaves unmarked, and none calls who does not take part."""

from __future__ import annotations

from pathlib import Path

from bot.rehearsal.workspace import Message
from commands.rollback.request import rollback
from commands.start.drill_actions import begin_drill, take_part
from state.events import Reminder
from state.records import Drill, NewEvent, Run, RunState
from tests.bot.slack.run_writer import DBA, DEPLOY, HEALTH, LEAD, READY, STARTER, in_slack
from tests.bot.slack.slack_box import SlackBox, play


def begun_drill(box: SlackBox) -> Run:
    """A drill that has begun."""
    run = box.start_run(drill=Drill.PLACES)
    for person in (DBA, LEAD):
        take_part(box.store, box.page, run.id, box.deps.people(box.page), in_slack(person), box.deps.now())
    begin_drill(box.store, box.page, run.id, box.deps.people(box.page), in_slack(STARTER), box.deps.now())
    return run


def unmarked(messages: list[Message]) -> list[str]:
    """What a phone or a screen would show without the mark."""
    return [
        message.text
        for message in messages
        if not message.text.startswith("DRILL") or (message.blocks and "*DRILL*" not in str(message.blocks[0]))
    ]


def test_every_message_and_file_of_a_whole_drill_says_drill_first(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = begun_drill(box)
        for step in (READY, DEPLOY, HEALTH):
            box.run_step(run, step)
        box.begin_watch(run)
        box.run_check(run, 6.0, 7.0)
        box.add_events(run, "budget", "panel", "watch over", "something new", "clock", "record")
        rollback(box.store, run, in_slack(LEAD), "too slow", box.deps.now())
        box.store.move_run(run.id, RunState.ABORTED, box.deps.now())
        await box.wait_until_posted()
        messages = box.workspace.messages()
        assert len(messages) > 10
        assert unmarked(messages) == []

    play(tmp_path, story)


def test_the_mark_of_a_drill_is_on_what_is_sent_again_and_on_plain_text(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = begun_drill(box)
        box.workspace.faults.refuse_blocks = 2
        box.run_step(run, READY)
        await box.wait_until_posted()
        assert unmarked(box.workspace.messages()) == []

    play(tmp_path, story)


def test_a_drill_calls_only_those_who_take_part(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.start_run(drill=Drill.PLACES)
        take_part(box.store, box.page, run.id, box.deps.people(box.page), in_slack(DBA), box.deps.now())
        late = Reminder(title="Ready", roles=("dba", "lead"), silent="10 min", loud=True)
        box.store.add_events(run.id, box.deps.now(), NewEvent(data=late))
        box.actions(run).hold(in_slack(LEAD), "lunch", box.deps.now())
        await box.wait_until_posted()
        everything = str([(message.text, message.blocks) for message in box.workspace.messages()])
        assert f"<@{DBA}>" in everything
        assert f"<@{LEAD}>" not in everything
        assert "*On hold* by Malee." in everything, "by name, as Slack gives it"

    play(tmp_path, story)
