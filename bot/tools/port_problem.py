"""Why the bot cannot listen on a port, and what to do about it."""

from __future__ import annotations

import errno

from state.errors import BadSettings

_TODO = {
    errno.EADDRINUSE: "End the program that listens there (`ss -ltnp` names it), or set another {port}.",
    errno.EACCES: "Set a {port} above 1023, or let the bot's user open this one.",
    errno.EADDRNOTAVAIL: "Set {host} to an address of this machine.",
}


def port_problem(host: tuple[str, str], port: tuple[str, int], error: OSError) -> BadSettings:
    """The error as a sentence; `host` and `port` are each the variable and its value."""
    todo = _TODO.get(error.errno or 0, "Set both to what this machine can listen on.")
    where = f"{host[0]} {host[1]}, {port[0]} {port[1]}"
    why = error.strerror or error
    return BadSettings(f"The bot cannot listen on {where}: {why}. {todo.format(host=host[0], port=port[0])}")
