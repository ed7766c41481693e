"""The simulated users press what their scenario says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from bot.rehearsal import simulated_users as module
from bot.rehearsal.role_holders import PEOPLE, ROLE_HOLDERS
from bot.rehearsal.scenarios import SCENARIOS, Scenario
from bot.rehearsal.simulated_users import SimulatedUsers
from bot.rehearsal.target import Target
from bot.rehearsal.workspace import Message, Workspace
from bot.rehearsal.workspace.delivery import Kind
from tests.bot.rehearsal.workspace.bolt_workspace import CHANNEL, button, modal

DBA, LEAD, REVIEWER, ROLLBACK = (ROLE_HOLDERS[role].id for role in ("dba", "tech_lead", "reviewer", "rollback"))
Json = dict[str, Any]


@dataclass
class FakeTarget:
    """Records which faults are switched on and off."""

    faults: list[str] = field(default_factory=list)

    def make_slow(self, seconds: float) -> None:
        self.faults.append(f"slow {seconds:g}")

    def lock_out(self, *, locked: bool = True) -> None:
        self.faults.append("locked out" if locked else "let in")

    def cut_off_downloads(self) -> None:
        self.faults.append("cut off")


class Channel:
    """A channel with the users of a scenario, and in place of the bot a record of what they did."""

    def __init__(self, scenario: Scenario) -> None:
        self.workspace = Workspace(PEOPLE)
        self.workspace._actions.delivery = self
        self.target = FakeTarget()
        self.users = SimulatedUsers(self.workspace, cast("Target", self.target), scenario)
        self.presses: list[tuple[str, str]] = []
        self.reasons: list[str] = []
        self.opens_form_for: set[str] = set()

    async def deliver(self, kind: Kind, payload: Json) -> Json:
        """Take an action in place of the bot; open a form where the test wants one."""
        if payload.get("type") == "view_submission":
            self.reasons.append(payload["view"]["state"]["values"]["reason"]["why"]["value"])
        elif kind == "interactive":
            person, action = payload["user"]["id"], payload["actions"][0]["action_id"]
            self.presses.append((person, action))
            if action in self.opens_form_for:
                view = self.workspace.state.new_view(person, modal(blocks=FORM))
                self.workspace.state.view_stacks[person] = [view]
        return {}

    def post(self, text: str, *actions: str) -> Message:
        """Post a message of the bot with these buttons."""
        blocks = [{"block_id": action, **button(action)} for action in actions]
        ts = self.workspace.state.new_ts()
        return self.workspace.state.post(Message(CHANNEL, ts, "U0GONOGO", text, blocks))

    async def react(self) -> None:
        """Let the users read the whole channel a few times."""
        playing = asyncio.create_task(self.users.play())
        await asyncio.sleep(0.1)
        playing.cancel()


LABEL = {"type": "plain_text", "text": "Why?"}
FORM = [
    {
        "type": "input",
        "block_id": "reason",
        "label": LABEL,
        "element": {"type": "plain_text_input", "action_id": "why"},
    }
]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)


def play(scenario: str, test: Callable[[Channel], Coroutine[Any, Any, None]]) -> Channel:
    """Run a test's coroutine with the users of a scenario."""
    channel = Channel(SCENARIOS[scenario])
    asyncio.run(test(channel))
    return channel


def test_everybody_who_is_mentioned_signs_once_and_nobody_else() -> None:
    async def test(channel: Channel) -> None:
        channel.post(f"Please sign: <@{DBA}> <@{LEAD}> <@U01STARTER>", "sign")
        await channel.react()

    assert sorted(play("keep", test).presses) == [(DBA, "sign"), (LEAD, "sign")]


def test_the_refusing_role_refuses_with_a_reason() -> None:
    async def test(channel: Channel) -> None:
        channel.opens_form_for = {"refuse"}
        channel.post(f"Please sign: <@{REVIEWER}>", "sign", "refuse")
        await channel.react()

    channel = play("refused-sign-off", test)
    assert channel.presses == [(REVIEWER, "refuse")]
    assert channel.reasons == ["This is a rehearsal; the people are simulated."]


