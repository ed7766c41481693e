"""A run's spans from its events; nothing is left open at the end."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.feeds.otlp_settings import read_otlp_settings
from bot.feeds.spans import CUT, UNANSWERED, RunSpan, RunSpans, nanoseconds, span_id, trace_id
from bot.feeds.traces import Traces
from state.events import event_from
from state.records import Event
from state.sqlite.store import Store
from tests.bot.feeds.otlp_receiver import OtlpReceiver
from tests.pages import NOON, event, run
from tests.state.sqlite.samples import STARTED, at, new_run


def told(*events: tuple[float, str, str, Mapping[str, Any]]) -> list[RunSpan]:
    """The spans of a run: its events as minutes, kind, step and fields."""
    spans = RunSpans(run(), {"deploy": "checkout"})
    stored = [
        Event(id=number, run=1, at=at(minutes), step=step, data=event_from(kind, fields))
        for number, (minutes, kind, step, fields) in enumerate(events, start=1)
    ]
    return [span for event in stored for span in spans.take(event)]


def shown(spans: list[RunSpan]) -> list[tuple[str, datetime, datetime, str]]:
    return [(span.name, span.began, span.ended, span.outcome) for span in spans]


OVER: tuple[float, str, str, Mapping[str, Any]] = (30.0, "moved", "", {"state": "kept"})


def test_an_attempt_lasts_from_its_begin_to_its_end_and_a_check_as_long_as_it_says() -> None:
    spans = told(
        (0, "started", "", {}),
        (1, "began", "deploy", {"attempt": 2, "part": "deploy"}),
        (4, "ended", "deploy", {"attempt": 2, "part": "deploy", "state": "failed", "seconds": 3}),
        (6, "checked", "api", {"attempt": 7, "part": "watch", "state": "done", "seconds": 60}),
        OVER,
    )
    assert shown(spans) == [
        ("step deploy", at(1), at(4), "failed"),
        ("step api", at(5), at(6), "done"),
        ("deploy shop", at(0), at(30), "kept"),
    ]
    assert [span.failed for span in spans] == [True, False, False]
    assert spans[0].attributes["gonogo.step.kind"] == "checkout"
    assert "gonogo.step.kind" not in spans[1].attributes


def test_each_act_of_a_person_ends_his_own_wait() -> None:
    asked = {"ask": "sign", "attempt": 1, "roles": ["dba", "lead"]}
    spans = told(
        (1, "wanted", "ready", asked),
        (3, "signed", "ready", {"attempt": 1, "role": "dba", "person": "UDBA"}),
        (5, "signed", "ready", {"attempt": 1, "role": "lead", "person": "ULEAD", "refused": True}),
        (5, "wanted", "ready", {**asked, "ask": "answer"}),
        (6, "answered", "ready", {"attempt": 1, "choice": "override", "person": "U1", "reason": "Ana says so"}),
        (6, "wanted", "ready", {**asked, "ask": "second"}),
        (9, "seconded", "ready", {"attempt": 1, "person": "U2"}),
    )
    assert shown(spans) == [
        ("wait sign", at(1), at(3), "acted"),
        ("wait sign", at(1), at(5), "refused"),
        ("wait answer", at(5), at(6), "acted"),
        ("wait second", at(6), at(9), "acted"),
    ]
    assert [span.attributes["gonogo.wait.roles"] for span in spans] == ["dba", "lead", "dba, lead", "dba, lead"]
    assert len({span.key for span in spans}) == 4
    assert not [span for span in spans if "U" in str(span.attributes) or "Ana" in str(span.attributes)]


@pytest.mark.parametrize("act", ["keep", "rollback"])
def test_the_wait_for_the_decision_ends_with_it(act: str) -> None:
    asked = {"ask": "decide", "step": "decision", "roles": ["lead"]}
    spans = told((1, "wanted", "decision", asked), (9, act, "", {"person": "ULEAD"}), OVER)
    assert shown(spans)[0] == ("wait decide", at(1), at(9), "acted")
    assert [span.name for span in spans] == ["wait decide", "deploy shop"]


def test_an_act_for_which_nobody_was_asked_is_no_wait() -> None:
    assert not told((1, "rollback", "", {"person": "U1"}), (2, "signed", "ready", {"role": "dba"}))


def test_what_is_open_when_the_run_is_over_ends_with_it() -> None:
    spans = told(
        (1, "began", "deploy", {"attempt": 1, "part": "deploy"}),
        (2, "wanted", "ready", {"ask": "sign", "roles": ["dba"]}),
        (30, "moved", "", {"state": "ended by hand"}),
    )
    assert shown(spans) == [
        ("step deploy", at(1), at(30), CUT),
        ("wait sign", at(2), at(30), UNANSWERED),
        ("deploy shop", NOON, at(30), "ended by hand"),
    ]


def test_a_run_whose_rollback_is_still_watched_is_not_over() -> None:
    assert not told(
        (5, "moved", "", {"state": "rolling back"}), (9, "moved", "", {"state": "rolled back", "watch": "1 h"})
    )
    (root,) = told((9, "moved", "", {"state": "rolled back", "watched": True}))
    assert root.is_root
    assert root.failed


def test_ids_come_from_the_record_alone_and_differ_between_runs() -> None:
    first, other = run(), run(key="run-2-20261123T120000000000")
    assert trace_id(first) == trace_id(run(state="kept", rollback_loss="3 rows"))
    assert trace_id(first) != trace_id(other)
    assert span_id(first, "deploy 1") != span_id(other, "deploy 1")
    assert span_id(first, "deploy 1") != span_id(first, "deploy 2")
    assert trace_id(first) < 1 << 128
    assert span_id(first, "run") < 1 << 64


def test_a_clock_that_went_back_makes_no_span_that_ends_before_it_begins() -> None:
    (span,) = told((5, "began", "deploy", {"attempt": 1}), (4, "ended", "deploy", {"attempt": 1, "state": "done"}))
    assert span.began == span.ended == at(4)


def test_nanoseconds_are_exact() -> None:
    assert nanoseconds(datetime.fromisoformat("2026-11-23T12:00:00.123457+00:00")) == 1795435200123457000


def test_a_bot_that_goes_on_knows_since_when_people_were_asked(tmp_path: Path, collector: OtlpReceiver) -> None:
    settings = read_otlp_settings(collector.env)
    assert settings
    with closing(Store(tmp_path / "gonogo.db")) as store, closing(Traces(settings, {})) as traces:
        started = store.start_run(new_run(), NOON, STARTED)
        store.add_events(started.id, at(2), event("wanted", {"ask": "sign", "roles": ["dba"]}, step="ready"))
        told = store.events(started.id)[-1].id
        store.add_events(started.id, at(7), event("signed", {"role": "dba", "person": "UDBA"}, step="ready"))
        (signed,) = store.events(started.id, told)
        assert traces.feed(store, started, told).send(signed) is None
    (wait,) = collector.spans
    assert (wait.name, wait.began, wait.ended) == ("wait sign", nanoseconds(at(2)), nanoseconds(at(7)))
