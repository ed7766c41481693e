# Puts a saved folder back by two renames. On one disk nothing is copied or removed, so neither its size nor free space
# matters.
cd "$REPOSITORY"
kept="$STORE/$NAME-$COMMIT"
mark="$STORE/.back-$NAME-$COMMIT"
gone="$STORE/.gone-$NAME"
if [ -d "$kept" ]; then
  if [ "$(stat -c %m "$STORE")" = "$(stat -c %m "$(dirname "$FOLDER")")" ]; then
    # notes which run has taken the copy out of the store, so that the same run can repeat this
    printf '%s\n' "$KEY" > "$mark"
    ready=$kept
  else
    ready=$FOLDER.next gone=$FOLDER.gone
    rm -rf "$ready"
    cp -a "$kept" "$ready" || { rm -rf "$ready"; exit 67; }
  fi
  # left by an earlier attempt; a folder that is replaced now is removed by the next save, so that nobody waits for that
  [ ! -e "$gone" ] || rm -rf "$gone"
  [ ! -e "$FOLDER" ] || mv -T "$FOLDER" "$gone"
  mv -T "$ready" "$FOLDER"
  [ "$gone" = "$STORE/.gone-$NAME" ] || rm -rf "$gone"
else
  [ -f "$mark" ] && [ "$(cat "$mark")" = "$KEY" ] && [ -d "$FOLDER" ] || exit 65
fi
printf 'files=%s\n' "$(find "$FOLDER" ! -type d | wc -l)"
