# Why keep_back.sh would end now: what is wrong with the copy, and what of the folder this user may not move or remove.
cd "$REPOSITORY"
kept="$COPIES/$COMMIT"
[ -d "$kept" ] || kept="$STORE/$OLD_NAME-$COMMIT"
if [ ! -d "$kept" ]; then echo gone=yes
elif was=$(cat "$COPIES/.whole-$COMMIT" 2> /dev/null) && size=$(size_of "$kept") && [ "$size" != "$was" ]; then
  printf 'part=%s now, %s when it was kept\n' "$size" "$was"
fi
above=$(dirname "$FOLDER")
if [ ! -w "$above" ]; then printf 'closed=%s\n' "$above"
elif [ -d "$FOLDER" ] && [ ! -L "$FOLDER" ]; then
  # a folder that gets another parent must be writable itself; on another disk all that is in it is removed
  if [ "$(stat -c %m "$STORE")" = "$(stat -c %m "$above")" ]; then [ -w "$FOLDER" ] || [ -O "$FOLDER" ] || printf 'closed=%s\n' "$FOLDER"
  else find "$FOLDER" -type d ! -writable ! -user "$(id -u)" -printf 'closed=%p\n' -quit; fi
fi