def test_a_skipped_step_gets_the_agreement_of_another_person() -> None:
    async def test(channel: Channel) -> None:
        channel.opens_form_for = {"skip"}
        channel.post(f"<@{DBA}>: it failed", "again", "skip")
        await channel.react()
        channel.post(f"<@{DBA}> skips it", "agree")
        await channel.react()

    assert play("keep", test).presses == [(DBA, "skip"), (LEAD, "agree")]


def test_the_tech_lead_keeps_at_the_decision() -> None:
    async def test(channel: Channel) -> None:
        channel.post("KEEP or ROLLBACK?", "keep", "rollback")
        await channel.react()

    assert play("keep", test).presses == [(LEAD, "keep")]


def test_an_ignored_action_is_not_pressed() -> None:
    async def test(channel: Channel) -> None:
        channel.users.ignored_actions.add("keep")
        channel.post("KEEP or ROLLBACK?", "keep")
        await channel.react()
        assert channel.presses == []
        channel.users.ignored_actions.clear()
        await channel.react()

    assert play("keep", test).presses == [(LEAD, "keep")]


def test_roll_back_is_pressed_on_the_card_when_the_scenarios_step_begins() -> None:
    async def test(channel: Channel) -> None:
        channel.post("deploying", "rollback")
        channel.post("✅ Deploy Backend")
        await channel.react()
        assert channel.presses == []
        channel.post("⏳ Deploy Frontend")
        await channel.react()

    assert play("rollback", test).presses == [(ROLLBACK, "rollback")]


def test_a_run_that_can_no_longer_be_rolled_back_has_no_button_to_press() -> None:
    async def test(channel: Channel) -> None:
        channel.post("⏳ Deploy Frontend")
        await channel.react()

    assert play("rollback", test).presses == []


@pytest.mark.parametrize(
    ("scenario", "faults"),
    [
        ("alert-in-watch", ["slow 6"]),
        ("no-data", ["slow 0", "locked out"]),
        ("registry-away", ["slow 0", "cut off"]),
        ("keep", ["slow 0"]),
    ],
)
def test_the_faults_of_the_watch_are_switched_on_once_when_it_begins(scenario: str, faults: list[str]) -> None:
    async def test(channel: Channel) -> None:
        channel.post("⏳ Deploy Backend")
        await channel.react()
        assert channel.target.faults == []
        channel.post("The watch begins")
        await channel.react()

    assert play(scenario, test).target.faults == faults


def test_people_end_the_fault_when_they_are_called_for_missing_data() -> None:
    async def test(channel: Channel) -> None:
        channel.post("Missing data never counts as healthy")
        await channel.react()

    assert play("no-data", test).target.faults[0] == "let in"


def test_an_alert_is_held_as_a_false_alarm_and_its_cause_ended() -> None:
    async def test(channel: Channel) -> None:
        channel.opens_form_for = {"false_alarm"}
        channel.post("🚨 ALERT", "false_alarm", "rollback")
        await channel.react()

    channel = play("false-alarm-held", test)
    assert channel.presses == [(LEAD, "false_alarm")]
    assert channel.target.faults[0] == "slow 0"


def test_downloads_are_cut_off_before_anybody_rolls_back() -> None:
    async def test(channel: Channel) -> None:
        channel.post("watching", "rollback")
        await channel.react()
        assert channel.presses == []
        channel.post("The watch begins")
        await channel.react()

    assert play("registry-away", test).presses == [(ROLLBACK, "rollback")]


def test_a_start_that_the_bot_does_not_acknowledge_fails() -> None:
    async def test() -> None:
        workspace = Workspace(PEOPLE)
        users = SimulatedUsers(workspace, cast("Target", FakeTarget()), SCENARIOS["keep"])
        with pytest.raises(RuntimeError, match=r"`/deploy start option-a\.md`: dispatch_failed"):
            await users.start_run("option-a.md")

    asyncio.run(test())
