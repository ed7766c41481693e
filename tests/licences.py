"""Which licences the locked packages may have, and how their metadata says them."""

from __future__ import annotations

import re
from importlib.metadata import Distribution
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement

# SPDX ids that may be used in, and shipped beside, an MIT project
ALLOWED = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "EPL-2.0", "ISC", "MIT", "MIT-0", "MIT-CMU"),
    *("MPL-2.0", "PSF-2.0", "Zlib"),
}
# What a licence is called in a trove classifier or in the old License field, if that is no SPDX id
_NAMES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# packages whose licence is not in the list or cannot be read, each with the reason why it may be used
NAMED = {
    "click-default-group": "public domain, by its classifier",
    "paramiko": "LGPL-2.1: used unchanged, as a library that anybody can replace",
    "psycopg": "LGPL-3.0: used unchanged, as a library that anybody can replace",
    "psycopg-binary": "LGPL-3.0: used unchanged, as a library that anybody can replace",
    "python-dateutil": "Apache-2.0 or BSD-3-Clause, by its LICENSE",
    "recurring-ical-events": "LGPL-3.0: used unchanged, as a library that anybody can replace",
    "supervisor": "BSD-derived, http://www.repoze.org/LICENSE.txt; its tests' own parts are under licences of the list",
    "x-wr-timezone": "LGPL-3.0: used unchanged, as a library that anybody can replace",
}
_LONGEST_NAME = 100  # characters; some packages put the whole licence into the field


def locked(lock: Path) -> dict[str, Requirement]:
    """The packages of a lock, by name."""
    lines = [line.removesuffix(" \\") for line in lock.read_text().splitlines() if re.match(r"[a-z0-9]", line)]
    return {requirement.name: requirement for requirement in map(Requirement, lines)}


def licence_problem(package: Distribution) -> str:
    """Why a package may not be used, as a clause; empty if it may."""
    name = package.metadata["Name"].lower().replace("_", "-")
    if name in NAMED:
        return ""
    licences = _licences(package)
    if not licences:
        return f"{name}: its metadata does not say its licence"
    wrong = [licence for licence in licences if not _is_allowed(licence)]
    return f"{name}: {' and '.join(wrong)} is not in the list" if wrong else ""


def _licences(package: Distribution) -> list[str]:
    """The licences that the metadata names; all of them hold. The newest kind of field counts, if there is one."""
    metadata = package.metadata
    if "License-Expression" in metadata:
        return [metadata["License-Expression"]]
    classifiers = [
        words.rsplit(" :: ", 1)[-1]
        for words in metadata.get_all("Classifier") or []
        if words.startswith("License :: ") and not words.endswith((":: OSI Approved", ":: DFSG approved"))
    ]
    field = metadata["License"].strip() if "License" in metadata else ""
    named = [field] if field and field != "UNKNOWN" and "\n" not in field and len(field) < _LONGEST_NAME else []
    return classifiers + named


def _is_allowed(licence: str) -> bool:
    """Whether an SPDX expression, or another name, can be met with allowed licences alone."""
    try:
        expression = canonicalize_license_expression(_NAMES.get(licence, licence))
    except InvalidLicenseExpression:
        return False
    return _holds(re.findall(r"[()]|[^\s()]+", expression))


def _holds(words: list[str]) -> bool:
    """Evaluate an expression: AND binds tighter than OR. An exception (WITH) is not known to be allowed."""
    value, _ = _either(words)
    return value


def _either(words: list[str]) -> tuple[bool, list[str]]:
    value, rest = _both(words)
    while rest[:1] == ["OR"]:
        other, rest = _both(rest[1:])
        value = value or other
    return value, rest


def _both(words: list[str]) -> tuple[bool, list[str]]:
    value, rest = _one(words)
    while rest[:1] == ["AND"]:
        other, rest = _one(rest[1:])
        value = value and other
    return value, rest


def _one(words: list[str]) -> tuple[bool, list[str]]:
    if words[0] == "(":
        value, rest = _either(words[1:])
        return value, rest[1:]
    if words[1:2] == ["WITH"]:
        return False, words[3:]
    return words[0] in ALLOWED, words[1:]
