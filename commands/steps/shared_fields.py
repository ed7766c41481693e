"""Fields that mean the same in boxes of several kinds, described once."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from commands.steps.page_fields import EnvName, VariableText, VariableTexts
from commands.text.durations import Duration
from commands.text.page_pattern import PagePattern
from commands.text.page_rules import for_authors

HostName = Annotated[
    str, Field(description="The host on which it runs, by its name under `[hosts]` in Places.", examples=["backend"])
]
WebName = Annotated[
    str, Field(description="The web site or API that is asked, by its name under `[webs]` in Places.", examples=["api"])
]
DatabaseName = Annotated[
    str, Field(description="The database, by its name under `[databases]` in Places.", examples=["production"])
]
Repository = Annotated[
    EnvName,
    Field(
        description="The variable with the folder of the working copy (the git clone) on the host.",
        examples=["$PROD_REPOSITORY"],
    ),
]
Headers = Annotated[
    VariableTexts,
    Field(
        description="HTTP headers of the request. Write a secret as a variable, `$NAME`.",
        examples=[{"Authorization": "Bearer $API_TOKEN"}],
    ),
]
BackupFolder = Annotated[
    EnvName,
    Field(description="The variable with the folder of the backups on the host.", examples=["$PROD_BACKUPS"]),
]
BackupFile = Annotated[
    VariableText,
    Field(description="The backup's name in `folder`. Without it, the backup of this run.", examples=["<backup_file>"]),
]
BackupChecksum = Annotated[
    VariableText,
    Field(
        description="The SHA-256 checksum that the backup must have. Without it, the one of this run's backup.",
        examples=["<backup_sha256>"],
    ),
]
BackupCompared = Annotated[
    str,
    Field(
        description="What the backup can be compared by: `content` or `rows`. Without it, what this run's backup says.",
        examples=["<backup_compared>"],
    ),
]
LockTimeout = Annotated[
    Duration,
    Field(description="How long a statement waits for a lock before it fails.", examples=["10 s"]),
]
_IN_ITS_UNIT = {"unit": "in the query's unit"}
AtLeast = Annotated[
    float | None,
    Field(
        description="A lower value fails the step. Without it, none is too low.",
        examples=[1.0],
        json_schema_extra=_IN_ITS_UNIT,
    ),
]
AtMost = Annotated[
    float | None,
    Field(
        description="A higher value fails the step. Without it, none is too high.",
        examples=[10.0],
        json_schema_extra=_IN_ITS_UNIT,
    ),
]


def check_limits(at_least: float | None, at_most: float | None) -> None:
    """Refuse limits that no value could keep. Raises ValueError."""
    if for_authors() and at_least is not None and at_most is not None and at_least > at_most:
        raise ValueError("at_least is above at_most, so no value could be within both; correct one of them")


AllowedLines = Annotated[
    list[PagePattern],
    Field(
        description="Lines that match one of these are no errors. A secret, as in `?token=…`, is `•••` in them.",
        examples=[["ECONNRESET by a client"]],
    ),
]
