# The server of a database that may be renamed or dropped, so no session here is in it.
find_server() {
  admin=postgres
  PGDATABASE=$admin psql -XqAtc 'SELECT 1' > /dev/null 2>&1 || admin=template1
}
server() { PGDATABASE=$admin psql -XqAt -v ON_ERROR_STOP=1 "$@"; }
exists() { [ "$(server -v name="$1" <<< "SELECT count(*) FROM pg_database WHERE datname = :'name'")" = 1 ]; }
