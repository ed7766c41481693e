# Asks the query $ASKED of the database in each of the variables $NAMES that is a PostgreSQL URL, and prints its row behind the
# variable's name. The password is on no command line. One that cannot be asked from here prints nothing.
decoded() { local text=${1//\\/\\\\}; printf '%b' "${text//%/\\x}"; }
at_url() (
  unset ${!PG@}
  [[ $1 =~ ://([^:/@?]*)(:([^/@?]*))?@([^:/?,]+)(:([0-9]+))?/([^?]*)(\?.*)?$ ]] || exit 0
  PGUSER=$(decoded "${BASH_REMATCH[1]}") PGPASSWORD=$(decoded "${BASH_REMATCH[3]}") PGHOST=$(decoded "${BASH_REMATCH[4]}")
  PGPORT=${BASH_REMATCH[6]:-5432} PGDATABASE=$(decoded "${BASH_REMATCH[7]}") PGCONNECT_TIMEOUT=8
  [[ ! ${BASH_REMATCH[8]} =~ [?\&]sslmode=([a-z-]+) ]] || export PGSSLMODE=${BASH_REMATCH[1]}
  [[ ! ${BASH_REMATCH[8]} =~ [?\&]sslrootcert=([^\&]+) ]] || PGSSLROOTCERT=$(decoded "${BASH_REMATCH[1]}")
  export PGUSER PGPASSWORD PGHOST PGPORT PGDATABASE PGCONNECT_TIMEOUT ${PGSSLROOTCERT+PGSSLROOTCERT}
  psql -XqAtw -v ON_ERROR_STOP=1 <<< "$ASKED" 2> /dev/null
)
for name in $NAMES; do
  value=${!name}
  is_url "$value" || continue
  row=$(at_url "$value") && [ -n "$row" ] && printf '%s|%s\n' "$name" "$row" || true
done
