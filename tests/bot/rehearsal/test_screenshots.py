"""The camera waits for a message and takes a screenshot as one person sees it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image

from bot.rehearsal.role_holders import PEOPLE, ROLE_HOLDERS
from bot.rehearsal.sandbox import Bot, Sandbox
from bot.rehearsal.screenshots import Camera, scroll_to
from bot.rehearsal.workspace import Message, Workspace
from bot.rehearsal.workspace.delivery import Kind
from bot.tools.browser import find_browser

DBA = ROLE_HOLDERS["dba"].id
pytestmark = pytest.mark.skipif(not find_browser(), reason="there is no browser on this machine")


class Acknowledging:
    """Stands for a bot that acknowledges everything."""

    async def deliver(self, kind: Kind, payload: dict[str, object]) -> dict[str, object]:
        return {}


@asynccontextmanager
async def camera_on(folder: Path) -> AsyncIterator[tuple[Workspace, Camera]]:
    """A workspace and a camera on its page."""
    workspace = Workspace(PEOPLE)
    workspace.deliver_by(Acknowledging())
    await workspace.start()
    bot = subprocess.Popen([sys.executable, "-c", ""])
    sandbox = Sandbox(
        workspace=workspace, targets=[], state=folder / "x.db", bots=[Bot(process=bot, log=folder / "bot.log")]
    )
    try:
        async with Camera(sandbox, folder) as camera:
            yield workspace, camera
    finally:
        await workspace.stop()
        bot.wait()


def post(workspace: Workspace, text: str, thread: str | None = None) -> Message:
    ts = workspace.state.new_ts()
    return workspace.state.post(Message("C01DEPLOY", ts, "U0GONOGO", text, thread_ts=thread))


def test_a_thread_is_taken_as_soon_as_a_reply_has_the_text(tmp_path: Path) -> None:
    async def test() -> None:
        async with camera_on(tmp_path) as (workspace, camera):
            card = post(workspace, "DJ-System production: deploying")
            taking = asyncio.create_task(camera.thread("sign-off", "Please sign", DBA, scroll=scroll_to("sign")))
            await asyncio.sleep(0.2)
            assert not (tmp_path / "sign-off.png").exists(), "it was taken before the reply came"
            post(workspace, "Please sign: 1", card.ts)
            await taking

    asyncio.run(test())
    with Image.open(tmp_path / "sign-off.png") as picture:
        assert picture.size == (780, 1688), "not a phone's width at two pixels a point"


def test_the_channel_and_a_file_of_a_thread_can_be_taken(tmp_path: Path) -> None:
    async def test() -> None:
        async with camera_on(tmp_path) as (workspace, camera):
            card = post(workspace, "DJ-System production: ROLLED BACK")
            await camera.channel("card", "ROLLED BACK", DBA)
            workspace.state.files["F1"] = {"mimetype": "text/html"}
            workspace.state.file_contents["F1"] = b"<h1>Report</h1>"
            reply = post(workspace, "", card.ts)
            url = f"{workspace.url}files/F1"
            reply.files = [
                {"id": "F1", "name": "run-1-report.html", "title": "x", "mode": "hosted", "mimetype": "text/html"}
                | {"url_private": url}
            ]
            workspace.state.notify("updated", reply)
            await camera.file("report", "-report.html")

    asyncio.run(test())
    assert {file.name for file in tmp_path.glob("*.png")} == {"card.png", "report.png"}
