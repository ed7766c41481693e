"""/healthz and /metrics of a real bot: each yes is evidence, and a part that hangs is named."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from state.records import AttemptState
from tests.bot.command import Capture, run
from tests.bot.metrics.hangs import ENGINE, FAILING_RUN, RECORD, RUN, SHORT
from tests.bot.metrics.watched_bot import watched_bot
from tests.bot.test_serve import DEPLOY, start_run, state_of
from tests.state.sqlite.forger import by_hand


def test_a_run_is_seen_from_its_steps_to_its_end(shop: Path) -> None:
    store = start_run(shop, f"while ! test -e {shop / 'go'}; do sleep 0.1; done")
    try:
        with watched_bot() as bot:
            bot.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.RUNNING, "the step")
            assert bot.health() == (200, "ok")
            during = bot.metrics()
            assert during["part_up", ("engine",)] == during["part_up", ("record",)] == 1
            assert (during["active_runs", ("going",)], during["active_runs", ("rolling back",)]) == (1, 0)
            assert (during["runs_carried_out", ()], during["runs_left_out", ()]) == (1, 0)
            assert during["takeovers_total", ()] == 1, "its gate was signed before this bot began"
            assert (during["steps_begun_total", ("deploy",)], during["countdowns", ()]) == (1, 0)
            assert during["steps_ended_total", ("deploy", "done")] == 0
            (shop / "go").touch()
            bot.wait_until(lambda: bot.metrics()["steps_ended_total", ("deploy", "done")] == 1, "its end")
            assert bot.metrics()["record_writes_total", ()] > during["record_writes_total", ()]
            assert bot.metrics()["takeovers_total", ()] == 1
    finally:
        store.close()


def test_a_bot_without_slack_says_nothing_of_slack_and_other_paths_are_not_there(shop: Path) -> None:
    with watched_bot() as bot:
        bot.wait_for_health(200, "ok")
        assert not [name for name, labels in bot.metrics() if "slack" in name or "slack" in labels]
        assert bot.get("/")[0] == bot.get("/metrics/x")[0] == 404
        assert bot.get("/metrics", accept="*/*")[1].startswith("text/plain; version=0.0.4")


def test_no_label_and_no_name_holds_a_word_of_the_page_a_person_or_an_address(shop: Path) -> None:
    store = start_run(shop, "sleep 60")
    try:
        with watched_bot() as bot:
            bot.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.RUNNING, "the step")
            text = bot.get("/metrics")[2]
        for word in ("shop", DEPLOY, "small", "backend", "sleep", "UDBA", "U1", "C1", "Asia", str(shop)):
            assert word not in text
    finally:
        store.close()


def test_only_this_machine_is_answered_unless_an_address_is_given(shop: Path) -> None:
    with watched_bot() as bot:
        bot.wait_for_health(200, "ok")
        port = int(bot.url.rpartition(":")[2])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), 5)
    with watched_bot(env={"GONOGO_METRICS_HOST": "0.0.0.0"}) as bot:  # noqa: S104  what is tested
        bot.wait_for_health(200, "ok")
        socket.create_connection(("127.0.0.2", int(bot.url.rpartition(":")[2])), 5).close()


def test_a_bot_whose_port_for_metrics_is_taken_begins_nothing(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("GONOGO_METRICS_PORT", str(port))
        code, _, err = run(capsys, "serve", "--no-slack")
    assert code == 1
    assert err == (
        f"gonogo: The bot cannot listen on GONOGO_METRICS_HOST 127.0.0.1, GONOGO_METRICS_PORT {port}: Address already "
        "in use. End the program that listens there (`ss -ltnp` names it), or set another GONOGO_METRICS_PORT.\n"
    )
    assert not (shop / "gonogo.db").exists()


def test_a_bot_whose_two_ports_are_one_begins_nothing(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "s",
        "GONOGO_METRICS_PORT": "3000",
    }.items():
        monkeypatch.setenv(name, value)
    code, _, err = run(capsys, "serve")
    assert (code, err) == (1, "gonogo: GONOGO_METRICS_PORT and GONOGO_PORT are both 3000. Set two different ports.\n")
    assert not (shop / "gonogo.db").exists()


@pytest.mark.parametrize(
    ("patch", "said"),
    [(ENGINE, "engine"), (RUN, "engine"), (FAILING_RUN, "engine"), (RECORD, "record")],
    ids=["the engine hangs", "a run hangs", "a run fails at each turn", "the record hangs"],
)
def test_a_part_that_hangs_is_named_and_works_again_once_it_answers(shop: Path, patch: str, said: str) -> None:
    store = start_run(shop, "sleep 60")
    hung = shop / "hung"
    try:
        with watched_bot(patch=SHORT + patch.format(file=hung)) as bot:
            bot.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.RUNNING, "the step")
            bot.wait_for_health(200, "ok")
            hung.touch()
            bot.wait_until(lambda: bot.health()[0] == 503, "503")
            bot.wait_until(lambda: said in bot.health()[1], said)
            metrics = bot.metrics()
            assert metrics["part_up", (said,)] == 0
            assert metrics["runs_carried_out", ()] == 1
            hung.unlink()
            bot.wait_for_health(200, "ok")
    finally:
        store.close()


def test_a_run_that_this_bot_cannot_carry_out_is_counted(shop: Path) -> None:
    store = start_run(shop, "sleep 60")
    by_hand(store.path, "UPDATE runs SET text = 'x' WHERE id = 1")
    try:
        with watched_bot() as bot:
            bot.wait_for_health(200, "ok")
            bot.wait_until(lambda: bot.metrics()["runs_left_out", ()] == 1, "the run that is left out")
            metrics = bot.metrics()
            assert (metrics["active_runs", ("going",)], metrics["runs_carried_out", ()]) == (1, 0)
    finally:
        store.close()
