"""What compose files say of services that a restart would not leave as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from commands.systems.services.manager import Finding
from commands.text.numbers import format_count
from commands.text.printable import printable

_PULLS = re.compile(r"always|daily|weekly|every_.*")


def by_its_files(
    listed: Sequence[tuple[str, str, Mapping[str, Any]]], lines: Sequence[Sequence[str]]
) -> Iterator[Finding]:
    """What a restart by compose would run in the place of what runs now, and how many containers it keeps."""
    given = {rest[0]: rest[1:] for sort, *rest in lines if sort == "next" and len(rest) == 4}
    for name, has, (gets, pull, count) in (
        (name, one["image"], given[one["id"]]) for name, _, one in listed if one["id"] in given
    ):
        # podman writes the registry of an image before its name, and its tag behind it
        same = f"/{has.removesuffix(':latest')}".endswith(f"/{gets.removesuffix(':latest')}")
        if gets != "-" and not same and not has.startswith("sha256:"):
            what = f"{name} runs {printable(has)}, but its compose files give it {printable(gets)} now"
            todo = (
                "if a shell gave it its tag, write that into the .env beside the compose file, where a restart reads it"
            )
            yield Finding(what=what, todo=todo)
        if _PULLS.fullmatch(pull) and not _is_fixed(gets):
            what = (
                f"compose pulls {printable(gets)} anew when it restarts {name} (pull_policy: {pull}), so what it then "
                "runs, also after a rollback, is whatever that tag means at that moment"
            )
            yield Finding(what=what, todo="give each release a tag of its own, or leave out pull_policy")
        number = sum(one == name for one, _, _ in listed)
        if count not in ("-", str(number)):
            todo = (
                f"if it should have {printable(count)}, let a `run` step scale it (docker compose up --detach --scale)"
            )
            yield Finding(what=other_count(name, str(number), count), todo=todo)


def other_count(name: str, number: str, count: str) -> str:
    """The clause about a service that has another number of containers than its compose files say."""
    has = format_count(int(number), "container")
    return f"{name} has {has}, where its compose files say {printable(count)}: a restart keeps how many there are"


def _is_fixed(image: str) -> bool:
    """Whether a name of an image looks like one that keeps its meaning: by its hash, or a tag with a number."""
    name, at, _ = image.partition("@")
    return bool(at) or bool(re.search(r":[^/]*[0-9][^/]*$", name))
