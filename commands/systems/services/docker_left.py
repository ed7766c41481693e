"""What containers have of a release that was left, or from before it was replaced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commands.systems.scripts import script
from commands.systems.services.docker_listed import Listed
from commands.systems.services.left_release import LEFT_RELEASE

DOCKER_LEFT = LEFT_RELEASE + script("services/docker_left.sh")  # defines `compose_left` and `mounts_left`
_MOUNTED = {"mounts": "where that is another", "slow": "and comparing the two takes too long"}


def left_files(listed: Listed, lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """The services that compose makes by the files of a release that was left, or that have such files mounted."""
    names = {one["id"]: name for name, _, one in listed}
    found = [(sort, names.get(rest[0]), *rest[1:]) for sort, *rest in lines if len(rest) == 4]
    for sort, name, old, link, leads in dict.fromkeys(found):
        if sort == "left" and name:
            yield f"{name} is made by the compose file in {old}, but {link} leads to {leads}, whose file is another"
        elif sort in _MOUNTED and name:
            yield f"{name} has {old} mounted, but {link} leads to {leads}, {_MOUNTED[sort]}"


def replaced(listed: Listed, lines: Sequence[Sequence[str]], what: str) -> Iterator[str]:
    """What was mounted when a container started, and is another file or folder by now; `what` is "file" or "moved"."""
    names = {one["id"]: name for name, _, one in listed}
    for id_, source in dict.fromkeys(tuple(rest) for sort, *rest in lines if sort == what and len(rest) == 2):
        if id_ in names:
            yield f"{names[id_]} still has {source} from before it was replaced, and only a restart mounts it anew"
