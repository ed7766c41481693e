"""The base of steps that run PostgreSQL's client programs on a host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field, PrivateAttr

from commands.ports.preflight import PreflightCheck
from commands.steps.base import StepBox
from commands.steps.page_fields import EnvName
from commands.steps.shared_fields import HostName
from commands.systems.postgres.client_programs import program_checks, through


class ClientProgramsStep(StepBox):
    """Runs psql, pg_dump or pg_restore on `host`, for the database at `database_url`."""

    host: HostName
    database_url: EnvName = Field(
        description=(
            "The variable with the database's address, `postgresql://user:password@host:port/name`: the "
            "server's own, not a pooler's."
        ),
        examples=["$PROD_DATABASE_URL"],
    )
    # `pg_programs` of the database's place, which the page's reader puts in
    _words: tuple[str, ...] = PrivateAttr(())

    def take_client_programs(self, words: Mapping[str, tuple[str, ...]]) -> bool:
        self._words = words.get(self.database_url, self._words)
        return self.database_url in words

    def script(self, text: str) -> str:
        """A script as it is run on the host."""
        return through(self._words, text)

    def program_checks(self, names: Sequence[str]) -> list[PreflightCheck]:
        """Check that the host has these programs."""
        return program_checks(self.host, names, self._words)
