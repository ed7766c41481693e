# Defines `unbooted UNIT…`, which prints what a reboot of the host would not bring back: "boot=" and, with tabs between, the
# unit (for a target each service below it), why (disabled, runtime, file, drop-in or alone), and a path or other units.
unbooted() {
  local unit id line state file drops one led why
  while IFS= read -r unit; do
    id='' state='' file='' drops='' led=''
    while IFS= read -r line; do
      case $line in
        Id=*) id=${line#*=} ;;
        UnitFileState=*) state=${line#*=} ;;
        FragmentPath=*) file=${line#*=} ;;
        DropInPaths=*) drops=${line#*=} ;;
      esac
    done < <(systemctl show --property=Id,UnitFileState,FragmentPath,DropInPaths -- "$unit")
    # what a generator writes into its own folder of /run comes back
    case $file in
      '') continue ;;
      /run/systemd/system/* | /run/systemd/transient/*) printf 'boot=%s\tfile\t%s\n' "$id" "$file"; continue ;;
    esac
    for one in $drops; do
      case $one in /run/systemd/system/"$id".d/* | /run/systemd/system.control/*) printf 'boot=%s\tdrop-in\t%s\n' "$id" "$one" ;; esac
    done
    case $state in *-runtime) printf 'boot=%s\truntime\t\n' "$id"; continue ;; esac
    # without any, its link may be newer than what systemd has read
    if led=$(led_to "$id") || [ "$state$led" = enabled ]; then continue; fi
    [ "$state$led" = disabled ] && why=disabled || why=alone
    printf 'boot=%s\t%s\t%s\n' "$id" "$why" "$led"
  done < <(services_of "$@")
}
# led_to UNIT: whether what systemd starts at boot asks for it; if not, it prints which units do
led_to() {
  local todo=("$1") seen=" $1 " next one first='' default
  default=$(systemctl show --property=Id -- default.target) default=${default#*=}
  while [ ${#todo[@]} -gt 0 ]; do
    next=$(systemctl show --property=WantedBy,RequiredBy,BoundBy,UpheldBy,TriggeredBy -- "${todo[@]}" | tr ' =' '\n\n' | grep '[.]' | sort -u) || true
    todo=()
    [ -n "$first" ] || first=$(paste -s -d ' ' <<< "$next")
    for one in $next; do
      case $one in
        "$default" | basic.target | sysinit.target | *.device) return 0 ;;
      esac
      case $seen in *" $one "*) ;; *) seen="$seen$one " todo+=("$one") ;; esac
    done
  done
  printf '%s\n' "$first"
  return 1
}
