# Whether this user may restart units, and which of the units $NAMES have no line in the journal that it may read.
mapfile -t names <<< "$NAMES"
for name in "${names[@]}"; do
  [[ $name != *.target || $VERB != restart ]] || left_by_restart "$name" | sed "s/^/now=alone=$name /"
done
unbooted "${names[@]}" | sed 's/^/now=/'
mapfile -t names < <(services_of "${names[@]}")
printf 'now=verb=%s\nnow=within=%s\n' "$VERB" "$WITHIN"
if [ "$(id -u)" != 0 ]; then
  if [ -n "$SUDO" ]; then sudo_rules systemctl
  else
    printf 'now=user=%s\n' "$(id -un)"
    if command -v pkcheck > /dev/null; then printf 'now=polkit=yes\n'; fi
  fi
fi
units=$({ journalctl --quiet --field=_SYSTEMD_UNIT; journalctl --quiet --field=UNIT; } 2> /dev/null) || true
elsewhere "${names[@]}" | sed 's/^/now=/'
for name in "${names[@]}"; do
  grep -qxF -e "$name" -e "$name.service" <<< "$units" || printf 'now=unread=%s\n' "$name"
done
