"""How the programs that rotate logs name what they take out of one: access.log is the log."""

from __future__ import annotations

import gzip
from pathlib import Path

# {} is the log, {stem} without its .log
ROTATED = (
    "{}.1",
    "{}.1.gz",
    "{}-20261129",
    "{}-20261129.gz",
    "{}-20261129-1764370800",
    "{}-2026-11-29",
    "{}.2026-11-29",
    "{stem}-20261129.log",
    "{stem}-2026-11-29.log.gz",
    "{stem}__2026-11-29_00-00-00.log",
    "{stem}__2026-11-29_00-00-00.log.gz",
    "{stem}.1.log",
    "{stem}.1.log.gz",
    "{stem}.2026-11-29.log",
    "{stem}.2026-11-29.0.log.gz",
    "{stem}-29-11-2026-1.log.gz",
    "{stem}_20261129.log.gz",
    "{stem}.log_20261129.gz",
)
PACKED = ("zst", "xz", "bz2")  # not readable here


def rotate(log: Path, name: str) -> Path:
    """Move the log away under this name, packed if it says so."""
    to = Path(name.format(log, stem=log.with_suffix("")))
    log.rename(to)
    if to.suffix == ".gz":
        to.write_bytes(gzip.compress(to.read_bytes()))
    return to
