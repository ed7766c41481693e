"""How what a database has beside its rows differs between two moments or servers."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping

from commands.systems.scripts import script
from commands.text.numbers import format_count
from state.frozen import dataclass

# The shell functions `catalog`, `sequences` and `differences`. They need the PG* variables.
CATALOG = "".join(
    (
        f"CATALOG={shlex.quote(script('postgres/catalog.sql') + script('postgres/extension_rows.sql'))}\n",
        f"SEQUENCES={shlex.quote(script('postgres/sequences.sql'))}\n",
        script("postgres/catalog.sh"),
    )
)
# The shell function `schema_lines`.
SCHEMA = "".join(
    (
        f"SCHEMA={shlex.quote(script('postgres/schema.sql') + script('postgres/schema_details.sql'))}\n",
        'schema_lines() { psql -XqAt -v ON_ERROR_STOP=1 <<< "$SCHEMA"; }\n',
    )
)
# The roles that a database uses. The shell functions for copies need them.
ROLES = "".join(
    (
        f"ROLES_USED={shlex.quote(script('postgres/roles_used.sql'))}\n",
        f"ROLES_MISSING={shlex.quote(script('postgres/roles_missing.sql'))}\n",
    )
)
# what no line stands for, by class; rights have a default of their own
_ABSENT = {"statistics": "the default", "storage": "the default", "validity": "valid", "enforcement": "on"}
_ROLE = re.compile(r"role (.*)")
_MOST = 3  # differences that a sentence names


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One difference. `before` or `after` is empty where there is none."""

    kind: str
    what: str
    before: str
    after: str

    def line(self) -> str:
        """The difference in words: what, before → after."""
        absent = "as by default" if self.what.startswith("rights on ") else _ABSENT.get(self.kind, "none")
        return f"{self.name()}: {self.before or absent} → {self.after or absent}"

    def name(self) -> str:
        """What it is, without the schema "public"."""
        return self.what.replace(" public.", " ")


def parse_differences(output: str, mark: str) -> list[Difference]:
    """The differences in the lines of a script's output that begin with `mark` and a colon."""
    found = re.findall(rf"^{mark}: (.*)\x1f(.*)\x1f(.*)\x1f(.*)$", output, re.MULTILINE)
    return [Difference(kind=kind, what=what, before=before, after=after) for kind, what, before, after in found]


def about_new_roles(differences: Iterable[Difference]) -> list[Difference]:
    """Those that are about a role that did not exist before."""
    found = list(differences)
    roles = [one[1] for each in found if not each.before and (one := _ROLE.fullmatch(each.what))]
    return [each for each in found if any(_is_about(each, role) for role in roles)]


def in_words(differences: Iterable[str], unlisted: int = 0) -> str:
    """The first of some lines as one clause, and how many more there are, with those that the output left out."""
    lines = list(differences)
    rest = max(0, len(lines) - _MOST) + unlisted
    more = f" and {format_count(rest, 'more difference')}" if rest else ""
    return ", ".join(lines[:_MOST]) + more


def unlisted(values: Mapping[str, str], listed: int) -> int:
    """How many differences a script's output left out: it lists the first ones only, and has their number."""
    return max(0, int(values.get("differs", 0)) - listed)


def not_held_line(output: str, values: Mapping[str, str]) -> str:
    """What of production a copy does not have, from the lines "not held" of a script's output; empty if nothing."""
    # a database's own owner and roles' attributes are different on most copies
    found = sorted(parse_differences(output, "not held"), key=lambda one: one.kind in {"database", "role", "server"})
    number = int(values.get("not_held", 0))
    more = f" and {format_count(number - _MOST, 'more thing')}" if number > _MOST else ""
    return ", ".join(one.name() for one in found[:_MOST]) + more


def _is_about(one: Difference, role: str) -> bool:
    if one.kind == "setting":
        return one.what.endswith(f" of role {role}")
    if one.what == f"comment on role {role}":
        return True
    member, _, group = one.what.partition(" as a member of ")
    return one.kind == "role" and (one.what == f"role {role}" or role in {member, group})
