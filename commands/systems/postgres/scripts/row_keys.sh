# with_list NAME TEXT SQL [OPTION…]: psql with a variable that may be too long for a command line.
with_list() {
  local text=${2//\\/\\\\} name=$1 sql=$3
  text=${text//\'/\\\'} text=${text//$'\n'/\\n}
  shift 3
  printf "\\\\set %s '%s'\n%s\n%s\n" "$name" "$text" "$UNLIMITED" "$sql" | psql -XqAt "$@"
}
# row_keys LIST SECONDS: checksums of the keys of all rows of the listed tables
row_keys() { with_list list "$1" "$ROW_KEYS" -v seconds="$2" 2> /dev/null || true; }
# the first of the backup's tables, beginning with the smallest, that together have no more rows than this
tables_up_to() {
  awk -F '|' '!/^large objects\|/ { name = $0; sub(/\|[^|]*\|[^|]*$/, "", name); print $(NF - 1) "|" name }' "$FILE.content" |
    sort -n | awk -F '|' -v most="$1" '{ rows += $1 } rows > most { exit } { sub(/^[^|]*\|/, ""); print }'
}
