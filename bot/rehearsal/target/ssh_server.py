"""The SSH server for machines without a working sshd: `python -m ... PORT HOST_KEY AUTHORIZED_KEYS`."""

from __future__ import annotations

import asyncio
import os
import sys

import asyncssh

from bot.rehearsal.target.box import PLAIN_PATH

CHUNK = 65536


async def session(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Runs the command in a process group of its own; like sshd, a lost connection closes its pipes and no more."""
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    child = await asyncio.create_subprocess_exec(
        "/bin/sh", *(["-c", process.command] if process.command else []),
        stdin=asyncio.subprocess.PIPE, stdout=out_end, stderr=err_end, start_new_session=True,
        env={"HOME": os.environ["HOME"], "PATH": PLAIN_PATH, "LANG": "C.UTF-8"}, cwd=os.environ["HOME"],
    )  # fmt: skip
    os.close(out_end)
    os.close(err_end)
    feeding = asyncio.create_task(_feed(process, child))
    await asyncio.gather(_hand_over(out, process.stdout), _hand_over(err, process.stderr))
    status = await child.wait()
    feeding.cancel()
    process.exit(status if status >= 0 else 128 - status)


async def _hand_over(pipe: int, client: asyncssh.SSHWriter[bytes]) -> None:
    """Passes on what the command says; when the client is gone the pipe is closed, as sshd does."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(pipe, "rb", 0))
    try:
        while said := await reader.read(CHUNK):
            client.write(said)
            await client.drain()
    except (OSError, asyncssh.Error):  # the connection is gone; the command learns it at its next line
        return
    finally:
        transport.close()


async def _feed(process: asyncssh.SSHServerProcess[bytes], child: asyncio.subprocess.Process) -> None:
    if child.stdin is None:
        return
    try:
        while typed := await process.stdin.read(CHUNK):
            child.stdin.write(typed)
            await child.stdin.drain()
    except (OSError, asyncssh.Error):  # one of the two sides is gone
        return
    finally:
        child.stdin.close()


async def serve(port: int, host_key: str, authorized_keys: str) -> None:
    """Serves for ever on loopback."""
    server = await asyncssh.listen(
        "127.0.0.1", port, server_host_keys=[host_key], authorized_client_keys=authorized_keys,
        process_factory=session, sftp_factory=True, encoding=None,
    )  # fmt: skip
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
