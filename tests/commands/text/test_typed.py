"""Secrets that people paste into reasons and notes are masked before they are stored."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from commands.signoff.actions import RunActions
from commands.start.request import StartRequest
from commands.start.starter import start
from commands.text.typed import typed
from state.sqlite.store import Store
from tests.commands.signoff.night import LEAD, PEOPLE, Night
from tests.pages import NOON, small

SECRETS = [
    ("use password=hunter2 now", "hunter2"),
    ("with Authorization: Bearer abc123def456", "abc123def456"),
    ("psql postgres://shop:pa55word@db/shop hangs", "pa55word"),
    ("token is eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "c2lnbmF0dXJl"),
    ("key AKIAIOSFODNN7EXAMPLE9x2 was wrong", "AKIAIOSFODNN7EXAMPLE9x2"),
    ("I set xoxb-1234567890-9fK2mQ7tLz8vBn4cXw1 in the env", "9fK2mQ7tLz8vBn4cXw1"),
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_a_secret_is_masked_by_its_form(text: str, secret: str) -> None:
    assert secret not in typed(text)
    assert "•••" in typed(text)
    assert secret[:8] not in typed("x" * 490 + " " + text), "masked before the cut"


@pytest.mark.parametrize(
    "text",
    [
        "restored from shop-2026-11-28T10-30-00.dump.gz",
        "4b825dc642cb6eb9a060e54bf8d69288fbee4904 is the right commit",
        "see https://status.example.org:8443/incidents/2026/11/28 and /var/lib/postgresql/16/main",
        "OPS-1234: the 5 s limit is wrong, 3 of 120 requests were slow",
        "คืนนี้เงียบ",
    ],
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert typed(f"  {text} ") == text


def test_a_long_text_takes_little_time() -> None:
    began = time.process_time()
    for piece in ("://a:", "a1B2c3D4", "password=", "x://y:z"):
        typed(piece * 200_000)
    assert time.process_time() - began < 5


def test_no_reason_and_no_note_reaches_the_record_with_a_secret(tmp_path: Path) -> None:
    store = Store(tmp_path / "gonogo.db")
    secret = "password=hunter2"
    night = Night(store, small())
    night.actions.hold(LEAD, secret, NOON)
    night.actions.resume(LEAD, secret, NOON)
    night.attempt("ready")
    night.actions.sign("ready", 1, LEAD, NOON, refused=True, reason=secret)
    other = small(**{'target = "shop"': 'target = "other"'})
    run = start(store, other, StartRequest(note=secret), LEAD, PEOPLE, NOON)
    RunActions(store, other, run.id, PEOPLE).hold(LEAD, secret, NOON)
    store.close()
    assert b"hunter2" not in b"".join(file.read_bytes() for file in store.path.parent.glob("gonogo.db*"))
