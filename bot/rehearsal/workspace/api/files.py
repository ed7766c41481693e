"""files.*: the two calls around an upload; the file shows up in the channel a moment later, as in Slack."""

from __future__ import annotations

import asyncio
import mimetypes
import secrets

from bot.rehearsal.workspace.methods import Call, SlackError, method
from bot.rehearsal.workspace.records import Json, Message
from bot.rehearsal.workspace.team import BOT_ID, BOT_USER

MOST_SNIPPET_BYTES = 1_000_000
SHARING_SECONDS = 0.2
TEXT_KINDS = ("txt", "log", "md", "json", "sql", "csv", "yaml", "yml", "toml", "sh", "py", "ts", "js", "diff", "patch")
_sharing: set[asyncio.Task[None]] = set()


@method("files.getUploadURLExternal", "files:write", form_only=True)
async def get_upload_url(call: Call) -> Json:
    """An address to send the bytes of one file to."""
    name, length = str(call.need("filename")), int(call.need("length"))
    if call.args.get("snippet_type") and length > MOST_SNIPPET_BYTES:
        raise SlackError("file_upload_size_restricted")
    file = f"F{secrets.token_hex(5).upper()}"
    ending = name.rpartition(".")[2].lower()
    mime = "text/plain" if ending in TEXT_KINDS else mimetypes.guess_type(name)[0] or "application/octet-stream"
    is_snippet = mime.startswith("text/") and length <= MOST_SNIPPET_BYTES
    call.team.files[file] = {
        "id": file,
        "name": name,
        "title": name,
        "mimetype": mime,
        "filetype": ending,
        "size": length,
        "mode": "snippet" if is_snippet else "hosted",
        "url_private": f"{call.team.address}/files/{file}",
        "alt_txt": call.args.get("alt_txt") or "",
    }
    return {"upload_url": f"{call.team.address}/upload/{file}", "file_id": file}


@method("files.completeUploadExternal", "files:write")
async def complete_upload(call: Call) -> Json:
    """Share uploaded files in a channel or a thread. The message's ts is not in the answer."""
    given = call.need("files")
    for one in given:
        if one.get("id") not in call.team.contents:
            raise SlackError("file_not_found")
    files = [call.team.files[one["id"]] for one in given]
    for file, one in zip(files, given, strict=True):
        file["title"] = one.get("title") or file["title"]
    if name := call.args.get("channel_id"):
        channel = Call(call.team, {"channel": name}).channel()
        thread = call.args.get("thread_ts") or None
        if thread and call.team.find(channel.id, thread) is None:
            raise SlackError("thread_not_found")
        message = Message(
            channel.id,
            "",
            BOT_USER,
            str(call.args.get("initial_comment") or ""),
            thread_ts=thread,
            files=files,
            bot_id=BOT_ID,
        )
        task = asyncio.create_task(_share(call, message))
        _sharing.add(task)
        task.add_done_callback(_sharing.discard)
    return {"files": [{"id": file["id"], "title": file["title"]} for file in files]}


async def _share(call: Call, message: Message) -> None:
    await asyncio.sleep(SHARING_SECONDS)
    message.ts = call.team.new_ts()
    call.team.post(message)
