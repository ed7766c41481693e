# Compares the rows of production with those that it had right before the first change. Which tables could be compared goes
# to $work/known, by their names.
sorted_keys() { awk 'FILENAME == ARGV[1] { both[$0]; next } $1 in both' "$work/both" "$1" | LC_ALL=C sort -T "$work"; }
numbers_read() { awk '$1 == "read" { print $2 }' "$1" | LC_ALL=C sort; }
rows_gone() {
  : > "$work/known"
  if [ -s "$FILE.keys" ]; then
    row_keys "$(grep '^=' "$FILE.keys")" "$SECONDS_FOR_ROWS" > "$work/keys"
    LC_ALL=C comm -12 <(numbers_read "$FILE.keys") <(numbers_read "$work/keys") > "$work/both"
    sorted_keys "$FILE.keys" > "$work/keys_before"
    sorted_keys "$work/keys" | LC_ALL=C comm -23 "$work/keys_before" - > "$work/keys_gone"
    awk '$1 == "read" { print "storage", $2, $3, $4 }' "$work/keys" > "$work/storage"
    awk -v known="$work/known" '
      FILENAME == ARGV[1] { split($0, one, "\037"); if (one[1] == "=") { name[one[2]] = one[3]; by[one[2]] = one[5] }
        else if ($1 == "read") { id[$2] = $3; node[$2] = $4 }
        next }
      $1 == "storage" { storage[$2] = $3 != id[$2] ? "another" : $4 != node[$2] ? "rewritten" : "same"; next }
      FILENAME == ARGV[3] { print name[$1] > known; next }
      FILENAME == ARGV[4] { rows[$1]++; next }
      { gone[$1]++ }
      END { for (n in gone) print "gone: " name[n] "|" gone[n] "|" rows[n] "|" by[n] "|" storage[n] }
      ' "$FILE.keys" "$work/storage" "$work/both" "$work/keys_before" "$work/keys_gone" | LC_ALL=C sort > "$work/gone"
    head -n 100 "$work/gone"
    printf 'tables_gone_from=%s\n' "$(wc -l < "$work/gone")"
  fi
  awk -F '|' 'FILENAME == ARGV[1] { known[$0]; next }
    !/^large objects\|/ { name = $0; sub(/\|[^|]*\|[^|]*$/, "", name); if (name in known) n++; else if (unknown++ < 3) print "not known: " name }
    END { printf "tables_known=%d\ntables_unknown=%d\n", n, unknown }' "$work/known" "$FILE.content"
}
