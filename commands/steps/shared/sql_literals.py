"""Values in a query that psql asks: as literals, and only plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from commands.ports.page_text import SQL_PLACEHOLDER
from commands.steps.value_types import ValueType, fits
from state.errors import BadValue


def with_literals(sql: str, values: Mapping[str, str]) -> str:
    """A query with its values as literals, for psql, whose `-c` knows no parameters. Raises BadValue."""

    def literal(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if not fits(values.get(name, ""), ValueType.WORD):
            raise BadValue(f"<{name}> in a verify query is not a plain word, so the query was not asked on the copy.")
        return f"'{values[name]}'"

    return SQL_PLACEHOLDER.sub(literal, sql)
