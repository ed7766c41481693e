"""The base of `data-keep` and `data-return`: which rows a migration drops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from commands.ports.page_text import DatabaseAddress, Text
from commands.ports.preflight import PreflightCheck
from commands.steps.shared.client_programs import ClientProgramsStep
from commands.steps.shared_fields import BackupChecksum, BackupFile, BackupFolder, LockTimeout
from commands.text.durations import parse_duration


class ReturnedRowsStep(ClientProgramsStep):
    """A step about the rows that a migration drops. At least one of `tables` and `columns` is needed."""

    folder: BackupFolder
    file: BackupFile = "<backup_file>"
    sha256: BackupChecksum = "<backup_sha256>"
    tables: list[str] = Field(
        default_factory=list,
        description=(
            "The dropped tables whose rows come back, written as in SQL. A partitioned table stands for "
            "all its partitions. Needed without `columns`."
        ),
        examples=[["invoices"]],
    )
    columns: list[str] = Field(
        default_factory=list,
        description=(
            "The dropped columns whose values come back, each as `table.column`, of tables that stay. "
            "Needed without `tables`."
        ),
        examples=[["jobs.note"]],
    )
    lock_timeout: LockTimeout = parse_duration("5 s")

    @model_validator(mode="after")
    def _names_tables_or_columns(self) -> Self:
        if not self.tables and not self.columns:
            raise ValueError("must name at least one of tables or columns")
        return self

    def preflight(self) -> list[PreflightCheck]:
        return self.program_checks(("psql", "pg_restore", "awk"))

    def archive_env(self) -> dict[str, Text]:
        """The variables of the database and of the backup, as texts of the page."""
        return {
            "DATABASE": DatabaseAddress(self.database_url),
            "FOLDER": self.folder,
            "FILE": self.file,
            "SHA256": self.sha256,
        }

    def rows_env(self) -> dict[str, str]:
        """The variables of `return_rows`: the tables, the columns, and the limits in milliseconds."""
        return {
            "TABLES": "\n".join(self.tables),
            "COLUMNS": "\n".join("\t".join(column.rsplit(".", 1)) for column in self.columns),
            "PATIENCE": str(int(self.lock_timeout.total_seconds() * 1000)),
            "LIMIT": str(int(self.limit.total_seconds() * 1000)),
        }

    def is_about_the_rows_of(self, other: Mapping[str, str]) -> bool:
        """Whether the variables of another step name the same tables and columns."""
        own = self.rows_env()
        return all(sorted(own[name].split("\n")) == sorted(other[name].split("\n")) for name in ("TABLES", "COLUMNS"))
