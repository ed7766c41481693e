# An archive is a folder in pg_dump's directory format. Next to it is a list of its files' checksums; $SHA256 is the
# checksum of that list.
# the strongest comparison of rows that the server supports, as a value of `by` in content.sql
strongest() { if [ "$(psql -XAtc 'SHOW server_version_num')" -ge 140000 ]; then echo records; else echo text; fi; }
seal() { (cd "$1" && sha256sum -- * ) > "$2"; }
is_whole() {
  [ "$(sha256sum < "$FILE.sha256" | cut -d ' ' -f 1)" = "$SHA256" ] || exit 68
  (cd "$FILE" && sha256sum --quiet -c -) < "$FILE.sha256" || exit 68
}
# awk: reads the output of `content` into rows[], sum[] and names[]; a name may contain bars itself
ROWS='{ name = $0; sub(/\|[^|]*\|[^|]*$/, "", name); at = FILENAME SUBSEP name; rows[at] = $(NF - 1); sum[at] = $NF; names[name] = 1 }'
