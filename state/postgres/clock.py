"""The time of day of all bots of a record: that of its PostgreSQL."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from state.postgres.migrations import Connection

LOG = logging.getLogger("gonogo.record")
# what the clocks of well kept machines, and the way to the server, may differ by
MIN_OFFSET = timedelta(seconds=2)


class ServerClock:
    """How far the clock of PostgreSQL is ahead of this machine's; zero below MIN_OFFSET.

    A run's times are compared with one another, and each bot may have written some of them.
    """

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def read(self, connection: Connection) -> None:
        """Compare both clocks. Raises psycopg.Error."""
        before = datetime.now(UTC)
        row = connection.execute("SELECT clock_timestamp() AS now").fetchone()
        after = datetime.now(UTC)
        if row is None or after - before > MIN_OFFSET or after < before:
            return  # too slow to tell, or set meanwhile
        offset = row["now"] - (before + (after - before) / 2)
        if abs(offset - self.offset) < MIN_OFFSET:
            return
        self.offset = offset if abs(offset) >= MIN_OFFSET else timedelta(0)
        if self.offset:
            LOG.warning(
                "the clock of this machine is %.0f s %s PostgreSQL's, so the times of runs are PostgreSQL's. Set the "
                "machine's clock (NTP).", abs(offset.total_seconds()), "behind" if offset > timedelta(0) else "ahead of"
            )  # fmt: skip
        else:
            LOG.info("the clock of this machine is right again, by PostgreSQL's")
