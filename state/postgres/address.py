"""The address of a record in PostgreSQL, which is shown without its password."""

from __future__ import annotations

import re
from dataclasses import field

from state.errors import BadSettings
from state.frozen import dataclass

_SHOWN = ("user", "host", "port", "dbname")


@dataclass(frozen=True)
class PostgresAddress:
    """A postgresql:// URL, which libpq reads as it is: several hosts, TLS, a file of passwords. `str` shows no secret.

    Raises BadSettings if libpq cannot read it.
    """

    url: str = field(repr=False)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict

        try:
            fields = {key: str(value) for key, value in conninfo_to_dict(self.url).items()}
        except psycopg.ProgrammingError as error:
            # its message may quote a part of the password
            unknown = re.search(r'invalid URI query parameter: "([a-z_]+)"', str(error))
            why = (
                f"PostgreSQL does not know the parameter {unknown[1]}" if unknown else "write @ in it as %40, / as %2F"
            )
            raise BadSettings(f"GONOGO_STATE is no postgresql:// address that can be read: {why}.") from None
        user, host, port, database = (fields.get(name, "") for name in _SHOWN)
        where = ",".join(_with_ports(host, port)) if host else ""
        object.__setattr__(self, "name", f"postgresql://{user and user + '@'}{where}/{database}")

    def __str__(self) -> str:
        return self.name


def _with_ports(hosts: str, ports: str) -> list[str]:
    names, numbers = hosts.split(","), ports.split(",") if ports else []
    numbers = numbers * len(names) if len(numbers) == 1 else numbers
    return [f"{name}:{numbers[n]}" if n < len(numbers) and numbers[n] else name for n, name in enumerate(names)]
