# Defines `services_of UNIT…`, which prints the units, but for a target the services below it, at any depth: a target has no
# process and no log of its own, and stays active whatever becomes of them.
services_of() {
  local unit
  for unit; do
    case $unit in
      *.target) systemctl list-dependencies --plain --no-pager -- "$unit" | awk '$NF ~ /[.]service$/ { print $NF }' ;;
      *) printf '%s\n' "$unit" ;;
    esac
  done | awk '!seen[$0]++'
}
