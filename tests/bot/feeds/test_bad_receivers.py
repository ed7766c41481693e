"""Receivers that hang, refuse or have a bad certificate: no step waits, no event is lost."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.feeds.pauses import Pauses
from bot.tools.outside_address import CERTIFICATE, NotTaken
from bot.tools.retry_after import MOST, retry_after
from state.events import FeedWaits
from state.records import AttemptState
from state.sqlite.store import Store
from state.store.database import Duty
from tests.bot.feeds.event_receiver import SECRET, TOKEN, EventReceiver
from tests.bot.feeds.test_events_of_a_bot import DAY, QUICK
from tests.bot.feeds.test_outbox import Shelf
from tests.bot.metrics.watched_bot import watched_bot
from tests.bot.test_serve import DEPLOY, start_run, state_of
from tests.bot.tools.test_web_tls import write_certificate
from tests.served import served

QUICKER = f"{QUICK}pauses.TOLD_AFTER = 0.1\nimport bot.tools.outside_address as outside\noutside.LIMIT = 1.0\n"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def elsewhere() -> Iterator[EventReceiver]:
    """A receiver to which another one sends whoever follows it."""
    with served(EventReceiver()) as server:
        yield server


@pytest.fixture
def store(shop: Path) -> Iterator[Store]:
    """A record with a run whose deploy waits for the file `go`."""
    opened = start_run(shop, f"while ! test -e {shop / 'go'}; do sleep 0.1; done")
    yield opened
    opened.close()


def require_all_sent_in_order(store: Store, receiver: EventReceiver) -> None:
    """Every event was taken, in order, and each that was taken twice has the same id."""
    run = store.run(1)
    silent = {event.id for event in store.events(1) if isinstance(event.data, FeedWaits)}
    assert receiver.ids() == [f"{run.key}.{event.id}" for event in store.events(1) if event.id not in silent]


def told(store: Store) -> list[FeedWaits]:
    """What the people of the run read of the outage."""
    return [event.data for event in store.events(1) if isinstance(event.data, FeedWaits)]


@pytest.mark.parametrize(
    ("status", "headers", "why"),
    [
        (0, {}, "no answer within 1 s"),
        (302, {"Location": "elsewhere"}, "status 302"),
        (307, {"Location": "elsewhere"}, "status 307"),
        (401, {}, "status 401"),
        (413, {}, "status 413"),
        (429, {"Retry-After": "1"}, "status 429"),
    ],
    ids=["hangs", "moved", "moved with its body", "wrong secret", "too large", "too many"],
)
def test_what_a_receiver_answers_delays_no_step_loses_nothing_and_is_told_once(
    shop: Path,
    store: Store,
    receiver: EventReceiver,
    elsewhere: EventReceiver,
    status: int,
    headers: dict[str, str],
    why: str,
) -> None:
    receiver.headers = {
        name: value.replace("elsewhere", elsewhere.env["GONOGO_EVENTS_URL"]) for name, value in headers.items()
    }
    receiver.status = lambda _: status
    if status == 0:
        receiver.hangs.set()
    with watched_bot(patch=QUICKER, env=receiver.env) as bot:
        bot.wait_until(lambda: receiver.calls >= 2, "the first event, again")
        bot.wait_until(lambda: told(store), "what people read")
        (shop / "go").touch()
        bot.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the end of the step")
        assert receiver.ids() == []
        receiver.status = lambda _: 204
        receiver.hangs.clear()
        bot.wait_until(lambda: not store.untold(Duty.EVENTS, store.now() - DAY), "everything")
        log = bot.end()
    require_all_sent_in_order(store, receiver)
    assert told(store) == [FeedWaits(what="events", name="the address in GONOGO_EVENTS_URL", why=why)]
    assert log.count(f"events are not taken by the address in GONOGO_EVENTS_URL ({why})") == 1
    assert elsewhere.calls == 0, "a redirect is not followed, and nobody else gets the signature"
    for secret in (TOKEN, SECRET):
        assert secret not in f"{log}{told(store)}"


def test_a_certificate_that_is_not_accepted_is_named_and_nothing_is_sent_before_a_good_one(
    shop: Path, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "good").mkdir()
    _, bad = write_certificate(tmp_path / "bad")
    ca, good = write_certificate(tmp_path / "good")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bad)
    receiver = EventReceiver()
    receiver.socket = context.wrap_socket(receiver.socket, server_side=True, do_handshake_on_connect=False)
    url = receiver.env["GONOGO_EVENTS_URL"].replace("http://", "https://")
    environ = {**receiver.env, "GONOGO_EVENTS_URL": url, "SSL_CERT_FILE": str(ca)}
    with served(receiver), watched_bot(patch=QUICKER, env=environ) as bot:
        bot.wait_until(lambda: told(store), "what people read")
        (shop / "go").touch()
        bot.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the end of the step")
        assert receiver.calls == 0
        context.load_cert_chain(good)
        bot.wait_until(lambda: not store.untold(Duty.EVENTS, store.now() - DAY), "everything")
        log = bot.end()
    require_all_sent_in_order(store, receiver)
    assert [one.why for one in told(store)] == [CERTIFICATE]
    assert f"({CERTIFICATE})" in log


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0),
        ("120", 120),
        (" 7 ", 7),
        ("9" * 4000, MOST),
        ("-5", 0),
        ("1.5", 0),
        ("٣", 0),
        ("soon", 0),
        ("Sun, 29 Nov 2026 12:02:00 GMT", 120),
        ("Sun, 29 Nov 2026 11:00:00 GMT", 0),
        ("Sun, 29 Nov 2099 12:00:00 GMT", MOST),
        ("Sun, 99 Nov 2026 12:00:00 GMT", 0),
    ],
)
def test_the_wait_that_an_answer_asks_for_is_read_and_bounded(header: str, seconds: float) -> None:
    assert retry_after(header, NOW) == seconds


def test_a_run_waits_as_long_as_the_receiver_asks_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    waits = Pauses(Shelf())
    waits.refused(1, NotTaken("status 429", 300.0))
    waits.refused(2, NotTaken("status 503"))
    clock[0] += 299.0
    assert (waits.is_over(1), waits.is_over(2)) == (False, True)
    clock[0] += 1.0
    assert waits.is_over(1)


def test_a_short_outage_is_told_to_nobody_and_a_long_one_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    waits = Pauses(Shelf())

    def heard(after: timedelta) -> bool:
        clock[0] += after.total_seconds()
        waits.refused(1, NotTaken("status 503"))
        return waits.must_be_told()

    assert [heard(timedelta(seconds=wait)) for wait in (0, 30, 29, 1, 300)] == [False, False, False, True, False]
    waits.taken(1)
    assert [heard(timedelta(seconds=wait)) for wait in (500, 60)] == [False, True]
