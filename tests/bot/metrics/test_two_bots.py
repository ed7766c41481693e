"""Two watched bots in PostgreSQL: a run's owner is heard, then who took over, then nobody."""

from __future__ import annotations

import time
from pathlib import Path

from tests.bot.metrics.hangs import OFTEN
from tests.bot.metrics.receiver import Receiver
from tests.bot.metrics.watched_bot import watched_bot
from tests.bot.test_serve_on_postgres import kept, start_run
from tests.state.kept import KeptInPostgres

__all__ = ["kept"]


def test_the_owner_of_a_run_is_heard_then_who_takes_it_over_then_nobody(
    kept: KeptInPostgres, shop: Path, receiver: Receiver
) -> None:
    start_run(kept, shop, "sleep 60")
    base = receiver.env["GONOGO_HEARTBEAT_URL"]
    with (
        watched_bot(patch=OFTEN, env={"GONOGO_HEARTBEAT_URL": f"{base}/a"}) as first,
        watched_bot(patch=OFTEN, env={"GONOGO_HEARTBEAT_URL": f"{base}/b"}) as second,
    ):
        bots = {"a": first, "b": second}
        for bot in bots.values():
            bot.wait_for_health(200, "ok")
        first.wait_until(lambda: len(receiver.paths) > 3, "heartbeats")
        (owner,) = {path[-1] for path in receiver.paths}
        (other,) = bots.keys() - {owner}
        seen = {name: bot.metrics() for name, bot in bots.items()}
        assert {metrics["active_runs", ("going",)] for metrics in seen.values()} == {1}
        assert (seen[owner]["runs_carried_out", ()], seen[other]["runs_carried_out", ()]) == (1, 0)
        assert (seen[owner]["takeovers_total", ()], seen[other]["takeovers_total", ()]) == (1, 0)
        bots[owner].end()
        receiver.paths.clear()
        bots[other].wait_until(lambda: bots[other].metrics()["takeovers_total", ()] == 1, "the takeover")
        bots[other].wait_until(lambda: len(receiver.paths) > 3, "heartbeats of the other")
        assert {path[-1] for path in receiver.paths} == {other}
        assert bots[other].metrics()["runs_carried_out", ()] == 1
        bots[other].end()
        receiver.paths.clear()
        time.sleep(1)
        assert not receiver.paths
