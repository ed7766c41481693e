"""The code of a small application with a front end and Alembic, in two versions."""

from __future__ import annotations

from tests.commands.steps.migration_projects import ALEMBIC_ENV, ALEMBIC_REVISION

_APP = """
import json, os
from pathlib import Path

import psycopg2

COMMIT = Path(__file__).resolve().parent.name
database = psycopg2.connect(os.environ["DATABASE_URL"])
database.autocommit = True


def application(environ, start_response):
    data = {{"commit": COMMIT}}
    if environ["PATH_INFO"] == "/orders":
        with database.cursor() as cursor:
            if environ["REQUEST_METHOD"] == "POST":
                cursor.execute("{insert}")
            else:
                cursor.execute("SELECT {columns} FROM orders ORDER BY id DESC LIMIT 10")
                data["orders"] = [list(row) for row in cursor.fetchall()]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(data).encode()]
"""
_BUILD = """#!/bin/sh
set -e
python3 -m venv --system-site-packages --without-pip venv
mkdir -p dist
echo '<!doctype html><title>Shop</title>' > dist/index.html
printf '{"commit": "%s"}' "$1" > dist/build.json
"""
_FAXES = "CREATE TABLE faxes (number text PRIMARY KEY)"
_FIRST = f"CREATE TABLE orders (id serial PRIMARY KEY, subject text); {_FAXES}"
_SECOND = "ALTER TABLE orders ADD COLUMN note text; DROP TABLE faxes"
_SECOND_BACK = f"{_FAXES}; ALTER TABLE orders DROP COLUMN note"
V1 = {
    "app.py": _APP.format(insert="INSERT INTO orders (subject) VALUES ('of v1')", columns="id, subject"),
    "build": _BUILD,
    ".gitignore": "venv\ndist\n__pycache__\n",
    "alembic.ini": "[alembic]\nscript_location = migrations\n",
    "migrations/env.py": ALEMBIC_ENV,
    "migrations/versions/aaa1.py": ALEMBIC_REVISION.format(
        revision="aaa1", before=None, up=_FIRST, down="DROP TABLE orders, faxes"
    ),
}
V2 = {
    "app.py": _APP.format(
        insert="INSERT INTO orders (subject, note) VALUES ('of v2', 'x')", columns="id, subject, note"
    ),
    "migrations/versions/bbb2.py": ALEMBIC_REVISION.format(
        revision="bbb2", before="'aaa1'", up=_SECOND, down=_SECOND_BACK
    ),
}
