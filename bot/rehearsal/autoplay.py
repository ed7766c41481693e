"""`make rehearse ARGS=--auto`: plays a scenario with simulated users, and checks how it ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from bot.rehearsal.final_state import final_state_problems, target_before
from bot.rehearsal.message_content import channel_contents
from bot.rehearsal.options import PAGES
from bot.rehearsal.sandbox import WATCH_SPEED, Sandbox
from bot.rehearsal.scenarios import Scenario
from bot.rehearsal.simulated_users import SimulatedUsers
from bot.rehearsal.transcript import Transcript
from bot.rehearsal.workspace import Workspace
from state.place import Place, open_record
from state.records import ACTIVE, RunState

TIMEOUT = 900  # seconds in which the runs of a scenario must be over
KILLED_IN = "migration"  # the step in which a bot is killed, if there are several
MESSAGES_TIMEOUT = 30  # seconds in which the last messages must be in the channel
# what the card shows at each end
CARD_TEXTS = {"kept": "KEPT", "rolled back": "ROLLED BACK", "aborted": "ABORTED"}


async def play_scenario(scenario: Scenario, option: str, sandbox: Sandbox) -> int:
    """Play a scenario to its end; 0 when the run, the target and the channel are as they must be, otherwise 1."""
    print(f"Scenario “{scenario.name}”: {scenario.description}.")
    print(f"The watch runs {WATCH_SPEED[option]} times faster; everything else takes its real time.")
    budget = f"The rollback's time budget is {scenario.time_budget} instead of the page's.\n"
    print(budget if scenario.time_budget else "", flush=True)
    production = sandbox.targets[0]
    before = await asyncio.to_thread(target_before, production)
    Transcript(sandbox.workspace).start()
    users = SimulatedUsers(sandbox.workspace, production, scenario)
    await users.start_run(PAGES[option])
    playing = asyncio.create_task(users.play())
    killing = asyncio.create_task(kill_owner(sandbox, 1 if option == "A" else 2)) if len(sandbox.bots) > 1 else None
    try:
        ended = await wait_until_over(sandbox.state, 1 if option == "A" else 2, playing, sandbox.all_ended)
    finally:
        playing.cancel()
    await wait_for_messages(sandbox.workspace, scenario)
    problems = final_state_problems(scenario, await asyncio.to_thread(production.audit), before)
    if ended != scenario.final_state:
        reason = await asyncio.to_thread(rollback_reason, sandbox.state)
        problems.append(f"the run is {ended}, not {scenario.final_state}{reason}")
    if killing and not killing.done():
        killing.cancel()
        problems.append("no bot was killed: the migration was not seen at work")
    problems += [f"no message contains “{text}”" for text in missing_texts(sandbox.workspace, scenario)]
    return report(scenario, problems)


async def kill_owner(sandbox: Sandbox, run: int) -> None:
    """Kill the bot that carries out a run, as soon as its migration is at work. Another one goes on."""
    while not await asyncio.to_thread(_has_begun, sandbox.state, run, KILLED_IN):
        await asyncio.sleep(0.1)
    while not (owner := await asyncio.to_thread(sandbox.owner, run)):
        await asyncio.sleep(0.1)
    owner.process.kill()
    number = list(sandbox.bots).index(owner) + 1
    print(f"(Bot {number} of {len(sandbox.bots)} carried out the run. It was killed in the step “{KILLED_IN}”.)")


async def wait_until_over(
    state: Place, runs: int, playing: asyncio.Task[None], all_ended: Callable[[], str], timeout: float = TIMEOUT
) -> str:
    """Wait until so many runs are over, or one of them is not kept; the state of the last one.

    When the bots ended or the time is up, the result says so instead. Raises what the users' task raised.
    """
    began = time.monotonic()
    while not playing.done() and not all_ended():
        if time.monotonic() - began > timeout:
            return f"still active after {timeout / 60:.0f} minutes"
        await asyncio.sleep(0.5)
        states = await asyncio.to_thread(_run_states, state)
        over = states and not any(one in ACTIVE for one in states)
        if over and (len(states) == runs or states[0] != RunState.KEPT):
            return states[0]
    if playing.done():
        playing.result()
    return f"interrupted. {all_ended()}"


async def wait_for_messages(workspace: Workspace, scenario: Scenario, timeout: float = MESSAGES_TIMEOUT) -> None:
    """Wait until all texts of the scenario are in the channel, or the time is up.

    Slack takes one message a second, so that the last ones come after the card.
    """
    until = time.monotonic() + timeout
    while missing_texts(workspace, scenario):
        if time.monotonic() > until:
            return
        await asyncio.sleep(0.5)
    await asyncio.sleep(2)  # for the transcript, which prints what comes after them too


def missing_texts(workspace: Workspace, scenario: Scenario) -> list[str]:
    """The texts of the scenario that no message contains, and the text of its end that must be on the card."""
    end, contents = CARD_TEXTS[scenario.final_state], channel_contents(workspace)
    missing = [text for text in scenario.expected_texts if not any(text in content for content in contents)]
    return missing if any(end in message.text for message in workspace.messages()) else [end, *missing]


def report(scenario: Scenario, problems: list[str]) -> int:
    """Print the result; the exit code."""
    if problems:
        print(f"\n✗ Scenario “{scenario.name}” must end {scenario.final_state}, but:")
        print("\n".join(f"  - {problem}" for problem in problems))
        return 1
    print(f"\n✓ Scenario “{scenario.name}” ended as it must: {scenario.final_state}, on the target and in the channel.")
    return 0


def rollback_reason(state: Place) -> str:
    """Who rolled the last run back and why, in brackets; "" when nobody did."""
    store = open_record(state)
    try:
        fact = store.record(store.runs(1)[0].id).rollback
        return f" (rollback requested by {fact.person}: {fact.reason})" if fact else ""
    finally:
        store.close()


def _has_begun(state: Place, run: int, step: str) -> bool:
    store = open_record(state)
    try:
        return any(one.id == run for one in store.runs()) and store.record(run).last(step) is not None
    finally:
        store.close()


def _run_states(state: Place) -> list[str]:
    """The state of each run, the last one first."""
    store = open_record(state)
    try:
        return [run.state for run in store.runs()]
    finally:
        store.close()
