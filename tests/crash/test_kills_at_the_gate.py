"""Kills while a run waits for its second person: nothing begins before that, and then once."""

from __future__ import annotations

from bot.rehearsal.message_content import action_ids
from commands.progress.start_gate import waits_at_gate
from commands.rollback.refused_start import refuse_start
from commands.start.objections import Objection, ObjectionSort
from state.events import StepAgreed
from state.facts import Actor, Door
from tests.crash.conftest import Play
from tests.crash.message_checks import message_problems
from tests.crash.simulated_users import LEAD
from tests.crash.single_run import RECORD, SingleRun, page, run_step
from tests.crash.test_kills_around_slack import keep, message_with_button, press
from tests.crash.test_kills_on_the_host import times_recorded

FREEZE = Objection(sort=ObjectionSort.FREEZE, summary="It is frozen until Mon 09:00 by the page: the big sale.")
PAGE = page(run_step("one", RECORD))


def questions(single: SingleRun) -> int:
    """How many messages of the run ask, or asked, for a second person."""
    messages = single.sandbox.workspace.messages()
    return sum(f"'value': '{single.run}:" in str(one.blocks) and "agree" in action_ids(one.blocks) for one in messages)


def test_a_run_that_waits_at_its_gate_begins_nothing_however_often_the_bot_is_killed_and_then_once(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        single.begin(PAGE, FREEZE)
        for _ in range(2):
            await single.wait_until(lambda: message_with_button(single, "refuse_start"), "the question")
            await single.restart_bot()
        await single.wait_until(single.sandbox.is_heard, "the bot's socket")
        record = single.store.record(single.run)
        assert waits_at_gate(record)
        assert record.attempts == ()
        assert questions(single) == 1
        await press(single, LEAD, "agree")
        await single.restart_bot()
        await single.wait_until(lambda: not waits_at_gate(single.store.record(single.run)), "the agreement")
        await single.wait_for_step("one")
        await keep(single)
        await single.wait_for_end("kept")
        agreed = [one for one in single.store.events(single.run) if isinstance(one.data, StepAgreed)]
        assert len(agreed) == 1
        assert times_recorded(single, "one") == 1
        assert not (problems := message_problems(single.sandbox.workspace, single.store, single.run)), problems

    play(test)


def test_a_start_that_is_refused_while_the_bot_is_dead_ends_with_nothing_changed(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        single.begin(PAGE, FREEZE)
        await single.wait_until(lambda: message_with_button(single, "refuse_start"), "the question")
        single.sandbox.bot.kill()
        refuse_start(single.store, single.run, Actor(person=LEAD, door=Door.SLACK), "not tonight", single.store.now())
        single.sandbox.bot.start()
        await single.wait_for_end("aborted")
        assert single.store.record(single.run).attempts == ()
        assert times_recorded(single, "one") == 0

    play(test)
