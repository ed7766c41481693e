# What golang-migrate would apply now and could not take back, one a line: without a down file, or with an empty one, it records the
# version before and runs nothing. Read from the folder that $PROGRAM names.
folder=$(sed -nE 's#^.*[[:space:]]--?(path[= ]|source[= ]file://)([^[:space:]]+).*$#\2#p' <<< " $PROGRAM ")
[ -n "$folder" ] && [ -d "$folder" ] || { echo "The folder of the migrations is not known here." >&2; exit 1; }
version=$(migration_state)
version=${version%%(*}
for up in "$folder"/*.up.*; do
  [ -e "$up" ] || continue
  number=${up##*/} number=${number%%_*}
  [[ $number =~ ^[0-9]+$ ]] && [ "$((10#$number))" -gt "$((10#${version:-0}))" ] || continue
  name=${up##*/} name=${name%%.up.*}
  down=("$folder/$number"_*.down.*)
  if [ ! -e "${down[0]}" ]; then printf '%s (it has no down file)\n' "$name"
  elif ! sed -E 's/--.*$//' "${down[@]}" | grep -q '[^[:space:];]' && sed -E 's/--.*$//' "$up" | grep -q '[^[:space:];]'; then
    printf '%s (its down file does nothing)\n' "$name"
  fi
done
