"""Preflight: no host of a group is another one of it under a second address."""

from __future__ import annotations

from contextlib import suppress

from commands.ports.preflight import PreflightContext, PreflightResult, blocked
from state.errors import ToolError
from state.frozen import dataclass

# a machine since its start, its SSH server's address and port, and the user; copies of a machine share their machine-id
_WHO = """\
[ -z "${SSH_CONNECTION-}" ] || [ ! -r /proc/sys/kernel/random/boot_id ] ||
  printf '%s %s %s\\n' "$(cat /proc/sys/kernel/random/boot_id)" "${SSH_CONNECTION#* * }" "$(id -u)\""""


@dataclass(frozen=True, kw_only=True)
class DifferentHostsCheck:
    """Checks that a host is none of the `others`, which stand before it in its group."""

    host: str
    others: tuple[str, ...]
    late: bool = True

    @property
    def place(self) -> tuple[str, str]:
        """The host."""
        return ("hosts", self.host)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask each host who it is. One that does not answer has its own line."""
        own = _who(ctx, self.host)
        same = next((other for other in self.others if own and own == _who(ctx, other)), "")
        if not same:
            return []
        what = f"it is the same machine and user as {same}, so one host of the group would be deployed twice"
        return blocked(what, "correct the addresses of the group: each host has one, and is named once")


def _who(ctx: PreflightContext, host: str) -> str:
    """What tells a host from others; empty if it does not say."""
    with suppress(ToolError):
        result = ctx.tools.shell.ask(host, _WHO, limit=10)
        return result.last_line if not result.code else ""
    return ""
