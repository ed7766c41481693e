"""`python -m tests.bench [NAME...]`: run the benchmarks one after another and print their figures and ratios."""

from __future__ import annotations

import importlib
import sys

NAMES = {
    "acks": "Slash-command acks, 50 at once, beside Node's @slack/bolt",
    "backup": "A backup proven by a restore, beside the seed's own commands, on 1.3 GB",
    "ssh": "Ten remote commands, beside ssh ControlMaster, fabric and ansible-core",
    "start": "Process start to connected, idle memory, socket recovery",
    "watch": "Fifty checks of the watch that are due at the same moment",
    "host": "CPU time that the checks of a whole watch cost on the target's host",
    "rollback": "The whole way back, beside the seed's own block in one shell on the same target",
    "slack": "Calls of the Web API and 429s in a whole kept run, against Slack's own limits",
    "record": "/deploy status with a thousand and a million events",
}


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all."""
    for name in names or NAMES:
        print(f"\n{NAMES[name]}", flush=True)
        measured = importlib.import_module(f"tests.bench.{name}").measure()
        width = max(len(what) for what in measured)
        for what, value in measured.items():
            print(f"  {what:<{width}}  {value:10.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
