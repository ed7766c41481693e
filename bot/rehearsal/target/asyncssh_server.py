"""The SSH server in Python, a process of its own, for machines without a working sshd."""

from __future__ import annotations

import asyncio
import os
import sys

import asyncssh

from bot.rehearsal.target.host import PLAIN_PATH

CHUNK = 65536  # bytes


async def run_command(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Run one session's command in a process group of its own.

    As with sshd, a lost connection only closes the command's pipes.
    """
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    child = await asyncio.create_subprocess_exec(
        "/bin/sh", *(["-c", process.command] if process.command else []),
        stdin=asyncio.subprocess.PIPE, stdout=out_end, stderr=err_end, start_new_session=True,
        env={"HOME": os.environ["HOME"], "PATH": PLAIN_PATH, "LANG": "C.UTF-8"}, cwd=os.environ["HOME"],
    )  # fmt: skip
    os.close(out_end)
    os.close(err_end)
    forwarding = asyncio.create_task(_forward_input(process, child))
    await asyncio.gather(_forward_output(out, process.stdout), _forward_output(err, process.stderr))
    status = await child.wait()
    forwarding.cancel()
    process.exit(status if status >= 0 else 128 - status)


async def _forward_output(pipe: int, client: asyncssh.SSHWriter[bytes]) -> None:
    """Send the command's output to the client; close the pipe when the client is gone, as sshd does."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(pipe, "rb", 0))
    try:
        while output := await reader.read(CHUNK):
            client.write(output)
            await client.drain()
    except (OSError, asyncssh.Error):  # the connection is gone; the command notices at its next write
        return
    finally:
        transport.close()


async def _forward_input(process: asyncssh.SSHServerProcess[bytes], child: asyncio.subprocess.Process) -> None:
    if child.stdin is None:
        return
    try:
        while data := await process.stdin.read(CHUNK):
            child.stdin.write(data)
            await child.stdin.drain()
    except (OSError, asyncssh.Error):  # client or command is gone
        return
    finally:
        child.stdin.close()


async def serve(port: int, host_key: str, authorized_keys: str) -> None:
    """Serve on loopback until the process is stopped."""
    server = await asyncssh.listen(
        "127.0.0.1", port, server_host_keys=[host_key], authorized_client_keys=authorized_keys,
        process_factory=run_command, sftp_factory=True, encoding=None,
    )  # fmt: skip
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
