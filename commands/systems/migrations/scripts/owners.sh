# Whether the tool's user may do in the database itself what it did on the copy, where it is another user: only where the rehearsal
# cannot run as that user. Nothing is asked of a tool whose page does not say who it is.
owned() { on_made psql -XqAt -F $'\037' -v ON_ERROR_STOP=1 <<< "$OWNED"; }
may_change() {
  local user changed schemas
  [ ${#compare[@]} != 0 ] && user=$(own_user) || return 0
  user=$(acts_as "$user")
  changed=$(awk -F $'\037' -v OFS=$'\037' '
    FILENAME == ARGV[1] { sum[$1] = $5; next }
    !($1 in sum) { print "dropped", $2, $3, $4; next }
    sum[$1] != $5 { print "changed", $2, $3, $4 }' "$work/owned.1" "$work/owned.0")
  schemas=$(awk -F $'\037' 'FILENAME == ARGV[1] { seen[$1]; next } !($1 in seen) { print $4 }' "$work/owned.0" "$work/owned.1" | sort -u)
  printf 'tool_user=%s\n' "$user"
  psql -XqAt -v ON_ERROR_STOP=1 -v user="$user" -v changed="$changed" -v schemas="$schemas" <<< "$MAY_CHANGE" 2> "$work/said" ||
    printf 'owners unasked: %s\n' "$(without_values < "$work/said" | sed -n '1s/^.*ERROR:  *//p')"
}
