# Defines `instances UNIT…`, which prints "instance=" with the name of each numbered instance that runs of the same templates
# (worker@3 beside worker@1 and worker@2), and when it started, in microseconds since the boot. A restart by name leaves those
# that nobody names. Instances with a word for a name may be of another application.
instances() {
  local unit seen=' ' template id
  for unit; do
    [[ $unit =~ ^(.+)@[0-9]+([.]service)?$ ]] || continue
    template=${BASH_REMATCH[1]}
    [[ $seen != *" $template "* ]] || continue
    seen="$seen$template "
    systemctl list-units --plain --no-legend --no-pager --state=active "$template@*.service" 2> /dev/null | awk '$1 ~ /@[0-9]+[.]service$/ { print $1 }'
  done | while IFS= read -r id; do printf 'instance=%s %s\n' "$id" "$(property ExecMainStartTimestampMonotonic "$id")"; done || true
}
