"""The text of `.env.example`: every variable with its meaning and an example."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.init.variables import Variable

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]*")
# what the bot itself needs, besides what the page names
_BOT = (
    Variable(
        name="SLACK_BOT_TOKEN",
        meaning="The bot's token, from “OAuth & Permissions” of your Slack app.",
        example="xoxb-copy-it-from-slack",
    ),
    Variable(
        name="SLACK_APP_TOKEN",
        meaning="The app-level token for Socket Mode, from “Basic Information” of your Slack app.",
        example="xapp-copy-it-from-slack",
    ),
)


def env_example(page_file: str, variables: Iterable[Variable]) -> str:
    """The text for a page; its lines are read by gonogo, and by a shell."""
    runbook = Variable(name="GONOGO_RUNBOOK", meaning="The page, or a folder of pages.", example=page_file)
    head = (
        f"# What gonogo needs to know for {page_file}. Every value is an example, and an empty one is yours to find.\n"
        "# install -m 600 .env.example .env, and put your own values there; keep .env out of git.\n"
        "# Further settings are in gonogo's docs/operating.md.\n"
    )
    return head + "".join(
        f"\n# {one.meaning}\n{one.name}={_quoted(one.example)}\n" for one in (*_BOT, runbook, *variables)
    )


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else "'" + value.replace("'", "\\'") + "'"
