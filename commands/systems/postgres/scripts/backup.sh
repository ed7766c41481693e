# Dumps a database without the bot's own receipts (schema gonogo), counts and checksums the rows of every table in the dump's own
# snapshot, and writes down what the database has beside its rows. Keeps no incomplete file.
is_direct
is_as_seen
size=$(psql -XAtc 'SELECT pg_database_size(current_database())')
free=$(($(df -Pk . | awk 'NR == 2 { print $4 }') * 1024))
printf 'database_bytes=%s\nfree_bytes=%s\n' "$size" "$free"
[ "$free" -gt "$size" ] || exit 65
# files of a killed attempt of this run
rm -rf -- "$ATTEMPTS"*.part
trap 'rm -rf -- "$FILE.part" "$FILE.content.part" "$FILE.state.part" "$FILE.sha256.part"' EXIT
if [ "$COMPARE" = rows ]; then by=rows; else by=$(strongest); fi
# pg_dump before 16 does not know zstd, and some are built without it: then gzip at its fastest
packing=zstd:1
said=$(PGHOST=/nowhere LC_ALL=C pg_dump -Fc --compress="$packing" -f /dev/null 2>&1) || [[ $said != *compress* ]] || packing=1
coproc HOLD { psql -XqAt -v ON_ERROR_STOP=1; }
holder=$HOLD_PID
exec 8<&"${HOLD[0]}" 9>&"${HOLD[1]}"
printf '%s' "$UNLIMITED" >&9
echo 'BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SELECT pg_export_snapshot();' >&9
read -r snapshot <&8
psql -XqAt -v ON_ERROR_STOP=1 -v by="$by" -v snapshot="$snapshot" <<< "$UNLIMITED$CONTENT" > "$FILE.content.part" 8<&- 9>&- &
reader=$!
# a sequence may move on, but not back, until pg_dump reads it
{
  sequences
  psql -XqAt -v ON_ERROR_STOP=1 <<< "${UNLIMITED}BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET TRANSACTION SNAPSHOT '$snapshot'; $CATALOG"
} > "$FILE.state.part" 8<&- 9>&-
pg_dump --snapshot="$snapshot" -Fd --jobs="$JOBS" --compress="$packing" -f "$FILE.part" --exclude-schema=gonogo
wait "$reader"
# the session has kept the snapshot open until here
echo '\q' >&9
wait "$holder"
seal "$FILE.part" "$FILE.sha256.part" &
sealer=$!
lines=$(pg_restore -f - "$FILE.part" | wc -l) || exit 66
printf 'backup_lines=%s\n' "$lines"
[ "$lines" -ge "$AT_LEAST" ] || exit 67
wait "$sealer"
sum=$(sha256sum < "$FILE.sha256.part" | cut -d ' ' -f 1)
awk -F '|' '!/^large objects\|/ { tables++; rows += $(NF - 1) }
  END { printf "backup_tables=%d\nbackup_rows=%d\n", tables, rows }' "$FILE.content.part"
awk -F '\037' -v OFS='\037' '$1 == "extension rows" { print $1, $2, $3, "" }' "$FILE.state.part" | told 'not held'
mv "$FILE.sha256.part" "$FILE.sha256"
mv "$FILE.content.part" "$FILE.content"
mv "$FILE.state.part" "$FILE.state"
mv -T "$FILE.part" "$FILE"
printf 'backup_compared=%s\nbackup_sha256=%s\nbackup_bytes=%s\n' "$by" "$sum" "$(stat -c %s "$FILE"/* | awk '{ n += $1 } END { print n }')"
