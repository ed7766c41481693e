"""The events of a real bot, as a real receiver takes them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import free_port
from state.facts import RollbackRequest
from state.records import AttemptState
from state.store.database import Duty
from tests.bot.command import Capture, run
from tests.bot.feeds.event_receiver import SECRET, TOKEN, EventReceiver
from tests.bot.metrics.watched_bot import watched_bot
from tests.bot.test_serve import DEPLOY, start_run, state_of
from tests.pages import event
from tests.state.sqlite.samples import U1, new_run

DAY = timedelta(days=1)
QUICK = "import bot.feeds.pauses as pauses, bot.feeds.outbox as outbox; pauses.LONGEST = 0.4; outbox.LOOK = 0.2\n"


def test_each_event_of_a_run_is_sent_once_and_in_order(shop: Path, receiver: EventReceiver) -> None:
    store = start_run(shop, "echo deployed")
    try:
        with watched_bot(env=receiver.env) as bot:
            bot.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the step")
            store.add_fact(1, RollbackRequest(by=U1, at=store.now()))
            bot.wait_until(lambda: not store.run(1).active, "the end of the run")
            bot.wait_until(lambda: not store.untold(Duty.EVENTS, store.now() - DAY), "everything")
        events = store.events(1)
        key = store.run(1).key
        assert [event.get_id() for event in receiver.taken] == [f"{key}.{event.id}" for event in events]
        assert receiver.calls == len(events)
        assert receiver.data("run.moved")[-1]["state"] == "rolled back"
        assert receiver.types()[:3] == ["run.started", "step.signed", "step.signed"]
        (ended,) = [data for data in receiver.data("step.ended") if data["step"] == DEPLOY]
        assert (ended["run"], ended["target"], ended["state"], ended["attempt"]) == (1, "shop", "done", 1)
        (first, *_) = receiver.taken
        assert (first.get_source(), first.get_subject()) == ("/gonogo/shop", "run/1")
        assert first.get_time() == events[0].at
    finally:
        store.close()


def test_what_is_not_taken_delays_no_step_and_is_sent_in_order_later(shop: Path, receiver: EventReceiver) -> None:
    store = start_run(shop, f"while ! test -e {shop / 'go'}; do sleep 0.1; done")
    receiver.status = lambda _: 400
    try:
        with watched_bot(patch=QUICK, env=receiver.env) as bot:
            bot.wait_until(lambda: receiver.calls > 2, "the first event again and again")
            assert len(set(receiver.bodies)) == 1, "nothing overtakes it"
            receiver.status = lambda _: 503
            receiver.hangs.set()
            (shop / "go").touch()
            bot.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the end of the step")
            receiver.hangs.clear()
            receiver.status = lambda _: 200
            bot.wait_until(lambda: not store.untold(Duty.EVENTS, store.now() - DAY), "everything")
            log = bot.end()
        key = store.run(1).key
        assert receiver.ids() == [f"{key}.{event.id}" for event in store.events(1)][: len(receiver.ids())]
        assert len(receiver.ids()) >= 6
    finally:
        store.close()
    assert log.count("events are not taken by the address in GONOGO_EVENTS_URL") == 1
    assert "(status 400); they wait, and are sent again with growing pauses" in log
    assert log.count("events are taken by the address in GONOGO_EVENTS_URL again") == 1
    for secret in (TOKEN, SECRET, str(receiver.server_port)):
        assert secret not in log


def test_a_bot_that_is_killed_is_followed_by_one_that_goes_on_where_it_was(shop: Path, receiver: EventReceiver) -> None:
    store = start_run(shop, f"while ! test -e {shop / 'go'}; do sleep 0.1; done")
    try:
        for number in (2, 5):  # killed while an event is taken, and its answer does not come
            receiver.silent_after = number
            with watched_bot(patch=QUICK, env=receiver.env) as bot:
                bot.wait_until(lambda: len(receiver.taken) == receiver.silent_after, "the next events")
                bot.end()
            receiver.silent_after = 0
        (shop / "go").touch()
        with watched_bot(patch=QUICK, env=receiver.env) as bot:
            bot.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the end of the step")
            bot.wait_until(lambda: not store.untold(Duty.EVENTS, store.now() - DAY), "everything")
        key, events = store.run(1).key, store.events(1)
        assert receiver.ids() == [
            f"{key}.{event.id}" for event in events if event.id <= (store.told(1, Duty.EVENTS) or 0)
        ]
        assert len(receiver.taken) == len(receiver.ids()) + 2, "each kill repeats the event that was under way"
    finally:
        store.close()


def test_a_run_whose_event_is_never_taken_keeps_no_other_from_being_sent(shop: Path, receiver: EventReceiver) -> None:
    store = start_run(shop, "sleep 60")
    other = store.start_run(new_run("other", text="x"), store.now(), event("started"))
    receiver.status = lambda event: 500 if event.get_source() == "/gonogo/shop" else 200
    try:
        with watched_bot(patch=QUICK, env=receiver.env) as bot:
            bot.wait_until(lambda: receiver.calls > 3 and receiver.taken, "the other run")
        assert {event.get_subject() for event in receiver.taken} == {f"run/{other.id}"}
    finally:
        store.close()


def test_an_address_where_nobody_listens_is_named_by_the_kind_of_error_alone(shop: Path) -> None:
    store = start_run(shop, "sleep 60")
    url = f"http://127.0.0.1:{free_port()}/{TOKEN}"
    try:
        with watched_bot(env={"GONOGO_EVENTS_URL": url, "GONOGO_EVENTS_SECRET": SECRET}) as bot:
            assert bot.process.stderr
            line = next(line for line in bot.process.stderr if "events are" in line)
    finally:
        store.close()
    assert "(ConnectError)" in line
    assert TOKEN not in line


@pytest.mark.parametrize(
    ("url", "secret", "said"),
    [
        ("http://events.example/x", SECRET, "GONOGO_EVENTS_URL begins with http://, and leads to another machine"),
        ("events.example", SECRET, "GONOGO_EVENTS_URL is no web address"),
        ("https://events.example/x", "", "GONOGO_EVENTS_SECRET is not set, and GONOGO_EVENTS_URL needs it"),
        ("https://events.example/x", "whsec_c2hvcnQ=", "GONOGO_EVENTS_SECRET is no secret of Standard Webhooks"),
        ("https://events.example/x", SECRET[6:], "GONOGO_EVENTS_SECRET is no secret of Standard Webhooks"),
    ],
)
def test_a_wrong_setting_is_refused_without_repeating_it(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, url: str, secret: str, said: str
) -> None:
    monkeypatch.setenv("GONOGO_EVENTS_URL", url)
    monkeypatch.setenv("GONOGO_EVENTS_SECRET", secret)
    code, _, err = run(capsys, "serve", "--no-slack")
    assert code == 1
    assert said in err
    assert "events.example" not in err
    assert not secret or secret not in err
    assert "GONOGO_EVENTS" not in run(capsys, "status")[2], "the terminal needs neither"
