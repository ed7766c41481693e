"""Slack's limits are kept, not run into: where the workspace counts as Slack does, no call is answered with 429."""

from __future__ import annotations

from pathlib import Path

from tests.bot.slack.box import Box
from tests.bot.slack.outbox.test_poster import play, told
from tests.bot.slack.story import HEALTH


def test_many_steps_at_once_are_told_without_one_refusal(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        here.workspace.state.strict_rate_limits = True
        run = here.gate()
        for number in range(8):
            here.begin(run, HEALTH, number + 1)
            here.end(run, HEALTH, attempt=number + 1)
        await told(here)
        posts = [good for _, method, good in here.workspace.calls if method == "chat.postMessage"]
        assert len(posts) > 8
        assert here.workspace.rate_limiter.refused == []

    play(tmp_path, story)
