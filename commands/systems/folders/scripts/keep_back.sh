# Puts a kept folder in its place by two renames: on one disk nothing is copied or removed, so that size and room do not matter.
cd "$REPOSITORY"
kept="$STORE/$NAME-$COMMIT"
mark="$STORE/.back-$NAME-$COMMIT"
gone="$STORE/.gone-$NAME"
if [ -d "$kept" ]; then
  if [ "$(stat -c %m "$STORE")" = "$(stat -c %m "$(dirname "$FOLDER")")" ]; then
    # what was taken out of the store is known by the run that took it, so that it can be run again
    printf '%s\n' "$KEY" > "$mark"
    ready=$kept
  else
    ready=$FOLDER.next gone=$FOLDER.gone
    rm -rf "$ready"
    cp -a "$kept" "$ready" || { rm -rf "$ready"; exit 67; }
  fi
  # only there after an earlier try; the next keep removes it, so that nobody waits for that now
  [ ! -e "$gone" ] || rm -rf "$gone"
  [ ! -e "$FOLDER" ] || mv -T "$FOLDER" "$gone"
  mv -T "$ready" "$FOLDER"
  [ "$gone" = "$STORE/.gone-$NAME" ] || rm -rf "$gone"
else
  [ -f "$mark" ] && [ "$(cat "$mark")" = "$KEY" ] && [ -d "$FOLDER" ] || exit 65
fi
printf 'files=%s\n' "$(find "$FOLDER" ! -type d | wc -l)"
