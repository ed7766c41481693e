"""Whether a query only reads, by PostgreSQL's own parser.

It must be one statement, without functions that act outside it. The read-only transaction refuses what would change the
database. This check refuses what a read-only transaction allows: to leave it, files and programs of the server, other
sessions, locks and settings that outlive the query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bot.tools.page_texts import sql_parameters
from commands.ports.page_text import PLACEHOLDER, PageText

MAX_LENGTH = 20_000  # characters of a statement, for which the parser's tree cannot exhaust the stack
_READING = frozenset({"SelectStmt", "VariableShowStmt", "ExplainStmt"})
# built-in functions, and those of well-known extensions
_ACTING = re.compile(
    r"dblink\w*|lo_\w+|loread|lowrite|pg_read_(binary_)?file|pg_ls_\w+|pg_stat_file|pg_file_\w+|pg_logdir_ls"
    r"|pg_(terminate|cancel)_backend|pg_(try_)?advisory_\w+|pg_notify|pg_listening_channels|set_config|setval|nextval"
    r"|pg_reload_conf|pg_rotate_logfile\w*|pg_switch_(wal|xlog)|pg_promote|pg_create_\w+|pg_drop_\w+|pg_copy_\w+"
    r"|pg_(start|stop)_backup|pg_backup_\w+|pg_(wal|xlog)_replay_(pause|resume)|pg_replication_\w+|pg_logical_\w+"
    r"|pg_sync_replication_slots|pg_export_snapshot|pg_stat_reset\w*|pg_stat_statements_reset|pg_log_\w+"
    r"|pg_import_system_collations|pg_extension_config_dump|pg_(clear|restore)_\w+_stats|pg_truncate_\w+|pg_prewarm"
    r"|pg_buffercache_\w+|autoprewarm_\w+|heap_force_\w+|brin_\w*summarize_\w+|gin_clean_pending_list"
    r"|(query|cursor)_to_xml\w*|ts_stat|ts_rewrite|xpath_table|crosstab\w*|pg_background_\w+|postgres_fdw_disconnect\w*|set_limit|connectby|http(_\w+)?|aws_\w+|plperl_\w+"
)


def page_query_error(sql: str) -> str:
    """The same for a query as it stands on the page, with a `<name>` at each value."""
    text, values = sql_parameters(PageText(sql, dict.fromkeys(PLACEHOLDER.findall(sql), "")))
    return query_error(text, len(values))


def query_error(sql: str, parameters: int = 0) -> str:
    """Why a query with so many parameters is not sent, as a clause; empty if it only reads."""
    import pgparse

    if len(sql) > MAX_LENGTH:
        return f"it has {len(sql)} characters, and {MAX_LENGTH} are the most"
    try:
        statements = pgparse.parse(sql.replace("\0", "\ufffd"))
        nodes = list(_nodes(statements))
    except RecursionError:
        return "it is nested too deeply"
    except pgparse.PGQueryError as error:
        return f"it cannot be parsed ({error.message})"
    if len(statements) != 1:
        return f"it has {len(statements)} statements, and a query is one"
    if {node["number"] for name, node in nodes if name == "ParamRef"} != set(range(1, parameters + 1)):
        return "a value in it stands inside a text or a comment; write it alone, like '%' || <name> || '%'"
    return next(filter(None, (_node_error(name, node) for name, node in nodes)), "")


def _nodes(tree: Any) -> Iterator[tuple[str, Any]]:
    """Every node of the tree by its name, from the outside in."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield from item.items()
        waiting += item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()


def _node_error(name: str, node: Any) -> str:
    if name == "intoClause":
        return "it has INTO, which creates a table"
    if name.endswith("Stmt") and name not in _READING:
        statement = " ".join(re.findall("[A-Z][a-z]*", name.removesuffix("Stmt"))).upper()
        return f"it has {statement}; only SELECT, VALUES, TABLE, SHOW and EXPLAIN are queries"
    if name == "FuncCall":
        function = node["funcname"][-1]["String"]["sval"]
        if _ACTING.fullmatch(function.lower()):
            return f"it calls {function}, which acts outside the query"
    return ""
