# Proves a backup: restores it beside the scratch address, and compares the rows of every table, and a
# checksum of them, with those that the dump saw.
export LC_ALL=C.UTF-8
cd "$FOLDER"
is_whole
trap 'drop_copy; rm -f "$FILE.said" "$FILE.restored"' EXIT
fits
restore
content "$BY" > "$FILE.restored"
awk -F '|' "$ROWS"'
  END { for (name in names) {
    a = ARGV[1] SUBSEP name; b = ARGV[2] SUBSEP name
    if (!(b in rows)) print name ": " rows[a] " rows dumped, and no such table restored"
    else if (!(a in rows)) print name ": restored, and not there when it was dumped"
    else if (rows[a] != rows[b]) print name ": " rows[a] " rows dumped, " rows[b] " restored"
    else if (sum[a] != sum[b]) print name ": " rows[a] " rows, of which some hold something else than was dumped"
  } }' "$FILE.content" "$FILE.restored" | sort > "$FILE.said"
[ ! -s "$FILE.said" ] || { head -n 8 "$FILE.said"; exit 76; }
if [ "$KEEP" = yes ]; then mark_proven; made=; fi
printf 'proof_tables=%s\nproof_rows=%s\n' "$(wc -l < "$FILE.restored")" "$(awk -F '|' '{ n += $(NF - 1) } END { print n + 0 }' "$FILE.restored")"
