"""Other services of a compose project with the same image, which a restart leaves as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commands.systems.logs.log_sources import time_mark
from commands.systems.services.docker_listed import Listed
from commands.text.foreign_json import read_json


def beside(listed: Listed, lines: Sequence[Sequence[str]], now: float) -> Iterator[tuple[str, float]]:
    """Those that run, such as a worker ("shop/worker"), with the seconds since their start.

    A container's name is added if it does not tell the service: "shop/worker (cron)". One of an older image of the same
    tag is left from an earlier deploy.
    """
    images = {one[key] for _, number, one in listed if number for key in ("image_id", "image")}
    for image, tag, container, service, started in (
        rest for sort, *rest in lines if sort == "beside" and len(rest) == 5
    ):
        if {image, tag} & images:
            own = "" if service.rpartition("/")[2] in container else f" ({container.removeprefix('/')})"
            yield service + own, max(now - float(time_mark(read_json(started))), 0)
