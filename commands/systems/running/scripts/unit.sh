# what the main process of the unit NAME runs: a variable of its environment; or else by the folder in which it works, or at
# which the clone there was when it started. What another user's process does not show is taken from the unit's file and
# its folder, as long as neither they nor a link there have changed since its start.
show() { systemctl show --property="$1" -- "$NAME" | sed 's/^[^=]*=//'; } # systemd 219 knows no --value
[ "$(show LoadState)" = loaded ] || exit 0
pid=$(show MainPID)
started=$(date -d "$(show ExecMainStartTimestamp)" +%s 2> /dev/null) || started=0
is_older() { [ ! -e "$1" ] || [ "$(stat -c %Y -- "$1")" -lt "$started" ]; }
config_is_older() {
  local file
  for file in $(show FragmentPath) $(show DropInPaths); do is_older "$file" || return 1; done
}
said=
if [ -n "$VARIABLE" ]; then
  if [ -r "/proc/$pid/environ" ] && own=$(tr '\0' '\n' 2> /dev/null < "/proc/$pid/environ"); then
    said=$(sed -n "s/^$VARIABLE=//p" <<< "$own" | head -n 1)
  elif config_is_older; then said=$(show Environment | xargs -r -n 1 | sed -n "s/^$VARIABLE=//p" | tail -n 1); fi
else
  folder=$(readlink -e "/proc/$pid/cwd") || folder=
  if [ -z "$folder" ] && config_is_older; then
    path=$(show WorkingDirectory)
    if [ -n "$path" ] && is_older "$path"; then folder=$(readlink -e "$path") || folder=; fi
  fi
  said=$(named_commit "$folder" "$started")
  [ -n "$said" ] || [ -z "$folder" ] || said=$(head_at "$folder" "$started") || said=
fi
printf 'process= %s %s\n' "${said:--}" "$(show ActiveState)"
