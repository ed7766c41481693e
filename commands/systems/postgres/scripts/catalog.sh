# catalog: what the database has beside its columns and rows, in lines of class, what and value.
catalog() { psql -XqAt -v ON_ERROR_STOP=1 <<< "$CATALOG"; }
sequences() { psql -XqAt -v ON_ERROR_STOP=1 <<< "$SEQUENCES"; }
# differences BEFORE AFTER: what differs between two such lists, in lines of class, what, before and after; the last two are
# empty where there is none. A sequence differs if it is gone or has gone back.
differences() {
  awk -F '\037' '
    function shown(at) { at = value[at]; sub(/\036.*/, "", at); return at }
    function number(at) { at = value[at]; sub(/.*\036/, "", at); return at + 0 }
    { at = (FILENAME != ARGV[1]) SUBSEP $1 FS $2; value[at] = $3; keys[$1 FS $2] = $1 }
    END { for (key in keys) {
      before = 0 SUBSEP key; after = 1 SUBSEP key
      if (value[before] "" == value[after] "") continue
      if (keys[key] == "sequence" && (value[before] == "" || (value[after] != "" && number(after) >= number(before)))) continue
      print key FS shown(before) FS (shown(after) == shown(before) ? "another value" : shown(after))
    } }' "$1" "$2" | LC_ALL=C sort
}
without_rights() { grep -vE $'^(owner|rights|default rights|large objects)\037' || true; }
# told MARK: the first of some differences, each behind the mark, and their number
told() { awk -v mark="$1" 'NR <= 40 { print mark ": " $0 } END { if (NR) { gsub(/ /, "_", mark); print mark "=" NR } }'; }
