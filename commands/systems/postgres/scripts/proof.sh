# Proves a backup: restores it into a scratch database, and compares the number of rows of every table and their checksum
# with those of the dump, and what the database has beside its rows.
export LC_ALL=C.UTF-8
cd "$FOLDER"
is_whole
trap 'drop_copy; rm -f "$FILE.said" "$FILE.restored" "$FILE.restored_state"' EXIT
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
if [ -e "$FILE.state" ]; then
  { on_made sequences; on_made catalog; } > "$FILE.restored_state"
  OWNERS=$(awk -F '\037' '$1 == "owner" && !seen[$3]++ { print $3 }' "$FILE.state")
  rights=$(why_no_rights)
  [ -z "$rights" ] || printf 'rights_not_compared=%s\n' "$rights"
  across "$FILE.state" "$FILE.restored_state" | { if [ -n "$rights" ]; then without_rights; else cat; fi; } > "$FILE.said"
  # an archive has no invalid index, no foreign key that is not checked, nothing of the server or of the database itself, and not all that extensions own;
  # where a constraint of a parent is NOT VALID, and that of its child was validated, it has the parent's only
  unvalidated='$1 == "validity" && $3 == "" && $4 == "NOT VALID"'
  outside="\$1 ~ /^(setting|extension.*|database|role|server|subscription|enforcement)\$/ || \$3 == \"INVALID\" || $unvalidated"
  awk -F '\037' -v OFS='\037' "$unvalidated { \$2 = \"validity of \" \$2; print; next }
    ($outside) && \$3 != \"\" && \$2 != \"owner of this database\"" "$FILE.said" | told 'not held'
  found=$(awk -F '\037' "!($outside)" "$FILE.said" | told differs)
  [ -z "$found" ] || { printf '%s\n' "$found"; exit 84; }
else echo state_not_compared=yes; fi
if [ "$KEEP" = yes ]; then mark_proven; made=; fi
awk -F '|' '!/^large objects\|/ { tables++; rows += $(NF - 1) }
  END { printf "proof_tables=%d\nproof_rows=%d\n", tables, rows }' "$FILE.restored"
