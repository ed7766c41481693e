# Compares the rows that a rollback would bring back with those in the backup. If they differ, dumps them anew, loads that
# dump into temporary tables as the rollback would, and compares it with the tables. Keeps no incomplete file.
export LC_ALL=C.UTF-8
cd "$FOLDER"
is_direct
is_as_seen
is_whole
# files of a killed attempt
rm -rf -- "$NEW" "$NEW".*
trap 'rm -rf -- "$NEW".*part' EXIT
ask() { psql -XqAt -v VERBOSITY=terse -v ON_ERROR_STOP=1 -v tables="$TABLES" -v columns="$COLUMNS" "$@"; }
found=$(find_tables)
only=$(awk -F '\t' '$3 == "table" { print $1 }' <<< "$found")
ask -v by="$BY" -v only="$only" <<< "$UNLIMITED$CONTENT" > "$NEW.now.part"
awk -F '|' '{ name = $0; sub(/\|[^|]*\|[^|]*$/, "", name); rows = $(NF - 1); sum = $NF }
  FILENAME == ARGV[1] { old[name] = rows; sums[name] = sum; next }
  { print (name in old && old[name] == rows && sums[name] == sum ? "same" : "changed") ": " name "|" (name in old ? old[name] : "") "|" rows }
  ' "$FILE.content" "$NEW.now.part" > "$NEW.compared.part"
cat "$NEW.compared.part"
# rows that were only counted may differ all the same
if [ "$BY" != rows ] && ! grep -q '^changed: ' "$NEW.compared.part"; then
  printf 'rows_file=%s\nrows_sha256=%s\n' "$FILE" "$SHA256"
  exit
fi
dumped=()
while IFS= read -r name; do dumped+=(--table="$name"); done < <(cut -f 1 <<< "$found")
pg_dump -Fd "${dumped[@]}" -f "$NEW.part"
{
  printf '%s\n' "$UNLIMITED" "$BEGIN" "$FIND" "$TEMPORARY"
  pg_restore --data-only -f - "$NEW.part" | LC_ALL=C WANTED=$only awk "$COPIES" || exit
  printf '%s\n' "$COMPARE"
} | ask -v limit="$LIMIT" -v patience="$PATIENCE" 2>&1 | without_values > "$NEW.loaded.part" || { cat "$NEW.loaded.part"; exit 1; }
cat "$NEW.loaded.part"
[ "$(grep -c '^loaded: .*|true$' "$NEW.loaded.part")" = "$(wc -l <<< "$only")" ] || exit 70
seal "$NEW.part" "$NEW.sha256.part"
mv "$NEW.sha256.part" "$NEW.sha256"
mv -T "$NEW.part" "$NEW"
printf 'rows_file=%s\nrows_sha256=%s\n' "$NEW" "$(sha256sum < "$NEW.sha256" | cut -d ' ' -f 1)"
