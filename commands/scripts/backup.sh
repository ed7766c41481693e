# Dumps a database, with the rows of every table and a checksum of them as the dump's own snapshot sees them, and keeps
# nothing that is not whole.
size=$(psql -XAtc 'SELECT pg_database_size(current_database())')
free=$(($(df -Pk . | awk 'NR == 2 { print $4 }') * 1024))
printf 'database_bytes=%s\nfree_bytes=%s\n' "$size" "$free"
[ "$free" -gt "$size" ] || exit 65
trap 'rm -f "$FILE.part" "$FILE.content.part"' EXIT
coproc HOLD { exec psql -XqAt -v ON_ERROR_STOP=1; }
holder=$HOLD_PID
exec 8<&"${HOLD[0]}" 9>&"${HOLD[1]}"
echo 'BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SELECT pg_export_snapshot();' >&9
read -r snapshot <&8
printf '%s\n' "$CONTENT" >&9
cat <&8 9>&- > "$FILE.content.part" &
reader=$!
pg_dump --snapshot="$snapshot" | gzip > "$FILE.part"
# until here the session has held the snapshot open
echo '\q' >&9
wait "$holder"
wait "$reader"
gzip -t "$FILE.part"
gzip -dc "$FILE.part" | tail -n 12 | grep -q '^-- PostgreSQL database dump complete' || exit 66
lines=$(gzip -dc "$FILE.part" | wc -l)
printf 'backup_lines=%s\n' "$lines"
[ "$lines" -ge "$AT_LEAST" ] || exit 67
sum=$(sha256sum "$FILE.part" | cut -d ' ' -f 1)
printf '%s  %s\n' "$sum" "$FILE" > "$FILE.sha256"
printf 'backup_tables=%s\n' "$(wc -l < "$FILE.content.part")"
printf 'backup_rows=%s\n' "$(awk -F '|' '{ n += $(NF - 1) } END { print n + 0 }' "$FILE.content.part")"
mv "$FILE.content.part" "$FILE.content"
mv "$FILE.part" "$FILE"
printf 'backup_sha256=%s\nbackup_bytes=%s\n' "$sum" "$(wc -c < "$FILE")"
ls -lh "$FILE"
