"""The heartbeat of a real bot, as a real receiver hears it."""

from __future__ import annotations

import time
from pathlib import Path

from state.records import AttemptState, RunState
from tests.bot.metrics.hangs import ENGINE, OFTEN
from tests.bot.metrics.receiver import TOKEN, Receiver
from tests.bot.metrics.watched_bot import watched_bot
from tests.bot.test_serve import DEPLOY, start_run, state_of


def test_it_is_called_while_a_run_is_active_and_once_when_none_is_any_more(shop: Path, receiver: Receiver) -> None:
    store = start_run(shop, f"while ! test -e {shop / 'go'}; do sleep 0.1; done")
    try:
        with watched_bot(patch=OFTEN, env=receiver.env) as bot:
            bot.wait_until(lambda: receiver.beats() > 3, "heartbeats")
            assert receiver.ends() == 0
            store.move_run(1, RunState.ABORTED, store.now())
            bot.wait_until(receiver.ends, "the end")
            beats = receiver.beats()
            time.sleep(2)
            assert (receiver.beats(), receiver.ends()) == (beats, 1)
    finally:
        store.close()


def test_an_engine_that_hangs_is_silent_and_is_heard_again_once_it_goes_on(shop: Path, receiver: Receiver) -> None:
    store = start_run(shop, "sleep 60")
    hung = shop / "hung"
    try:
        with watched_bot(patch=OFTEN + ENGINE.format(file=hung), env=receiver.env) as bot:
            bot.wait_until(lambda: receiver.beats() > 1, "heartbeats")
            hung.touch()
            bot.wait_for_health(503, "not working: engine")
            beats = receiver.beats()
            time.sleep(2)
            assert receiver.beats() <= beats + 1, "one may have been under way"
            assert receiver.ends() == 0
            hung.unlink()
            beats = receiver.beats()
            bot.wait_until(lambda: receiver.beats() > beats + 1, "heartbeats")
    finally:
        store.close()


def test_an_outage_of_it_is_logged_once_without_its_address_and_delays_nothing(shop: Path, receiver: Receiver) -> None:
    store = start_run(shop, f"while ! test -e {shop / 'go'}; do sleep 0.1; done")
    receiver.status = 500
    try:
        with watched_bot(patch=OFTEN, env=receiver.env) as bot:
            bot.wait_until(lambda: receiver.beats() > 3, "heartbeats")
            receiver.status, beats = 503, receiver.beats()  # the same outage, in other words
            bot.wait_until(lambda: receiver.beats() > beats + 2, "heartbeats")
            receiver.status, beats = 200, receiver.beats()
            bot.wait_until(lambda: receiver.beats() > beats + 2, "heartbeats")
            receiver.hangs.set()
            beats = receiver.beats()
            bot.wait_until(lambda: receiver.beats() > beats, "the call that hangs")
            (shop / "go").touch()
            bot.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the end of the step")
            log = bot.end()
    finally:
        store.close()
    assert log.count("the heartbeat fails") == 1
    assert "the heartbeat fails (status 500); it is tried again every 0.2 s" in log
    assert log.count("the heartbeat arrives again") == 1
    assert TOKEN not in log
    assert str(receiver.server_port) not in log


def test_no_run_means_no_heartbeat(shop: Path, receiver: Receiver) -> None:
    with watched_bot(patch=OFTEN, env=receiver.env) as bot:
        bot.wait_until(receiver.ends, "the end")
        time.sleep(1)
        assert receiver.beats() == 0
        assert bot.health() == (200, "ok")


def test_an_address_where_nobody_listens_is_named_by_the_kind_of_error_alone(shop: Path) -> None:
    store = start_run(shop, "sleep 60")
    log = ""
    try:
        with watched_bot(patch=OFTEN, env={"GONOGO_HEARTBEAT_URL": f"http://127.0.0.1:9/{TOKEN}"}) as bot:
            assert bot.process.stderr
            log = next(line for line in bot.process.stderr if "heartbeat" in line)
    finally:
        store.close()
    assert log.strip().endswith("the heartbeat fails (ConnectError); it is tried again every 0.2 s")
