"""Health and metrics of a real bot on a workspace: its connection, event loop and posts."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import free_port
from state.events import ClockJumped
from state.records import NewEvent
from tests.bot.metrics.hangs import LOOP, OFTEN
from tests.bot.metrics.receiver import TOKEN, Receiver
from tests.bot.metrics.watched_bot import watched_bot
from tests.bot.metrics.workspace_box import Box
from tests.bot.test_serve import start_run

DOCUMENT = Path(__file__).parents[3] / "docs" / "operating.md"


def test_an_outage_of_slack_is_no_health_and_leaves_the_heartbeat_to_the_run(
    shop: Path, box: Box, receiver: Receiver
) -> None:
    store = start_run(shop, "sleep 60")
    try:
        with watched_bot(patch=OFTEN, env=box.env | receiver.env, slack=True) as bot:
            bot.wait_for_health(200, "ok")
            assert bot.metrics()["part_up", ("slack",)] == 1
            box.workspace.faults.refuse_sockets = True
            box.call(box.workspace.faults.cut_sockets())
            bot.wait_for_health(503, "not working: slack")
            beats = receiver.beats()
            bot.wait_until(lambda: receiver.beats() > beats + 2, "heartbeats")
            box.workspace.faults.refuse_sockets = False
            bot.wait_for_health(200, "ok")
    finally:
        store.close()


def test_an_event_loop_that_hangs_is_no_health_and_no_heartbeat(shop: Path, box: Box, receiver: Receiver) -> None:
    store = start_run(shop, "sleep 60")
    hung = shop / "hung"
    try:
        with watched_bot(patch=OFTEN + LOOP.format(file=hung), env=box.env | receiver.env, slack=True) as bot:
            bot.wait_for_health(200, "ok")
            bot.wait_until(lambda: receiver.beats() > 1, "heartbeats")
            hung.touch()
            bot.wait_for_health(503, "not working: slack")
            beats = receiver.beats()
            bot.wait_until(lambda: bot.metrics()["part_up", ("slack",)] == 0, "the metric")
            assert receiver.beats() <= beats + 1, "one may have been under way"
            hung.unlink()
            bot.wait_for_health(200, "ok")
            bot.wait_until(lambda: receiver.beats() > beats + 2, "heartbeats")
    finally:
        store.close()
    assert TOKEN not in str(box.workspace.calls)


def test_what_is_not_posted_yet_and_each_429_is_counted(shop: Path, box: Box) -> None:
    store = start_run(shop, "sleep 60")
    box.workspace.faults.rate_limited = 3
    try:
        with watched_bot(env=box.env, slack=True) as bot:
            bot.wait_until(lambda: bot.health()[0], "the endpoint")
            bot.wait_until(lambda: bot.metrics().get(("slack_rate_limited_total", ())) == 3, "three of them")
            bot.wait_until(lambda: bot.metrics()["slack_outbox_events", ()] == 0, "an empty outbox")
            box.workspace.faults.outage = True
            store.add_events(1, store.now(), *[NewEvent(data=ClockJumped(summary=word)) for word in ("one", "two")])
            bot.wait_until(lambda: bot.metrics()["slack_outbox_events", ()] == 2, "two events")
            box.workspace.faults.outage = False
            bot.wait_until(lambda: bot.metrics()["slack_outbox_events", ()] == 0, "an empty outbox")
    finally:
        store.close()


def test_in_http_mode_the_open_port_is_the_way_to_slack(shop: Path, box: Box) -> None:
    env = box.env | {"SLACK_SIGNING_SECRET": "s", "GONOGO_PORT": str(free_port()), "SLACK_APP_TOKEN": ""}
    with watched_bot(env=env, slack=True) as bot:
        bot.wait_for_health(200, "ok")
        assert bot.metrics()["part_up", ("slack",)] == 1


def test_the_documents_name_each_metric_with_its_labels_and_nothing_else(shop: Path, box: Box) -> None:
    with watched_bot(env=box.env, slack=True) as bot:
        bot.wait_for_health(200, "ok")
        text = bot.get("/metrics")[2]
    samples = re.findall(r"^gonogo_(\w+)(?:\{(.*?)\})? ", text, re.MULTILINE)
    there = {name + ("{" + ",".join(re.findall(r"(\w+)=", labels)) + "}" if labels else "") for name, labels in samples}
    section = DOCUMENT.read_text().split("| metric | meaning |", 1)[1].split("\n\n", 1)[0]
    told = {name for line in section.splitlines() for name in re.findall(r"`([^`]+)`", line.split(" | ")[0])} - {"---"}
    assert told == there


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus) is not installed")
def test_prometheus_takes_the_metrics_and_the_rules_of_the_documents(shop: Path, box: Box) -> None:
    with watched_bot(env=box.env, slack=True) as bot:
        bot.wait_for_health(200, "ok")
        text = bot.get("/metrics", accept="text/plain")[2]
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    rules = shop / "rules.yml"
    rules.write_text(DOCUMENT.read_text().split("```yaml\ngroups:", 1)[1].split("```", 1)[0].join(("groups:", "")))
    checked = subprocess.run(["promtool", "check", "rules", rules], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    asked = set(re.findall(r"gonogo_\w+", rules.read_text()))
    assert len(asked) > 4
    assert asked <= set(re.findall(r"^gonogo_\w+", text, re.MULTILINE))
