"""The App Home in the workspace in a box: who sees what, its buttons, when it is published."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.workspace import Person, View, forms, payloads
from bot.slack import allowance, homes
from bot.slack.origin import HOME, Origin
from bot.slack.views.home import home_blocks
from state.records import RunState
from tests.bot.slack.membership_story import OTHER, fill_reason, nobody_can_be_asked
from tests.bot.slack.run_writer import CHANNEL, DBA, GUEST, LEAD, PAGE
from tests.bot.slack.slack_box import SlackBox, play
from tests.bot.slack.views.drawn import texts

OUTSIDER = "U10OUT"


@pytest.fixture(autouse=True)
def _short_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "POLL", 0.05)


def shown_in(view: View | None) -> str:
    return "\n".join(texts(view.view["blocks"])) if view else ""


async def home_with(box: SlackBox, person: str, *wanted: str, without: str = "") -> View:
    """The Home of a person once it shows all these texts, and not `without`."""

    def fits() -> bool:
        text = shown_in(box.workspace.home(person))
        return bool(text) and all(one in text for one in wanted) and not (without and without in text)

    try:
        await box.wait_until(fits)
    except TimeoutError:
        raise AssertionError(f"the Home shows: {shown_in(box.workspace.home(person))}") from None
    view = box.workspace.home(person)
    assert view
    return view


async def opened(box: SlackBox, person: str, *wanted: str, without: str = "") -> View:
    box.workspace.open_home(person)
    return await home_with(box, person, *wanted, without=without)


def home_buttons(view: View) -> list[str]:
    return [
        element["action_id"] for block in view.blocks for element in block.get("elements", []) if "value" in element
    ]


async def press_old(box: SlackBox, person: str, old: View, action: str) -> None:
    """Press a button of a Home as it was, which a client may still show."""
    state = box.workspace.state
    payload = payloads.view_action(state, state.people[person], old, forms.action_of(old.blocks, action, None), {})
    await box.workspace.sockets.deliver("interactive", payload)


def published(box: SlackBox) -> int:
    return sum(method == "views.publish" for _, method, _ in box.workspace.calls)


def test_a_home_shows_what_waits_for_its_person_with_the_buttons_of_the_thread(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        home = await opened(box, DBA, "Waiting for you: 1", "Please sign", "Running: 1", "Database Admin")
        assert home_buttons(home) == ["sign", "refuse", "rollback", "hold", "open_start"]
        await box.workspace.press(DBA, home.id, "sign")
        home = await home_with(box, DBA, "Signed as Database Admin. Still needed: Tech Lead", without="Waiting for you")
        assert "sign" not in home_buttons(home)
        assert [fact.person for fact in box.store.record(run.id).facts] == [DBA]
        await box.message_with("Please sign", "signed by")

    play(tmp_path, story)


def test_whoever_is_not_asked_sees_the_run_and_may_stop_it(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        home = await opened(box, GUEST, "Running: 1", "Your roles*: none", without="Waiting for you")
        assert home_buttons(home) == ["rollback", "hold", "open_start"]
        await box.workspace.press(GUEST, home.id, "hold")
        home = await home_with(box, GUEST, "On hold. No new step starts.", "ON HOLD")
        await box.workspace.press(GUEST, home.id, "resume")
        await home_with(box, GUEST, "Only the Tech Lead may resume")
        await box.wait_until(lambda: box.workspace.views(GUEST))
        assert "Only the Tech Lead may resume" in shown_in(box.workspace.views(GUEST)[-1])
        assert len(box.store.record(run.id).facts) == 1

    play(tmp_path, story)


def test_a_refusal_from_the_home_asks_for_its_reason_in_the_same_form(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        home = await opened(box, LEAD, "Please sign")
        await box.workspace.press(LEAD, home.id, "refuse")
        await box.wait_until(lambda: box.workspace.views(LEAD))
        assert "*✅ พร้อมไหม (ready?)*" in str(box.workspace.views(LEAD)[-1].blocks), "the form says what it is about"
        assert await fill_reason(box, LEAD) == {}
        assert [fact.kind for fact in box.store.record(run.id).facts] == ["sign"]
        await home_with(box, LEAD, "shop", without="Please sign")

    play(tmp_path, story)


def test_an_alert_that_counts_down_has_its_buttons_once(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_with_countdown()
        home = await opened(box, LEAD, "Waiting for you: 1", "Rolls back at")
        assert home_buttons(home) == ["rollback", "false_alarm", "hold", "open_start"]
        home = await opened(box, GUEST, "Rolls back at", without="Waiting for you")
        assert home_buttons(home) == ["rollback", "false_alarm", "hold", "open_start"]

    play(tmp_path, story)


def test_keep_is_decided_on_the_home_and_the_end_stands_under_the_last_runs(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.start_run()
        box.begin_watch(run)
        box.ask_decision(run)
        home = await opened(box, LEAD, "KEEP or ROLLBACK?")
        await box.workspace.press(LEAD, home.id, "keep")
        await box.wait_until(lambda: box.store.record(run.id).keep)
        box.move_run(run, RunState.KEPT)
        await home_with(box, LEAD, "Last runs", "shop: KEPT · run 1", without="Running")

    play(tmp_path, story)


# -- who may see what ---------------------------------------------------------------------------------------------


def with_outsider(box: SlackBox, **fields: object) -> None:
    box.workspace.state.people[OUTSIDER] = replace(Person(OUTSIDER, "Out"), **fields)  # type: ignore[arg-type]


def test_somebody_of_no_channel_of_runs_sees_nothing_of_any(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        with_outsider(box)
        home = await opened(box, OUTSIDER, "You are in none of the channels")
        assert home_buttons(home) == []
        assert "shop" not in str(home.blocks)
        assert CHANNEL not in str(home.blocks)

    play(tmp_path, story)


def test_a_home_shows_nothing_of_a_channel_that_its_person_is_not_in(tmp_path: Path) -> None:
    secret = replace(PAGE, name="secret.md", title="The secret page")
    channels = {"small.md": CHANNEL, "secret.md": OTHER}

    async def story(box: SlackBox) -> None:
        box.workspace.add_channel(OTHER, [LEAD, "U0GONOGO"])
        run = box.run_at_gate()
        box.store._db.execute("UPDATE runs SET channel = ?, target = 'secret' WHERE id = ?", OTHER, run.id)
        box.run_at_gate()
        home = await opened(box, DBA, "Running: 1", "shop", "A small deploy")
        assert "secret" not in str(home.blocks)
        assert OTHER not in str(home.blocks)
        await box.workspace.press(DBA, home.id, "open_start")
        await box.wait_until(lambda: box.workspace.views(DBA))
        assert "secret" not in str(box.workspace.views(DBA)[-1].blocks)
        await opened(box, LEAD, "Running: 2", "secret", "The secret page")

    pages = {"small.md": PAGE, "secret.md": secret}
    play(tmp_path, story, pages=lambda: pages, channel=lambda page: channels[page.name])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"is_bot": True}, "Bots may not do this"),
        ({"team": "T9OTHER"}, "Your account belongs to another one"),
        ({"deleted": True}, "Your account is deactivated"),
    ],
)
def test_who_may_not_read_sees_why_and_nothing_else(tmp_path: Path, change: dict[str, object], says: str) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        with_outsider(box, **change)
        box.workspace.join(OUTSIDER)
        home = await opened(box, OUTSIDER, says)
        assert home_buttons(home) == []
        assert "shop" not in str(home.blocks)

    play(tmp_path, story)


def test_while_slack_does_not_say_who_is_in_a_channel_its_runs_are_not_shown(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.faults.errors["conversations.members"] = "internal_error"
        async with box.serving():
            run = box.run_at_gate()
            home = await opened(box, DBA, "Slack does not say who is in 1 channel")
            assert "shop" not in str(home.blocks)
            forged = await _home_of_another_time(box, run.id)
            await press_old(box, DBA, forged, "rollback")
            await home_with(box, DBA, "Slack has not said yet whether you are in the channel of this run")
            assert box.store.record(run.id).facts == ()

    play(tmp_path, story, serve=False)


async def _home_of_another_time(box: SlackBox, run: int) -> View:
    """A Home with the button to roll a run back, as the bot published it before it was started again."""
    button = {
        "type": "button",
        "action_id": "rollback",
        "value": f"{run}:0",
        "text": {"type": "plain_text", "text": "x"},
    }
    block = {"type": "actions", "block_id": "1", "elements": [button]}
    return box.workspace.state.new_view(DBA, {"type": "home", "blocks": [block]})


@pytest.mark.parametrize("action", ["rollback", "hold", "sign", "refuse"])
def test_a_button_of_an_old_home_does_nothing_once_its_person_has_left_the_channel(tmp_path: Path, action: str) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        old = await opened(box, DBA, "Please sign")
        box.workspace.leave(DBA)
        await asyncio.sleep(2.1)  # the members were asked for a moment ago
        await press_old(box, DBA, old, action)
        await home_with(box, DBA, "Only members of <#C01DEPLOY> may do this", without="Please sign")
        await box.wait_until(lambda: box.workspace.views(DBA))
        assert [view.view.get("callback_id") for view in box.workspace.views(DBA)] == [None]
        assert box.store.record(run.id).facts == ()

    play(tmp_path, story)


def test_a_button_of_an_old_home_does_nothing_once_its_question_is_over(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        old = await opened(box, LEAD, "Please sign")
        box.move_run(run, RunState.ABORTED)
        await press_old(box, LEAD, old, "sign")
        await home_with(box, LEAD, "🚫")
        await press_old(box, LEAD, old, "rollback")
        await home_with(box, LEAD, "there is nothing to roll back")
        assert box.store.record(run.id).facts == ()

    play(tmp_path, story)


def test_from_a_home_goes_on_only_who_slack_calls_a_member_now(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        home = await opened(box, DBA, "Please sign")
        nobody_can_be_asked(box)
        await box.workspace.press(DBA, home.id, "sign")
        home = await home_with(box, DBA, "Nothing was recorded")
        await box.workspace.press(DBA, home.id, "rollback")
        await home_with(box, DBA, "nothing is rolled back")
        assert [fact.kind for fact in box.store.record(run.id).facts] == ["rollback"]

    play(tmp_path, story)


# -- starting -----------------------------------------------------------------------------------------------------


def test_a_run_is_started_from_the_home(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        home = await opened(box, DBA, "Nothing is running")
        await box.workspace.press(DBA, home.id, "open_start")
        await box.wait_until(lambda: box.workspace.views(DBA))
        assert (await box.workspace.submit(DBA, box.workspace.views(DBA)[-1].id, {})).errors == {}
        await home_with(box, DBA, "Running: 1", without="Nothing is running")
        assert [run.starter for run in box.store.runs()] == [DBA]

    play(tmp_path, story)


def test_a_start_form_of_an_old_home_starts_nothing_for_who_has_left_the_channel(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        home = await opened(box, DBA, "Nothing is running")
        await box.workspace.press(DBA, home.id, "open_start")
        await box.wait_until(lambda: box.workspace.views(DBA))
        box.workspace.leave(DBA)
        await box.workspace.submit(DBA, box.workspace.views(DBA)[-1].id, {})
        await box.wait_until(lambda: "Only members of" in str([view.view for view in box.workspace.views(DBA)]))
        await asyncio.sleep(2.1)  # the members were asked for a moment ago
        await press_old(box, DBA, home, "open_start")
        await home_with(box, DBA, "You are in no channel that this bot deploys from")
        assert box.store.runs() == []

    play(tmp_path, story)


# -- when it is published -----------------------------------------------------------------------------------------


def test_an_open_home_follows_the_run_and_is_not_published_for_nothing(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await opened(box, DBA, "waiting for sign-off")
        before = published(box)
        box.store.show_progress(run.id, "ready", 1, "nothing that a Home shows")
        await asyncio.sleep(0.5)
        assert published(box) == before
        box.actions(run).hold(box.store.run(run.id).started_by, "", box.deps.now())
        await home_with(box, DBA, "ON HOLD")
        assert published(box) == before + 1

    play(tmp_path, story)


def test_a_home_that_was_opened_long_ago_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "OPEN_FOR", 0.3)

    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await opened(box, DBA, "waiting for sign-off")
        await asyncio.sleep(0.5)
        before = published(box)
        box.move_run(run, RunState.ABORTED)
        await asyncio.sleep(0.5)
        assert published(box) == before
        await opened(box, DBA, "ABORTED")

    play(tmp_path, story)


def test_what_the_limit_leaves_no_room_for_is_dropped_and_the_newest_comes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_start: None
) -> None:
    monkeypatch.setattr(homes, "BURST", 2)

    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await opened(box, DBA, "waiting for sign-off")
        began = asyncio.get_running_loop().time()
        for number in range(6):
            actions, person = box.actions(run), box.store.run(run.id).started_by
            actions.hold(person, f"reason {number}", box.deps.now())
            await asyncio.sleep(0.1)
            actions.resume(replace(person, person=LEAD), "", box.deps.now())
            await asyncio.sleep(0.1)
        box.actions(run).hold(person, "the newest", box.deps.now())
        await home_with(box, DBA, "the newest")
        assert published(box) <= 3 + asyncio.get_running_loop().time() - began

    play(tmp_path, story)


def test_without_room_a_round_waits_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_start: None
) -> None:
    monkeypatch.setattr(homes, "RATE", 0.001)
    monkeypatch.setattr(allowance, "AT_START", 1.0)

    async def story(box: SlackBox) -> None:
        publisher = box.listeners().homes
        for person in (DBA, LEAD):
            publisher.opened(Origin(person=person, channel=HOME, teams=frozenset()))
        async with asyncio.timeout(60):
            await publisher._round()
            await publisher._round()
        assert published(box) == 1

    play(tmp_path, story, serve=False)


def test_after_a_limit_of_slack_no_home_is_published_until_it_is_over_and_messages_go_on(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.faults.errors["views.publish"] = "ratelimited"
        box.workspace.faults.retry_after = 2
        box.workspace.open_home(DBA)
        await box.wait_until(lambda: published(box))
        box.run_at_gate()
        await box.message_with("Please sign")
        assert published(box) == 1
        del box.workspace.faults.errors["views.publish"]
        await home_with(box, DBA, "Please sign")

    play(tmp_path, story)


def test_a_slow_home_delays_no_message(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.faults.delays["views.publish"] = 30.0
        box.workspace.open_home(DBA)
        await box.wait_until(lambda: box.store)
        box.run_at_gate()
        await box.message_with("Please sign")
        assert box.workspace.home(DBA) is None

    play(tmp_path, story)


def test_an_app_without_a_home_tab_is_named_with_what_to_do(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.faults.errors["views.publish"] = "not_enabled"
        box.workspace.open_home(DBA)
        await box.wait_until(lambda: "not_enabled" in caplog.text)
        await asyncio.sleep(0.3)
        assert published(box) == 1

    with caplog.at_level(logging.WARNING):
        play(tmp_path, story)
    assert "Install the app again with manifest.yml" in caplog.text


def test_an_error_in_the_bot_ends_no_home_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(homes, "home_blocks", lambda *_: 1 / 0)

    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        box.workspace.open_home(DBA)
        await box.wait_until(lambda: "ZeroDivisionError" in caplog.text)
        monkeypatch.setattr(homes, "home_blocks", home_blocks)
        await home_with(box, DBA, "Please sign")

    play(tmp_path, story)


def test_the_messages_tab_asks_for_no_home(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace._actions.send_event({"type": "app_home_opened", "tab": "messages", "user": DBA})
        box.run_at_gate()
        await box.message_with("Please sign")
        assert box.workspace.home(DBA) is None

    play(tmp_path, story)
