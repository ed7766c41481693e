"""A real nginx in a folder of its own."""

from __future__ import annotations

import getpass
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.rehearsal.target.loopback import is_listening, wait_until
from tests.farm import NGINX

_CONF = """\
daemon off;
user {user};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  types {{ text/html html; text/css css; application/javascript js; application/json json; }}
  client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp; fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
{http}
}}
"""


@contextmanager
def nginx_serves(folder: Path, port: int, http: str) -> Iterator[None]:
    """Inside the block nginx serves at a port, as `http` says: the lines of its block of that name."""
    (folder / "tmp").mkdir()
    conf = folder / "nginx.conf"
    conf.write_text(_CONF.format(user=getpass.getuser(), folder=folder, http=http))
    nginx = subprocess.Popen([NGINX or "nginx", "-c", conf, "-e", folder / "error.log"])
    try:
        wait_until(lambda: is_listening(port), "nginx")
        yield
    finally:
        nginx.terminate()
        nginx.wait()
