# compose_left ID FOLDER: "left", the id of a container of the compose project in that folder, the release folder with the compose file by which it was made, the link that
# leads to another one by now, and where; unless that one's files, and the .env beside them, are the same
compose_left() {
  local id=$1 folder=$2 real old link leads files one
  [ -n "$folder" ] && real=$(readlink -e "$folder") || return 0
  IFS=$'\t' read -r old link leads < <(left_release "$real") || return 0
  files=$(labels_of "$id" | sed -n 3p)
  while IFS= read -r -d , one; do
    case $one in "$folder"/*) one=$real${one#"$folder"} ;; /*) ;; *) one=$real/$one ;; esac
    [ -e "$one" ] || [ -e "$leads${one#"$old"}" ] || continue
    cmp -s "$one" "$leads${one#"$old"}" || { printf 'left\t%s\t%s\t%s\t%s\n' "$id" "$old" "$link" "$leads"; break; }
  done <<< "$files,.env,"
}
# mounts_left ID PID SOURCE⇥DESTINATION…: "mounts", the id of a container, what it has mounted of a release folder, the link that leads
# to another one by now, and where; where a file of that one is another. "slow" where some seconds do not show that, which are for
# all of them. "moved" and "file" with the id and the source: a folder or a file that is another one than the container has, as
# after a signal alone, which mounts nothing anew.
mounts_left() {
  local id=$1 pid=$2 one source real now old link leads
  local -A is=()
  shift 2
  [ $# -gt 0 ] || return 0
  # of several ways to it one is enough
  while IFS=$'\t' read -r one real; do [ -n "${is[$one]:-}" ] || { [[ $real != *//deleted ]] && [ ! -e "$real" ]; } || is[$one]=$real; done < <(mounts_of "$id" "$pid")
  for one; do
    source=${one%%$'\t'*} now=$(readlink -e "${one%%$'\t'*}") || now=
    real=${is[${one#*$'\t'}]:-$now}
    if [[ $real = *//deleted ]]; then
      # an editor or a tool that writes a file anew leaves it perhaps as it was
      { [ -f "$source" ] && cmp -s -- "/proc/$pid/root${one#*$'\t'}" "$source"; } || replaced "$id" "$source"
    elif IFS=$'\t' read -r old link leads < <(left_release "$real"); then
      differ "$real" "$leads${real#"$old"}"
      [ "${compared[$real]}" = same ] || printf '%s\t%s\t%s\t%s\t%s\n' "${compared[$real]}" "$id" "$real" "$link" "$leads"
    elif [ -n "$now" ] && [ ! "$real" -ef "$now" ]; then
      differ "$real" "$now"
      [ "${compared[$real]}" = same ] || replaced "$id" "$source"
    fi
  done
}
# what the system itself replaces, such as /etc/localtime, is no code
replaced() {
  if [ -d "$2" ]; then printf 'moved\t%s\t%s\n' "$1" "$2"
  elif [[ $2 = /etc/*/* || $2 != /etc/* ]]; then printf 'file\t%s\t%s\n' "$1" "$2"; fi
}
differ() {
  local left=$((until - SECONDS))
  [ -n "${compared[$1]:-}" ] || compared[$1]=$(differs "$1" "$2" $((left > 0 ? left : 1)))
}
# mounts_of ID PID: each place in the container where something of a file system is mounted that the host has too, and the path of
# that on the host, with a tab between; it ends with "//deleted" where it has no name any more. docker in a virtual machine names
# processes that are none here.
mounts_of() {
  grep -qsF -- "$1" "/proc/$2/cgroup" || return 0
  LC_ALL=C awk 'FNR == NR { dev[++n] = $3; root[n] = $4 == "/" ? "" : $4; at[n] = $5 == "/" ? "" : $5; next }
    { for (i = 1; i <= n; i++) if ($3 == dev[i] && index($4 "/", root[i] "/") == 1) {
      path = at[i] substr($4, length(root[i]) + 1)
      sub("/$", "", path) # of a whole file system
      gsub(/\\040/, " ", path); gsub(/\\040/, " ", $5) # as the kernel writes a blank
      print $5 "\t" (path == "" ? "/" : path) } }' \
    /proc/self/mountinfo "/proc/$2/mountinfo" 2> /dev/null || true
}
# differs OLD NEW SECONDS: "mounts", "slow" or "same". What only the old one has may have been written there, and so may logs and the
# like in both. Links are not followed: what is behind them belongs to all releases.
differs() {
  [ -e "$2" ] && { [ -d "$1" ] || [ -f "$1" ]; } && [[ ! $1 =~ [.](log|pid)$ ]] || { echo same; return; }
  { LC_ALL=C timeout "$3" stdbuf -oL diff -rq --no-dereference -x .git -x __pycache__ -x '*.pyc' -x '*.log' -x '*.pid' -x '*.sock' \
    -- "$1" "$(readlink -e "$2")" 2> /dev/null || printf 'code=%s\n' "$?"; } | OLD=$1 awk '
    index($0, "Only in " ENVIRON["OLD"] ": ") == 1 || index($0, "Only in " ENVIRON["OLD"] "/") == 1 { next }
    /^code=/ { slow = $0 == "code=124"; next }
    { found = 1; exit }
    END { print found ? "mounts" : slow ? "slow" : "same" }' || true
}
