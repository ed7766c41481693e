"""The logs of a manager that keeps two files for a service: standard output and errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commands.systems.logs import log_lines
from commands.systems.services.manager import FILES

ERRORS = f"""\
{log_lines.SHELL_FUNCTIONS}each_log "$OUT" "$OUT_FROM" || true
each_log "$ERR" "$ERR_FROM" || true"""


def file_logs(files: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """`State.logs` of processes with `out` and `err`, and `out_from` and `err_from`, where both end now.

    Several may share a log. Raises Refused for a path that looks like two.
    """
    out, out_from = log_lines.joined_logs({one["out"]: one["out_from"] for one in files})
    err, err_from = log_lines.joined_logs({one["err"]: one["err_from"] for one in files})
    return dict(zip(FILES, (out, err, out_from, err_from), strict=True))


def file_env(logs: Mapping[str, str]) -> dict[str, str]:
    """The variables of `ERRORS`."""
    return dict(zip(("OUT", "ERR", "OUT_FROM", "ERR_FROM"), (logs[name] for name in FILES), strict=True))
