"""The names and numbers that all bots of a record in PostgreSQL have in common."""

from __future__ import annotations

from state.store.database import Duty

Lock = tuple[int, int]  # one of the numbers below, and a run's

SCHEMA = "gonogo_record"
CHANNEL = "gonogo_record"  # of LISTEN and NOTIFY; what is sent is the number of the run, or 0
# the first of the two numbers of an advisory lock; the second is a run's number, or 0
MIGRATION = 0x67_6F_6E_01  # while the tables are made or changed
WRITE = 0x67_6F_6E_02  # while something is written to a run
OWNER = 0x67_6F_6E_03  # as long as a session carries out a run
SERVING = 0x67_6F_6E_04  # shared, as long as a bot serves the record
IN_FORCE = 0x67_6F_6E_06  # shared, by the bots that serve with what is in force
POSTER = 0x67_6F_6E_05  # as long as a session posts a run to Slack
# as long as a session has a duty for a run
LOCKS = {Duty.RUN: OWNER, Duty.POSTS: POSTER, Duty.EVENTS: 0x67_6F_6E_07, Duty.TRACES: 0x67_6F_6E_08}
