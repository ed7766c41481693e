# What golang-migrate would apply now and could not take back, one a line: without a down file, or with an empty one, it records the
# version before and runs nothing. Read from the folder that $PROGRAM names.
folder=$(sed -nE 's#^.*[[:space:]]--?(path[= ]|source[= ]file://)([^[:space:]]+).*$#\2#p' <<< " $PROGRAM ")
[ -n "$folder" ] && [ -d "$folder" ] || { echo "The folder of the migrations is not known here." >&2; exit 1; }
version=$(migration_state)
version=${version%%(*}
number_of() { local name=${1##*/}; name=${name%%_*}; [[ $name =~ ^[0-9]+$ ]] && printf '%s' "$((10#$name))"; }
# whether files hold more than comments and the frame of a transaction
does_more() {
  cat -- "$@" | LC_ALL=C sed -E 's/^\xEF\xBB\xBF//; s/--.*$//' | tr '\n\r;' '   ' | sed -E 's#/\*([^*]|\*+[^*/])*\*+/# #g' |
    grep -qviE '^ *((begin|start transaction|begin transaction|commit|end|select 1)( +|$))*$'
}
for up in "$folder"/*.up.*; do
  [ -e "$up" ] && number=$(number_of "$up") && [ "$number" -gt "$((10#${version:-0}))" ] || continue
  name=${up##*/} name=${name%%.up.*} down=()
  for one in "$folder"/*.down.*; do [ ! -e "$one" ] || [ "$(number_of "$one")" != "$number" ] || down+=("$one"); done
  if [ ${#down[@]} = 0 ]; then printf '%s (it has no down file)\n' "$name"
  elif ! does_more "${down[@]}" && does_more "$up"; then printf '%s (its down file does nothing)\n' "$name"
  fi
done
