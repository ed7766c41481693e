# The lines of $UNITS (one a line) in systemd's journal since a cursor. journalctl prints nothing, and succeeds, if the
# cursor is gone.
entries() { journalctl --quiet --no-pager --cursor="$SINCE" "$@"; }
first_cursor() { entries --output=export "$@" 2> /dev/null | sed -n '1{s/^__CURSOR=//p;q}' || true; }
mapfile -t units <<< "$UNITS"
mapfile -t units < <(services_of "${units[@]}")
if [ ${#units[@]} = 0 ]; then
  systemctl show --property=Id > /dev/null 2>&1 && echo state=empty || echo state=unasked
  exit 0
fi
own_units=() dropped_of=()
for unit in "${units[@]}"; do
  [[ $unit =~ ^[A-Za-z0-9:_.@\\-]+$ ]] || { echo state=name; exit 0; }
  own_units+=("--unit=$unit")
  case $unit in *.*) dropped_of+=("OBJECT_SYSTEMD_UNIT=$unit") ;; *) dropped_of+=("OBJECT_SYSTEMD_UNIT=$unit.service") ;; esac
done
[ "$(first_cursor)" = "$SINCE" ] || { echo state=gone; exit 0; }
# --after-cursor leaves out a line too many if the cursor is another unit's
own=$(first_cursor "${own_units[@]}")
elsewhere "${units[@]}"
own_lines() {
  if [ "$own" = "$SINCE" ]; then journalctl --quiet --no-pager "${own_units[@]}" --output=cat --after-cursor="$SINCE"
  else entries "${own_units[@]}" --output=cat; fi
}
# the level of a line is kept beside it; what containers print on standard error has the level of an error, whatever it says
loud_lines() {
  entries "${own_units[@]}" --output=cat --priority=err _TRANSPORT=stdout _TRANSPORT=syslog 2> /dev/null | tail -n 1000 || true
}
source_lines() {
  own_lines | LC_ALL=C awk 'FILENAME == ARGV[1] { if ($0 != "") loud[$0]; next } { print ($0 in loud ? "<3>" : "") $0 }' <(loud_lines) -
}
error_lines
# what journald dropped by its rate limit: "Suppressed 7 messages from api.service"
entries --output=cat MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e "${dropped_of[@]}" 2> /dev/null |
  awk '$1 == "Suppressed" { n += $2 } END { print "dropped=" n + 0 }' || true
