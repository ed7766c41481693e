"""The SSH tools: connections, jobs and commands on hosts, and port forwards back to the bot."""

from __future__ import annotations

import sys

# paramiko imports `invoke`, where it is there, only for `Match exec` in an ssh_config, and none is read here. That
# takes as long as the rest of paramiko, and a bot that starts again in a rollback would wait for it. None: absent.
sys.modules.setdefault("invoke", None)  # type: ignore[arg-type]
