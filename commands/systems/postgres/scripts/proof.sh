# Proves a backup: restores it into a scratch database, and compares the number of rows of every table and their checksum
# with those of the dump.
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
    if (!(b in rows)) print name ": " rows[a] " rows dumped, but the table was not restored"
    else if (!(a in rows)) print name ": restored, but it did not exist when the backup was dumped"
    else if (rows[a] != rows[b]) print name ": " rows[a] " rows dumped, " rows[b] " restored"
    else if (sum[a] != sum[b]) print name ": " rows[a] " rows, some of which differ from the dump"
  } }' "$FILE.content" "$FILE.restored" | sort > "$FILE.said"
[ ! -s "$FILE.said" ] || { head -n 8 "$FILE.said"; exit 76; }
if [ "$KEEP" = yes ]; then mark_proven; made=; fi
awk -F '|' '!/^large objects\|/ { tables++; rows += $(NF - 1) }
  END { printf "proof_tables=%d\nproof_rows=%d\n", tables, rows }' "$FILE.restored"
