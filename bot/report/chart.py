"""The chart of a run as a PNG, drawn by a process of its own without the bot's secrets."""

from __future__ import annotations

import json
import logging
import os
import subprocess
from collections.abc import Sequence
from dataclasses import asdict

from bot.report.labels import tidy
from bot.tools.python_module import module_command
from commands.report.charts import Panel

LOG = logging.getLogger("gonogo.report")
TIMEOUT = 60.0  # seconds; drawing takes one or two, the first time longer while fonts are indexed
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "VIRTUAL_ENV")


def draw_chart(panels: Sequence[Panel]) -> bytes | None:
    """The PNG of the panels. None without panels, or if drawing fails, which is logged and stops nothing."""
    if not panels:
        return None
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    shown = [asdict(panel) for panel in panels]
    for panel in shown:
        for line in panel["lines"]:
            line["name"] = tidy(line["name"], 60)
    try:
        ended = subprocess.run(
            module_command("bot.report.picture"),
            input=json.dumps(shown).encode(),
            capture_output=True,
            timeout=TIMEOUT,
            env=env,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _log_failure(type(error).__name__)
        return None
    if ended.returncode or not ended.stdout.startswith(b"\x89PNG"):
        last_line = ended.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no output"]
        _log_failure(last_line[0][:300])
        return None
    return ended.stdout


def _log_failure(reason: str) -> None:
    LOG.warning("the chart could not be drawn (%s); the run continues without it", reason)
