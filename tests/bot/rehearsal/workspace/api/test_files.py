"""files.*: the upload of a file and its message in the thread."""

from __future__ import annotations

import aiohttp

from tests.bot.rehearsal.workspace.bolt_workspace import CHANNEL, open_workspace, refusal, run


def test_an_uploaded_file_is_shared_in_the_thread() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            ts = await slack.post()
            await slack.client.files_upload_v2(channel=CHANNEL, thread_ts=ts, filename="a.log", content="one\ntwo")
            shared = await slack.workspace.wait_for(lambda message: bool(message.files), 30)
            assert shared.thread_ts == ts
            (file,) = shared.files
            assert (file["mode"], file["size"]) == ("snippet", 7)
            assert slack.workspace.state.file_contents[file["id"]] == b"one\ntwo"

    run(test)


def test_a_shared_file_can_be_downloaded() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack, aiohttp.ClientSession() as session:
            await slack.client.files_upload_v2(channel=CHANNEL, filename="chart.png", content=b"\x89PNG")
            shared = await slack.workspace.wait_for(lambda message: bool(message.files), 30)
            async with session.get(shared.files[0]["url_private"]) as answer:
                assert (answer.content_type, await answer.read()) == ("image/png", b"\x89PNG")
            async with session.get(f"{slack.workspace.url}files/F99") as answer:
                assert answer.status == 404

    run(test)


def test_a_file_without_content_and_a_thread_that_is_not_there_are_refused() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            answer = await slack.client.files_getUploadURLExternal(filename="a.txt", length=3)
            files = [{"id": answer["file_id"], "title": "A"}]
            complete = slack.client.files_completeUploadExternal
            assert (await refusal(complete(files=files, channel_id=CHANNEL)))["error"] == "file_not_found"
            slack.workspace.state.file_contents[answer["file_id"]] = b"one"
            body = await refusal(complete(files=files, channel_id=CHANNEL, thread_ts="1.0"))
            assert body["error"] == "thread_not_found"

    run(test)


def test_a_snippet_is_at_most_a_megabyte() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            upload = slack.client.files_getUploadURLExternal
            body = await refusal(upload(filename="a.txt", length=1_000_001, snippet_type="text"))
            assert body["error"] == "file_upload_size_restricted"

    run(test)
