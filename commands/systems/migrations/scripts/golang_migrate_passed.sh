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
done | sort -t = -k 2n | awk '{ line[NR] = $0 } END {
  # of a long history the newest, so that it does not hide what else is told
  if (NR > 300) print "gonogo-older=" NR - 300
  for (i = NR > 300 ? NR - 299 : 1; i <= NR; i++) print line[i] }'
