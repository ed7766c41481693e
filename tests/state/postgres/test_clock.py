"""The time of day is PostgreSQL's, also on a machine whose clock is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from tests.bot.tools.helpers import eventually
from tests.state.kept import KeptInPostgres

WRONG = timedelta(minutes=5)


def set_clock(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """Let this process' clock be wrong."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + by

    for module in ("state.postgres.clock", "state.store.journal"):
        monkeypatch.setattr(f"{module}.datetime", Wrong)


@pytest.mark.parametrize("by", [WRONG, -WRONG])
def test_a_bot_whose_clock_is_wrong_writes_by_postgresqls_and_says_so(
    kept: KeptInPostgres, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, by: timedelta
) -> None:
    set_clock(monkeypatch, by)
    store = kept.open()
    assert abs(store.now() - datetime.now(UTC)) < timedelta(seconds=100)
    way = "ahead of" if by > timedelta(0) else "behind"
    assert f"the clock of this machine is 300 s {way} PostgreSQL's" in caplog.text
    assert "Set the machine's clock (NTP)." in caplog.text


def test_a_clock_that_is_right_is_left_alone(kept: KeptInPostgres, caplog: pytest.LogCaptureFixture) -> None:
    assert kept.open().clock_offset() == timedelta(0)
    assert "the clock of this machine" not in caplog.text


def test_a_clock_that_is_set_while_the_bot_serves_is_noticed(
    kept: KeptInPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = kept.open(serving=True)
    set_clock(monkeypatch, WRONG)
    assert eventually(lambda: store.clock_offset() < -WRONG / 2, 20)
    set_clock(monkeypatch, timedelta(0))
    assert eventually(lambda: store.clock_offset() == timedelta(0), 20)
