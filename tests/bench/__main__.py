"""`python -m tests.bench [NAME...]`: run benchmarks, and print figures and ratios."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

BENCHMARKS = {
    "acks": "acknowledgements of slash commands, 50 at once; peer: Node's @slack/bolt",
    "backup": "a backup of 1.3 GB that is proven by a restore; peer: the original runbook's commands",
    "locks": "locks that a backup of a table with 1,000 parts takes in the lock table; peer: pg_dump",
    "files": "a migration of 15,000 statements, and the review of 10,000 added lines; peer: psql",
    "ssh": "ten remote commands; peers: ssh ControlMaster, fabric and ansible-core",
    "start": "process start to first look, in its parts; to connected; idle memory; time to notice a dropped socket",
    "watch": "fifty checks of the watch that are due at the same moment",
    "host": "CPU time on the target's host for the checks of a whole watch",
    "rollback": "a whole rollback; peer: the original runbook's commands in one shell on the same target",
    "hosts": "four steps on three hosts together, compared with one host",
    "slack": "Web API calls and 429s of a whole kept run, against Slack's limits",
    "load": "200 commands at once with 20 runs in the watch, and stopping while 60 starts check a slow host",
    "runs": "a hundred runs in the watch, on two bots that serve one record in PostgreSQL",
    "services": "fifty units of systemd looked at, and how soon a service that is ready is seen; peer: systemctl show",
    "record": "/deploy status with a thousand and with a million events in the state file",
}


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; 0."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed bot is compiled: pip does it
    for name in parser().parse_args(arguments).names or BENCHMARKS:
        print(f"\n{name}: {BENCHMARKS[name]}", flush=True)
        figures = importlib.import_module(f"tests.bench.{name}").measure()
        width = max(map(len, figures))
        for figure, value in figures.items():
            print(f"  {figure:<{width}}  {value:10.2f}", flush=True)
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line of this program."""
    lines = [f"  {name:<8}  {text}" for name, text in BENCHMARKS.items()]
    options = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measure speed and memory, as ratios to a peer where there is one.",
        epilog="\n".join(["benchmarks:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("names", nargs="*", metavar="NAME", type=_benchmark, help="a benchmark (default: all)")
    return options


def _benchmark(name: str) -> str:
    if name not in BENCHMARKS:
        raise argparse.ArgumentTypeError(f"there is no benchmark {name}; there are {', '.join(BENCHMARKS)}")
    return name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
