"""Reads a database's address once, by libpq, for the bot and for the programs on hosts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn
from urllib.parse import unquote

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from bot.tools.page_texts import encodable, resolve
from commands.ports.page_text import DatabaseAddress, Text
from state.errors import Unreachable

OTHER_DATABASES = "Another kind of database is reached by commands only (`run`), without a proven backup."
FORM = "postgresql://user:password@host:port/name"
# how the application's own client keeps its connections (the bot's are its own), or what it is told by them alone
CLIENT_PARAMETERS = {
    *("connection_limit", "pool_timeout", "socket_timeout", "statement_cache_size", "connect_timeout"),
    *("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"),
    *("application_name", "fallback_application_name"),
    *("pool", "pool_size", "pool_min_conns", "pool_max_conns", "prepared_statements", "prepare_threshold"),
    *("binary_parameters", "uselibpqcompat"),
}
_POOLERS = {"pgbouncer", "supa"}  # Supabase writes supa=base-pooler.x
_TOOLS_OWN = "x-"  # golang-migrate's begin so, such as x-migrations-table
# what every libpq since PostgreSQL 13 takes from a variable of its environment: an older one would ignore others
FIELDS = {
    *("host", "hostaddr", "port", "dbname", "user", "password", "options", "target_session_attrs", "requirepeer"),
    *("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "ssl_min_protocol_version", "ssl_max_protocol_version"),
    *("channel_binding", "gssencmode", "krbsrvname"),
}
_OTHER = re.compile(r"(mysql|mariadb|sqlite|mongodb|mssql|sqlserver|oracle)\b[^/]*:")
_URL = re.compile(r"(postgres(?:ql)?://(?:[^@/]*@)?[^?]*)(?:\?(.*))?", re.DOTALL)


def connection_fields(text: Text, environ: Mapping[str, str]) -> dict[str, str]:
    """How to connect to a database, by libpq's names. Raises BadSettings, and Unreachable if it is not known for sure.

    What would be filled in differently on another machine must be in the address, so both ends have the same fields.
    """
    name = f" ({text})" if isinstance(text, DatabaseAddress) else ""
    url = resolve(text, environ).strip()
    match = _URL.fullmatch(url)
    if match is None:
        other = "" if not _OTHER.match(url) else f" {OTHER_DATABASES}"
        _refuse(f"The database's address{name} must be a postgresql:// URL.{other}")
    kept, search_path = _libpq_parameters((match[2] or "").split("&") if match[2] else [], name)
    fields = _parsed(match[1], kept, name)
    if unknown := sorted(set(fields) - FIELDS):
        _refuse(f"The database's address{name} has the parameter {unknown[0]}, which cannot be used; remove it.")
    if not all(fields.get(field) for field in ("user", "host", "dbname")):
        _refuse(f"The database's address{name} is not of the form {FORM}.")
    if search_path:
        options = f"-c search_path={_escaped(search_path)}"
        fields["options"] = f"{fields.get('options', '')} {options}".strip()
    if fields.get("sslrootcert") == "system":
        fields.setdefault("sslmode", "verify-full")
    if "PGSSLMODE" in os.environ:
        fields.setdefault("sslmode", os.environ["PGSSLMODE"])
    # an empty hostaddr keeps PGHOSTADDR of this machine out
    return {"port": "5432", "hostaddr": "", **fields}


def script_variables(env: Mapping[str, Text], environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of a script. A `DatabaseAddress` becomes lines like PGHOST=db.

    Raises BadSettings, BadValue, Unreachable.
    """
    return {
        name: _lines(text, environ)
        if isinstance(text, DatabaseAddress)
        else encodable(resolve(text, environ), f"The variable {name}")
        for name, text in env.items()
    }


def _lines(address: DatabaseAddress, environ: Mapping[str, str]) -> str:
    names = {option.keyword.decode(): (option.envvar or b"").decode() for option in pq.Conninfo.get_defaults()}
    fields = connection_fields(address, environ)
    if any(re.search(r"[\x00-\x1f\x7f]", value) for value in fields.values()):
        _refuse(f"The database's address ({address}) has a control character.")
    return "\n".join(f"{names[name]}={value}" for name, value in fields.items() if value)


def _libpq_parameters(parameters: Iterable[str], name: str) -> tuple[list[str], str]:
    """The parameters for libpq, as they are written, and the search path: of Prisma's `schema`, or as Go writes it."""
    kept, search_path = [], ""
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key in _POOLERS and value != "false":
            _refuse(
                f"The database's address{name} says {key}={value}: it leads to a pooler, where another session "
                "gets what one session sets. Use the server's own address (Prisma's directUrl)."
            )
        if key in ("schema", "search_path"):
            search_path = _quoted(unquote(value)) if key == "schema" else unquote(value)
        elif (key, value) == ("sslmode", "no-verify"):
            kept.append("sslmode=require")  # what node-postgres calls so
        elif key not in _POOLERS and key not in CLIENT_PARAMETERS and not key.startswith(_TOOLS_OWN):
            kept.append(parameter)
    return kept, search_path


def _parsed(base: str, parameters: Sequence[str], name: str) -> dict[str, str]:
    """The fields, as libpq reads them. Its message may quote a part of the password, so only a name of it is shown."""
    try:
        url = base + ("?" + "&".join(parameters) if parameters else "")
        return {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError as error:
        unknown = re.search(r'invalid URI query parameter: "([\w.-]+)"', str(error))
        if unknown and unknown[1] in {parameter.partition("=")[0] for parameter in parameters}:
            _refuse(f"The database's address{name} has the parameter {unknown[1]}, which PostgreSQL does not know.")
        _refuse(
            f"The database's address{name} cannot be read: in a name or password write special characters as %23 (#), "
            "%25 (%), %2F (/), %3A (:), %3F (?), %40 (@)."
        )


def _refuse(sentence: str) -> NoReturn:
    raise Unreachable(sentence) from None


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _escaped(value: str) -> str:
    return re.sub(r"([\\\s])", r"\\\1", value)
