# The folder's migrations by number: golang-migrate keeps only the newest applied one, and looks at none below it.
folder=$(sed -nE 's#^.*[[:space:]]--?(path[= ]|source[= ]file://)([^[:space:]]+).*$#\2#p' <<< " $PROGRAM ")
[ -n "$folder" ] && [ -d "$folder" ] || { echo "The folder of the migrations is not known here." >&2; exit 1; }
version=$(migration_state)
version=${version%%(*}
for up in "$folder"/*.up.*; do
  name=${up##*/} name=${name%%.up.*} number=${up##*/} number=${number%%_*}
  [ -e "$up" ] && [[ $number =~ ^[0-9]+$ ]] || continue
  if [ -n "$version" ] && [ "$((10#$number))" -le "$((10#$version))" ]; then printf 'gonogo-below=%s %s\n' "$((10#$number))" "$name"
  else printf 'gonogo-above=%s %s\n' "$((10#$number))" "$name"
  fi
done | sort -t = -k 2n | tail -n 300 # the newest, so that a long history does not hide what else is told
