"""The traces of a real bot, as a real receiver of OTLP takes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.feeds.spans import nanoseconds, span_id, trace_id
from bot.feeds.traces import MISSING
from bot.rehearsal.target.loopback import free_port
from state.facts import RollbackRequest
from state.records import AttemptState
from state.sqlite.store import Store
from state.store.database import Duty
from tests.bot.feeds.otlp_receiver import OtlpReceiver
from tests.bot.feeds.test_events_of_a_bot import DAY, QUICK
from tests.bot.metrics.watched_bot import WatchedBot, watched_bot
from tests.bot.test_serve import DEPLOY, start_run, state_of
from tests.state.sqlite.samples import U1

WITHOUT = "import sys; sys.modules['opentelemetry'] = None\n"


def roll_back(bot: WatchedBot, store: Store) -> None:
    """Roll the run back, and wait until all of it is sent."""
    store.add_fact(1, RollbackRequest(by=U1, at=store.now()))
    bot.wait_until(lambda: not store.run(1).active, "the end of the run")
    bot.wait_until(lambda: not store.untold(Duty.TRACES, store.now() - DAY), "everything")


def test_a_run_is_one_trace_with_a_span_for_each_attempt_and_each_wait(shop: Path, collector: OtlpReceiver) -> None:
    store = start_run(shop, "sleep 1")
    env = {
        **collector.env,
        "OTEL_EXPORTER_OTLP_HEADERS": "api-key=s3cret%20w0rd",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=production",
    }
    try:
        with watched_bot(patch=QUICK, env=env) as bot:
            bot.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the step")
            roll_back(bot, store)
            log = bot.end()
        run = store.run(1)
        assert {span.trace for span in collector.spans} == {f"{trace_id(run):032x}"}
        assert len({span.id for span in collector.spans}) == len(collector.spans)
        (root,) = collector.named("deploy shop")
        assert (root.id, root.parent, root.outcome, root.failed) == (
            f"{span_id(run, 'run'):016x}",
            "",
            "rolled back",
            True,
        )
        assert {span.parent for span in collector.spans if span is not root} == {root.id}
        (step,) = collector.named(f"step {DEPLOY}")
        (attempt,) = [one for one in store.record(1).attempts if one.step == DEPLOY]
        assert (step.began, step.outcome, step.failed) == (nanoseconds(attempt.began_at), "done", False)
        assert 1_000_000_000 < step.ended - step.began < 60_000_000_000
        assert {name: step.attributes[name] for name in step.attributes if name != "gonogo.page"} == {
            "gonogo.run": 1,
            "gonogo.target": "shop",
            "gonogo.drill": False,
            "gonogo.step": DEPLOY,
            "gonogo.step.kind": "run",
            "gonogo.step.part": "deploy",
            "gonogo.attempt": 1,
            "gonogo.outcome": "done",
        }
        assert root.began <= step.began <= step.ended <= root.ended
        assert step.resource == {"deployment.environment": "production", "service.name": "gonogo"}
        assert all(headers["api-key"] == "s3cret w0rd" for headers in collector.headers)
    finally:
        store.close()
    for word in (b"sleep", b"U1", b"UDBA", b"ULEAD", str(shop).encode()):
        assert not [body for body in collector.bodies if word in body]
    assert "w0rd" not in log


def test_a_step_that_a_kill_has_cut_is_one_span_written_by_who_goes_on(shop: Path, collector: OtlpReceiver) -> None:
    store = start_run(shop, f"while ! test -e {shop / 'go'}; do sleep 0.1; done")
    try:
        with watched_bot(patch=QUICK, env=collector.env) as bot:
            bot.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.RUNNING, "the step")
            bot.end()
        killed_at = store.now()
        (shop / "go").touch()
        with watched_bot(patch=QUICK, env=collector.env) as bot:
            bot.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the end of the step")
            roll_back(bot, store)
        (step,) = collector.named(f"step {DEPLOY}")
        assert step.began < nanoseconds(killed_at) < step.ended
        assert step.outcome == "done"
        assert {span.trace for span in collector.spans} == {f"{trace_id(store.run(1)):032x}"}
        assert len(collector.named("deploy shop")) == 1
    finally:
        store.close()


def test_a_collector_that_hangs_or_is_away_delays_no_step_and_is_one_line(shop: Path, collector: OtlpReceiver) -> None:
    store = start_run(shop, "echo deployed")
    collector.hangs.set()
    try:
        with watched_bot(patch=QUICK, env=collector.env) as bot:
            bot.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the step")
            collector.status = 503
            collector.hangs.clear()
            bot.wait_until(lambda: len(collector.headers) > 2, "the same again and again")
            collector.status = 200
            bot.wait_until(lambda: collector.named(f"step {DEPLOY}"), "the step's span")
            log = bot.end()
    finally:
        store.close()
    assert log.count("traces are not taken by the collector in OTEL_EXPORTER_OTLP_ENDPOINT") == 1
    assert str(collector.server_port) not in log


def test_a_collector_that_nobody_runs_is_one_line(shop: Path) -> None:
    store = start_run(shop, "echo deployed")
    port = free_port()
    try:
        with watched_bot(patch=QUICK, env={"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}"}) as bot:
            assert bot.process.stderr
            line = next(line for line in bot.process.stderr if "gonogo.feeds" in line)
            bot.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the step")
            store.add_fact(1, RollbackRequest(by=U1, at=store.now()))
            bot.wait_until(lambda: not store.run(1).active, "the end of the run")
            log = bot.end()
    finally:
        store.close()
    assert "gonogo.feeds" not in log
    assert "(ConnectError); they wait, and are sent again with growing pauses" in line
    assert str(port) not in line + log


@pytest.mark.parametrize(
    ("patch", "env", "said"),
    [
        (WITHOUT, {}, MISSING),
        ("", {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "traces are not sent: OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'"),
        ("", {"OTEL_EXPORTER_OTLP_CERTIFICATE": "/none.pem"}, "traces are not sent: a certificate"),
    ],
    ids=["without the libraries", "another protocol", "a certificate that is not there"],
)
def test_what_keeps_traces_from_being_sent_is_one_sentence_and_the_bot_works(
    shop: Path, patch: str, env: dict[str, str], said: str
) -> None:
    with watched_bot(patch=patch, env={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", **env}) as bot:
        assert bot.process.stderr
        line = next(line for line in bot.process.stderr if "gonogo.feeds" in line)
        assert said in line
        bot.wait_for_health(200, "ok")


def test_a_bot_without_the_variables_imports_none_of_it(shop: Path) -> None:
    patch = "import atexit, sys; atexit.register(lambda: print('left', *sys.modules, file=sys.stderr))\n"
    with watched_bot(patch=patch) as bot:
        bot.wait_for_health(200, "ok")
        bot.process.terminate()
        log = bot.process.communicate()[1]
    loaded = log.partition("left ")[2].split()
    assert "bot.feeds.feeds" in loaded
    assert not [name for name in loaded if name.startswith(("opentelemetry", "bot.feeds.traces", "bot.feeds.webhook"))]
