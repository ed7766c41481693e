# An archive is a folder in pg_dump's directory format; beside it lies the list of its files' checksums, which $SHA256 is of.
# the strongest way in which a server's rows can be compared, as `content.sql` takes it
strongest() { if [ "$(psql -XAtc 'SHOW server_version_num')" -ge 140000 ]; then echo records; else echo text; fi; }
seal() { (cd "$1" && sha256sum -- * ) > "$2"; }
is_whole() {
  [ "$(sha256sum < "$FILE.sha256" | cut -d ' ' -f 1)" = "$SHA256" ] || exit 68
  (cd "$FILE" && sha256sum --quiet -c -) < "$FILE.sha256" || exit 68
}
