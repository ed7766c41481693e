# The version, with “(dirty)” where one has failed in its middle.
if ! told=$($PROGRAM -database "$DATABASE_URL" version 2>&1); then
  grep -q 'no migration' <<< "$told" || { printf '%s\n' "$told" >&2; exit 1; }
else
  tr -d ' ' <<< "$told"
fi
