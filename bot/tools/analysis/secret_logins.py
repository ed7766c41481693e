"""Passwords beside a user in a command, a header or an address, and in files of passwords."""

from __future__ import annotations

import re
from collections.abc import Iterator

_VALUE = r"(?P<value>[^\s\"'$<{]{6,200})"
_LOGINS = tuple(
    re.compile(pattern, re.IGNORECASE if "Authorization" in pattern else 0)
    for pattern in (
        rf"\s(?:-u|--user)[ =]?[\"']?[^\s:\"'$]{{1,60}}:{_VALUE}",
        r"\bmysql\w{0,20}\s[^|;]{0,80}?-p(?P<value>[^\s\"'$<{-][^\s\"'$]{5,200})",
        r"\bauth\s?=\s?\(\s?[\"'][^\"']{1,60}[\"'],\s?[\"'](?P<value>[^\"'$<{]{6,200})[\"']",
        r"\bAuthorization\b.{0,10}\bBasic (?P<value>[A-Za-z0-9+/]{12,200}={0,2})",
        r"\b(?:Authorization\b.{0,10}\bBearer|X-Api-Key\b[\"']?\s?[:,])\s?[\"']?(?P<value>[\w.~+/-]{16,200})",
        r"://:(?P<value>[^/@\s\"'<${%*]{6,200})@",
        r"\bcrypt\(\s?'(?P<value>[^'$<{]{6,200})'",
        rf"\bsshpass\s(?:-\w\s)?-p\s?[\"']?{_VALUE}",
        rf"\b(?:redis-cli\s[^|;]{{0,80}}?-a|docker\slogin\s[^|;]{{0,80}}?-p)\s[\"']?{_VALUE}",
        r"\becho\s(?:-n\s)?[\"']?(?P<value>[^\s\"'$<{|]{6,200})[\"']?\s?\|[^|]{1,120}--password-stdin",
    )
)
# what each line of such a file is
_IN_FILES = tuple(
    (re.compile(rf"(?:^|/){name}$"), re.compile(line))
    for name, line in (
        (r"\.?pgpass", r"^[^:#]{1,200}:[^:]{1,20}:[^:]{1,80}:[^:]{1,80}:(?P<value>\S{6,200})\s*$"),
        (r"\.npmrc", r"\b_auth\s?=\s?(?P<value>[A-Za-z0-9+/=]{12,300})"),
        (
            r"(?:config\.json|\.?dockercfg|\.?dockerconfigjson)",
            r"\"auth\"\s?:\s?\"(?P<value>[A-Za-z0-9+/=]{12,300})\"",
        ),
        (r"(?:master|credentials/[\w-]{1,40})\.key", r"^(?P<value>[0-9a-f]{32}|[0-9a-f]{64})\s*$"),
    )
)


def login_values(file: str, line: str) -> Iterator[str]:
    """What stands in a line where a password belongs; perhaps a placeholder."""
    for form in (*_LOGINS, *(form for name, form in _IN_FILES if name.search(file))):
        for found in form.finditer(line):
            yield found["value"]
