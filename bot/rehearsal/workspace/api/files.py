"""files.*: the two calls of an upload; the file appears a moment later, as in Slack."""

from __future__ import annotations

import asyncio
import mimetypes
import secrets

from bot.rehearsal.workspace.method_registry import Call, SlackError, method
from bot.rehearsal.workspace.slack_objects import Json, Message
from bot.rehearsal.workspace.workspace_state import BOT_ID, BOT_USER

MOST_SNIPPET_BYTES = 1_000_000
SHARE_SECONDS = 0.2
TEXT_KINDS = ("txt", "log", "md", "json", "sql", "csv", "yaml", "yml", "toml", "sh", "py", "ts", "js", "diff", "patch")
_share_tasks: set[asyncio.Task[None]] = set()


@method("files.getUploadURLExternal", "files:write", form_only=True)
async def get_upload_url(call: Call) -> Json:
    """The address that takes the content of one file."""
    name, length = str(call.require("filename")), int(call.require("length"))
    if call.args.get("snippet_type") and length > MOST_SNIPPET_BYTES:
        raise SlackError("file_upload_size_restricted")
    file = f"F{secrets.token_hex(5).upper()}"
    ending = name.rpartition(".")[2].lower()
    mime = "text/plain" if ending in TEXT_KINDS else mimetypes.guess_type(name)[0] or "application/octet-stream"
    is_snippet = mime.startswith("text/") and length <= MOST_SNIPPET_BYTES
    call.state.files[file] = {
        "id": file,
        "name": name,
        "title": name,
        "mimetype": mime,
        "filetype": ending,
        "size": length,
        "mode": "snippet" if is_snippet else "hosted",
        "url_private": f"{call.state.address}/files/{file}",
        "alt_txt": call.args.get("alt_txt") or "",
    }
    return {"upload_url": f"{call.address}/upload/{file}", "file_id": file}


@method("files.completeUploadExternal", "files:write")
async def complete_upload(call: Call) -> Json:
    """Share uploaded files in a channel or a thread; as in Slack, the answer has no ts of the message."""
    uploads = call.require("files")
    for upload in uploads:
        if upload.get("id") not in call.state.file_contents:
            raise SlackError("file_not_found")
    files = [call.state.files[upload["id"]] for upload in uploads]
    for file, upload in zip(files, uploads, strict=True):
        file["title"] = upload.get("title") or file["title"]
    if name := call.args.get("channel_id"):
        channel = Call(call.state, {"channel": name}).channel()
        thread = call.args.get("thread_ts") or None
        is_there = call.state.find_message(channel.id, thread) or call.state.has_thread(channel.id, str(thread))
        if thread and not is_there:
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
        _share_tasks.add(task)
        task.add_done_callback(_share_tasks.discard)
    return {"files": [{"id": file["id"], "title": file["title"]} for file in files]}


async def _share(call: Call, message: Message) -> None:
    await asyncio.sleep(SHARE_SECONDS)
    message.ts = call.state.new_ts()
    call.state.post(message)
