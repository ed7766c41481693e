# Puts a saved folder back by two renames. On one disk nothing is copied or removed, so neither its size nor free space
# matters.
cd "$REPOSITORY"
kept="$COPIES/$COMMIT"
mark="$COPIES/.back-$COMMIT"
gone="$COPIES/.gone"
# as versions up to 0.6 named their copies
before="$STORE/$OLD_NAME-$COMMIT"
[ -e "$kept" ] || [ -e "$mark" ] || [ ! -d "$before" ] || { mkdir -p "$COPIES"; kept=$before; }
if [ -d "$kept" ]; then
  size=$(size_of "$kept")
  was=$(cat "$COPIES/.whole-$COMMIT" 2> /dev/null) || was=$size
  [ "$size" = "$was" ] || { printf '%s now, %s when it was kept\n' "$size" "$was"; exit 69; }
  if [ "$(stat -c %m "$STORE")" = "$(stat -c %m "$(dirname "$FOLDER")")" ]; then
    # notes which run has taken the copy out of the store, so that the same run can repeat this
    printf '%s\n' "$KEY" > "$mark"
    ready=$kept
  else
    ready=$FOLDER.next gone=$FOLDER.gone
    remove "$ready"
    cp -a "$kept" "$ready" || { remove "$ready"; exit 67; }
  fi
  # left by an earlier attempt; a folder that is replaced now is removed by the next save, so that nobody waits for that
  [ ! -e "$gone" ] || remove "$gone"
  [ ! -e "$FOLDER" ] || move_over "$FOLDER" "$gone"
  move_over "$ready" "$FOLDER"
  [ "$gone" = "$COPIES/.gone" ] || remove "$gone"
else
  [ -f "$mark" ] && [ "$(cat "$mark")" = "$KEY" ] && [ -d "$FOLDER" ] || exit 65
fi
tell_files "$(size_of "$FOLDER")"
