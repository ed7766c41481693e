# Defines `services_of UNIT…`, which prints the units, but for a target the services below it, at any depth: a target has no
# process and no log of its own, and stays active whatever becomes of them.
services_of() {
  local unit
  for unit; do
    case $unit in
      *.target) services_below "$unit" ;;
      *) printf '%s\n' "$unit" ;;
    esac
  done | awk '!seen[$0]++'
}
# what systemd has itself, such as network-online.target, is no part of an application, and is not restarted with it
OF_SYSTEMD='^(basic|cryptsetup|default|(first-)?boot-complete|getty(-pre)?|graphical|local-fs(-pre)?|machines|multi-user|network(-online|-pre)?|nss-(user-)?lookup|paths|remote-(fs|cryptsetup)(-pre)?|rpcbind|slices|sockets|swap|sysinit|time-(set|sync)|timers)[.]target$'
services_below() { units_from "$1" Requires,Requisite,Wants,BindsTo,ConsistsOf,Upholds | grep '[.]service$' || true; }
# units_from UNIT PROPERTIES: the units that those properties of it name, and of the targets among them, at any depth
units_from() {
  local todo=("$1") seen=" $1 " next one
  while [ ${#todo[@]} -gt 0 ]; do
    next=$(systemctl show --property="$2" -- "${todo[@]}" | tr ' =' '\n\n')
    todo=()
    while IFS= read -r one; do
      case $seen in *" $one "*) continue ;; esac
      seen="$seen$one "
      case $one in
        *.service) printf '%s\n' "$one" ;;
        *.target) [[ $one =~ $OF_SYSTEMD ]] || { printf '%s\n' "$one"; todo+=("$one"); } ;;
      esac
    done <<< "$next"
  done
}
# the services below a target that a restart of it leaves as they are
left_by_restart() {
  local restarted
  restarted=$(units_from "$1" ConsistsOf,RequiredBy,BoundBy)
  services_below "$1" | grep -vxF -e "$restarted" || true
}
