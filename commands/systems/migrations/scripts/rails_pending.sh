# What `db:migrate` has not applied, one a line: up to $VERSION, where the page says how far it goes. With $SCOPE it
# leaves those of others, which its list does not tell apart.
[ -z "${SCOPE-}" ] || exit 0
$PROGRAM db:migrate:status | awk -v "last=${VERSION-}" '$1 == "down" && (last == "" || $2 + 0 <= last + 0) { print $2 }'
