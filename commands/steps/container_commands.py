"""Containers that the page's commands start: whether they would end with their step."""

from __future__ import annotations

import re
from collections.abc import Iterable

_RUN = re.compile(r"(?<![\w/.-])(docker|podman)\s+(?:container\s+)?run\b((?:\\\n|[^\n;|&])*)")
_STAYS = re.compile(r"\s(-[a-zA-Z]*d[a-zA-Z]*|--detach)\b")
_LABEL = "gonogo.job"


def container_warning(texts: Iterable[str]) -> str:
    """What the author should know of a container that only its client would end with the step; empty if there is none.

    One that is meant to stay (`--detach`) is none. What `docker-compose run` starts has its labels in another file.
    """
    for program, words in _RUN.findall("\n".join(texts)):
        if _LABEL not in words and not _STAYS.search(words):
            return (
                f"what `{program} run` starts goes on when the step is stopped or runs over its limit; let it end with "
                f'the step: {program} run --label "{_LABEL}=$GONOGO_JOB"'
            )
    return ""
