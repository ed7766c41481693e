"""The process that keeps one box: it starts the target, writes its values, and stops it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from bot.drill_box.files import KEEPER, TARGET
from bot.drill_box.locks import held
from bot.drill_box.values import write_values
from bot.rehearsal.target import Target
from bot.rehearsal.target.host import TargetError

NAME = "drill"


def keep(box: Path, cache: Path) -> int:
    """Keep the box in a folder until SIGTERM. Returns the exit code; why no target is there stands on stderr."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with held(box / KEEPER):
        (box / KEEPER).write_text(str(os.getpid()))
        target = Target(box / TARGET, cache, NAME)
        try:
            target.start()
            write_values(box, {name.removeprefix(target.prefix): value for name, value in target.env.items()})
            signal.pause()
        except TargetError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        except KeyboardInterrupt:
            pass
        finally:
            target.stop()
    return 0


if __name__ == "__main__":
    sys.exit(keep(Path(sys.argv[1]), Path(sys.argv[2])))
