# Proves a backup: restores it into an empty scratch database, and compares the rows of every table with the dump's own.
cd "$FOLDER"
sha256sum --quiet -c - <<< "$SHA256  $FILE" || exit 68
who() { psql -XAtc "SELECT (pg_control_system()).system_identifier || '/' || oid FROM pg_database WHERE datname = current_database()"; }
production=$(who)
DATABASE_URL=$SCRATCH_URL
at_address
[ "$(who)" != "$production" ] || exit 69
export PGAPPNAME="gonogo proof"
used=$(psql -XAtc "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_|^information_schema\$'")
mine=$(psql -XAtc "SELECT count(*) FROM pg_namespace WHERE nspname = 'gonogo_scratch'")
[ "$used" = 0 ] || [ "$mine" = 1 ] || exit 70
psql -XqAt -v ON_ERROR_STOP=1 <<'END'
SELECT format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$' \gexec
CREATE SCHEMA public;
CREATE SCHEMA gonogo_scratch;
END
gzip -dc "$FILE" | LC_ALL=C awk "$RESTORE" | psql -XqAt -v ON_ERROR_STOP=1 > /dev/null
psql -XqAt -v ON_ERROR_STOP=1 <<< "$COUNTS" | LC_ALL=C sort > "$FILE.restored"
LC_ALL=C sort "$FILE.counts" | diff - "$FILE.restored" || { rm -f "$FILE.restored"; exit 71; }
printf 'proof_tables=%s\nproof_rows=%s\n' "$(wc -l < "$FILE.restored")" "$(awk -F '\t' '{ n += $NF } END { print n + 0 }' "$FILE.restored")"
rm -f "$FILE.restored"
