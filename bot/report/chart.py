"""The chart of a run as a PNG, drawn by a process of its own that knows none of the bot's secrets."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict

from bot.report.labels import tidy
from commands.report.charts import Panel

LOG = logging.getLogger("gonogo.report")
LIMIT = 60.0  # seconds; drawing takes one or two, and some more the first time, when the fonts are looked up
HANDED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "VIRTUAL_ENV")


def draw_chart(panels: Sequence[Panel]) -> bytes | None:
    """The PNG of the panels; None where there is nothing to draw, or where drawing fails, which is logged and never more."""
    if not panels:
        return None
    env = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
    shown = [asdict(panel) for panel in panels]
    for panel in shown:
        for line in panel["lines"]:
            line["name"] = tidy(line["name"], 60)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "bot.report.picture"],
            input=json.dumps(shown).encode(),
            capture_output=True,
            timeout=LIMIT,
            env=env,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        LOG.warning("the chart could not be drawn (%s); the run goes on without it", type(error).__name__)
        return None
    if ended.returncode or not ended.stdout.startswith(b"\x89PNG"):
        words = ended.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no words"]
        LOG.warning("the chart could not be drawn (%s); the run goes on without it", words[0][:300])
        return None
    return ended.stdout
