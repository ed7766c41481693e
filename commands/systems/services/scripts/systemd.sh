# Defines the function `state`, which prints what systemd shows of the units $NAMES, and where the journal ends. It asks
# once for all units, and needs no more rights than to be logged in. The processes of a unit tell whether a reload took.
state() {
  local names services line file pids=() way=
  mapfile -t names <<< "$NAMES"
  mapfile -t services < <(services_of "${names[@]}")
  printf 'wanted=%s\n' "${names[@]}"
  printf 'service=%s\n' ${services[@]+"${services[@]}"}
  printf 'clock=%s\n' "$(cut -d ' ' -f 1 /proc/uptime)"
  printf 'cursor=%s\n' "$(journalctl --quiet --no-pager --lines=0 --show-cursor 2> /dev/null | sed -n 's/^-- cursor: //p')"
  instances ${services[@]+"${services[@]}"}
  { systemctl show --no-pager --property=Id,Names,LoadState,ActiveState,SubState,Result,MainPID,NRestarts \
    --property=InvocationID,ExecMainStartTimestampMonotonic,InactiveExitTimestampMonotonic \
    --property=TriggeredBy,NeedDaemonReload,CanReload,ControlGroup,StartLimitIntervalUSec,RuntimeMaxUSec,ConditionResult,ConditionTimestampMonotonic,WorkingDirectory,RefuseManualStart,RefuseManualStop -- "${names[@]}" ${services[@]+"${services[@]}"} && echo; } |
  while IFS= read -r line; do
    [ -n "$line" ] || { works_in "$way" ${pids[@]+"${pids[@]}"}; pids=() way=; }
    printf '%s\n' "$line"
    [[ $line != WorkingDirectory=/* ]] || way=${line#*=}
    [[ $line = ControlGroup=/* ]] || continue
    pids=()
    for file in /sys/fs/cgroup{,/systemd}"${line#*=}"/{,*/}cgroup.procs; do
      [ ! -r "$file" ] || mapfile -t -O "${#pids[@]}" pids < "$file" || true
    done
    printf 'Processes=%s\n' "${pids[*]}"
    [ -z "${explain:-}" ] || watching ${pids[@]+"${pids[@]}"} | sed 's/^/Watches=/'
  done
}
# works_in WAY PID…: the releases that were left in which these processes work; of another user's the folder is not shown
works_in() {
  local way=$1 pid left
  shift
  for pid; do readlink -e "/proc/$pid/cwd" || true; done 2> /dev/null | sort -u |
    while IFS= read -r left; do left_release "$left" '' "$way" | sed 's/^/Left=/'; done
}
# property NAME UNIT; systemd 219 knows no --value
property() { systemctl show --property="$1" -- "$2" | sed 's/^[^=]*=//'; }
# stopped UNIT: waits while systemd gives it time to stop (TimeoutStopSec, by default 90 s), once for its
# own command and once for the signal, but not more than 5 minutes
stopped() {
  local gives was='' now until last=$((SECONDS + 300))
  gives=$(property TimeoutStopUSec "$1" | awk '
    { for (i = 1; i <= NF; i++) sum += ($i + 0) * ($i ~ /[0-9](h|d|w|month|y)$/ ? 3600 : $i ~ /[0-9]min$/ ? 60 : $i ~ /[0-9]s$/) }
    $1 == "infinity" { sum = 300 }
    END { print int(sum < 300 ? sum : 300) + 1 }')
  while [ "$SECONDS" -lt "$last" ]; do
    now=$(systemctl show --property=ActiveState,SubState -- "$1")
    [[ $now = *ActiveState=deactivating* ]] || break
    [ "$now" = "$was" ] || { was=$now; until=$((SECONDS + gives)); }
    [ "$SECONDS" -lt "$until" ] || break
    sleep 1
  done
  sleep 1
}
# Defines `unit_job restart|reload UNIT`, which runs exactly `systemctl restart UNIT`, as a rule of sudoers has it. What has
# crashed too often systemd refuses to start for a while: no new invocation comes of that. Its count of starts is reset, or
# where this user may not do that, the while is waited for. What still starts after $WITHIN is judged by its state.
unit_job() {
  local before said code until=$((SECONDS + WITHIN)) reset=
  unbooted "$2" | sed 's/^/remark=/' >&2
  while :; do
    before=$(property InvocationID "$2") code=0
    # shellcheck disable=SC2086  # no word, or two
    said=$(timeout "$WITHIN" $SUDO systemctl "$1" "$2" 2>&1) || code=$?
    [ "$code" != 124 ] || stopped "$2"
    [ "$code" != 0 ] && [ "$code" != 124 ] || return 0
    # systemd 219 has no such id, so that nothing tells why it did not start; a reload makes no new invocation, and its command
    # may have done its work before it failed
    [[ $1 = restart && $said = "Job for "* ]] && [ -n "$before" ] && [ "$(property InvocationID "$2")" = "$before" ] || break
    # shellcheck disable=SC2086
    if [ -z "$reset" ] && reset=tried && $SUDO systemctl reset-failed "$2" > /dev/null 2>&1; then continue; fi
    if [ "$SECONDS" -ge "$until" ]; then
      printf 'systemd refuses to start %s: it was started more than %s times in %s.\n' "$2" \
        "$(property StartLimitBurst "$2")" "$(property StartLimitIntervalUSec "$2")" >&2
      printf 'Run `systemctl reset-failed %s` there, then try again.\n' "$2" >&2
      break
    fi
    sleep 1
  done
  printf '%s\n' "$said" >&2
  return "$code"
}
