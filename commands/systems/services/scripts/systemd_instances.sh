# Defines `instances UNIT…`, which prints "instance=" with the name of each numbered instance that runs of the same templates
# (worker@3 beside worker@1 and worker@2), and since when, in microseconds since the boot. A restart by name leaves those
# that nobody names. Instances with a word for a name may be of another application.
instances() {
  local unit seen=' ' template ids=()
  for unit; do
    [[ $unit =~ ^(.+)@[0-9]+([.]service)?$ ]] || continue
    template=${BASH_REMATCH[1]}
    [[ $seen != *" $template "* ]] || continue
    seen="$seen$template "
    mapfile -t -O "${#ids[@]}" ids < <(systemctl list-units --plain --no-legend --no-pager --state=active "$template@*.service" 2> /dev/null |
      awk '$1 ~ /@[0-9]+[.]service$/ { print $1 }')
  done
  [ "${#ids[@]}" != 0 ] || return 0
  systemctl show --no-pager --property=Id,ActiveEnterTimestampMonotonic -- "${ids[@]}" 2> /dev/null | awk -F = '
    { one[$1] = $2 }
    # one that has ended meanwhile has no such time
    function tell() { if (one["ActiveEnterTimestampMonotonic"] > 0) print "instance=" one["Id"] " " one["ActiveEnterTimestampMonotonic"]; split("", one) }
    !NF { tell() }
    END { tell() }' || true
}
