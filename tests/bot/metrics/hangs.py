"""Patches by which a part of a bot hangs, or fails, as long as a file is there."""

from __future__ import annotations

SHORT = "import bot.metrics.health; bot.metrics.health.SILENT = 3.0; bot.metrics.health.ANSWER = 0.5"
# hangs once the file is there
HANG = """
import os, time
def hang():
    while os.path.exists("{file}"):
        time.sleep(0.05)
"""
ENGINE = (
    HANG
    + """
from commands.run.engine import Engine
find = Engine._without_runner
Engine._without_runner = lambda engine: (hang(), find(engine))[1]
"""
)
RUN = (
    HANG
    + """
import commands.run.runner as runner
decide = runner.decide
runner.decide = lambda *args: (hang(), decide(*args))[1]
"""
)
FAILING_RUN = (
    HANG
    + """
import commands.run.runner as runner
decide = runner.decide
def fail(*args):
    if os.path.exists("{file}"):
        raise RuntimeError("always")
    return decide(*args)
runner.decide = fail
"""
)
RECORD = (
    HANG
    + """
import threading
import bot.serve as served
opened = served._open_store
def hold(store):
    while not os.path.exists("{file}"):
        time.sleep(0.05)
    with store._db._mutex:
        hang()
def open_store(settings):
    store = opened(settings)
    threading.Thread(target=hold, args=(store,), daemon=True).start()
    return store
served._open_store = open_store
"""
)
OFTEN = (
    f"{SHORT}\nimport bot.metrics.heartbeat as heartbeat\nheartbeat.EVERY = heartbeat.AGAIN = heartbeat.LOOK = 0.2\n"
)
LOOP = (
    HANG
    + """
from bot.slack.outbox.poster import Poster
Poster._start_threads = lambda poster, runs, start=Poster._start_threads: (hang(), start(poster, runs))[1]
Poster._is_due = lambda poster: True
"""
)
